"""Who quoted whom: chains of quotation cut into hops, the graphs and matrices that they add up to, and home bias.

A chain reads: the article's outlet -> via[0] -> via[1] -> ... -> source; each step, a hop, is who quoted whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Literal

import networkx as nx
import numpy as np
import pandas as pd

from analysis import places
from analysis.dataset import Dataset
from analysis.shares import add_share

Level = Literal["outlet", "country", "sector"]
Count = Literal["statements", "articles", "outlets"]

# The sector of an outlet that nobody cites as a source, from its kind; any other kind is the media's.
_SECTOR_OF_KIND = {"government": "government", "intergovernmental": "intergovernmental", "company": "company",
                   "ngo": "civil society", "think tank": "civil society"}

# Six groups, for comparisons that a dozen sectors would blur. Joint statements count with civil society.
SECTOR_GROUPS = {
    "government": "States", "law enforcement": "States", "intergovernmental": "Intergovernmental bodies",
    "civil society": "Civil society", "civil society and industry": "Civil society", "company": "Industry",
    "industry body": "Industry", "media": "Media",
}
OTHER_SECTORS = "Academia and others"

PERMUTATIONS = 9_999
SEED = 20251025  # the day of the signing; any number would do, so long as it stays


def nodes(data: Dataset) -> pd.DataFrame:
    """Everyone who quotes or can be quoted: outlets, and sources that are none.

    A source whose `outlet_id` is set is that outlet. An identifier that stands in both tables is one body (Codebook).

    Returns
    -------
    DataFrame indexed by `node` (outlet_id, or source_id of those that are no outlet; unique): `name`, `kind` (person,
    organisation, outlet, country, document, group), `outlet_kind` ("" where it is no outlet; "unnamed media" for groups
    such as "Vietnamese media"), `owner` ("" where it is no outlet), `country` (`unknown` where it is), `country_name`,
    `region` (UN M49), `sector`.
    """
    outlets = data.outlets.set_index("outlet_id")
    # Where several sources are one node, the one that carries its identifier describes it, whatever the rows' order.
    sources = data.sources.assign(node=node_of_source(data))
    sources = sources.assign(other=sources["source_id"] != sources["node"]).sort_values(["other", "source_id"])
    sources = sources.drop_duplicates("node").set_index("node")
    ids = outlets.index.append(sources.index.difference(outlets.index, sort=False))
    outlet, source = outlets.reindex(ids), sources.reindex(ids)
    country = places.or_unknown(outlet["country"].fillna(source["country"]))
    outlet_kind = outlet["kind"].astype("str").fillna("")
    table = pd.DataFrame({
        "name": outlet["name"].fillna(source["name"]),
        "kind": source["kind"].astype("str").fillna("outlet"),
        "outlet_kind": outlet_kind,
        "owner": outlet["owner"].astype("str").fillna(""),
        "country": country,
        "country_name": places.name(country),
        "region": places.region(country),
        "sector": source["sector"].astype("str").fillna(outlet_kind.map(_SECTOR_OF_KIND)).fillna("media"),
    })
    return table.rename_axis("node")


def sector_group(sector: str) -> str:
    """One of six groups of sectors."""
    return SECTOR_GROUPS.get(sector, OTHER_SECTORS)


def node_of_source(data: Dataset) -> pd.Series:
    """The node of each row of `sources`."""
    return data.sources["outlet_id"].fillna(data.sources["source_id"])


@dataclass(frozen=True)
class Chains:
    """All hops as integer codes, so that counting a million of them does not touch a string.

    `attribution`, `step` (from 1), `quoting` and `quoted` have an entry a hop; `article` and `publisher` an entry an
    attribution. Nodes are positions in `nodes`, articles positions in `data.articles`.
    """

    nodes: pd.DataFrame
    attribution: np.ndarray
    step: np.ndarray
    quoting: np.ndarray
    quoted: np.ndarray
    article: np.ndarray
    publisher: np.ndarray

    def paths(self) -> list[list[int]]:
        """The nodes along each attribution's chain: the article's outlet, whom it goes through, the source."""
        ends = np.cumsum(np.bincount(self.attribution, minlength=len(self.article)))
        quoted = self.quoted.tolist()
        return [[first, *quoted[begin:end]]
                for first, begin, end in zip(self.publisher.tolist(), [0, *ends[:-1].tolist()], ends.tolist())]


def coded_chains(data: Dataset) -> Chains:
    """Every chain of the record, an attribution each, in the record's order."""
    node_table = nodes(data)
    ids = node_table.index
    article = pd.Index(data.articles["article_id"]).get_indexer(data.attributions["article_id"])
    publisher = ids.get_indexer(data.articles["outlet_id"])[article]
    row = pd.Index(data.sources["source_id"]).get_indexer(data.attributions["source_id"])
    source = ids.get_indexer(node_of_source(data))[row]
    via = data.attributions["via"].to_numpy()
    relays = np.fromiter(map(len, via), dtype=np.int64, count=len(via))
    relay = ids.get_indexer(list(chain.from_iterable(via)))

    # One long row of nodes, chain after chain: publisher, its relays, source. A hop is two neighbours in one chain.
    length = relays + 2
    begin = np.cumsum(length) - length
    path = np.empty(length.sum(), dtype=np.int64)
    inner = np.ones(len(path), dtype=bool)
    inner[begin] = inner[begin + length - 1] = False
    path[begin], path[begin + length - 1], path[inner] = publisher, source, relay
    starts_hop = np.ones(len(path), dtype=bool)
    starts_hop[begin + length - 1] = False
    at = np.flatnonzero(starts_hop)
    attribution = np.repeat(np.arange(len(via)), relays + 1)
    return Chains(node_table, attribution, at - begin[attribution] + 1, path[at], path[at + 1], article, publisher)


