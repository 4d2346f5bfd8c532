"""Learning a model for children's records, from any file of identity records, with what reviewers decided or without.

Care records (children in need, looked after, person files) are gathered by the authority's child id, pupils
by UPN, and the two sides compared: where the UPN agrees we see how often names, dates and homes do; where
name and birth date agree we see how often UPNs do. Where people have compared pairs, their decisions move
what was learned part of the way (`linkage.labels`). One call, a minute or so, and only when returns change
in kind: nightly runs use the committed model.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import duckdb
import polars as pl

from linkage import card, labels
from linkage.clusters import connected_components
from linkage.comparing import children_ladders
from linkage.faces import make_faces
from linkage.model import Model, faults, save
from linkage.splinking import Lesson, learn
from linkage.steps import SCRATCH, number, run_step, scratch

LESSON = Lesson(
    sure=("l.upn = r.upn and l.date_of_birth = r.date_of_birth",),
    sure_share=0.8,
    look_in=(
        "l.upn = r.upn",
        "l.forename = r.forename and l.surname = r.surname and l.date_of_birth = r.date_of_birth",
    ),
    pairs=3e6,
    seed=1,
)


def train(
    records: Path,
    out_json: Path,
    seed: int = 1,
    *,
    trained_on: str = "",
    pairs: float = LESSON.pairs,
    decided: pl.DataFrame | None = None,
) -> Model:
    """Learn from a Parquet or CSV file of identity records (columns of `linkage.link.COLUMNS`); write the model to
    `out_json`, its card beside it. `pairs` is how many random pairs show what strangers have in common; `decided` is
    what reviewers decided (`linkage.labels.teach`). Raises ValueError when the file holds too little to learn from.
    """
    con = duckdb.connect()
    con.execute("create schema people")
    reader = "read_csv" if records.suffix.lower() == ".csv" else "read_parquet"
    con.execute(f"create view identity_records as from {reader}('{records}')")
    try:
        if decided is not None:
            labels.load(con, decided)
        with scratch(con):
            _two_sides(con)
            lesson = replace(LESSON, seed=seed, pairs=pairs)
            model = _learned(con, out_json.stem, lesson, trained_on or f"{records.name}, {_size(con)}")
            if decided is not None:
                model = _taught(con, model, decided)
    finally:
        con.close()
    problems = faults(model, children_ladders())
    if problems:
        raise ValueError(
            f"The records do not teach a sane model: {'; '.join(problems)}. Give more, or other, records."
        )
    save(model, out_json)
    out_json.with_suffix(".md").write_text(card.written(model, seed), encoding="utf-8")
    return model


def _taught(con: duckdb.DuckDBPyConnection, model: Model, decided: pl.DataFrame) -> Model:
    parameters, told = labels.teach(con, children_ladders(), model.parameters, decided)
    return replace(model, parameters=parameters, labels=told)


def _two_sides(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `learn_care` and `learn_pupil`: entities as the nightly run would compare them."""
    make_faces(con, "identity_records")
    run_step(con, "20_keys")
    own = f"""select l.a, l.b from {SCRATCH}.certain_link l
        join people.face x on x.face_no = l.a join people.face y on y.face_no = l.b
        where l.stage = 'la_child_id' or (x.source = 'school_census' and y.source = 'school_census')"""
    connected_components(con, own, f"{SCRATCH}.node_component")
    con.execute(
        f"create table {SCRATCH}.component as select node as face_no, component from {SCRATCH}.node_component"
    )
    run_step(con, "30_entities")
    fields = (
        "entity_no, forename, forename_common, surname, other_surname, date_of_birth, sex, ethnicity, "
        "postcode, other_postcode, upn"
    )
    con.execute(f"create table {SCRATCH}.learn_pupil as select {fields} from link_entity where is_pupil")
    con.execute(f"create table {SCRATCH}.learn_care as select {fields} from link_entity where not is_pupil")


def _learned(con: duckdb.DuckDBPyConnection, name: str, lesson: Lesson, trained_on: str) -> Model:
    parameters, prior = learn(con, children_ladders(), ["learn_care", "learn_pupil"], "entity_no", lesson)
    pupils = number(con, f"select count(*) from {SCRATCH}.learn_pupil")
    share = min(max(prior * pupils, 0.05), 1.0)
    return Model(name, trained_on, version("splink"), round(share, 3), parameters)


def _size(con: duckdb.DuckDBPyConnection) -> str:
    return f"{number(con, 'select count(*) from people.record_face'):,} records"
