"""Echoes against plain loops over the rows: chains, relays, wires, and loops of every shape told from near-misses.

Loops are sought again by brute force (every way through a few outlets), on the record and on random small ones.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from records import Tables, article, attribution, expected_nodes, outlet, read_tables, record, source
from records import chains as walked

from analysis import Dataset, places
from analysis.dataset import TABLES
from analysis.echoes import chains, loops, relay_graph, relayed, relays, wire_dependence, wires
from analysis.quoting import hops, sector_group
from analysis.shares import design_effect, wilson

NO_STATE = {"unknown", "INT"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


# -- the same by plain loops ----------------------------------------------------------------------------------------

def still(path: list[str]) -> list[str]:
    """The path without a node that follows itself."""
    kept = path[:1]
    for node in path[1:]:
        if node != kept[-1]:
            kept.append(node)
    return kept


def ways(path: list[str], wire: str) -> list[list[str]]:
    """The path with each outlet put in that is credited for the whole piece, unless it stands there anyhow."""
    return [[path[0], origin, *path[1:]] for origin in sorted(set(filter(None, wire.split(";")))) if origin not in path]


def expected_relayed(tables: Tables) -> set[tuple]:
    found = set()
    for row, published, path in walked(tables):
        path = still(path)
        for node in path[1:-1]:
            if node != path[0]:
                found.add((row["attribution_id"], node, "via", path[0], path[-1]))
        for way in ways(path, published["wire"]):
            found.add((row["attribution_id"], way[1], "wire", path[0], path[-1]))
    return found


def expected_steps(tables: Tables) -> dict[tuple[str, str], set[str]]:
    """Steps of the relay graph, each with its statements."""
    over = defaultdict(set)
    for row, published, path in walked(tables):
        path = still(path)
        for way in ways(path, published["wire"]) or [path]:
            for step in zip(way, way[1:]):
                over[step].add(row["attribution_id"])
    return over


def expected_betweenness(steps) -> dict[str, float]:
    """Freeman's definition, pair by pair: how many of the shortest ways from s to t run through v."""
    after = defaultdict(set)
    for a, b in steps:
        after[a].add(b)
    reach = {}
    for start in {node for step in steps for node in step}:
        length, number = {start: 0}, Counter({start: 1})
        queue = deque([start])
        while queue:
            a = queue.popleft()
            for b in sorted(after[a]):
                if b not in length:
                    length[b] = length[a] + 1
                    queue.append(b)
                if length[b] == length[a] + 1:
                    number[b] += number[a]
        reach[start] = length, number
    total = Counter()
    for s, (length, number) in reach.items():
        for t in length:
            for v in length:
                if v not in (s, t) and t in reach[v][0] and length[v] + reach[v][0][t] == length[t]:
                    total[v] += number[v] * reach[v][1][t] / number[t]
    return total


def expected_relays(tables: Tables) -> dict[str, tuple]:
    facts, steps = expected_nodes(tables), expected_steps(tables)
    articles = {row["article_id"]: row for row in tables["articles"]}
    article_of = {row["attribution_id"]: row["article_id"] for row in tables["attributions"]}
    passed = expected_relayed(tables)
    pieces = {(row["article_id"], origin) for row in tables["articles"] for origin in row["wire"].split(";")
              if origin and origin != row["outlet_id"]}
    between = expected_betweenness(steps)
    found = {}
    for relay in {row[1] for row in passed} | {origin for _, origin in pieces}:
        mine = [row for row in passed if row[1] == relay]
        carried = {article_of[row[0]] for row in mine} | {a for a, origin in pieces if origin == relay}
        outlets = {articles[a]["outlet_id"] for a in carried}
        found[relay] = (
            facts[relay]["name"], facts[relay]["outlet_kind"], facts[relay]["country"],
            len({row[0] for row in mine}), len({row[0] for row in mine if row[2] == "via"}), len(carried),
            sum(origin == relay for _, origin in pieces), len(outlets),
            len({facts[o]["country"] for o in outlets} - NO_STATE), len({row[4] for row in mine}),
            sum(len(said) for (_, b), said in steps.items() if b == relay),
            sum(len(said) for (a, _), said in steps.items() if a == relay), pytest.approx(between[relay]))
    return found


def comes_home(way: list[str], level: str, facts: dict, home_of) -> Iterator[tuple[str, ...]]:
    """Every stretch of a way that begins and ends at one home, with none of it but a foreign state in between."""
    for i in range(len(way)):
        for j in range(i + 2, len(way)):
            home = home_of(way[i])
            if home is None or home_of(way[j]) != home or any(home_of(node) == home for node in way[i + 1:j]):
                continue
            state = facts[way[i]]["country"]
            if state not in NO_STATE and any(facts[node]["country"] not in {state, *NO_STATE} for node in way[i + 1:j]):
                yield tuple(way[i:j + 1])


