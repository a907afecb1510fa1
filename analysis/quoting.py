"""Who quoted whom: chains of quotation cut into hops, the graphs and matrices that they add up to, and home bias.

A chain reads: the article's outlet -> via[0] -> via[1] -> ... -> source; each step, a hop, is who quoted whom. Tables
in memory and archives in partitions (`analysis.corpus`) are counted by the same functions.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis import partitions, places
from analysis.dataset import Dataset
from analysis.shares import add_share

if TYPE_CHECKING:
    import igraph

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
MOST_EDGES = 500_000  # of a graph that networkx keeps: below a gigabyte
SEED = 20251025  # the day of the signing; any number would do, so long as it stays


def nodes(data: Dataset) -> pd.DataFrame:
    """Everyone who quotes or can be quoted: outlets, and sources that are none.

    A source whose `outlet_id` is set is that outlet. An identifier that stands in both tables is one body (Codebook).

    Returns
    -------
    DataFrame indexed by `node` (outlet_id, or source_id of those that are no outlet; unique): `name`, `kind` (person,
    organisation, outlet, country, document, group; `unknown` in archives), `outlet_kind` ("" where it is no outlet;
    "unnamed media" for groups such as "Vietnamese media"), `owner` ("" where it is no outlet), `country` (`unknown`
    where it is), `country_name`, `region` (UN M49), `sector` (`unknown` in archives).
    """
    outlets = data.outlets[["outlet_id", "name", "country", "kind", "owner"]].set_index("outlet_id")
    # Where several sources are one node, the one that carries its identifier describes it, whatever the rows' order.
    sources = data.sources[["source_id", "name", "country", "kind", "sector"]].assign(node=node_of_source(data))
    sources = sources.assign(other=sources["source_id"] != sources["node"]).sort_values(["other", "source_id"])
    sources = sources.drop_duplicates("node").set_index("node")
    as_source, others = sources.reindex(outlets.index), sources[~sources.index.isin(outlets.index)]
    outlet_kind = outlets["kind"].astype("str").fillna("")
    none = pd.Series("", others.index, dtype="str")
    table = pd.concat([pd.DataFrame({
        "name": outlets["name"].fillna(as_source["name"]),
        "kind": as_source["kind"].astype("str").fillna("outlet"),
        "outlet_kind": outlet_kind,
        "owner": outlets["owner"].astype("str").fillna(""),
        "country": outlets["country"].fillna(as_source["country"]),
        # Outlets of which nothing else is known are media.
        "sector": as_source["sector"].astype("str").fillna(outlet_kind.map(_SECTOR_OF_KIND)).fillna("media"),
    }), pd.DataFrame({
        # Of an archive's speakers the format tells no more than a name.
        "name": others["name"], "kind": others["kind"].astype("str").fillna(places.UNKNOWN), "outlet_kind": none,
        "owner": none, "country": others["country"], "sector": others["sector"].astype("str").fillna(places.UNKNOWN),
    })])
    table["country"] = country = places.or_unknown(table["country"])
    table.insert(5, "country_name", places.name(country))
    table.insert(6, "region", places.region(country))
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
    attribution. Nodes are positions in `nodes` (None while a part of a record is counted), articles positions in
    `data.articles`.
    """

    nodes: pd.DataFrame | None
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


class _Coder(NamedTuple):
    """What every part of a record needs to code its chains: the nodes' identifiers and countries, and each source's
    node. As Arrow arrays, which look up strings without making Python's of them, and travel to workers as they are."""

    ids: pa.Array
    country: pa.DictionaryArray
    source_ids: pa.Array
    node_of_source: np.ndarray

    @classmethod
    def of(cls, data: Dataset, table: pd.DataFrame) -> _Coder:
        """table: of `nodes`."""
        ids = _strings(table.index)
        return cls(ids, _strings(table["country"]).dictionary_encode(), _strings(data.sources["source_id"]),
                   _codes(node_of_source(data), ids, "among the nodes"))


