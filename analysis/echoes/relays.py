"""Which outlets pass on whom: relays inside chains, and the outlets whose whole pieces others carry.

A relay stands between the outlet that publishes and the one who says it.
"""

from __future__ import annotations

from collections import defaultdict

import networkx as nx
import pandas as pd

from analysis import places
from analysis.dataset import Dataset
from analysis.echoes.chains import chains, steps_of, through_wire
from analysis.quoting import nodes, sector_group

VIA, WIRE = "via", "wire"


def relayed(data: Dataset) -> pd.DataFrame:
    """Every statement that came through somebody else's hands, a row for each of the hands.

    A relay stands inside the chain (`via`), or is credited for the whole piece (`wire`), which counts for every
    statement of the article but the relay's own. An outlet that credits itself relays nothing.

    Returns
    -------
    DataFrame, in the record's order, relays nearest first: `attribution_id`, `article_id`, `outlet` (that published),
    `outlet_country`, `relay`, `relay_name`, `relay_kind` (of outlet), `relay_country`, `credit` ("via": for the
    statement; "wire": only for the whole piece), `source` (whose statement it is; a node as in `quoting.nodes`),
    `source_name`, `source_country`, `source_group` (of sectors, see `quoting.sector_group`), `stance` (category). All
    but it are str.

    >>> from analysis import load_dataset
    >>> relayed(load_dataset()).groupby("credit")["attribution_id"].nunique().to_dict()
    {'via': 126, 'wire': 342}
    """
    known = nodes(data)
    rows = []
    for row in chains(data).itertuples():
        path = steps_of(row.path)
        relays = dict.fromkeys((node for node in path[1:-1] if node != path[0]), VIA)
        relays |= {way[1]: WIRE for way in through_wire(path, row.wire)}
        rows += [(row.attribution_id, row.article_id, path[0], relay, credit, path[-1], row.stance)
                 for relay, credit in relays.items()]
    columns = ["attribution_id", "article_id", "outlet", "relay", "credit", "source", "stance"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[:-1], "str"))

    def of(node: str, column: str) -> pd.Series:
        return table[node].map(known[column]).astype("str")

    return pd.DataFrame({
        "attribution_id": table["attribution_id"],
        "article_id": table["article_id"],
        "outlet": table["outlet"],
        "outlet_country": of("outlet", "country"),
        "relay": table["relay"],
        "relay_name": of("relay", "name"),
        "relay_kind": of("relay", "outlet_kind"),
        "relay_country": of("relay", "country"),
        "credit": table["credit"],
        "source": table["source"],
        "source_name": of("source", "name"),
        "source_country": of("source", "country"),
        "source_group": of("source", "sector").map(sector_group).astype("str"),
        "stance": table["stance"].astype(data.attributions["stance"].dtype),
    })


def relay_graph(data: Dataset) -> nx.DiGraph:
    """Who takes from whom, one step a statement: `quoting.quote_graph` with the whole pieces' origins put in.

    Where an article credits an outlet for the whole piece, its statements run through that outlet, and the step from
    the article's outlet straight to the source is not drawn. Nobody has an edge to itself.

    Returns
    -------
    networkx.DiGraph, nodes and edges sorted; node attribute `name`; edge attributes `weight` and `statements` (each
    statement once).
    """
    over = defaultdict(set)
    for row in chains(data).itertuples():
        path = steps_of(row.path)
        for way in through_wire(path, row.wire) or [path]:
            for step in zip(way, way[1:]):
                over[step].add(row.attribution_id)
    graph = nx.DiGraph()
    name = nodes(data)["name"]
    graph.add_nodes_from((node, {"name": name[node]}) for node in sorted({node for step in over for node in step}))
    graph.add_edges_from((*step, {"weight": len(over[step]), "statements": len(over[step])}) for step in sorted(over))
    return graph


def relays(data: Dataset) -> pd.DataFrame:
    """Which outlets pass on other people's words, how many, how far, and how much runs through them.

    Strength and betweenness are taken in `relay_graph`, which stitches the steps of all statements together: they say
    what could run through a relay, while `statements` says what did. Betweenness (Freeman 1977, Sociometry 40:35-41;
    Brandes 2001's algorithm, in networkx) is over shortest ways along the arrows, all steps as long, not normalised: in
    how many pairs of one who quotes and one who is, directly or not, quoted, the relay stands on the shortest way;
    where there are several shortest ways, for its share of them.

    Returns
    -------
    DataFrame, a row for each outlet with a relayed statement or whole piece, most statements first (then articles,
    pieces, name): `relay` (outlet_id), `name`, `kind` (of outlet; "unnamed media" for groups), `country`, `statements`
    (that came through it), `via` (those of them that the chain itself credits to it), `articles` (with such a
    statement, or a whole piece), `pieces` (articles that credit it for the whole, with or without statements),
    `outlets` (that published them), `countries` (of known states, where these are based), `voices` (whose statements
    it passed on), `in_strength` (statements in which another quotes or relays it), `out_strength` (statements in which
    it quotes or relays another), `betweenness` (float).

    >>> from analysis import load_dataset
    >>> relays(load_dataset())[["name", "statements", "articles", "countries"]].head(3).values.tolist()
    [['AFP', 85, 23, 12], ['VNA', 67, 18, 2], ['Reuters', 59, 14, 9]]
    """
    known, passed, graph = nodes(data), relayed(data), relay_graph(data)
    outlet = data.articles["outlet_id"].array
    pieces = pd.DataFrame({"article_id": data.articles["article_id"].array, "outlet": outlet,
                           "relay": data.articles["wire"].array})
    pieces = pieces.explode("relay").dropna(subset=["relay"])
    pieces = pieces[pieces["relay"] != pieces["outlet"]].astype("str")
    carried = pd.concat([passed[["article_id", "outlet", "relay"]], pieces])
    country = carried["outlet"].map(known["country"])
    carried = carried.assign(state=country.where(~country.isin(places.NO_STATE)))

    table = carried.groupby("relay").agg(
        articles=("article_id", "nunique"), outlets=("outlet", "nunique"), countries=("state", "nunique"))
    said = passed.assign(via=passed["credit"] == VIA).groupby("relay").agg(
        statements=("attribution_id", "nunique"), via=("via", "sum"), voices=("source", "nunique"))
    table = table.join(said).join(pieces.groupby("relay").size().rename("pieces"))
    table["in_strength"] = pd.Series(dict(graph.in_degree(weight="weight")), dtype="float64")
    table["out_strength"] = pd.Series(dict(graph.out_degree(weight="weight")), dtype="float64")
    table["betweenness"] = pd.Series(nx.betweenness_centrality(graph, normalized=False), dtype="float64")
    counts = ["statements", "via", "articles", "pieces", "outlets", "countries", "voices", "in_strength",
              "out_strength"]
    table = table.fillna(0).astype(dict.fromkeys(counts, "int64"))
    table = table.join(known[["name", "outlet_kind", "country"]]).rename(columns={"outlet_kind": "kind"}).reset_index()
    table = table[["relay", "name", "kind", "country", *counts, "betweenness"]].astype({"relay": "str"})
    return table.sort_values(["statements", "articles", "pieces", "name", "relay"],
                             ascending=[False, False, False, True, True], ignore_index=True)