def hops(data: Dataset) -> pd.DataFrame:
    """Every step of every chain: who quoted whom, where, and on what terms.

    Returns
    -------
    DataFrame, a row a hop, in the record's order: `attribution_id`, `article_id`, `step` (from 1, nearest the article),
    `steps` (hops in the chain; at the last the quoted node is the statement's source), `quoting` (outlet),
    `quoting_name`, `quoting_country`, `quoted` (node), `quoted_name`, `quoted_kind`, `quoted_outlet_kind`,
    `quoted_country`, `quoted_sector` (see `nodes`; countries `unknown` where they are), `form` and `stance` (of the
    statement, categories).

    >>> from analysis import load_dataset
    >>> table = hops(load_dataset())
    >>> table.loc[table.attribution_id == "vietnam-vn-02.4", ["step", "quoting_name", "quoted_name"]].values.tolist()
    [[1, 'Vietnam.vn', 'Jiji Press'], [2, 'Jiji Press', 'Vietnamese media']]
    """
    c = coded_chains(data)
    said = data.attributions.iloc[c.attribution]
    quoting, quoted = c.nodes.iloc[c.quoting], c.nodes.iloc[c.quoted]
    return pd.DataFrame({
        "attribution_id": said["attribution_id"].array,
        "article_id": said["article_id"].array,
        "step": c.step,
        "steps": np.bincount(c.attribution, minlength=len(data.attributions))[c.attribution],
        "quoting": quoting.index,
        "quoting_name": quoting["name"].array,
        "quoting_country": quoting["country"].array,
        "quoted": quoted.index,
        "quoted_name": quoted["name"].array,
        "quoted_kind": quoted["kind"].array,
        "quoted_outlet_kind": quoted["outlet_kind"].array,
        "quoted_country": quoted["country"].array,
        "quoted_sector": quoted["sector"].array,
        "form": said["form"].array,
        "stance": said["stance"].array,
    })