def expected_loops(tables: Tables, longest: int = 3) -> dict[tuple, tuple]:
    """(level, kind, evidence, path) -> home, articles and attributions; every way through a few outlets is tried."""
    facts = expected_nodes(tables)
    named = {node for node, fact in facts.items() if fact["outlet_kind"] != "unnamed media"}
    homes = {"outlet": lambda node: node if node in named else None,
             "country": lambda node: None if facts[node]["country"] in NO_STATE else facts[node]["country"]}
    found = defaultdict(set)
    steps = defaultdict(set)  # (evidence, from, to) -> proofs
    for row, published, path in walked(tables):
        path, proof = still(path), (published["article_id"], row["attribution_id"])
        for a, b in zip(path, path[1:]):
            steps["via", a, b].add(proof)
        for level, home_of in homes.items():
            plain = [*comes_home(path, level, facts, home_of)]
            for part in plain:
                found[level, "chain", "via", part].add(proof)
            for way in ways(path, published["wire"]):
                for part in comes_home(way, level, facts, home_of):
                    if home_of(part[0]) not in [home_of(other[0]) for other in plain]:
                        found[level, "chain", "wire", part].add(proof)
        for way in ways(path, published["wire"]):
            for a, b in zip(way[:2], way[1:3]):
                steps["wire", a, b].add(proof)
    silent = {row["article_id"] for row in tables["articles"]} - {row["article_id"] for row in tables["attributions"]}
    for row in tables["articles"]:
        for origin in filter(None, row["wire"].split(";")):
            if row["article_id"] in silent and origin != row["outlet_id"]:
                steps["wire", row["outlet_id"], origin].add((row["article_id"], ""))
    for (_, a, b), proofs in [*steps.items()]:
        steps["any", a, b] |= proofs

    def stitched(level: str, path: tuple, parts_by: dict[str, list[set]]) -> None:
        """A cycle by its steps' proofs, unless those that go all of it are needed, or a single article."""
        alone = set.intersection(*parts_by["any"])
        for evidence in ("via", "any"):
            parts = [part - alone for part in parts_by[evidence]]
            if all(parts) and len({a for part in parts for a, _ in part}) > 1:
                found[level, "cycle", "via" if evidence == "via" else "wire", path] = set().union(*parts)
                return

    states = sorted({fact["country"] for fact in facts.values()} - NO_STATE)
    of = {home: [node for node in facts if facts[node]["country"] == home] for home in states}
    pairs = {(a, b) for evidence, a, b in steps if evidence == "any"}
    quoting = sorted({a for a, _ in pairs} & named)
    somes = [(a,) for a in quoting]
    for n in range(1, longest + 1):
        for some in somes:
            at = [node for node in some if facts[node]["country"] not in NO_STATE]
            inner = [*zip(some, some[1:])]
            if n > 1 and some[0] == min(at, default="") and len({facts[node]["country"] for node in at}) > 1:
                stitched("outlet", (*some, some[0]),
                         {e: [steps.get((e, *step), set()) for step in [*inner, (some[-1], some[0])]]
                          for e in ("via", "any")})
            for home in states if n < longest and at else []:
                if home not in [facts[node]["country"] for node in some]:
                    stitched("country", (home, *some, home), {
                        e: [set().union(*(steps.get((e, node, some[0]), set()) for node in of[home])),
                            *(steps.get((e, *step), set()) for step in inner),
                            set().union(*(steps.get((e, some[-1], node), set()) for node in of[home]))]
                        for e in ("via", "any")})
        somes = [(*some, b) for some in somes for b in quoting if b not in some and (some[-1], b) in pairs]
    home = {key: key[3][0] if key[0] == "country" and key[1] == "cycle" else facts[key[3][0]]["country"]
            for key in found}
    return {key: (home[key], sorted({a for a, _ in proof}), sorted({a for _, a in proof} - {""}))
            for key, proof in found.items()}


def as_dict(table: pd.DataFrame) -> dict[tuple, tuple]:
    keys = zip(table["level"], table["kind"], table["evidence"], map(tuple, table["path"]))
    found = dict(zip(keys, zip(table["home"], table["articles"], table["attributions"])))
    assert len(found) == len(table) == table["loop"].nunique()
    return found


# -- chains ---------------------------------------------------------------------------------------------------------

