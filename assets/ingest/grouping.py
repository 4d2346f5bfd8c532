"""Which files make one submission: those of a folder that are of one return, year and census.

A folder may hold several returns; each is a submission of its own. An XML file is a whole return by
itself, so two of them in a folder are two submissions, never one with every child twice. A file that
could not be read belongs to the first submission of its folder, whose findings tell of it: the other
tables are used, and the table it held counts as not sent. A broken XML return stands alone and is set
aside as a whole.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assets.ingest.discover import Candidate, census_in_name
from assets.ingest.reading import Facts
from schemas.findings import Finding
from schemas.returns import RETURNS

UNKNOWN_RETURN = "unknown"
WHOLE_RETURNS = {"cin"}
"""Returns that come as one XML file and nothing beside it."""
FILE_PER_SCHOOL = {"school_census"}
"""Returns of which each XML file is one school's: those of a folder are one submission."""


@dataclass(frozen=True)
class Sent:
    """One file of a folder: its name as sent, its content's hash and its size."""

    name: str
    sha256: str
    size: int
    copies: int = 1
    """How many files of the folder have this content."""
    unread: str = ""
    """The code of the finding for which the file was never opened."""
    inside: str = ""
    """The hash of the zip in which the file came."""


@dataclass(frozen=True)
class FileRead:
    """What a reading process said of one file."""

    ret: str
    whole: bool
    facts: Facts
    findings: tuple[Finding, ...]
    tables: tuple[Mapping[str, Any], ...]
    members: tuple[Sent, ...] = ()
    """What is in a zip: those files are read, the zip itself only is where they came in."""

    @classmethod
    def of(cls, said: Mapping[str, Any], sha256: str) -> FileRead:
        """From the process's answer; a file whose reading was stopped is a file set aside."""
        if "stopped" in said:
            finding = Finding(said["stopped"], said["why"], file=sha256[:12])
            return cls("", False, Facts(), (finding,), ())
        return cls(
            said["ret"],
            said["whole"],
            _facts(said["facts"]),
            tuple(Finding(**finding) for finding in said["findings"]),
            tuple(said["tables"]),
            tuple(Sent(m["name"], m["sha256"], m["bytes"], inside=sha256) for m in said.get("members", ())),
        )

    @property
    def usable(self) -> bool:
        return bool(self.tables)


def _facts(told: Mapping[str, Any]) -> Facts:
    """Facts as JSON brought them, with lists as tuples again."""
    spans = tuple((first, last) for first, last in told["spans"])
    lists = {name: tuple(told[name]) for name in ("las", "years", "reference_years", "terms", "schools")}
    return Facts(**{**told, **lists, "spans": spans})


@dataclass(frozen=True)
class Group:
    """The files of one submission, before it is decided whose it is."""

    candidate: Candidate
    ret: str
    named: tuple[int, str] | None
    """Calendar year and census in COLLECT's file names."""
    files: tuple[tuple[Sent, FileRead], ...]

    @property
    def readable(self) -> tuple[tuple[Sent, FileRead], ...]:
        return tuple((sent, read) for sent, read in self.files if read.usable)

    def submission(self, census: str) -> str:
        """An id that depends on the content only, unless there is little or none.

        Two small authorities without a child in the return send files that are equal: headings alone. And two
        may tell the same change of their own child 100, or one the same again on another day.
        """
        hashes = sorted(sent.sha256 for sent, read in self.files if not read.members)
        place = [self.candidate.whose] if self.readable and not self.has_rows else []
        if self.ret in RETURNS and RETURNS[self.ret].of_england:  # the same list may be an authority's own
            place = [self.candidate.whose]
        if self.ret in RETURNS and RETURNS[self.ret].in_deltas:
            place = [self.candidate.whose, self.candidate.hints.told_sent]
        return hashlib.sha256("\n".join([self.ret, census, *place, *hashes]).encode()).hexdigest()[:16]

    @property
    def has_rows(self) -> bool:
        return any(table["rows_in"] for _, read in self.readable for table in read.tables)


Key = tuple[str, tuple[int, str] | None, str]
"""Return, COLLECT's year and census, and the hash of a file that stands alone."""
Content = tuple[str, tuple[int, str] | None]
"""The hash of a file, and the year and census of its name."""