def quote_graph(data: Dataset, level: Level = "outlet") -> nx.DiGraph:
    """The graph of who quoted whom, from the one who quotes to the one quoted.

    Parameters
    ----------
    level: "outlet" (nodes as in `nodes`), "country" or "sector" (nodes of one country or sector taken as one; an edge
        from a node to itself is its media quoting its own voices).

    Returns
    -------
    networkx.DiGraph, nodes and edges sorted. Graph attributes: `level`, `statements` and `articles` (in the whole
    record). Node attributes, all str: at level outlet those of `nodes`; at country `name` and `region`; at sector
    `name`. Edge attributes: `weight` and `statements` (attributions whose chain runs over the edge, each once),
    `articles` and `outlets` (that published them), `form_direct`, `form_indirect`, `form_mixed`, `stance_supportive`
    ... (statements of each; int), `first` and `last` (dates of the dated articles, ISO 8601 str, or "").

    Raises
    ------
    ValueError: for another level.
    """
    if level not in ("outlet", "country", "sector"):
        raise ValueError(f"level must be 'outlet', 'country' or 'sector', not {level!r}")
    c = coded_chains(data)
    if level == "outlet":
        key, labels = np.arange(len(c.nodes)), c.nodes.index
        attributes = c.nodes
    else:
        key, labels = pd.factorize(c.nodes[level], sort=True)
        name = places.name(labels.to_series()) if level == "country" else labels.to_series()
        attributes = pd.DataFrame({"name": name})
        if level == "country":
            attributes["region"] = places.region(labels.to_series())
    table = edges(data, c, key[c.quoting], key[c.quoted], len(labels))
    table.insert(0, "source", labels[table.pop("from")])
    table.insert(1, "target", labels[table.pop("to")])
    table = table.sort_values(["source", "target"])

    graph = nx.DiGraph(level=level, statements=len(data.attributions), articles=len(data.articles))
    used = attributes.loc[sorted({*table["source"], *table["target"]})]
    graph.add_nodes_from(zip(used.index, used.to_dict("records")))
    graph.add_edges_from(zip(table.pop("source"), table.pop("target"), table.to_dict("records")))
    return graph


