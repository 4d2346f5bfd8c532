"""The program `outcomes`: one verb per thing that a data engineer, analyst or data officer does.

Exit codes: 0 done; 1 done, but a file first seen in this run was quarantined or held; 2 wrong usage or
configuration; 3 internal error; 4 disclosure gate refused; 130 interrupted. Heavy libraries are imported
inside the verb that needs them, so that `outcomes validate` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.words import answer, number, say
from schemas.failures import Refused, Trouble, WrongUse, guarded

app = typer.Typer(
    name="outcomes",
    help="From the statutory returns of local authorities to national outcomes for children.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
linkage_app = typer.Typer(help="Who is who: train a model, evaluate it, review pairs.", no_args_is_help=True)
keys_app = typer.Typer(help="The keys that pseudonyms are made with.", no_args_is_help=True)
app.add_typer(linkage_app, name="linkage")
app.add_typer(keys_app, name="keys")

Home = Annotated[
    Path | None, typer.Option("--home", help="The store; default ./store or NATIONAL_OUTCOMES_HOME.")
]
Landing = Annotated[
    Path | None, typer.Option("--landing", help="Where files arrive; default landing/ in the home.")
]
Engine = Annotated[str, typer.Option(help="Where the linkage weighs pairs: duckdb or spark.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else there.")]


INTERRUPTED = 130


def usable(engine: str) -> str:
    """The engine asked for; WrongUse where there is no such one, or this machine cannot run it."""
    from linkage import spark

    if engine not in ("duckdb", "spark"):
        raise WrongUse(f"--engine {engine} is not known; expected duckdb or spark")
    if engine == "spark" and (lack := spark.missing()):
        raise WrongUse(f"--engine spark: {lack}")
    return engine


def years_between(text: str) -> list[int]:
    """`2023-2025` or `2025` or `2023,2025` as a list of collection years."""
    try:
        first, _, last = text.partition("-")
        return list(range(int(first), int(last) + 1)) if last else [int(year) for year in text.split(",")]
    except ValueError:
        raise WrongUse(f"--years {text} cannot be read; expected 2025, 2024,2025 or 2023-2025") from None


@app.command()
def demo(home: Home = None, scale: float = 0.01, seed: int = 1) -> None:
    """Make a small synthetic England, run the nightly job on it, publish it, say what to open."""
    from pipelines.demo import demo as make
    from pipelines.settings import open_store

    raise typer.Exit(make(open_store(home), scale=scale, seed=seed))


@app.command()
def synth(
    directory: Path,
    scale: Annotated[float, typer.Option(help="Share of England, 1.0 is all of it.")] = 0.01,
    years: Annotated[str, typer.Option(help="Collection years, as 2024-2025.")] = "2024-2025",
    seed: int = 1,
    las: Annotated[str, typer.Option(help="Three-digit codes, comma-separated; default all.")] = "",
    full_size: Annotated[
        str, typer.Option(help="Codes of authorities with all their children, whatever the scale.")
    ] = "",
    errors: Annotated[
        float, typer.Option(help="So many times the usual identifier errors and planted faults.")
    ] = 1.0,
    clean: Annotated[bool, typer.Option("--clean", help="No identifier errors, no planted faults.")] = False,
    also: Annotated[
        str,
        typer.Option(
            help="What is made only when asked for, comma-separated: school_census_xml, daily_attendance (large), "
            "attainment, provider_list (XLSX), tables (what was sent, cell by cell, in truth/)."
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Write landing files of a synthetic country in the real forms, and the truth about them."""
    from dataclasses import asdict

    import synthetic

    chosen, whole, more = (
        [part.strip() for part in text.split(",") if part.strip()] for text in (las, full_size, also)
    )
    if unknown := sorted(set(more) - set(synthetic.ALSO)):
        raise WrongUse(f"expected some of {', '.join(synthetic.ALSO)} after --also, got {', '.join(unknown)}")
    made = synthetic.make_country(
        directory, scale=scale, years=years_between(years), seed=seed, las=chosen or None, clean=clean,
        full_size=whole, errors=errors, also=more,
    )  # fmt: skip
    answer(asdict(made), as_json, f"a synthetic country stands in {directory}")


