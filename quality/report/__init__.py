"""What goes back to an authority: did the file arrive, what must be put right, in which record.

One page to read and one workbook to work through, with the authority's own child identifiers, no
macros, nothing to install and nothing loaded from elsewhere; and one national board for those who
chase late returns. What could not be checked is said as plainly as what was found.
"""

from quality.report.authority import authority_report
from quality.report.board import board, read_before
from quality.report.counts import england_medians
from quality.report.inputs import RuleText

__all__ = ["RuleText", "authority_report", "board", "england_medians", "read_before"]
