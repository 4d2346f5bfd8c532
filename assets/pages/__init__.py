"""The public pages: one per indicator, an index in the dashboard's order, and ours beside the published.

They are for an analyst who has found a number and wants to know what it means, how it has moved, how places
differ, and how far to trust it. Every page is one file that needs nothing from anywhere, is drawn from the
figures as published and from nothing else, and says everything that a chart shows in a table as well.
"""

from assets.pages.making import write_pages
from assets.pages.material import Earlier, Material

__all__ = ["Earlier", "Material", "write_pages"]
