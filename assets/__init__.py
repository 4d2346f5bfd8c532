"""The second floor: what is made, and in what order.

`ingest` reads what authorities sent; the modules beside it make findings, people, cohorts, outcomes and
the release. The Dagster assets are thin: each says what it is made from and calls plain functions.
"""
