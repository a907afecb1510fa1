"""From a page to reviewed rows: read a page, draft its rows, let a person decide, write them to the tables.

`draft` -> `review` (in JupyterLab; or a spreadsheet) -> `accept`. Nothing is written that nobody accepted.
"""

from analysis.intake.acceptance import Accepted, accept
from analysis.intake.drafts import Draft, draft, load
from analysis.intake.fetch import Policy
from analysis.intake.highlight import highlighted
from analysis.intake.pages import Page, Refused, Skipped

__all__ = ["Accepted", "Draft", "Page", "Policy", "Refused", "Skipped", "accept", "draft", "highlighted", "load",
           "review"]


def __getattr__(name: str) -> object:
    if name == "review":  # the widgets take a second to import, and nobody needs them on the command line
        from analysis.intake.form import review

        return review
    raise AttributeError(name)