@app.command()
def run(
    home: Home = None,
    landing: Landing = None,
    full: Annotated[bool, typer.Option("--full", help="Redo everything, not only what changed.")] = False,
    as_known_at: Annotated[
        str, typer.Option(help="Rebuild what was known at this date or time (ISO); never made current.")
    ] = "",
    engine: Engine = "duckdb",
    as_json: Json = False,
) -> None:
    """The nightly run: read what arrived, check it, link it, measure it, make a restricted release."""
    from pipelines import night
    from pipelines.settings import open_store

    outcome = night.run(open_store(home, landing), full=full, as_known_at=as_known_at, engine=usable(engine))
    what = "made" if outcome.is_new else "unchanged"
    lines = [f"release {outcome.release} ({what})"]
    if outcome.new_trouble:
        lines.append(
            f"{outcome.new_trouble} new file(s) or submission(s) were quarantined or held: see `outcomes status`"
        )
    answer(
        {"release": outcome.release, "is_new": outcome.is_new, "new_trouble": outcome.new_trouble},
        as_json,
        *lines,
    )
    raise typer.Exit(outcome.exit_code)


@app.command()
def publish(release: str, home: Home = None, as_json: Json = False) -> None:
    """Disclosure control, the attack on it, then the public files of a release. Never done by the nightly run."""
    from assets import publish as publishing
    from pipelines.settings import existing_store

    public = publishing.publish(existing_store(home), release)
    pages = public / "pages"
    said = f"published: {pages}/index.html; ours beside the department's figures: {pages}/comparison.html"
    answer({"release": release, "public": str(public)}, as_json, said)


@app.command()
def validate(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of one authority's return.")],
    ret: Annotated[str, typer.Option("--return", help="cin, ssda903, school_census or daily_attendance.")],
    year: Annotated[int, typer.Option(help="Collection year, the calendar year of its 31 March.")],
    out: Annotated[Path, typer.Option(help="List to write: .csv .parquet .json .xlsx")],
    term: Annotated[str, typer.Option(help="autumn, spring or summer, for a school census.")] = "",
    la: Annotated[str, typer.Option(help="Three-digit code, where the files do not say it.")] = "",
    last_year: Annotated[
        list[Path] | None, typer.Option("--last-year", help="Last year's files, for the rules that compare.")
    ] = None,
    providers: Annotated[
        Path | None, typer.Option(help="CSV of registered providers, for the rules that need it.")
    ] = None,
    postcodes: Annotated[
        Path | None, typer.Option(help="CSV of postcodes with places, such as the ONS directory.")
    ] = None,
    fail_on: Annotated[str, typer.Option("--fail-on", help="Exit with 1 on this severity or worse.")] = "",
    as_json: Json = False,
) -> None:
    """Check an authority's own files against the rules; needs no store."""
    from pipelines.validating import validate_files

    raise typer.Exit(
        validate_files(
            paths, ret=ret, year=year, out=out, term=term, la=la, last_year=last_year or [],
            fail_on=fail_on, as_json=as_json, providers=providers, postcodes=postcodes,
        )
    )  # fmt: skip


@app.command()
def status(
    home: Home = None,
    files: Annotated[bool, typer.Option("--files", help="Every file and table with its rows.")] = False,
    as_json: Json = False,
) -> None:
    """What is in the store, what is in force, what is held or quarantined, who is missing."""
    from pipelines.settings import existing_store
    from pipelines.status import status_of

    result = status_of(existing_store(home))
    answer(result.as_dict(), as_json, *result.lines(), *(result.file_lines() if files else ()))


