"""The network of a selection, quick enough to follow a control that is dragged: the record is indexed once.

Pure: what comes out are tables and numbers; edges and weights are those of `quoting.quote_graph`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd

from analysis import places, quoting
from analysis.dataset import Dataset
from analysis.explore.layout import positions
from analysis.explore.selection import Selection, ends, matching, readable

MIDDLE, WIDEST = 9.0, 74.0  # of a node of no statement, and what the largest has more


@dataclass(frozen=True)
class View:
    """What is to be seen of a selection.

    `nodes`, a row a node that is drawn, indexed by `code` (its number at this level): `statements` (whose chain runs
    through it), `quoted` (in which somebody quotes it), `quotes` (in which it quotes somebody). `edges`, a row a link
    that is drawn: `from`, `to` (codes), `statements`, `articles`. `rows` are the matching statements (positions in the
    record), `articles` the number in which they stand and `undated` the number of those without a date; `links` counts
    the links of the selection, drawn or not.
    """

    level: quoting.Level
    least: int
    nodes: pd.DataFrame
    edges: pd.DataFrame
    rows: np.ndarray
    articles: int
    undated: int
    links: int


@dataclass(frozen=True)
class Level:
    """Everything of a level that no selection changes.

    `nodes`, a row a node, in order of its code: `node` (as in `quoting.quote_graph`), `name`, `group` (of sectors, or
    the region of a country), `about` (a line on it), `statements` (in the whole record), `diameter`.
    `edges`: its links, as `from` and `to` (codes) and `weight`. `quoter`, `quotee`: the codes at the ends of every hop
    of the record. `heaviest`: the statements of its heaviest link.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    quoter: np.ndarray
    quotee: np.ndarray
    heaviest: int

    @cached_property
    def places(self) -> pd.DataFrame:
        """Where each node stands, `x` and `y` by code; NaN where no statement runs through it. Slow, so only if asked."""
        table = pd.DataFrame({"x": np.nan, "y": np.nan}, index=self.nodes.index)
        used = np.flatnonzero(self.nodes["statements"])
        links = self.edges[self.edges["from"] != self.edges["to"]].sort_values(["from", "to"])
        pairs = np.searchsorted(used, links[["from", "to"]].to_numpy())
        diameter = self.nodes["diameter"].to_numpy()[used]
        table.loc[used, ["x", "y"]] = positions(pairs, links["weight"].to_numpy(), diameter)
        return table