def test_chains(data, tables):
    table, facts = chains(data), expected_nodes(tables)
    for got, (row, published, path) in zip(table.itertuples(), walked(tables), strict=True):
        countries = [facts[node]["country"] for node in path]
        assert (got.attribution_id, got.article_id, got.path) == (row["attribution_id"], row["article_id"], path)
        assert (got.depth, got.countries) == (len(path) - 1, countries)
        assert got.names == [facts[node]["name"] for node in path]
        assert got.kinds == [facts[node]["outlet_kind"] or facts[node]["kind"] for node in path]
        assert got.states == len(set(countries) - NO_STATE) and got.crosses_border == (got.states > 1)
        assert got.wire == [origin for origin in published["wire"].split(";") if origin]
        assert ("" if pd.isna(got.published) else f"{got.published:%Y-%m-%d}") == published["published"]
        assert (got.language, got.form, got.stance, got.gist) == (
            published["language"], row["form"], row["stance"], row["gist"])
    assert table["crosses_border"].any() and not table["crosses_border"].all()


def test_chains_are_the_hops(data):
    steps = hops(data)
    table = chains(data).set_index("attribution_id")
    assert table["depth"].to_dict() == steps.drop_duplicates("attribution_id").set_index(
        "attribution_id")["steps"].to_dict()
    first = steps.groupby("attribution_id", sort=False)["quoting"].agg(list)
    last = steps.groupby("attribution_id", sort=False)["quoted"].agg(list)
    assert [path[:-1] for path in table["path"]] == first[table.index].tolist()
    assert [path[1:] for path in table["path"]] == last[table.index].tolist()


# -- relays ---------------------------------------------------------------------------------------------------------

def assert_relays(data: Dataset, tables: Tables) -> None:
    facts = expected_nodes(tables)
    passed = relayed(data)
    columns = ["attribution_id", "relay", "credit", "outlet", "source"]
    got = [*passed[columns].itertuples(index=False, name=None)]
    assert len(got) == len(set(got)) and set(got) == expected_relayed(tables)
    stance = {row["attribution_id"]: row["stance"] for row in tables["attributions"]}
    for row in passed.itertuples():
        assert row.attribution_id.startswith(f"{row.article_id}.") and row.stance == stance[row.attribution_id]
        assert (row.relay_name, row.relay_kind, row.relay_country) == (
            *(facts[row.relay][key] for key in ("name", "outlet_kind", "country")),)
        assert row.outlet_country == facts[row.outlet]["country"]
        assert (row.source_name, row.source_country, row.source_group) == (
            facts[row.source]["name"], facts[row.source]["country"], sector_group(facts[row.source]["sector"]))
    graph, steps = relay_graph(data), expected_steps(tables)
    assert {(a, b): (d["weight"], d["statements"]) for a, b, d in graph.edges(data=True)} == {
        step: (len(said), len(said)) for step, said in steps.items()}
    assert list(graph) == sorted(graph) and list(graph.edges) == sorted(graph.edges)
    assert {node: d["name"] for node, d in graph.nodes(data=True)} == {node: facts[node]["name"] for node in graph}
    table = relays(data)
    assert dict(zip(table["relay"], table.iloc[:, 1:].itertuples(index=False, name=None))) == expected_relays(tables)
    order = [(-row.statements, -row.articles, -row.pieces, row.name, row.relay) for row in table.itertuples()]
    assert order == sorted(order)


def test_relays(data, tables):
    assert_relays(data, tables)
    assert set(relayed(data)["credit"]) == {"via", "wire"}


def test_who_relays_whom_by_hand():
    """An agency between, an agency that credits itself, one that is its own source, and one without a statement."""
    data, tables = record(
        outlets=[outlet("paper", "VN"), outlet("site", "JP"), outlet("agency", "FR", kind="news agency"),
                 outlet("other", "FR", kind="news agency")],
        sources=[source("minister", "VN"), source("agency", "FR", kind="outlet", outlet_id="agency")],
        articles=[article(1, "paper", wire="agency"), article(2, "site"), article(3, "agency", wire="agency"),
                  article(4, "site", wire="other")],
        attributions=[attribution(1, 1, "minister"), attribution(1, 2, "agency"), attribution(2, 2, "minister"),
                      attribution(2, 1, "minister", "agency"), attribution(3, 1, "minister", "agency")])
    assert_relays(data, tables)
    table = relays(data).set_index("relay")
    assert table.index.tolist() == ["agency", "other"]
    counts = ["statements", "via", "articles", "pieces", "outlets", "countries", "voices"]
    assert table.loc["agency", counts].tolist() == [2, 1, 2, 1, 2, 2, 1]
    # The paper quotes it twice (once as the source), the site once; it quotes the minister for both, and for itself.
    assert table.loc["agency", ["in_strength", "out_strength"]].tolist() == [3, 3]
    # Between the paper and the minister; the site quotes the minister also without it, which is shorter.
    assert table.at["agency", "betweenness"] == 1
    assert table.loc["other", ["statements", "articles", "pieces", "betweenness"]].tolist() == [0, 1, 1, 0]


