"""The network for the report's page: what its script needs to filter, draw and list, from `analysis.explore`.

Pure: the record in, plain lists out. The script counts as `analysis.explore.view` does; tests hold the two together.
"""

from __future__ import annotations

import pandas as pd

from analysis import places, quoting
from analysis.dataset import Dataset
from analysis.explore import Views
from analysis.explore.widgets import FIRST_LEAST, base


def network(data: Dataset) -> dict[str, object]:
    """The network at every level, and what its controls ask of a statement.

    Returns
    -------
    dict of what JSON holds: `levels` (by level: what the drawing needs, see `explore.widgets.base`, with `quoter` and
    `quotee`, codes of the nodes at the ends of every hop, and `least`, to begin with), `attribution` (the statement of
    every hop), `ends` (by column of `explore.selection.ends`, for every statement: a code into `options`), `options`
    (by column: values and their names) and `dates` (YYYY-MM-DD of every statement, "" where unknown).
    """
    views = Views(data)
    levels = {}
    for level in FIRST_LEAST:
        at = views.level(level)
        levels[level] = base(at, level) | {"least": FIRST_LEAST[level], "quoter": at.quoter.tolist(),
                                           "quotee": at.quotee.tolist()}
    ends, options = {}, {}
    for column in ("media", "voices", "sector", "stance"):
        values = pd.Index(sorted(views.ends[column].dropna().unique()))
        ends[column] = values.get_indexer(views.ends[column]).tolist()
        names = places.name(values.to_series()) if column in ("media", "voices") else values
        options[column] = [[value, name] for value, name in zip(values, names)]
    return {"levels": levels, "attribution": quoting.coded_chains(data).attribution.tolist(), "ends": ends,
            "options": options,
            "dates": views.ends["published"].dt.strftime("%Y-%m-%d").fillna("").tolist()}