@app.command()
def doctor(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="This year's files or folders, with --year.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="What of the files that year's form would refuse.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Whether this machine, its configuration and the store are fit for a run; with --year, next year's form."""
    if paths or year is not None:
        _dry_run(paths or [], year, as_json)
        return
    from pipelines.doctor import examine
    from pipelines.settings import open_store

    checks = examine(open_store(home))
    answer({"checks": [check.as_dict() for check in checks]}, as_json, *(check.line() for check in checks))
    raise typer.Exit(0 if all(check.ok for check in checks) else 2)


def _dry_run(paths: list[Path], year: int | None, as_json: bool) -> None:
    from pipelines.next_form import dry_run

    if not paths or year is None:
        raise WrongUse("a dry run needs files and a year; expected outcomes doctor --year 2027 PATH")
    found = dry_run(paths, year)
    answer(found.as_dict(), as_json, *found.lines())


@app.command()
def explain(what: str, as_json: Json = False) -> None:
    """A rule, indicator, finding, table, field or code set in plain words."""
    from pipelines.explain import explanations

    found = explanations(what)
    answer({"explanations": found}, as_json, *found)


@app.command()
def verify(release: str, home: Home = None, as_json: Json = False) -> None:
    """A release against its manifest: every file there, unchanged, with the rows it says."""
    from assets import release as releases
    from pipelines.settings import existing_store

    problems = releases.verify(existing_store(home), release)
    answer(
        {"release": release, "problems": problems},
        as_json,
        *(problems or [f"{release} is as its manifest says"]),
    )
    raise typer.Exit(3 if problems else 0)


@app.command()
def diff(before: str, after: str, home: Home = None, as_json: Json = False) -> None:
    """Which figures moved from one release to another, and why: late, sent again, links, method."""
    from assets.difference import as_dict, difference
    from pipelines.difference import lines
    from pipelines.settings import existing_store

    found = difference(existing_store(home), before, after)
    answer(as_dict(found), as_json, *lines(found))


@app.command()
def accept(
    submission: str,
    take_as: Annotated[
        str, typer.Option("--as", help="Authority and year, as 202/2025; of a list for all: england/2025.")
    ],
    home: Home = None,
) -> None:
    """Take a held submission on purpose, as that authority's return of that year."""
    from datetime import UTC, datetime

    from assets.ingest import ledger
    from pipelines.settings import existing_store

    la, _, year = take_as.partition("/")
    if not la or not year.isdigit():
        raise WrongUse(f"--as {take_as} cannot be read; expected an authority and a year, as 202/2025")
    ledger.accept(existing_store(home), submission, la=la, year=int(year), now=datetime.now(UTC))
    say(f"{submission} counts as {la}'s of {year} from the next run on")


@app.command()
def withdraw(
    submission: Annotated[
        str, typer.Argument(help="Its id, or the beginning of it, as `outcomes status --files` shows it.")
    ],
    home: Home = None,
) -> None:
    """Erase a submission: its rows, findings and originals go now, its part in releases with the next run."""
    from datetime import UTC, datetime

    from assets import explanations
    from assets.alone import alone
    from assets.ingest import ledger
    from pipelines.settings import existing_store

    store = existing_store(home)
    whole = ledger.find(store, submission).submission
    with alone(store):
        ledger.withdraw(store, whole, now=datetime.now(UTC))
        explanations.forget(store, whole)
    say(f"{submission} is withdrawn; run the night to make a release without it, and delete the older ones")


@app.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a page is old.")] = False,
) -> None:
    """Rebuild the dictionary, rule and indicator pages from the declarations."""
    from pipelines.pages import write_pages

    old = write_pages(check=check)
    say(*(f"{path} is not what the declarations say; run `make docs`" for path in old) if check else ())
    raise typer.Exit(1 if check and old else 0)


