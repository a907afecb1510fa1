"""Explore who quoted whom by hand: filter the record, look at the network, read the statements behind a link.

`explore(data)` opens it in JupyterLab; `select`, `statements` and `View` are the same answers as tables, without it.
"""

from analysis.explore.selection import Selection, select, statements
from analysis.explore.view import View, Views
from analysis.explore.widgets import Explorer, explore

__all__ = ["Explorer", "Selection", "View", "Views", "explore", "select", "statements"]
