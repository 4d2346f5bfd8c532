"""`python -m pipelines` is the program `outcomes`."""

from pipelines.cli import main

main()