def edges(data: Dataset, c: Chains, quoting: np.ndarray, quoted: np.ndarray, size: int) -> pd.DataFrame:
    """Hops added up by edge.

    Parameters
    ----------
    c: of `coded_chains`, or a part of its hops. quoting, quoted: for each hop the codes (below `size`) of the nodes at
        its ends, at any level.

    Returns
    -------
    DataFrame, a row an edge: `from`, `to` (codes) and the edge attributes of `quote_graph`.
    """
    edge, pairs = pd.factorize(quoting * size + quoted)
    attribution = c.attribution
    # Taken as countries, a chain can run over one edge twice (A -> A -> A), which is still one statement. Only chains
    # of more than one hop can, and those are few.
    several = np.flatnonzero(np.bincount(attribution, minlength=len(c.article))[attribution] > 1)
    again = several[pd.Series(edge[several] * len(c.article) + attribution[several]).duplicated().to_numpy()]
    if len(again):
        edge, attribution = np.delete(edge, again), np.delete(attribution, again)

    def count_of(which: np.ndarray) -> np.ndarray:
        """How many different values of `which` (codes) each edge has."""
        base = int(which.max(initial=0)) + 1
        return np.bincount(pd.unique(edge * base + which[attribution]) // base, minlength=len(pairs))

    statements = np.bincount(edge, minlength=len(pairs))
    table = {"from": pairs // size, "to": pairs % size, "weight": statements, "statements": statements,
             "articles": count_of(c.article), "outlets": count_of(c.publisher)}
    for column in ("form", "stance"):
        values = data.attributions[column].cat
        codes = values.codes.to_numpy()[attribution]
        width = len(values.categories)
        counts = np.bincount(edge * width + codes, minlength=len(pairs) * width).reshape(-1, width)
        table |= {f"{column}_{value}": counts[:, i] for i, value in enumerate(values.categories)}
    day = data.articles["published"].to_numpy(dtype="datetime64[D]")
    dated = ~np.isnat(day[c.article][attribution])
    number = day.astype(np.int64)[c.article][attribution][dated]
    for column, extreme, start in (("first", np.minimum, np.iinfo(np.int64).max), ("last", np.maximum, -1)):
        days = np.full(len(pairs), start)
        extreme.at(days, edge[dated], number)
        text = np.datetime_as_string(np.where(days == start, 0, days).astype("datetime64[D]"))
        table[column] = np.where(days == start, "", text)
    return pd.DataFrame(table)


def _statements(data: Dataset) -> pd.DataFrame:
    """Attributions with their end points: the publishing outlet and its country, the source's node and its country."""
    c = coded_chains(data)
    source = c.quoted[np.flatnonzero(np.diff(c.attribution, append=-1))]
    country = c.nodes["country"].to_numpy()
    return pd.DataFrame({
        "article": c.article,
        "outlet": c.publisher,
        "language": data.articles["language"].to_numpy()[c.article],
        "outlet_country": country[c.publisher],
        "source": c.nodes.index[source],
        "source_country": country[source],
        "form": data.attributions["form"].array,
        "stance": data.attributions["stance"].array,
    })


def most_quoted(data: Dataset) -> pd.DataFrame:
    """Whose words travelled furthest: sources by their statements and reach.

    Relays are not counted here, only whose statement it is.

    Returns
    -------
    DataFrame, most statements first (then articles, name): `source` (node), `name`, `kind`, `sector`, `country`,
    `statements`, `articles`, `outlets`, `countries` (of known states, where the outlets are based), `languages`,
    `direct` (statements wholly or partly in quotation marks), `critical` (statements critical of the convention).
    """
    said = _statements(data)
    state = said["outlet_country"].where(~said["outlet_country"].isin(places.NO_STATE))
    said = said.assign(state=state, quoted=said["form"].isin(["direct", "mixed"]), against=said["stance"] == "critical")
    table = said.groupby("source").agg(
        statements=("source", "size"), articles=("article", "nunique"), outlets=("outlet", "nunique"),
        countries=("state", "nunique"), languages=("language", "nunique"), direct=("quoted", "sum"),
        critical=("against", "sum"),
    ).reset_index()
    table = table.merge(nodes(data)[["name", "kind", "sector", "country"]], left_on="source", right_index=True)
    table = table[["source", "name", "kind", "sector", "country", "statements", "articles", "outlets", "countries",
                   "languages", "direct", "critical"]]
    order = ["statements", "articles", "name"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)


def voice_matrix(data: Dataset, count: Count = "statements") -> pd.DataFrame:
    """Whose voices each country's media carry, from end to end of the chain.

    Parameters
    ----------
    count: what a cell counts: "statements", "articles" or "outlets".

    Returns
    -------
    DataFrame of int: index `outlet_country`, columns `source_country` (codes, with `INT` and `unknown`), each in order
    of most statements, then of code.

    Raises
    ------
    ValueError: for another count.
    """
    if count not in ("statements", "articles", "outlets"):
        raise ValueError(f"count must be 'statements', 'articles' or 'outlets', not {count!r}")
    said = _statements(data)
    pairs = said.groupby(["outlet_country", "source_country"])
    cells = pairs.size() if count == "statements" else pairs[count.removesuffix("s")].nunique()
    order = {side: said[side].value_counts().rename_axis("code").reset_index()
             .sort_values(["count", "code"], ascending=[False, True])["code"] for side in cells.index.names}
    matrix = cells.unstack(fill_value=0).reindex(index=order["outlet_country"], columns=order["source_country"])
    return matrix.rename_axis(index="outlet_country", columns="source_country")


def home_share(data: Dataset, permutations: int = PERMUTATIONS, seed: int = SEED) -> pd.DataFrame:
    """How far each country's media quote voices of their own country, against chance.

    Counted are statements of outlets whose state is known and of sources whose country is known; an intergovernmental
    body is nobody's own voice. Chance: the articles' countries are shuffled over the articles, so that each article
    keeps its sources together (statements of one article are not independent) and each country its number of articles;
    p is the share of shuffles with at least the observed home share, the observed one among them (Phipson and Smyth
    2010, doi:10.2202/1544-6115.1585), one-sided.

    Parameters
    ----------
    permutations: how many shuffles. seed: of numpy's default generator.

    Returns
    -------
    DataFrame, first the row `all` (every country together), then by most statements: `country`, `name`, `articles`
    (with such statements), `statements`, `home`, `share` (of statements) with its Wilson interval `share_low`,
    `share_high`, `expected`, `expected_low`, `expected_high` (mean and central 95 % of the shuffled shares), `p`,
    `p_holm` (corrected for the number of countries; Holm 1979; NaN for `all`), `unknown` (statements left out, for
    their source's country is not known).

    Raises
    ------
    ValueError: where no statement has both an outlet and a source of known country.
    """
    from statsmodels.stats.multitest import multipletests

    if permutations < 1:
        raise ValueError(f"permutations must be at least 1, not {permutations}")
    said = _statements(data)
    said = said[~said["outlet_country"].isin(places.NO_STATE)]
    known = said[said["source_country"] != places.UNKNOWN]
    if known.empty:
        raise ValueError("no statement in the data has both an outlet and a source of known country")
    # By identifier, not by row: the shuffles must not depend on the order in which the articles stand.
    known = known.assign(article=data.articles["article_id"].to_numpy()[known["article"]])
    # A row an article, a column a country: its statements by source's country.
    cells = pd.crosstab(known["article"], known["source_country"])
    country_of = known.drop_duplicates("article").set_index("article")["outlet_country"].reindex(cells.index)
    countries = np.array(sorted(country_of.unique()))
    by_home = cells.reindex(columns=countries, fill_value=0).to_numpy()
    total = cells.sum(axis=1).to_numpy()
    label = np.searchsorted(countries, country_of.to_numpy())

    def home_and_all(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        home = np.bincount(labels, weights=by_home[np.arange(len(labels)), labels], minlength=len(countries))
        return home, np.bincount(labels, weights=total, minlength=len(countries))

    home, statements = home_and_all(label)
    rng = np.random.default_rng(seed)
    shuffled = np.empty((permutations, len(countries) + 1))
    for i in range(permutations):
        h, n = home_and_all(rng.permutation(label))
        shuffled[i] = np.append(h.sum() / n.sum(), h / n)

    unknown = said[said["source_country"] == places.UNKNOWN].groupby("outlet_country").size()
    table = pd.DataFrame({
        "country": ["all", *countries],
        "name": ["All countries", *places.name(pd.Series(countries))],
        "articles": np.append(len(label), np.bincount(label)),
        "statements": np.append(statements.sum(), statements).astype(int),
        "home": np.append(home.sum(), home).astype(int),
    })
    table = add_share(table, "home", table["statements"])
    observed = table["share"].to_numpy()
    table["expected"] = shuffled.mean(axis=0)
    table["expected_low"], table["expected_high"] = np.quantile(shuffled, [0.025, 0.975], axis=0)
    # A shuffle that equals the observed share but for rounding is as extreme as it.
    table["p"] = (1 + (shuffled >= observed - 1e-12).sum(axis=0)) / (1 + permutations)
    table["p_holm"] = np.append(np.nan, multipletests(table["p"][1:], method="holm")[1])
    table["unknown"] = [int(unknown.sum()), *unknown.reindex(countries, fill_value=0).astype(int)]
    # Countries all of whose sources are of unknown country have no share to test, but their statements are counted.
    untested = unknown.index.difference(countries)
    more = pd.DataFrame({"country": untested, "name": places.name(untested.to_series()).array, "articles": 0,
                         "statements": 0, "home": 0, "unknown": unknown.reindex(untested).array})
    rest = pd.concat([table[1:], more]).sort_values(["statements", "country"], ascending=[False, True])
    return pd.concat([table[:1], rest], ignore_index=True)
