"""A small synthetic England: children with lives, and the returns that 153 authorities would have made of
them.

Made to try the whole product where the right answer is known. No row describes a person. The product's own
code never imports this package, and this package imports nothing of the product.
"""

from __future__ import annotations

from synthetic.make import ALSO, RESULTS, Summary, make_country

__all__ = ["ALSO", "RESULTS", "Summary", "make_country"]
