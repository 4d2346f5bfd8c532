"""Whose a group of files is, and for which year: the content first, then the folder, then the note.

A file in another authority's folder, or in another year's, is not guessed at: it is held until a
person says what it is. Files that nobody names are kept under the name of their folder, out of every
total.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from assets.ingest.discover import Candidate, Hints, parse_moment
from assets.ingest.ledger import SCHOOL_TWICE
from assets.ingest.reading import Facts
from schemas.authorities import ENGLAND, before_or_after, is_authority
from schemas.calendar import collection_years, latest_year_end
from schemas.findings import Finding
from schemas.returns import RETURNS

OUTLIERS = 0.005
"""Share of the latest dates that may be typing errors and do not decide the year."""
TO_YEAR_END = timedelta(days=90)
"""The last dates of a return may lie this long before the 31 March that it is about."""
MANY = 5
"""So many dates of another year are more than typing errors."""
ALL_OF_IT = {"england", "allengland", "national", "nation", "all", "allauthorities", "ofsted", "e92000001"}
"""What people call the folder of a list of the whole country, without capitals, spaces and signs."""


@dataclass(frozen=True)
class Identity:
    """Who sent a submission, for which year and census, and when."""

    ret: str
    year: int
    la: str
    census: str = ""
    sent: datetime | None = None
    sent_from: str = ""
    """header, path or note; "" when only the time of arrival is known."""
    serial: int | None = None
    path_date: date | None = None
    held: str = ""
    """The code of the finding for which the submission waits for a person."""
    findings: tuple[Finding, ...] = ()


def who_and_when(
    ret: str, facts: Facts, candidate: Candidate, named: tuple[int, str] | None, now: datetime
) -> Identity:
    """Decide whose a group of files is.

    `facts` is what all files of the group say together; `named` is what COLLECT's file names say
    (calendar year, census), which counts as content. When content and folder disagree the submission
    is held, under what the content says.
    """
    year, about_year = _year(ret, facts, candidate, named, now)
    of_all = of_england(ret, candidate.hints)
    la, about_la = (ENGLAND, []) if of_all else _authority(ret, facts, candidate, year)
    census, about_census = _census(ret, facts, candidate, named)
    sent, sent_from = _sent(facts, candidate, census)
    findings = (*about_year, *about_la, *about_census, *_schools(facts), *_undated(ret, sent))
    # a school twice comes first: the others may be accepted, and that never may
    holding = (SCHOOL_TWICE, "file.authority_disagrees", "file.wrong_year")
    return Identity(
        ret=ret,
        year=year,
        la=la,
        census=census,
        sent=sent,
        sent_from=sent_from,
        serial=facts.serial,
        path_date=candidate.hints.sent,
        held=next((code for code in holding if any(f.rule == code for f in findings)), ""),
        findings=findings,
    )


def _year(
    ret: str, facts: Facts, candidate: Candidate, named: tuple[int, str] | None, now: datetime
) -> tuple[int, list[Finding]]:
    """The collection year: of the reference date, the header, the file names, the folder, the dates."""
    findings: list[Finding] = []
    told = facts.reference_years or facts.years or ((named[0],) if named else ())
    if facts.reference_years and facts.years and set(facts.years) != set(facts.reference_years):
        findings.append(Finding("file.year_disagrees", "year and reference date differ"))
    hinted = candidate.hints.year
    if told:
        year = max(told)
        if hinted is not None and hinted != year:
            findings.append(Finding("file.wrong_year", f"the folder is of {hinted}, the content of {year}"))
        return year, findings
    if hinted is not None:
        other = another_year(facts, hinted) if ret == "ssda903" else ""
        if other:
            findings.append(Finding("file.wrong_year", f"the folder is of {hinted}, but {other}"))
        return hinted, findings
    inferred = year_of_dates(facts.months, now.date())
    if inferred is None:
        findings.append(Finding("file.year_unknown"))
    return inferred or _last_year_ended(now.date()), findings


def another_year(facts: Facts, year: int) -> str:
    """Why episodes cannot be the return of that year, for one without a header; "" when they can be.

    Last year's return always holds open episodes, which touch this year too: that nothing began or ended
    in the year tells it. A small authority may have a quiet year, so it takes a busy one before.
    """
    if facts.spans and not touches(facts.spans, year):
        return "no episode touches that year"
    dated = dates_by_year(facts.months)
    if not dated[year] and dated[year - 1] >= MANY:
        return "episodes begin and end in the year before and none in that year"
    if dated[year + 1] >= MANY and dated[year + 1] > dated[year]:
        return "most episodes begin or end in the year after"
    return ""


def dates_by_year(months: dict[str, int]) -> Counter[int]:
    """How many dates lie in each collection year; `months` counts them by month (`2024-11`)."""
    years: Counter[int] = Counter()
    for month, n in months.items():
        years[int(month[:4]) + (month[5:] >= "04")] += n
    return years


def touches(spans: Iterable[tuple[int, int | None]], year: int) -> bool:
    """Whether any row, ended or still open, lies in a collection year."""
    return any(first <= year and (last is None or last >= year) for first, last in spans)


def year_of_dates(months: dict[str, int], today: date) -> int | None:
    """The collection year of a file without a header: the latest 31 March in the range of its dates.

    Typing errors must not decide. Months after `today` or outside the years that the product knows by
    more than a generation are ignored, and so is the latest half per cent of the dates. And a return's
    last date is rarely 31 March itself, so the range is taken to reach 90 days beyond the last date.
    """
    days = {_end_of(month): n for month, n in months.items() if _plausible(month, today)}
    if not days:
        return None
    ordered = sorted(days)
    rank = math.floor((1 - OUTLIERS) * (sum(days.values()) - 1))
    last = next(day for day, before in zip(ordered, _running(days, ordered), strict=True) if before > rank)
    year = latest_year_end(ordered[0].replace(day=1), last + TO_YEAR_END)
    return year


def _plausible(month: str, today: date) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}", month) is not None and "1985-01" <= month <= today.strftime("%Y-%m")


def _end_of(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    following = date(year + number // 12, number % 12 + 1, 1)
    return following - timedelta(days=1)


def _running(days: dict[date, int], ordered: list[date]) -> Iterator[int]:
    total = 0
    for day in ordered:
        total += days[day]
        yield total


def _last_year_ended(today: date) -> int:
    year = today.year if today >= date(today.year, 3, 31) else today.year - 1
    return min(max(year, min(collection_years())), max(collection_years()))


def of_england(ret: str, hints: Hints) -> bool:
    """Whether a list is the one for all authorities: it lies where such lists lie, in nobody's folder.

    A list that an authority put among its own files never counts for the others.
    """
    whose = re.sub(r"[^a-z0-9]", "", (hints.la or ENGLAND).lower())
    return hints.ret == ret in RETURNS and RETURNS[ret].of_england and whose in ALL_OF_IT


def _authority(ret: str, facts: Facts, candidate: Candidate, year: int) -> tuple[str, list[Finding]]:
    """The authority: of the content, then of the folder; else unknown under the folder's name."""
    findings: list[Finding] = []
    said = sorted({la.strip() for la in facts.las})
    if len(said) > 1:
        findings.append(Finding("file.several_authorities", n=len(said)))
    content = said[0] if len(said) == 1 else ""
    hinted = candidate.hints.la or ""
    listed = {la for la in (content, hinted, *said) if _is_listed(la, year)}
    if hinted in listed and said and hinted not in said:
        findings.append(_not_the_folders(content, hinted, year))
    for la in (content, hinted):
        if la in listed:
            return la, findings
    kin = before_or_after(content or hinted, year)
    to_accept = f"in {year} its area was that of {' and '.join(kin)}; accept it as one of them" if kin else ""
    if ret in RETURNS and RETURNS[ret].of_england:
        to_accept = f"if it is the list for all authorities, accept it as {ENGLAND}/{year}"
    findings.append(Finding("file.authority_unknown", to_accept))
    return candidate.unknown_la, findings


