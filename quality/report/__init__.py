"""What goes back to an authority: did the file arrive, what must be put right, in which record.

One page to read and one workbook to work through, with the authority's own child identifiers, no
macros, nothing to install and nothing loaded from elsewhere; and one national board for those who
chase late returns. What could not be checked is said as plainly as what was found.
"""

from quality.report.authority import Beside, authority_report
from quality.report.board import board, read_before
from quality.report.counts import checks_made, england_medians, error_medians
from quality.report.inputs import RuleText

__all__ = [
    "Beside",
    "RuleText",
    "authority_report",
    "board",
    "checks_made",
    "england_medians",
    "error_medians",
    "read_before",
]
