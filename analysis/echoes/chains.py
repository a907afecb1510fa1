"""Chains of quotation as paths: through whose hands each statement went, how deep, and across which borders.

A chain reads: the article's outlet <- whom it credits, nearest first <- the source. `quoting.hops` cuts it into steps.
"""

from __future__ import annotations

from itertools import groupby

import pandas as pd

from analysis import places
from analysis.dataset import Dataset
from analysis.quoting import coded_chains


def chains(data: Dataset) -> pd.DataFrame:
    """Every statement with its way from the source to the reader.

    Credits for a whole piece (`articles.wire`) are no part of a chain; they stand beside it.

    Returns
    -------
    DataFrame, a row an attribution, in the record's order: `attribution_id`, `article_id`, `path` (list of nodes as in
    `quoting.nodes`: the article's outlet first, the source last), `names` (list, of the nodes), `depth` (hops: 1 where
    the outlet quotes the source itself), `countries` (list, of the nodes: ISO 3166-1 alpha-2, `INT`, `unknown`),
    `kinds` (list: the kind of outlet, of a source that is no outlet its kind of source), `states` (how many different
    states the chain passes; `INT` and `unknown` are none), `crosses_border` (bool: at least two states), `wire` (list
    of outlets that the article credits for the whole piece), `published` (datetime64), `language`, `form`, `stance`
    (categories) and `gist`.

    >>> from analysis import load_dataset
    >>> table = chains(load_dataset()).set_index("attribution_id")
    >>> " <- ".join(table.at["vietnam-vn-02.4", "names"]), table.at["vietnam-vn-02.4", "countries"]
    ('Vietnam.vn <- Jiji Press <- Vietnamese media', ['VN', 'JP', 'VN'])
    >>> table["depth"].value_counts().sort_index().to_dict()
    {1: 1850, 2: 124, 3: 2}
    """
    c = coded_chains(data)
    nodes = c.nodes
    ids, names, countries = nodes.index.tolist(), nodes["name"].tolist(), nodes["country"].tolist()
    kinds = nodes["outlet_kind"].where(nodes["outlet_kind"] != "", nodes["kind"]).tolist()
    paths = c.paths()
    states = [len({countries[node] for node in path} - {*places.NO_STATE}) for path in paths]
    articles = data.articles.iloc[c.article]

    def along(values: list[str]) -> pd.Series:
        return pd.Series([[values[node] for node in path] for path in paths], dtype=object)

    return pd.DataFrame({
        "attribution_id": data.attributions["attribution_id"].array,
        "article_id": data.attributions["article_id"].array,
        "path": along(ids),
        "names": along(names),
        "depth": pd.Series([len(path) - 1 for path in paths], dtype="int64"),
        "countries": along(countries),
        "kinds": along(kinds),
        "states": pd.Series(states, dtype="int64"),
        "crosses_border": pd.Series([number > 1 for number in states], dtype="bool"),
        "wire": pd.Series([list(wire) for wire in articles["wire"]], dtype=object),
        "published": articles["published"].array,
        "language": articles["language"].array,
        "form": data.attributions["form"].array,
        "stance": data.attributions["stance"].array,
        "gist": data.attributions["gist"].array,
    })


def steps_of(path: list[str]) -> list[str]:
    """The path without standing still: an outlet that quotes itself is no step.

    >>> steps_of(["vna", "vna", "jiji-press", "vna"])
    ['vna', 'jiji-press', 'vna']
    """
    return [node for node, _ in groupby(path)]


def through_wire(path: list[str], wire: list[str]) -> list[list[str]]:
    """The ways that a statement went if the piece is whose the article says it is: one for each outlet credited for
    the whole piece that the path does not name anyhow (agencies credited side by side are no chain).

    path: as `steps_of` gives it.

    >>> through_wire(["al-watan", "antonio-guterres"], ["oman-news-agency"])
    [['al-watan', 'oman-news-agency', 'antonio-guterres']]
    >>> through_wire(["al-jazeera", "reuters", "unnamed-activists"], ["reuters"])
    []
    """
    return [[path[0], origin, *path[1:]] for origin in wire if origin not in path]