# -- loops of every shape -------------------------------------------------------------------------------------------

OUTLETS = [outlet("vn-one", "VN"), outlet("vn-two", "VN"), outlet("vn-media", "VN", kind="unnamed media"),
           outlet("jp-one", "JP"), outlet("jp-two", "JP"), outlet("jp-media", "JP", kind="unnamed media"),
           outlet("us-one", "US"), outlet("int-one", "INT"), outlet("no-one", ""), outlet("no-two", "")]
SOURCES = [*(source(row["outlet_id"], row["country"], kind="outlet", sector="media", outlet_id=row["outlet_id"])
             for row in OUTLETS),
           source("vn-minister", "VN"), source("jp-minister", "JP"), source("us-minister", "US"), source("nobody", ""),
           source("un-chief", "INT")]


def planted(*stories: tuple[str, list[list[str]]]) -> tuple[Dataset, Tables]:
    """A record of articles, each an outlet (with `< origins` credited for the whole) and its statements' paths."""
    articles, attributions = [], []
    for n, (head, paths) in enumerate(stories):
        publisher, _, wire = head.partition(" < ")
        articles.append(article(n, publisher, wire=wire.replace(" ", ";")))
        attributions += [attribution(n, k, path[-1], *path[:-1]) for k, path in enumerate(paths, start=1)]
    return record(outlets=OUTLETS, sources=SOURCES, articles=articles, attributions=attributions)


def found_in(*stories: tuple[str, list[list[str]]], longest: int = 3) -> list[tuple]:
    """The loops as level, kind, evidence, path; held to the brute force on the way."""
    data, tables = planted(*stories)
    table = loops(data, longest)
    assert as_dict(table) == expected_loops(tables, longest)
    return [(row.level, row.kind, row.evidence, " > ".join(row.path)) for row in table.itertuples()]


SHAPES = {
    # The shape, in articles, and what is found. A loop of one outlet is one of its country as well.
    "two outlets quote each other": (
        [("vn-one", [["jp-one"]]), ("jp-one", [["vn-one"]])],
        [("outlet", "cycle", "via", "jp-one > vn-one > jp-one"),
         ("country", "cycle", "via", "JP > vn-one > JP"), ("country", "cycle", "via", "VN > jp-one > VN")]),
    "two countries": (
        [("vn-one", [["jp-one", "vn-minister"]])],
        [("country", "chain", "via", "vn-one > jp-one > vn-minister")]),
    "three steps": (
        [("vn-one", [["jp-one"]]), ("jp-one", [["us-one"]]), ("us-one", [["vn-one"]])],
        [("outlet", "cycle", "via", "jp-one > us-one > vn-one > jp-one"),
         ("country", "cycle", "via", "JP > us-one > vn-one > JP"),
         ("country", "cycle", "via", "US > vn-one > jp-one > US"),
         ("country", "cycle", "via", "VN > jp-one > us-one > VN")]),
    "an outlet's own words": (
        [("vn-one", [["jp-one", "vn-one"]])],
        [("outlet", "chain", "via", "vn-one > jp-one > vn-one"),
         ("country", "chain", "via", "vn-one > jp-one > vn-one")]),
    "through an unnamed group": (
        [("vn-one", [["jp-one", "vn-media"]])],
        [("country", "chain", "via", "vn-one > jp-one > vn-media")]),
    "unnamed media abroad": (
        [("vn-one", [["jp-media", "vn-minister"]])],
        [("country", "chain", "via", "vn-one > jp-media > vn-minister")]),
    "by the credit of the whole piece": (
        [("vn-one < jp-one", [["vn-minister"]])],
        [("country", "chain", "wire", "vn-one > jp-one > vn-minister")]),
    "seen from a third country": (
        [("us-one", [["vn-one", "jp-one", "vn-two"]])],
        [("country", "chain", "via", "vn-one > jp-one > vn-two")]),
    "by a compatriot": (
        [("vn-one", [["vn-two", "jp-one", "vn-media", "vn-minister"]])],
        [("country", "chain", "via", "vn-two > jp-one > vn-media")]),
    "with someone of no state beside": (
        [("vn-one", [["no-one", "jp-one", "int-one", "vn-minister"]])],
        [("country", "chain", "via", "vn-one > no-one > jp-one > int-one > vn-minister")]),
    "there and back twice": (
        [("vn-one", [["jp-one", "vn-one", "jp-one"]])],
        [("outlet", "chain", "via", "jp-one > vn-one > jp-one"),
         ("outlet", "chain", "via", "vn-one > jp-one > vn-one"),
         ("country", "chain", "via", "jp-one > vn-one > jp-one"),
         ("country", "chain", "via", "vn-one > jp-one > vn-one")]),
    "a country through one outlet, article by article": (
        [("vn-one", [["jp-one"]]), ("jp-one", [["vn-minister"]])],
        [("country", "cycle", "via", "VN > jp-one > VN")]),
    "article by article, where one credits the whole piece": (
        [("vn-one < jp-one", []), ("jp-one", [["vn-minister"]])],
        [("country", "cycle", "wire", "VN > jp-one > VN")]),
    "four steps": (
        [("vn-one", [["jp-one"]]), ("jp-one", [["us-one"]]), ("us-one", [["no-one"]]), ("no-one", [["vn-one"]])],
        []),
}

