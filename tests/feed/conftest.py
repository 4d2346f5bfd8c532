"""What the tests of the feed share with those of reading."""

from tests.ingest.conftest import here

__all__ = ["here"]
