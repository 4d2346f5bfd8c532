"""Who is who: one random id per child across returns, years and authorities, each link with its reason.

    summary = link_people(con, records="identity_records", run="2026-11-22")
    marks = quality.against_truth(con, "truth")

`link_people` writes the schema `people`; `evaluate` marks the linkage on any labelled file; `train` learns
a new model. Identifiers stay in `people` and in the arguments: no log, error or returned count holds one.
"""

from linkage import quality, spark
from linkage.columns import CannotEvaluate
from linkage.evaluation import evaluate
from linkage.link import COLUMNS, LinkSummary, link_people
from linkage.model import COMMITTED, Model
from linkage.thresholds import LOOSE, STANDARD, STRICT, Thresholds
from linkage.training import train

__all__ = [
    "COLUMNS",
    "COMMITTED",
    "LOOSE",
    "STANDARD",
    "STRICT",
    "CannotEvaluate",
    "LinkSummary",
    "Model",
    "Thresholds",
    "evaluate",
    "link_people",
    "quality",
    "spark",
    "train",
]
