"""Which statements are looked at: a selection of the record, and the table of the statements in it.

Pure: records in, records and tables out. The widgets call the same functions.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis import places, quoting
from analysis.dataset import Dataset

Undated = Literal["with", "without", "only"]


@dataclass(frozen=True)
class Selection:
    """What a statement must be like to be looked at; what is None asks for nothing.

    A statement has two ends: the outlet that published it and the source whose words they are. Relays between them
    (`via`) do not decide.

    `media`: the country where the outlet is based. `voices`: the country that the source speaks for (codes as in
    `quoting.nodes`: ISO 3166-1 alpha-2, `INT`, `unknown`). `sector`: of the source. `stance`: of the statement.
    `first`, `last`: the days of publication, both included. `undated`: whether statements in articles without a date
    are looked at: "with" those in the days asked for, "without" them, or "only" the undated.

    Raises ValueError for values that cannot be meant: another `undated`, or a first day after the last.
    """

    media: str | None = None
    voices: str | None = None
    sector: str | None = None
    stance: str | None = None
    first: date | None = None
    last: date | None = None
    undated: Undated = "with"

    def __post_init__(self) -> None:
        if self.undated not in get_args(Undated):
            raise ValueError(f"undated must be one of {', '.join(get_args(Undated))}, not {self.undated!r}")
        # A pandas Timestamp or a text is as welcome as a date.
        for end in ("first", "last"):
            if (value := getattr(self, end)) is not None:
                object.__setattr__(self, end, pd.Timestamp(value).date())
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"the first day, {self.first}, is after the last, {self.last}")


def ends(data: Dataset) -> pd.DataFrame:
    """What a selection asks of every statement.

    Returns
    -------
    DataFrame, a row an attribution in the record's order: `media` and `voices` (country codes, `unknown` where they
    are), `sector`, `stance` (categories) and `published` (datetime64, NaT where undated).

    >>> from analysis import load_dataset
    >>> ends(load_dataset()).loc[0, ["media", "voices"]].notna().all()
    np.True_
    """
    nodes = quoting.nodes(data)
    source = data.sources.set_index("source_id").index.get_indexer(data.attributions["source_id"])
    node = quoting.node_of_source(data).to_numpy()[source]
    article = pd.Index(data.articles["article_id"]).get_indexer(data.attributions["article_id"])
    outlet = data.articles["outlet_id"].to_numpy()[article]
    return pd.DataFrame({
        "media": nodes["country"].reindex(outlet).astype("category").array,
        "voices": nodes["country"].reindex(node).astype("category").array,
        "sector": nodes["sector"].reindex(node).astype("category").array,
        "stance": data.attributions["stance"].array,
        "published": data.articles["published"].to_numpy()[article],
    })


def matching(table: pd.DataFrame, selection: Selection) -> np.ndarray:
    """Which rows of `ends` a selection asks for (bool).

    Raises
    ------
    ValueError: where it asks for a country, sector or stance that no statement of the record can have.
    """
    keep = np.ones(len(table), dtype=bool)
    for column in ("media", "voices", "sector", "stance"):
        value = getattr(selection, column)
        if value is None:
            continue
        known = table[column].cat.categories
        if value not in known and not (column in ("media", "voices") and value in places.countries().index):
            raise ValueError(f"{column} must be one of {', '.join(map(str, known))}, not {value!r}")
        keep &= (table[column] == value).to_numpy(dtype=bool) if value in known else False
    dated = table["published"].notna().to_numpy()
    if selection.undated == "only":
        return keep & ~dated
    inside = dated.copy()
    if selection.first:
        inside &= (table["published"] >= pd.Timestamp(selection.first)).to_numpy()
    if selection.last:
        inside &= (table["published"] <= pd.Timestamp(selection.last)).to_numpy()
    return keep & (inside if selection.undated == "without" else inside | ~dated)


def select(data: Dataset, selection: Selection | None = None, **asked) -> Dataset:
    """The part of the record that a selection asks for.

    Parameters
    ----------
    selection: a `Selection`; or its fields as keywords.

    Returns
    -------
    Dataset: the attributions that match, the articles in which one stands with their recodes, and all outlets, sources
    and signatures, so that every function of the project takes it.

    Raises
    ------
    ValueError: see `Selection` and `matching`.

    >>> from analysis import load_dataset
    >>> part = select(load_dataset(), media="VN", stance="critical")
    >>> set(part.attributions["stance"])
    {'critical'}
    """
    if selection is not None and asked:
        raise ValueError("give a Selection or its fields, not both")
    keep = matching(ends(data), selection or Selection(**asked))
    said = data.attributions[keep].reset_index(drop=True)
    ids = set(said["article_id"])
    articles = data.articles[data.articles["article_id"].isin(ids)].reset_index(drop=True)
    recodes = data.recodes[data.recodes["article_id"].isin(ids)].reset_index(drop=True)
    return replace(data, attributions=said, articles=articles, recodes=recodes)


def statements(data: Dataset, *chosen: Hashable, level: quoting.Level = "outlet") -> pd.DataFrame:
    """The statements of a record, or those behind a node or a link of its network, to read.

    Parameters
    ----------
    chosen: nothing (all statements), a node of `quoting.quote_graph(data, level)` (those whose chain runs through it,
        from the publishing outlet to the source), or two nodes (those in whose chain the first quotes the second).

    Returns
    -------
    DataFrame, by date, the undated last, then by identifier: `attribution_id`, `published` (datetime64), `outlet`
    (name), `outlet_country` and `language` (codes), `source` (name), `via` (names of the relays, nearest first, joined
    by " > "; "" for none), `form`, `stance` (categories), `gist` (what was said, in the coder's words), `subject` (of
    the article), `url` (of the article, as in the record).

    Raises
    ------
    ValueError: for more than two nodes, or one that the record does not have.

    >>> from analysis import load_dataset
    >>> table = statements(load_dataset(), "vietnam-vn", "jiji-press")
    >>> table.loc[table["attribution_id"] == "vietnam-vn-02.4", ["outlet", "via", "source"]].values.tolist()
    [['Vietnam.vn', 'Jiji Press', 'Vietnamese media']]
    """
    from analysis.explore.view import Views

    views = Views(data)
    codes = [views.code(node, level) for node in chosen]
    return views.table.iloc[views.behind(codes, level)].reset_index(drop=True)


def readable(data: Dataset) -> pd.DataFrame:
    """The table of `statements`, but a row an attribution in the record's order."""
    name = quoting.nodes(data)["name"]
    article = pd.Index(data.articles["article_id"]).get_indexer(data.attributions["article_id"])
    articles = data.articles.iloc[article].reset_index(drop=True)
    outlets = data.outlets.set_index("outlet_id")
    node = quoting.node_of_source(data).set_axis(data.sources["source_id"])
    said = data.attributions
    return pd.DataFrame({
        "attribution_id": said["attribution_id"].array,
        "published": articles["published"],
        "outlet": name.reindex(articles["outlet_id"]).array,
        "outlet_country": places.or_unknown(outlets["country"].reindex(articles["outlet_id"])).array,
        "language": articles["language"],
        "source": name.reindex(node.reindex(said["source_id"])).array,
        "via": pd.Series([" > ".join(outlets["name"].reindex(via)) if via else "" for via in said["via"]], dtype="str"),
        "form": said["form"].array,
        "stance": said["stance"].array,
        "gist": said["gist"].array,
        "subject": articles["subject"],
        "url": articles["url"],
    })