def group(candidate: Candidate, files: Iterable[Sent], readings: Mapping[str, FileRead]) -> list[Group]:
    """The submissions that the files of one folder make, in an order that their content decides."""
    files = sorted(files, key=lambda file: (file.sha256, bool(file.inside), file.name))
    copies = Counter(_content(sent) for sent in files)
    once = {_content(sent): replace(sent, copies=copies[_content(sent)]) for sent in files}
    zips = {sent.sha256: (sent, readings[sent.sha256]) for sent in files if readings[sent.sha256].members}
    read = [(sent, readings[sent.sha256]) for sent in once.values() if sent.sha256 not in zips]
    keys = _keys(read)
    groups: dict[Key, list[tuple[Sent, FileRead]]] = defaultdict(list)
    for sent, reading in read:
        if _content(sent) in keys:
            groups[keys[_content(sent)]].append((sent, reading))
    others = [(sent, reading) for sent, reading in read if _content(sent) not in keys]
    if others:
        usable = [key for key in groups if any(reading.usable for _, reading in groups[key])]
        fallback: Key = (candidate.hints.ret or UNKNOWN_RETURN, None, "")
        groups[min(usable, key=_in_order, default=fallback)].extend(others)
    for pairs in groups.values():
        pairs.extend(zips[sha256] for sha256 in sorted({sent.inside for sent, _ in pairs} & zips.keys()))
    return [
        Group(candidate, key[0], key[1], tuple(sorted(groups[key], key=lambda pair: pair[0].sha256)))
        for key in sorted(groups, key=_in_order)
    ]


def _content(sent: Sent) -> Content:
    """What makes two files of a folder copies: headings alone may be equal in the files of two censuses."""
    return sent.sha256, census_in_name(sent.name)


def _in_order(key: Key) -> tuple[str, tuple[int, str], str]:
    return key[0], key[1] or (0, ""), key[2]


def _keys(read: list[tuple[Sent, FileRead]]) -> dict[Content, Key]:
    """The submission that each recognised file belongs to."""
    wholes = Counter(reading.ret for _, reading in read if reading.ret and reading.whole)
    keys: dict[Content, Key] = {}
    for sent, reading in read:
        if not reading.ret:
            continue
        many = reading.ret in FILE_PER_SCHOOL or RETURNS[reading.ret].in_parts
        one_of_many = wholes[reading.ret] > 1 and not many
        alone = reading.whole and (reading.ret in WHOLE_RETURNS or one_of_many or not reading.usable)
        named = _named(sent, reading) if RETURNS[reading.ret].has_terms else None
        keys[_content(sent)] = (reading.ret, named, sent.sha256 if alone else "")
    return _with_unnamed(keys)


def _named(sent: Sent, reading: FileRead) -> tuple[int, str] | None:
    """Calendar year and census: of an XML file by its header, of COLLECT's tables by the file name."""
    years, terms = reading.facts.reference_years, reading.facts.terms
    if reading.whole and len(years) == len(terms) == 1:
        return years[0], terms[0]
    return census_in_name(sent.name)


def _with_unnamed(keys: dict[Content, Key]) -> dict[Content, Key]:
    """Census files without COLLECT's prefix go with the only census that has one."""
    named: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for ret, name, _ in keys.values():
        if name:
            named[ret].add(name)
    return {
        content: (ret, next(iter(named[ret])), alone)
        if name is None and len(named[ret]) == 1
        else (ret, name, alone)
        for content, (ret, name, alone) in keys.items()
    }


def findings_of(group: Group, all_sent: Iterable[Sent]) -> list[Finding]:
    """What the files of a submission say together: copies, tables that came twice, nothing usable."""
    found: list[Finding] = []
    copies = Counter(_content(sent) for sent in all_sent)
    for sent, _ in group.files:
        if copies[_content(sent)] > 1:
            found.append(Finding("file.duplicate", file=sent.sha256[:12], n=copies[_content(sent)] - 1))
    for view, hashes in sorted(_files_by_table(group).items()):
        if len(hashes) > 1:
            dfe = RETURNS[group.ret].table(view).DFE
            found.append(Finding("file.two_tables_alike", file=hashes[0][:12], table=dfe, n=len(hashes)))
    if not group.readable:
        found.append(Finding("submission.no_usable_file", n=len(group.files)))
    return found


def _files_by_table(group: Group) -> dict[str, list[str]]:
    """The files that each table came in; those of single schools, or of parts of a year, count as one."""
    by_table: dict[str, list[str]] = defaultdict(list)
    taken: set[tuple[str, bool]] = set()
    for sent, reading in group.readable:
        in_parts = RETURNS[group.ret].in_parts or (reading.whole and group.ret in FILE_PER_SCHOOL)
        for table in reading.tables:
            if (table["rows_in"] or not reading.whole) and (table["view"], in_parts) not in taken:
                by_table[table["view"]].append(sent.sha256)
                taken |= {(table["view"], True)} if in_parts else set()
    return by_table