@app.command()
def ui(home: Home = None, port: int = 3000) -> None:
    """Dagster's pages on this machine."""
    import os

    from pipelines.settings import CHECKOUT, open_store

    open_store(home)
    os.environ["PYTHONPATH"] = str(CHECKOUT)
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "pipelines.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    os.chdir(CHECKOUT)
    os.execv(sys.executable, command)  # noqa: S606


@linkage_app.command("evaluate")
def linkage_evaluate(
    records: Path,
    truth: Annotated[str, typer.Option(help="Column that says which records are one person.")],
    kind: str = "auto",
    engine: Engine = "duckdb",
    as_json: Json = False,
) -> None:
    """How well the linkage does on labelled person records in a CSV or Parquet file."""
    import linkage

    if kind not in ("auto", "dedupe", "one-to-one", "many"):
        raise WrongUse(f"--kind {kind} is not known; expected auto, dedupe, one-to-one or many")
    try:
        result = linkage.evaluate(records, truth, kind, engine=usable(engine))  # type: ignore[arg-type]
    except linkage.CannotEvaluate as error:
        raise WrongUse(str(error)) from None
    standard, columns = result["standard"], result["columns"]
    answer(
        result,
        as_json,
        f"{number(result['records'])} records, {number(result['true_pairs'])} true pairs, kind {result['kind']}",
        f"standard: precision {standard['precision']:.4f}, recall {standard['recall']:.4f}, F1 {standard['f1']:.4f}",
        f"compared: {', '.join(columns['used'])}",
        f"not compared: {', '.join(columns['ignored']) or 'none'}",
    )


@linkage_app.command("train")
def linkage_train(
    out: Annotated[Path, typer.Option(help="Model to write, JSON.")],
    home: Home = None,
    seed: int = 1,
) -> None:
    """Train a linkage model on the records of a store and what reviewers decided; reviewed like code, never at night."""
    from pipelines.settings import existing_store
    from pipelines.training import train_on_store

    train_on_store(existing_store(home), out, seed)
    say(f"model written to {out}, its card to {out.with_suffix('.md')}; measure it and complete the card")


@linkage_app.command("review")
def linkage_review(
    home: Home = None,
    out: Annotated[
        Path | None, typer.Option(help="Spreadsheet to write; default in people/review of the home.")
    ] = None,
    page: Annotated[
        bool, typer.Option("--page", help="A page with buttons instead of a spreadsheet.")
    ] = False,
    of_each: Annotated[int, typer.Option(help="Pairs of each kind; small kinds are shown whole.")] = 20,
    read: Annotated[Path | None, typer.Option(help="Take the decisions of a filled-in review.")] = None,
    as_json: Json = False,
) -> None:
    """Pairs of records for people to compare, and what they decided: held to by every later run."""
    from pipelines.reviewing import export, read_back
    from pipelines.settings import existing_store

    store = existing_store(home)
    result, lines = read_back(store, read) if read else export(store, out, page=page, of_each=of_each)
    answer(result, as_json, *lines)


@keys_app.command("new")
def keys_new(project: str = "marts") -> None:
    """Make a key for a project; pseudonyms made with it cannot be made with another."""
    from assets import keys

    say(f"key {keys.new(project)} made")


@keys_app.command("rotate")
def keys_rotate(project: str = "marts") -> None:
    """Replace a project's key: the next release has new pseudonyms for everyone."""
    from assets import keys

    say(f"key {keys.rotate(project)} made; the next release has new pseudonyms")


def main() -> None:
    """Run the program; turn trouble into words and exit codes."""
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        guarded("this command")(_call)()
    except WrongUse as error:
        say(f"outcomes: {error}")
        return 2
    except Refused as error:
        say(f"outcomes: {error}")
        return 4
    except Trouble as error:
        say(f"outcomes: {error}")
        return 3
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
        return _interrupted() if code == INTERRUPTED else code
    return 0


def _interrupted() -> int:
    say("outcomes: interrupted; the release in use is unchanged, and the next run does what is left")
    return INTERRUPTED


def _call() -> None:
    app()
