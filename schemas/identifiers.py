"""Identifiers of children and what makes one well formed.

A UPN has a check letter, then the authority (3), the school (4), the year of issue (2) and a serial
(3, of which the last is a letter when the number is temporary). The letter is the weighted sum of the
other twelve, modulo 23, in an alphabet without I, O and S (DfE's UPN guide). The same words exist in
SQL as `valid_upn()` in `macros.sql`; a test holds the two together.
"""

from __future__ import annotations

ALPHABET = "ABCDEFGHJKLMNPQRTUVWXYZ"
SYNTHETIC_UPN_AUTHORITY = "999"
"""Authority digits of synthetic UPNs; no authority has them."""


def upn_check_letter(body: str) -> str:
    """The check letter for the twelve characters after it."""
    values = [int(c) if c.isdigit() else ALPHABET.index(c) for c in body]
    return ALPHABET[sum(value * weight for weight, value in enumerate(values, start=2)) % 23]


def is_valid_upn(upn: str) -> bool:
    """Whether 13 characters are a UPN, permanent or temporary, with the right check letter."""
    body = upn[1:]
    shaped = len(upn) == 13 and body[:11].isdigit() and (body[11:].isdigit() or body[11:] in ALPHABET)
    return bool(shaped and body[11:] and upn[0] == upn_check_letter(body))