def _strings(values: pd.Series | pd.Index | list[str] | pa.Array) -> pa.Array:
    if isinstance(values, pa.StringArray):
        return values
    array = pa.array(values, pa.string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _codes(values: pd.Series | list[str] | pa.Array, ids: pa.Array, where: str) -> np.ndarray:
    """The positions of strings in `ids`.

    Raises
    ------
    ValueError: where one is not among them. A record that was loaded has none such; in parts that do not belong
        together, a statement would be another article's.
    """
    found = _strings(values)
    if not len(found):
        return np.empty(0, dtype=np.int64)
    if len(ids) > len(found):  # what is looked for makes the smaller table, and is made it of in less time
        encoded = found.dictionary_encode()
        at = pc.index_in(ids, value_set=encoded.dictionary)
        code = np.full(len(encoded.dictionary) + 1, -1)  # the last is that of null
        code[at.drop_null().to_numpy()] = np.flatnonzero(_mask(at.is_valid()))
        codes = code[encoded.indices.fill_null(-1).to_numpy()]
        missing = codes < 0
    else:
        at = pc.index_in(found, value_set=ids)
        codes, missing = at.fill_null(-1).to_numpy().astype(np.int64), _mask(at.is_null())
    if missing.any():
        raise ValueError(f"{found[int(missing.argmax())].as_py()!r} is not {where}")
    return codes


def _mask(booleans: pa.BooleanArray) -> np.ndarray:
    return booleans.to_numpy(zero_copy_only=False)


def _codes_of_runs(values: pd.Series, ids: pa.Array, where: str) -> np.ndarray:
    """`_codes` of strings of which equal ones mostly stand together: looked up once a run, or not at all where the
    runs are all of `ids` in their order."""
    found = _strings(values)
    new = np.ones(len(found), dtype=bool)
    new[1:] = _mask(pc.fill_null(pc.not_equal(found[1:], found[:-1]), True))
    runs = found.filter(pa.array(new))
    at = np.arange(len(ids)) if runs.equals(ids) else _codes(runs, ids, where)
    return at[np.cumsum(new) - 1]


# The columns that chains are made of; a part of an archive is read with no others.
_OF_ARTICLES = ["article_id", "outlet_id", "language", "published"]
_OF_ATTRIBUTIONS = ["article_id", "source_id", "via", "form", "stance"]
_OF_CHAINS = {"articles": _OF_ARTICLES, "attributions": _OF_ATTRIBUTIONS}


def coded_chains(data: Dataset) -> Chains:
    """Every chain of the record, an attribution each, in the record's order."""
    table = nodes(data)
    columns = _columns(data, {"articles": _OF_ARTICLES[:2], "attributions": _OF_ATTRIBUTIONS[:3]})
    return Chains(table, *partitions.reduce(data, _coded, _one_after_another, _Coder.of(data, table), **columns)[1:])


def _columns(data: Dataset, wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns without relays, where an archive has none: a million empty lists take longer than all the rest."""
    lacks = "attributions.via" in data.descriptor.get("archive", {}).get("lacks", ())
    return {name: [c for c in columns if c != "via" or not lacks] for name, columns in wanted.items()}


def _one_after_another(parts: Sequence[tuple]) -> tuple:
    """The chains of several parts, articles and attributions numbered on. (The first of each is how many articles.)"""
    articles = np.cumsum([0, *(part[0] for part in parts)])
    attributions = np.cumsum([0, *(len(part[5]) for part in parts)])
    joined = [np.concatenate(arrays) for arrays in zip(*(
        (attribution + before, step, quoting, quoted, article + first, publisher)
        for (_, attribution, step, quoting, quoted, article, publisher), first, before
        in zip(parts, articles, attributions)))]
    return articles[-1], *joined


def _part_chains(data: Dataset, coder: _Coder) -> Chains:
    """The chains of a part, whose nodes are positions in `coder.ids`."""
    return Chains(None, *_coded(data, coder)[1:])


def _coded(data: Dataset, coder: _Coder) -> tuple:
    """The number of articles, and the arrays of `Chains`."""
    in_part = "among the articles (of an archive: of the same part)"
    article = _codes_of_runs(data.attributions["article_id"], _strings(data.articles["article_id"]), in_part)
    publisher = _codes(data.articles["outlet_id"], coder.ids, "among the outlets")[article]
    source = coder.node_of_source[_codes(data.attributions["source_id"], coder.source_ids, "among the sources")]
    # An archive whose format knows no relays is read without the column.
    via = data.attributions["via"].to_numpy() if "via" in data.attributions else []
    relays = np.fromiter(map(len, via), np.int64, len(via)) if len(via) else np.zeros(len(source), dtype=np.int64)
    relay = _codes(list(chain.from_iterable(via)), coder.ids, "among the outlets")

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
    attribution = np.repeat(np.arange(len(source)), relays + 1)
    return (len(data.articles), attribution, at - begin[attribution] + 1, path[at], path[at + 1], article, publisher)


def hops(data: Dataset) -> pd.DataFrame:
    """Every step of every chain: who quoted whom, where, and on what terms.

    Returns
    -------
    DataFrame, a row a hop, in the record's order: `attribution_id`, `article_id`, `step` (from 1, nearest the article),
    `steps` (hops in the chain; at the last the quoted node is the statement's source), `quoting` (outlet),
    `quoting_name`, `quoting_country`, `quoted` (node), `quoted_name`, `quoted_kind`, `quoted_outlet_kind`,
    `quoted_country`, `quoted_sector` (see `nodes`; countries `unknown` where they are), `form` and `stance` (of the
    statement, categories). Of a partitioned record a Dask frame.

    >>> from analysis import load_dataset
    >>> table = hops(load_dataset())
    >>> table.loc[table.attribution_id == "vietnam-vn-02.4", ["step", "quoting_name", "quoted_name"]].values.tolist()
    [[1, 'Vietnam.vn', 'Jiji Press'], [2, 'Jiji Press', 'Vietnamese media']]
    """
    table = nodes(data)
    return partitions.each(data, _hops, (table, _Coder.of(data, table)))


def _hops(data: Dataset, shared: tuple[pd.DataFrame, _Coder]) -> pd.DataFrame:
    table, coder = shared
    c = replace(_part_chains(data, coder), nodes=table)
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


def quote_graph(data: Dataset, level: Level = "outlet", most_edges: int = MOST_EDGES) -> nx.DiGraph | igraph.Graph:
    """The graph of who quoted whom, from the one who quotes to the one quoted.

    Parameters
    ----------
    level: "outlet" (nodes as in `nodes`), "country" or "sector" (nodes of one country or sector taken as one; an edge
        from a node to itself is its media quoting its own voices).
    most_edges: up to this many edges the graph is networkx's, which keeps a dictionary for each (some 1.5 kB); beyond
        it is igraph's, which keeps columns (some 200 bytes an edge).

    Returns
    -------
    networkx.DiGraph, nodes and edges sorted. Graph attributes: `level`, `statements` and `articles` (in the whole
    record). Node attributes, all str: at level outlet those of `nodes`; at country `name` and `region`; at sector
    `name`. Edge attributes: `weight` and `statements` (attributions whose chain runs over the edge, each once),
    `articles` and `outlets` (that published them), `form_direct`, `form_indirect`, `form_mixed`, `stance_supportive`
    ... (statements of each; int), `first` and `last` (dates of the dated articles, ISO 8601 str, or "").

    Or igraph.Graph, directed, vertices and edges in the same order with the same attributes; as igraph has it, `name`
    is the node's identifier, and what networkx's nodes have as `name` is `label`.

    Raises
    ------
    ValueError: for another level.
    """
    if level not in ("outlet", "country", "sector"):
        raise ValueError(f"level must be 'outlet', 'country' or 'sector', not {level!r}")
    who = nodes(data)
    if level == "outlet":
        # Codes are in the order of the labels, here too: so sorted edges are sorted by label.
        order = who.index.argsort()
        key, attributes = np.empty(len(order), dtype=np.int64), who.iloc[order]
        key[order], labels = np.arange(len(order)), attributes.index
    else:
        key, labels = pd.factorize(who[level], sort=True)
        name = places.name(labels.to_series()) if level == "country" else labels.to_series()
        attributes = pd.DataFrame({"name": name})
        if level == "country":
            attributes["region"] = places.region(labels.to_series())
    tally = partitions.reduce(data, _part_tally, _add_tallies, _Keys(_Coder.of(data, who), key, len(labels)),
                              _dealt_out, **_columns(data, _OF_CHAINS))
    about = {"level": level, "statements": tally.statements, "articles": tally.articles}
    columns = _edge_columns(tally)
    del tally  # an archive's edges are many, and need not be held twice
    ends = columns.pop("from"), columns.pop("to")
    used = np.flatnonzero(sum(np.bincount(end, minlength=len(labels)) for end in ends))
    make = _networkx if len(ends[0]) <= most_edges else _igraph
    return make(about, labels, attributes.iloc[used], used, ends, columns)


def _networkx(about: dict, labels: pd.Index, nodes: pd.DataFrame, used: np.ndarray, ends: tuple[np.ndarray, np.ndarray],
              columns: dict[str, np.ndarray]) -> nx.DiGraph:
    graph = nx.DiGraph(**about)
    names = labels.to_numpy(dtype=object)
    graph.add_nodes_from(zip(names[used], _records(nodes)))
    graph.add_edges_from(zip(*(names[end] for end in ends), _records(columns)))
    return graph


def _records(columns: pd.DataFrame | dict[str, np.ndarray]) -> Iterator[dict]:
    """Rows as dictionaries of Python's values: `DataFrame.to_dict` takes each string out of Arrow by itself."""
    for row in zip(*(columns[name].tolist() for name in columns)):
        yield dict(zip(columns, row))


def _igraph(about: dict, labels: pd.Index, nodes: pd.DataFrame, used: np.ndarray, ends: tuple[np.ndarray, np.ndarray],
            columns: dict[str, np.ndarray]) -> igraph.Graph:
    import igraph

    position = np.empty(len(labels), dtype=np.int64)
    position[used] = np.arange(len(used))
    # Of pairs one by one it is made in a fifth of the time of an array's, and without holding them all.
    graph = igraph.Graph(len(used), zip(*(array("q", position[end].tobytes()) for end in ends)), directed=True)
    for name, value in about.items():
        graph[name] = value
    for column in nodes.columns:
        graph.vs["label" if column == "name" else column] = nodes[column].tolist()
    graph.vs["name"] = labels[used].tolist()
    for name in list(columns):
        graph.es[name] = columns.pop(name).tolist()
    return graph


def degrees(graph: nx.DiGraph | igraph.Graph) -> pd.DataFrame:
    """How many each node quotes and is quoted by, and how often.

    Parameters
    ----------
    graph: of `quote_graph`, at any level, networkx's or igraph's.

    Returns
    -------
    DataFrame indexed by `node`, in the graph's order: `name`; `quoted_by` and `quotes` (in- and out-degree: different
    nodes, itself among them); `quoted_in` and `quoting_in` (in- and out-strength: statements over these edges);
    `mutual` (nodes that it quotes and is quoted by, itself not among them).
    """
    if isinstance(graph, nx.DiGraph):
        index = {node: i for i, node in enumerate(graph)}
        ends = np.array([(index[a], index[b]) for a, b in graph.edges], dtype=np.int64).reshape(-1, 2)
        weight = np.array([w for _, _, w in graph.edges(data="weight")], dtype=np.int64)
        ids, names = list(graph), [name for _, name in graph.nodes(data="name")]
    else:
        ends = np.array(graph.get_edgelist(), dtype=np.int64).reshape(-1, 2)
        weight = np.array(graph.es["weight"] if graph.ecount() else [], dtype=np.int64)
        ids, names = graph.vs["name"], graph.vs["label"]
    n = len(ids)
    quoting, quoted = ends.T
    back = np.isin(quoting * n + quoted, quoted * n + quoting) & (quoting != quoted)
    return pd.DataFrame({
        "name": names,
        "quoted_by": np.bincount(quoted, minlength=n),
        "quotes": np.bincount(quoting, minlength=n),
        "quoted_in": np.bincount(quoted, weights=weight, minlength=n).astype(np.int64),
        "quoting_in": np.bincount(quoting, weights=weight, minlength=n).astype(np.int64),
        "mutual": np.bincount(quoting[back], minlength=n),
    }, index=pd.Index(ids, name="node"))


class _Keys(NamedTuple):
    """How a part's chains become edges at one level: each node's code there, and how many codes there are."""

    coder: _Coder
    key: np.ndarray
    size: int


class _Tally(NamedTuple):
    """Edges of a part of a record, such that those of several parts add up.

    `pair` (from * `size` + to) is sorted, each once; `counts` are of those of `columns` that count anything, an entry
    an edge; `first` and `last` are days as numbers (`_NEVER`, -1: none dated); `publishing` and `publisher` name each
    edge's outlets once, sorted.
    """

    pair: np.ndarray
    columns: list[str]
    counts: dict[str, np.ndarray]
    first: np.ndarray
    last: np.ndarray
    publishing: np.ndarray
    publisher: np.ndarray
    size: int
    statements: int
    articles: int


_NEVER = np.iinfo(np.int32).max


def _part_tally(data: Dataset, keys: _Keys) -> _Tally:
    c = _part_chains(data, keys.coder)
    return _tally(data, c, keys.key[c.quoting], keys.key[c.quoted], keys.size)


def _add_tallies(parts: Sequence[_Tally]) -> _Tally:
    pair = np.concatenate([part.pair for part in parts])
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    new = np.diff(pair, prepend=-1) != 0
    edge = np.cumsum(new) - 1
    first, again, edge_again = order[new], order[~new], edge[~new]

    def added(arrays: list[np.ndarray], add: np.ufunc) -> np.ndarray:
        values = np.concatenate(arrays)
        total = values[first]
        add.at(total, edge_again, values[again])
        return total

    counts = {name: added([part.counts.get(name, np.zeros(len(part.pair), dtype=np.int32)) for part in parts], np.add)
              for name in parts[0].columns if any(name in part.counts for part in parts)}
    days = (added([getattr(part, name) for part in parts], add)
            for name, add in (("first", np.minimum), ("last", np.maximum)))
    return _Tally(pair[new], parts[0].columns, counts, *days, *_each_once(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("publishing", "publisher"))),
        parts[0].size, sum(part.statements for part in parts), sum(part.articles for part in parts))


def _each_once(publishing: np.ndarray, publisher: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of edge and outlet, each once; sorted."""
    outlets = int(publisher.max(initial=0)) + 1
    if int(publishing.max(initial=0)) < np.iinfo(np.int64).max // outlets:  # as one number, ten times faster to sort
        publishing, publisher = np.divmod(_sorted_once(publishing * outlets + publisher), outlets)
        return publishing, publisher.astype(np.int32)
    order = np.lexsort((publisher, publishing))
    publishing, publisher = publishing[order], publisher[order]
    new = (np.diff(publishing, prepend=-1) != 0) | (np.diff(publisher, prepend=-1) != 0)
    return publishing[new], publisher[new]


def _sorted_once(numbers: np.ndarray) -> np.ndarray:
    numbers = np.sort(numbers, kind="stable")
    return numbers[np.diff(numbers, prepend=-1) != 0]


def _dealt_out(tally: _Tally, hands: int) -> list[_Tally]:
    """A tally in several, each edge with all of its parts in the same one for every part of the record."""
    dealt = []
    of_pair, of_publishing = tally.pair % hands, tally.publishing % hands
    for hand in range(hands):
        mine, named = of_pair == hand, of_publishing == hand
        dealt.append(_Tally(tally.pair[mine], tally.columns, {name: n[mine] for name, n in tally.counts.items()},
                            tally.first[mine], tally.last[mine], tally.publishing[named], tally.publisher[named],
                            tally.size, tally.statements if hand == 0 else 0, tally.articles if hand == 0 else 0))
    return dealt


def edges(data: Dataset, c: Chains, quoting: np.ndarray, quoted: np.ndarray, size: int) -> pd.DataFrame:
    """Hops added up by edge.

    Parameters
    ----------
    data: a record in memory.
    c: of `coded_chains`, or a part of its hops. quoting, quoted: for each hop the codes (below `size`) of the nodes at
        its ends, at any level.

    Returns
    -------
    DataFrame, a row an edge: `from`, `to` (codes) and the edge attributes of `quote_graph`.
    """
    columns = _edge_columns(_tally(data, c, quoting, quoted, size))
    return pd.DataFrame({name: values.astype(np.int64 if values.dtype != object else "str")
                         for name, values in columns.items()})


def _edge_columns(tally: _Tally) -> dict[str, np.ndarray]:
    """A tally as columns: outlets counted, days as text."""
    nothing = np.zeros(len(tally.pair), dtype=np.int32)
    counts = {name: tally.counts.get(name, nothing) for name in tally.columns}
    statements, articles = counts.pop("statements"), counts.pop("articles")
    outlets = np.bincount(np.searchsorted(tally.pair, tally.publishing), minlength=len(tally.pair)).astype(np.int32)
    columns = {"from": tally.pair // tally.size, "to": tally.pair % tally.size, "weight": statements,
               "statements": statements, "articles": articles, "outlets": outlets, **counts}
    for name, numbers, none in (("first", tally.first, _NEVER), ("last", tally.last, -1)):
        code, days = pd.factorize(numbers)
        text = np.datetime_as_string(np.where(days == none, 0, days).astype("datetime64[D]")).astype(object)
        columns[name] = np.where(days == none, "", text).astype(object)[code]
    return columns


def _tally(data: Dataset, c: Chains, quoting: np.ndarray, quoted: np.ndarray, size: int) -> _Tally:
    edge, pairs = pd.factorize(quoting * size + quoted)
    attribution = c.attribution
    # Taken as countries, a chain can run over one edge twice (A -> A -> A), which is still one statement. Only chains
    # of more than one hop can, and those are few.
    several = np.flatnonzero(np.bincount(attribution, minlength=len(c.article))[attribution] > 1)
    again = several[pd.Series(edge[several] * len(c.article) + attribution[several]).duplicated().to_numpy()]
    if len(again):
        edge, attribution = np.delete(edge, again), np.delete(attribution, again)

    def once(which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each edge with each of its different values of `which` (codes)."""
        base = int(which.max(initial=0)) + 1
        return np.divmod(pd.unique(edge * base + which[attribution]), base)

    publishing, publisher = once(c.publisher)
    table = {"statements": np.bincount(edge, minlength=len(pairs)),
             "articles": np.bincount(once(c.article)[0], minlength=len(pairs))}
    for column in ("form", "stance"):
        values = data.attributions[column].cat
        # What an archive's format does not tell has code -1, and is counted nowhere.
        codes = values.codes.to_numpy()[attribution].astype(np.int64) + 1
        width = len(values.categories) + 1
        counts = np.bincount(edge * width + codes, minlength=len(pairs) * width).reshape(-1, width)
        table |= {f"{column}_{value}": counts[:, i] for i, value in enumerate(values.categories, start=1)}
    day = data.articles["published"].to_numpy(dtype="datetime64[D]")
    dated = ~np.isnat(day[c.article][attribution])
    number = day.astype(np.int64)[c.article][attribution][dated]
    days = {"first": np.full(len(pairs), _NEVER), "last": np.full(len(pairs), -1)}
    for extreme, column in ((np.minimum, "first"), (np.maximum, "last")):
        extreme.at(days[column], edge[dated], number)
    # In 32 bits: an archive's edges are many, and so are the parts that are held while they are added up.
    order = np.argsort(pairs)
    counts = {name: numbers.astype(np.int32)[order] for name, numbers in table.items() if numbers.any()}
    first, last = (days[column].astype(np.int32)[order] for column in ("first", "last"))
    return _Tally(pairs[order], list(table), counts, first, last,
                  *_each_once(pairs[publishing], publisher.astype(np.int32)), size,
                  len(data.attributions), len(data.articles))


def _statements(data: Dataset, coder: _Coder) -> pd.DataFrame:
    """Attributions with their end points: the publishing outlet and its country, the source's node and its country."""
    c = _part_chains(data, coder)
    source = c.quoted[np.flatnonzero(np.diff(c.attribution, append=-1))]
    country = np.array(coder.country.dictionary.to_pylist(), dtype=object)[coder.country.indices.to_numpy()]
    return pd.DataFrame({
        "article": c.article,
        "outlet": c.publisher,
        "language": data.articles["language"].to_numpy()[c.article],
        "outlet_country": country[c.publisher],
        "source": source,
        "source_country": country[source],
        "form": data.attributions["form"].array,
        "stance": data.attributions["stance"].array,
    })


def _cells(data: Dataset, coder: _Coder, keys: list[str]) -> pd.DataFrame:
    """Statements, and the articles that hold them, for each combination of `keys`, columns of `_statements`."""
    said = _statements(data, coder)
    said["direct"], said["critical"] = said["form"].isin(["direct", "mixed"]), said["stance"] == "critical"
    return said.groupby(keys, dropna=False).agg(
        statements=("article", "size"), articles=("article", "nunique"), direct=("direct", "sum"),
        critical=("critical", "sum")).reset_index()


def _counted(data: Dataset, *keys: str) -> pd.DataFrame:
    """`_cells` of the whole record. The articles add up where the keys tell an article's outlet or language apart."""
    columns = _columns(data, _OF_CHAINS)
    return partitions.reduce(data, partial(_cells, keys=list(keys)), partial(_add_up, keys=list(keys)),
                             _Coder.of(data, nodes(data)), **columns)


def _add_up(parts: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).groupby(keys, dropna=False).sum().reset_index()


def most_quoted(data: Dataset) -> pd.DataFrame:
    """Whose words travelled furthest: sources by their statements and reach.

    Relays are not counted here, only whose statement it is.

    Returns
    -------
    DataFrame, most statements first (then articles, name): `source` (node), `name`, `kind`, `sector`, `country`,
    `statements`, `articles`, `outlets`, `countries` (of known states, where the outlets are based), `languages`,
    `direct` (statements wholly or partly in quotation marks), `critical` (statements critical of the convention).
    """
    # An article has one outlet and one language: counted in one cell, it is counted once.
    cells = _counted(data, "source", "outlet", "outlet_country", "language")
    state = cells["outlet_country"].where(~cells["outlet_country"].isin(places.NO_STATE))
    table = cells.assign(state=state).groupby("source").agg(
        statements=("statements", "sum"), articles=("articles", "sum"), outlets=("outlet", "nunique"),
        countries=("state", "nunique"), languages=("language", "nunique"), direct=("direct", "sum"),
        critical=("critical", "sum"),
    ).reset_index()
    who = nodes(data)
    table["source"] = who.index[table["source"]]
    table = table.merge(who[["name", "kind", "sector", "country"]], left_on="source", right_index=True)
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
    found = _counted(data, "outlet_country", "source_country", "outlet")
    pairs = found.groupby(["outlet_country", "source_country"])
    cells = pairs["outlet"].nunique() if count == "outlets" else pairs[count].sum()
    order = {side: found.groupby(side)["statements"].sum().rename_axis("code").reset_index()
             .sort_values(["statements", "code"], ascending=[False, True])["code"] for side in cells.index.names}
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
    cells = partitions.reduce(data, _home_cells, pd.concat, _Coder.of(data, nodes(data)),
                              **_columns(data, _OF_CHAINS))
    cells = cells[~cells["outlet_country"].isin(places.NO_STATE)]
    known = cells[cells["source_country"] != places.UNKNOWN]
    if known.empty:
        raise ValueError("no statement in the data has both an outlet and a source of known country")
    # By identifier, not by row: the shuffles must not depend on the order in which the articles stand.
    article, ids = pd.factorize(known["article_id"], sort=True)
    countries = np.array(sorted(known["outlet_country"].unique()))
    label = np.empty(len(ids), dtype=np.int64)
    label[article] = np.searchsorted(countries, known["outlet_country"])
    said = known["statements"].to_numpy()
    of = pd.Index(countries).get_indexer(known["source_country"])
    total = np.bincount(article, weights=said)

    def home_and_all(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outlet = labels[article]
        home = np.bincount(outlet, weights=said * (outlet == of), minlength=len(countries))
        return home, np.bincount(labels, weights=total, minlength=len(countries))

    home, statements = home_and_all(label)
    rng = np.random.default_rng(seed)
    shuffled = np.empty((permutations, len(countries) + 1))
    for i in range(permutations):
        h, n = home_and_all(rng.permutation(label))
        shuffled[i] = np.append(h.sum() / n.sum(), h / n)

    unknown = cells[cells["source_country"] == places.UNKNOWN].groupby("outlet_country")["statements"].sum()
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


def _home_cells(data: Dataset, coder: _Coder) -> pd.DataFrame:
    """Statements of each article by the country of their source."""
    said = _statements(data, coder)
    said["article_id"] = data.articles["article_id"].to_numpy()[said["article"]]
    keys = ["article_id", "outlet_country", "source_country"]
    return said.groupby(keys).agg(statements=("article", "size")).reset_index()
