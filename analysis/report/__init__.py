"""The report: one static site that answers the two questions for those who open no notebook, from disk, offline.

`build(data, to)` writes it; `facts` and `tables` are what it says, without any page.
"""

from analysis.report.facts import coverage_facts, figures, limits, quoting_facts
from analysis.report.site import NotAReport, build
from analysis.report.tables import articles, statements

__all__ = ["NotAReport", "articles", "build", "coverage_facts", "figures", "limits", "quoting_facts", "statements"]