NEAR_MISSES = {
    "an outlet quotes itself": [("vn-one", [["vn-one"]])],
    "an outlet relays itself": [("vn-one", [["vn-one", "vn-minister"], ["vn-one", "jp-one"]])],
    "a compatriot first, then abroad": [("vn-one", [["vn-two", "jp-one"]])],
    "two compatriots quote each other": [("vn-one", [["vn-two"]]), ("vn-two", [["vn-one"]])],
    "compatriots, there and back": [("vn-one", [["vn-two", "vn-one"]])],
    "abroad ends with an unknown": [("vn-one", [["jp-one", "nobody"]])],
    "abroad ends with an intergovernmental body": [("vn-one", [["jp-one", "un-chief"]])],
    "through an intergovernmental body only": [("vn-one", [["int-one", "vn-minister"], ["int-one", "vn-one"]])],
    "through an unknown country only": [("vn-one", [["no-one", "vn-minister"], ["no-one", "vn-one"]])],
    "home is nowhere": [("no-one", [["jp-one", "no-two"], ["jp-one", "no-one"]])],
    "home is an intergovernmental body": [("int-one", [["jp-one", "un-chief"], ["jp-one", "int-one"]])],
    "an outlet of no state, article by article": [("no-one", [["jp-one"]]), ("jp-one", [["no-one"]])],
    "a foreigner, but no foreign outlet": [("vn-one", [["jp-minister"]]), ("jp-one", [["vn-minister"]])],
    "one foreign outlet is quoted, another quotes": [("vn-one", [["jp-one"]]), ("jp-two", [["vn-minister"]])],
    "a foreign group, article by article": [("vn-one", [["jp-media"]]), ("us-one", [["jp-media", "vn-minister"]])],
    "a way that stays open": [("vn-one", [["jp-one"]]), ("jp-one", [["us-one"]]), ("us-one", [["no-two"]])],
    "a compatriot's whole piece": [("vn-one < vn-two", [["vn-minister"], ["jp-minister"]])],
    "its own whole piece": [("vn-one < vn-one", [["vn-minister"], ["jp-one"]])],
    "a foreign agency's whole piece on others": [("vn-one < jp-one", [["jp-minister"], ["un-chief"], ["nobody"]])],
    "steps of one article only": [("us-one", [["vn-one", "jp-one"], ["jp-one", "vn-minister"]])],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_loops(shape):
    stories, expected = SHAPES[shape]
    assert found_in(*stories) == expected


@pytest.mark.parametrize("miss", NEAR_MISSES)
def test_near_misses(miss):
    assert found_in(*NEAR_MISSES[miss]) == []


def test_all_shapes_in_one_record_are_told_apart():
    """Five loops and all near-misses together, each in outlets of its own: the five are found, and nothing else."""
    five = {"two outlets quote each other", "two countries", "three steps", "an outlet's own words",
            "through an unnamed group"}
    states = places.countries().query("un_member").index
    outlets, sources, articles, attributions, expected = [], [], [], [], []
    for k, (shape, stories) in enumerate([*((name, SHAPES[name][0]) for name in SHAPES if name in five),
                                          *NEAR_MISSES.items()]):
        # Every story in countries of its own, so that none is stitched to another's.
        code = dict(zip(("VN", "JP", "US"), states[3 * k:3 * k + 3], strict=True))

        def own(name: str, k=k) -> str:
            return f"k{k}-{name}"

        for rows, key, into in ((OUTLETS, "outlet_id", outlets), (SOURCES, "source_id", sources)):
            for row in rows:
                ids = {name: own(row[name]) for name in (key, "outlet_id") if name in row}
                into.append(row | ids | {"name": own(row[key]), "country": code.get(row["country"], row["country"])})
        for publisher, paths in stories:
            publisher, _, wire = publisher.partition(" < ")
            n = len(articles)
            articles.append(article(n, own(publisher), wire=own(wire) if wire else ""))
            attributions += [attribution(n, i, own(path[-1]), *map(own, path[:-1])) for i, path in enumerate(paths, 1)]
        if shape in five:
            expected += [(level, kind, evidence, [own(n) if n not in code else code[n] for n in path.split(" > ")])
                         for level, kind, evidence, path in SHAPES[shape][1]]
    data, tables = record(outlets=outlets, sources=sources, articles=articles, attributions=attributions)
    table = loops(data)
    got = [*zip(table["level"], table["kind"], table["evidence"], table["path"])]
    assert sorted(got) == sorted(expected) and len(got) == 11
    assert as_dict(table) == expected_loops(tables)


def test_the_longest_cycle_is_bounded_and_a_chain_is_not():
    stories, _ = SHAPES["four steps"]
    circle = "jp-one > us-one > no-one > vn-one > jp-one"
    assert ("outlet", "cycle", "via", circle) in found_in(*stories, longest=4)
    assert found_in(*SHAPES["three steps"][0], longest=2) == []
    long = [("vn-one", [["jp-one", "us-one", "no-one", "vn-two"]])]
    assert found_in(*long, longest=2) == [("country", "chain", "via", "vn-one > jp-one > us-one > no-one > vn-two")]
    for longest in (1, 0, -1):
        with pytest.raises(ValueError, match=f"at least 2 steps, not {longest}"):
            loops(planted()[0], longest)


def test_a_chain_is_no_proof_of_a_cycle():
    chain = ("vn-one", [["jp-one", "vn-one"]])
    alone = SHAPES["an outlet's own words"][1]
    assert found_in(chain, chain) == alone
    assert found_in(chain, ("vn-one", [["jp-one"]])) == alone  # only one of two steps is proved besides
    both = found_in(chain, ("vn-one", [["jp-one"]]), ("jp-one", [["vn-one"]]))
    assert both == [*alone, *SHAPES["two outlets quote each other"][1]]


def test_a_loop_names_what_proves_it():
    data, _ = planted(("vn-one", [["jp-one", "vn-media"], ["un-chief"]]), ("vn-two", [["jp-one", "vn-media"]]),
                      ("vn-one", [["jp-one", "vn-media"], ["jp-one", "us-one", "vn-media"]]), ("jp-one", [["vn-two"]]))
    table = loops(data).set_index("loop")
    row = table.loc["country chain via: vn-one > jp-one > vn-media"]
    assert (row["articles"], row["attributions"], row["statements"]) == (["a0", "a2"], ["a0.1", "a2.1"], 2)
    assert (row["home"], row["foreign"], row["countries"], row["steps"], row["unnamed"]) == (
        "VN", ["JP"], ["VN", "JP", "VN"], 2, True)
    assert row["names"] == ["Vn-One", "Jp-One", "Vn-Media"]
    longer = table.loc["country chain via: vn-one > jp-one > us-one > vn-media"]
    assert (longer["foreign"], longer["steps"], longer["attributions"]) == (["JP", "US"], 3, ["a2.2"])
    cycle = table.loc["country cycle via: VN > jp-one > VN"]
    assert (cycle["names"], cycle["unnamed"]) == (["Vietnam", "Jp-One", "Vietnam"], False)
    # The chain through us-one proves the way out, for it is another loop; the chains of this one prove no cycle.
    assert (cycle["articles"], cycle["attributions"]) == (["a2", "a3"], ["a2.2", "a3.1"])


def random_record(seed: int) -> tuple[Dataset, Tables]:
    rng = random.Random(seed)
    ids = [row["outlet_id"] for row in OUTLETS]
    few = rng.sample(ids, 6)
    stories = []
    for _ in range(rng.randint(2, 7)):
        wire = " ".join(rng.sample(few, rng.choice([0, 1, 1, 2])))
        paths = [[*rng.sample(few, rng.choice([0, 0, 1, 1, 2, 3])),
                  rng.choice([*few, "vn-minister", "jp-minister", "un-chief"])] for _ in range(rng.randint(0, 3))]
        stories.append((f"{rng.choice(few)} < {wire}" if wire else rng.choice(few), paths))
    return planted(*stories)


def test_random_records():
    seen = Counter()
    for seed in range(30):
        data, tables = random_record(seed)
        longest = 2 + seed % 3
        table = loops(data, longest)
        assert as_dict(table) == expected_loops(tables, longest), seed
        seen.update(zip(table["level"], table["kind"], table["evidence"]))
        if seed % 2:
            assert_relays(data, tables)
    assert len(seen) == 8 and min(seen.values()) >= 2  # every sort of loop has come up


# -- loops in the record --------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def found(data) -> pd.DataFrame:
    return loops(data)


def test_the_founding_loop_and_its_article(found):
    row, = found[found["path"].map(lambda path: path == ["vietnam-vn", "jiji-press", "vietnamese-media"])].itertuples()
    assert (row.level, row.kind, row.evidence, row.home, row.foreign) == ("country", "chain", "via", "VN", ["JP"])
    assert row.names == ["Vietnam.vn", "Jiji Press", "Vietnamese media"] and row.unnamed
    assert "vietnam-vn-02" in row.articles and "vietnam-vn-02.4" in row.attributions


def test_loops_of_the_record(found, tables):
    """Chains: every one. Cycles: among the outlets that somebody quotes and that quote somebody, all are tried."""
    assert as_dict(found) == expected_loops(tables)


def test_chains_that_come_home_read_off_the_record(found):
    """What a reader finds who goes through the 126 statements with a relay."""
    chain = found[found["kind"] == "chain"]
    assert set(chain["home"]) == {"VN"} and set(chain["evidence"]) == {"via"} and set(chain["level"]) == {"country"}
    assert {tuple(path) for path in chain["path"]} == {
        ("vietnam-vn", "jiji-press", "vietnamese-media"), ("vietnam-vn", "xinhua", "luong-cuong"),
        ("vietnam-vn", "channel-newsasia", "luong-cuong"), ("vietnamplus", "channel-newsasia", "luong-cuong"),
        ("vovworld", "xinhua", "luong-cuong"), ("vietnam-pictorial-vna", "xinhua", "luong-cuong"),
        ("vietnam-pictorial-vna", "algerian-media", "tran-quoc-khanh"), ("bao-moi", "pasaxon", "luong-cuong"),
        ("tu-dong-hoa-ngay-nay", "pasaxon", "luong-cuong")}


# -- wires ----------------------------------------------------------------------------------------------------------

def expected_wires(tables: Tables, by: str) -> tuple[dict, dict]:
    """Group -> its figures, and (group, outlet) -> articles and outlets."""
    facts = expected_nodes(tables)
    groups, credits = defaultdict(list), defaultdict(list)
    for row in tables["articles"]:
        here = facts[row["outlet_id"]]["country"]
        origins = {o for o in row["wire"].split(";") if o} - {row["outlet_id"]}
        agencies = {o for o in origins if facts[o]["outlet_kind"] == "news agency"}
        states = {facts[o]["country"] for o in agencies}
        abroad = here not in NO_STATE and bool(states - {here, *NO_STATE})
        for group in ("all", here if by == "country" else row["language"]):
            groups[group].append((row["outlet_id"], bool(agencies), bool(origins) and not agencies, abroad,
                                  here not in NO_STATE and states == {here}))
            for origin in origins:
                credits[group, origin].append((row["article_id"], row["outlet_id"]))
    return groups, {key: (len(rows), len({o for _, o in rows})) for key, rows in credits.items()}


@pytest.mark.parametrize("by", ["country", "language"])
def test_wires(data, tables, by):
    facts = expected_nodes(tables)
    groups, credits = expected_wires(tables, by)
    table = wire_dependence(data, by)
    assert table["group"][0] == "all" and sorted(table["group"]) == sorted(groups)
    for row in table.itertuples():
        mine = groups[row.group]
        assert (row.articles, row.other, row.abroad, row.home) == tuple(sum(r[k] for r in mine) for k in (1, 2, 3, 4))
        assert (row.total, row.outlets) == (len(mine), len({r[0] for r in mine}))
        size = Counter(r[0] for r in mine)
        count = {o: sum(r[1] for r in mine if r[0] == o) for o in size}
        several = np.array([size[o] for o in size]), np.array([count[o] for o in size])
        effect = max(design_effect(several[1], several[0]), 1)
        assert row.effective == pytest.approx(row.total / effect)
        _, low, high = wilson(row.share * row.effective, row.effective)
        assert (row.share, row.share_low, row.share_high) == pytest.approx((row.articles / row.total, low, high))
        agencies = [(-n, facts[o]["name"], o) for (g, o), (n, _) in credits.items()
                    if g == row.group and facts[o]["outlet_kind"] == "news agency"]
        most = min(agencies, default=(0, "", ""))
        assert (row.agency_articles, row.agency_name, row.agency) == (-most[0], most[1], most[2])
    rest = table[1:]
    for column in ("articles", "total", "other", "abroad", "home"):
        assert rest[column].sum() == table[column][0]
    order = [(not row.known, -row.total, row.name) for row in rest.itertuples()]
    assert order == sorted(order)
    assert set(rest.loc[~rest["known"], "group"]) == ({"INT", "unknown"} if by == "country" else set())

    long = wires(data, by)
    assert {(row.group, row.agency): (row.articles, row.outlets) for row in long.itertuples()} == credits
    assert dict(zip(long["group"], long["total"])) == {g: len(groups[g]) for g in set(long["group"])}
    place = {group: i for i, group in enumerate(table["group"])}
    order = [(place[row.group], -row.articles, row.agency_name) for row in long.itertuples()]
    assert order == sorted(order)
    for row in long.itertuples():
        fact = facts[row.agency]
        assert (row.agency_name, row.kind, row.agency_country) == (fact["name"], fact["outlet_kind"], fact["country"])
        assert row.name == table.set_index("group").at[row.group, "name"]


def test_what_is_no_agencys_text():
    data, _ = record(
        outlets=[outlet("paper", "VN"), outlet("agency", "VN", kind="news agency"), outlet("daily", "JP"),
                 outlet("foreign", "FR", kind="news agency"), outlet("nowhere", "", kind="news agency")],
        sources=[source("minister", "VN")],
        articles=[article(1, "paper", wire="agency"), article(2, "agency", wire="agency"), article(6, "paper"),
                  article(3, "paper", wire="daily"), article(4, "paper", wire="agency;foreign"),
                  article(5, "paper", wire="nowhere"),
                  article(7, "daily", wire="foreign;daily")],
        # An agency named for a statement is no credit of the whole piece.
        attributions=[attribution(6, 1, "minister", "agency")])
    table = wire_dependence(data).set_index("group")
    assert table.loc["VN", ["articles", "total", "home", "abroad", "other"]].tolist() == [3, 6, 1, 1, 1]
    assert table.loc["JP", ["articles", "total", "home", "abroad", "other"]].tolist() == [1, 1, 0, 1, 0]
    assert table.loc["VN", ["agency", "agency_articles"]].tolist() == ["agency", 2]
    assert table.loc["all", ["agency", "agency_articles"]].tolist() == ["agency", 2]  # a tie: by name


def test_articles_of_one_outlet_make_a_wide_interval():
    def dependence(outlets: int) -> pd.Series:
        """Twenty articles, half of them an agency's, in so many outlets."""
        return wire_dependence(record(
            outlets=[outlet("agency", "FR", kind="news agency"), *(outlet(f"o{i}", "VN") for i in range(outlets))],
            articles=[article(n, f"o{n % outlets}", wire="agency" if n % outlets * 2 < outlets else "")
                      for n in range(20)])[0]).set_index("group").loc["VN"]

    many, few = dependence(20), dependence(4)
    assert many["share"] == few["share"] == 0.5 and many["total"] == few["total"] == 20
    assert few["share_high"] - few["share_low"] > 1.4 * (many["share_high"] - many["share_low"])


@pytest.mark.parametrize("function", [wire_dependence, wires])
@pytest.mark.parametrize("by", ["outlet", "Country", "", None])
def test_another_group_is_refused(data, function, by):
    with pytest.raises(ValueError, match="by must be one of country, language, not"):
        function(data, by)


# -- form -----------------------------------------------------------------------------------------------------------

FUNCTIONS = {"chains": chains, "relayed": relayed, "relays": relays, "loops": loops,
             "wire_dependence": wire_dependence, "wires": wires,
             "by language": partial(wire_dependence, by="language"), "wires by language": partial(wires, by="language")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_order_of_rows_does_not_matter(data, name):
    other = replace(data, **{table: getattr(data, table).sample(frac=1, random_state=1) for table in TABLES})
    here, there = FUNCTIONS[name](data), FUNCTIONS[name](other)
    if name in ("chains", "relayed"):  # in the record's order
        keys = ["attribution_id", *(["relay"] if name == "relayed" else [])]
        here, there = (table.sort_values(keys, ignore_index=True) for table in (here, there))
    pd.testing.assert_frame_equal(here, there)


def test_the_graph_does_not_hang_on_the_order_of_rows(data):
    other = replace(data, **{table: getattr(data, table).sample(frac=1, random_state=1) for table in TABLES})
    assert nx.to_dict_of_dicts(relay_graph(other)) == nx.to_dict_of_dicts(relay_graph(data))


@pytest.mark.parametrize("name", ["chains", "relayed", "relays", "loops", "wire_dependence", "wires"])
def test_docstring_names_the_columns_in_order(data, name):
    table = FUNCTIONS[name](data)
    named = re.findall(r"`(\w+)`", FUNCTIONS[name].__doc__.split("Returns\n")[1].split("Raises\n")[0].split(">>>")[0])
    assert [*dict.fromkeys(word for word in named if word in table)] == list(table.columns)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_without_articles_the_columns_stay(data, name):
    bare = replace(data, articles=data.articles[:0], attributions=data.attributions[:0])
    table = FUNCTIONS[name](bare)
    assert table.dtypes.to_dict() == FUNCTIONS[name](data).dtypes.to_dict()
    assert len(table) == (1 if "group" in table and "share" in table else 0)
    FUNCTIONS[name](record()[0])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_record_stays_as_it_is(data, name):
    before = {table: getattr(data, table).copy() for table in TABLES}
    FUNCTIONS[name](data)
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(data, table), before[table])