class Views:
    """A record indexed for quick answers; `views.view(selection, level, least)` gives one."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.ends = ends(data)
        # The codes that `quote_graph` counts with; it and this must count alike (tests hold the two together).
        self._chains = quoting.coded_chains(data)
        self._undated = data.articles["published"].isna().to_numpy()
        self._levels: dict[str, Level] = {}
        self._every = np.ones(len(data.attributions), dtype=bool)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The statements to read, a row an attribution in the record's order."""
        return readable(self.data)

    @cached_property
    def _rank(self) -> np.ndarray:
        """The place of every statement when they are read: by date, undated last, then by identifier."""
        order = self.table.sort_values(["published", "attribution_id"], na_position="last", kind="stable").index
        return np.argsort(order.to_numpy())

    def level(self, level: quoting.Level) -> Level:
        """Names, groups and places of a level's nodes, computed at the first call. ValueError for another level."""
        if level not in get_args(quoting.Level):
            raise ValueError(f"level must be 'outlet', 'country' or 'sector', not {level!r}")
        if level not in self._levels:
            self._levels[level] = self._make_level(level)
        return self._levels[level]

    def _make_level(self, level: quoting.Level) -> Level:
        c = self._chains
        if level == "outlet":
            key, labels = np.arange(len(c.nodes)), c.nodes.index
            group = c.nodes["sector"].map(quoting.sector_group)
            known = c.nodes["country"] != places.UNKNOWN
            kind, body = c.nodes["outlet_kind"], c.nodes["kind"] + ", " + c.nodes["sector"]
            what = kind.where(kind != "", body)
            table = pd.DataFrame({"name": c.nodes["name"], "group": group,
                                  "about": what + (", " + c.nodes["country_name"]).where(known, "")})
        else:
            key, labels = pd.factorize(c.nodes[level], sort=True)
            codes = labels.to_series()
            if level == "country":
                region = places.region(codes)
                table = pd.DataFrame({"name": places.name(codes), "group": region, "about": region})
            else:
                table = pd.DataFrame({"name": codes, "group": codes.map(quoting.sector_group)})
                table["about"] = table["group"]
        table = table.rename_axis("node").reset_index()
        quoter, quotee = key[c.quoting], key[c.quoted]
        edges = quoting.edges(self.data, c, quoter, quotee, len(labels))
        table["statements"] = _count(np.append(c.attribution, c.attribution), np.append(quoter, quotee), len(labels))
        most = max(int(table["statements"].max()) if len(table) else 0, 1)
        table["diameter"] = np.round(MIDDLE + WIDEST * np.sqrt(table["statements"] / most), 1)
        return Level(table, edges[["from", "to", "weight"]], quoter, quotee, int(edges["weight"].max()) if len(edges) else 1)

    def code(self, node: Hashable, level: quoting.Level = "outlet") -> int:
        """The code of a node at a level. ValueError where the record has no such node."""
        found = np.flatnonzero(self.level(level).nodes["node"] == node)
        if not len(found):
            raise ValueError(f"the record has no {level} {node!r}")
        return int(found[0])

    def view(self, selection: Selection = Selection(), level: quoting.Level = "outlet", least: int = 1) -> View:
        """The network of a selection, with the links of at least `least` statements and the nodes at their ends.

        Raises
        ------
        ValueError: for another level, a `least` below 1, or a selection that the record cannot answer.
        """
        if least < 1:
            raise ValueError(f"least must be at least 1, not {least}")
        at, keep = self.level(level), matching(self.ends, selection)
        rows, c = np.flatnonzero(keep), self._chains
        hop = keep[c.attribution]
        attribution, quoter, quotee = c.attribution[hop], at.quoter[hop], at.quotee[hop]
        part = replace(c, attribution=attribution, step=c.step[hop], quoting=c.quoting[hop], quoted=c.quoted[hop])
        size = len(at.nodes)
        edges = quoting.edges(self.data, part, quoter, quotee, size)[["from", "to", "statements", "articles"]]
        drawn = edges[edges["statements"] >= least].sort_values(["from", "to"], ignore_index=True)
        nodes = pd.DataFrame({
            "statements": _count(np.append(attribution, attribution), np.append(quoter, quotee), size),
            "quoted": _count(attribution, quotee, size),
            "quotes": _count(attribution, quoter, size),
        }).rename_axis("code")
        articles = np.unique(c.article[rows])
        return View(level, least, nodes.loc[np.unique(drawn[["from", "to"]])], drawn, rows, len(articles),
                    int(self._undated[articles].sum()), len(edges))

    def behind(self, codes: Sequence[int], level: quoting.Level = "outlet",
               rows: np.ndarray | None = None) -> np.ndarray:
        """The statements behind nothing (all), a node or a link, in the order to read them (positions in the record).

        rows: look among these only (as a `View` has them).
        """
        keep = self._every.copy()
        if codes:
            at = self.level(level)
            if len(codes) == 1:
                hop = (at.quoter == codes[0]) | (at.quotee == codes[0])
            elif len(codes) == 2:
                hop = (at.quoter == codes[0]) & (at.quotee == codes[1])
            else:
                raise ValueError(f"choose a node, or two for a link, not {len(codes)}")
            keep[:] = False
            keep[self._chains.attribution[hop]] = True
        found = np.flatnonzero(keep) if rows is None else rows[keep[rows]]
        return found[np.argsort(self._rank[found])]


def _count(attribution: np.ndarray, node: np.ndarray, size: int) -> np.ndarray:
    """How many different statements each node has: in one chain it may stand twice."""
    pairs = np.unique(attribution.astype(np.int64) * size + node)
    return np.bincount(pairs % size, minlength=size) if size else np.zeros(0, dtype=int)
