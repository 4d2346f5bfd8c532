"""A small drawn country for tests of releases: two authorities, two years, one school term, known answers."""

from __future__ import annotations

from pathlib import Path

from assets.store import Store
from schemas.duck import connect, new_file, sql_text
from schemas.returns import RETURNS
from tests.outcomes.drawn import link_by_letter, make_returns, read_tables

InForce = dict[str, list[tuple[int, str, str]]]

LETTERS = [chr(ord("A") + i) + chr(ord("a") + j) for i in range(4) for j in range(10)]
SECRETS = ("SECRETSURNAME", "SECRETFORENAME", "Q802202801002", "ZZ1 9ZZ", "SC987654", "UNGUESSABLE7")


def text() -> str:
    """Forty children in need of two authorities, ten of them looked after, all of them at school."""
    born = [(y, la, c, n, 1 + n % 9, "MF"[n % 2]) for y, la, c, n in need()]
    cared = [row for row in born if row[3] % 4 == 0]
    tables = {
        "cin_child_identifiers": [
            "year | la | LAchildID | PersonBirthDate | Sex | UPN",
            *(f"{y} | {la} | {c} | 2012-0{m}-11 | {sex} | Q802202801002" for y, la, c, _, m, sex in born),
        ],
        "cin_cin_details": [
            "year | la | LAchildID | CINreferralDate | CINclosureDate | ReferralNFA | PrimaryNeedCode",
            *(
                f"{y} | {la} | {c} | 2023-05-{1 + n % 28:02} | | 0 | {'N1' if n % 7 else 'N99'}"
                for y, la, c, n, _, _ in born
            ),
        ],
        "ssda903_header": [
            "year | la | CHILD | DOB | SEX",
            *(f"{y} | {la} | {c} | 11/0{m}/2012 | {sex}" for y, la, c, _, m, sex in cared),
        ],
        "ssda903_episodes": [
            "year | la | CHILD | DECOM | RNE | LS | PLACE | PL_POST | URN | DEC | REC",
            *(
                f"{y} | {la} | {c} | 02/03/2022 | S | C2 | U4 | ZZ1 9ZZ | SC987654 | |"
                for y, la, c, *_ in cared
            ),
        ],
        "school_census_pupilonroll": [
            "year | la | term | pupilonrolltableid | dob | sex | surname | forename | enrolstatus "
            "| termlysessionspossible",
            *(
                f"{y} | {la} | spring | {c} | 2012-0{m}-11 | {sex} | SECRETSURNAME | SECRETFORENAME | C | 100"
                for y, la, c, _, m, sex in born
            ),
        ],
        "school_census_termlysessiondetailsonroll": [
            "year | la | term | pupilonrolltableid | attendancereason | sessions",
            *(f"{y} | {la} | spring | {c} | / | {100 - n}" for y, la, c, n, _, _ in born),
            *(f"{y} | {la} | spring | {c} | I | {n}" for y, la, c, n, _, _ in born),
        ],
    }
    return "\n".join(line for name, rows in tables.items() for line in (name, *rows))


def need() -> list[tuple[int, str, str, int]]:
    return [(y, "202" if n % 3 else "301", c, n) for y in (2024, 2025) for n, c in enumerate(LETTERS)]


def drawn(text_: str | None = None) -> dict[str, list[dict[str, str]]]:
    return read_tables(text_ or text())


def fill_store(
    home: Path, *, salt: str = "", tables: dict[str, list[dict[str, str]]] | None = None
) -> tuple[Store, InForce]:
    """A store that holds the drawn returns and a spine in which every letter is a person."""
    store = Store(home)
    store.prepare()
    in_force: InForce = {}
    with new_file(store.spine, scratch=store.tmp) as con:
        con.execute("use memory")
        make_returns(con, tables or drawn())
        link_by_letter(con, salt)
        con.execute("create schema built.people")
        con.execute("create table built.people.record as from people.record")
        con.execute("create table built.people.person as from people.person")
    with connect() as con:
        make_returns(con, tables or drawn())
        for ret in RETURNS.values():
            found: set[tuple[int, str, str]] = set()
            for table in ret.tables:
                name = f"returns.{ret.stored_as(table)}"
                for year, la, submission in con.execute(
                    f"select distinct year, la, submission from {name}"
                ).fetchall():
                    path = store.typed_path(ret, table, year, la, submission)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    con.execute(
                        f"copy (from {name} where submission = '{submission}') to {sql_text(path)} (format parquet)"
                    )
                    found.add((year, la, submission))
            in_force[ret.name] = sorted(found)
    return store, in_force