def _not_the_folders(content: str, hinted: str, year: int) -> Finding:
    """The content names another authority than the folder: perhaps the one that it was, or has become."""
    if not _is_listed(content, year) and hinted in before_or_after(content, year):
        return Finding("file.authority_followed", f"{content} did not exist in {year}, {hinted} did")
    return Finding("file.authority_disagrees", f"the folder is {hinted}'s")


def _is_listed(la: str, year: int) -> bool:
    return re.fullmatch(r"\d{3}", la) is not None and is_authority(la, year)


def _census(
    ret: str, facts: Facts, candidate: Candidate, named: tuple[int, str] | None
) -> tuple[str, list[Finding]]:
    """Which of the year's censuses: the census table, COLLECT's file names, then the folder."""
    if ret != "school_census":
        return "", []
    said = facts.terms[0] if len(facts.terms) == 1 else ""
    census = said or (named[1] if named else "") or candidate.hints.census or ""
    return census, [] if census else [Finding("file.term_unknown")]


def _schools(facts: Facts) -> Iterator[Finding]:
    """A school with two files of one census would have every pupil and every absence twice."""
    twice = len(facts.schools) - len(set(facts.schools))
    if twice:
        yield Finding(SCHOOL_TWICE, n=twice)


def _undated(ret: str, sent: datetime | None) -> Iterator[Finding]:
    """Of deliveries that tell what changed, which one is later decides."""
    if sent is None and ret in RETURNS and RETURNS[ret].in_deltas:
        yield Finding("file.delivery_undated")


def _sent(facts: Facts, candidate: Candidate, census: str) -> tuple[datetime | None, str]:
    """When it was sent: the header's date-time, then a date in the path, then the note."""
    header = parse_moment(facts.sent) if facts.sent else None
    if header:
        return header, "header"
    if candidate.hints.sent:
        return datetime.combine(candidate.hints.sent, time(), UTC), "path"
    noted = candidate.hints.noted_for(census)
    return (noted, "note") if noted else (None, "")


def together(all_facts: Iterable[Facts]) -> Facts:
    """What several files of one submission say together."""
    found = list(all_facts)
    months: Counter[str] = Counter()
    for facts in found:
        months.update(facts.months)
    return Facts(
        las=tuple(sorted({la for facts in found for la in facts.las})),
        years=tuple(sorted({year for facts in found for year in facts.years})),
        reference_years=tuple(sorted({year for facts in found for year in facts.reference_years})),
        terms=tuple(sorted({term for facts in found for term in facts.terms})),
        sent=max((facts.sent for facts in found), default=""),
        serial=max((facts.serial for facts in found if facts.serial is not None), default=None),
        months=dict(months),
        schools=tuple(sorted(school for facts in found for school in facts.schools)),
        spans=tuple(sorted({span for facts in found for span in facts.spans}, key=str)),
    )
