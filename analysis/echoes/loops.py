"""Loops: where a country's, or an outlet's, own material comes home through a foreign outlet, and what proves it.

The founding case: Vietnam.vn <- Jiji Press <- Vietnamese media.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import networkx as nx
import pandas as pd

from analysis import places
from analysis.dataset import Dataset
from analysis.echoes.chains import chains, steps_of, through_wire
from analysis.echoes.relays import VIA, WIRE
from analysis.quoting import nodes

CHAIN, CYCLE = "chain", "cycle"
OUTLET, COUNTRY = "outlet", "country"
UNNAMED = "unnamed media"

Proof = tuple[str, str]  # an article and one of its attributions, "" where the article as a whole proves it
Step = dict[str, set[Proof]]  # what proves a step from one to another, by evidence
Key = tuple[str, str, str, tuple[str, ...]]  # level, kind, evidence, path


def loops(data: Dataset, longest: int = 3) -> pd.DataFrame:
    """Every way on which material comes home through a foreign outlet, with the articles that prove it.

    Two kinds, which prove different things:

    - `chain`: one article says so itself, for one statement: home <- foreign outlet <- home. This is an echo.
    - `cycle`: stitched from different articles: one of home quotes a foreign outlet, which elsewhere quotes home. Every
      step of the way was gone; that one statement went all of it is not shown, nor in which order the articles came. A
      chain that goes all the steps by itself is no proof of a cycle.

    On two levels, which are not to be added up:

    - `outlet`: the same outlet at both ends. A group such as "Vietnamese media" is no outlet.
    - `country`: the same state at both ends, whoever speaks for it there: an outlet, a group of media, a person, an
      office, the state. In a cycle the foreign steps are outlets by name: two states whose media quote each other make
      no cycle unless it is one foreign outlet that is quoted at home and quotes home, for through two different ones
      nothing could have come.

    Home is a state (ISO code), and between both ends stands an outlet of another state: every loop passes two states.
    `INT` and `unknown` are nobody's home; outlets without a state may stand on the way beside a foreign one. An outlet
    that quotes itself makes no step, and one that quotes a compatriot leaves no country: a loop begins at the last of
    home before the way leaves it, and ends at the first of home that it meets.

    Where an article credits outlets for the whole piece (`articles.wire`), its statements went through them also. What
    is a loop only by such a credit has the evidence `wire`; on these credits coders agree little
    (`agreement.caveat(data, ["any_wire"])`).

    Parameters
    ----------
    longest: steps that a cycle may have, at least 2 (the number of cycles can grow exponentially with it). Chains are
        listed whatever their length.

    Returns
    -------
    DataFrame, chains before cycles, outlets before countries, evidence `via` before `wire`, then by most statements,
    most articles, path: `loop` (its key: level, kind, evidence and path), `level`, `kind`, `evidence` ("via": every
    step is a credit for a statement; "wire": some step is only a credit for a whole piece), `home` (ISO code),
    `foreign` (list of the other states on the way, nearest first), `path` (list of nodes, as an article's chain reads:
    home, whom it quotes ..., home; in a cycle of level country both ends are the country's code), `names` (list, of
    the path), `countries` (list, of the path), `steps` (hops from home to home), `unnamed` (bool: a group such as
    "Vietnamese media" stands on the path), `statements` (that prove it), `articles` (list, that prove it, sorted),
    `attributions` (list, likewise). A cycle of outlets comes home to each of them; it is listed once, from the first in
    the alphabet that has a state.

    Raises
    ------
    ValueError: for a `longest` under 2.

    >>> from analysis import load_dataset
    >>> table = loops(load_dataset())
    >>> founding = table[table["path"].map(lambda path: path == ["vietnam-vn", "jiji-press", "vietnamese-media"])]
    >>> founding[["level", "kind", "evidence", "home"]].values.tolist(), founding["articles"].tolist()
    ([['country', 'chain', 'via', 'VN']], [['vietnam-vn-02', 'vietnam-vn-08', 'vietnam-vn-10']])
    """
    if longest < 2:
        raise ValueError(f"longest must be at least 2 steps, not {longest}")
    known = nodes(data)
    country = known["country"].to_dict()
    unnamed = {*known.index[known["outlet_kind"] == UNNAMED]}
    proofs: dict[Key, set[Proof]] = defaultdict(set)
    steps: dict[tuple[str, str], Step] = defaultdict(_step)

    for row in chains(data).itertuples():
        path, proof = steps_of(row.path), (row.article_id, row.attribution_id)
        shown = set()  # whose homecoming the chain shows by itself, so that no credit for the whole piece is needed
        for level, part in _homecomings(path, country, unnamed):
            shown.add((level, _home(level, part, country)))
            proofs[level, CHAIN, VIA, tuple(part)].add(proof)
        _add(steps, path, VIA, proof)
        for way in through_wire(path, row.wire):
            for level, part in _homecomings(way, country, unnamed):
                if (level, _home(level, part, country)) not in shown:
                    proofs[level, CHAIN, WIRE, tuple(part)].add(proof)
            _add(steps, way[:3], WIRE, proof)
    without = ~data.articles["article_id"].isin(data.attributions["article_id"])
    for row in data.articles.loc[without, ["article_id", "outlet_id", "wire"]].itertuples():
        for origin in row.wire:
            _add(steps, steps_of([row.outlet_id, origin]), WIRE, (row.article_id, ""))

    for path in _outlet_cycles(steps, country, unnamed, longest):
        _stitch(proofs, OUTLET, path, [steps[step] for step in zip(path, path[1:])])
    for path, parts in _country_cycles(steps, country, unnamed, longest):
        _stitch(proofs, COUNTRY, path, parts)
    return _table(proofs, known, unnamed)


def _homecomings(path: list[str], country: dict[str, str], unnamed: set[str]) -> Iterator[tuple[str, list[str]]]:
    """The parts of a chain that leave home and come back: to the same outlet, or to the same country."""
    for level in (OUTLET, COUNTRY):
        last: dict[str, int] = {}  # where each outlet or country stood last
        for at, node in enumerate(path):
            home = country[node] if level == COUNTRY else node
            if home in last and (level == COUNTRY or node not in unnamed):
                part = path[last[home]:at + 1]
                if _abroad([country[n] for n in part]):
                    yield level, part
            last[home] = at


def _abroad(countries: list[str]) -> list[str]:
    """The other states on a way from home and back, nearest first; none where home is no state."""
    home = countries[0]
    if home in places.NO_STATE:
        return []
    return [c for c in dict.fromkeys(countries) if c != home and c not in places.NO_STATE]


def _home(level: str, path: list[str], country: dict[str, str]) -> str:
    return country[path[0]] if level == COUNTRY else path[0]


def _add(steps: dict[tuple[str, str], Step], path: list[str], evidence: str, proof: Proof) -> None:
    for step in zip(path, path[1:]):
        steps[step][evidence].add(proof)


def _step() -> Step:
    return {VIA: set(), WIRE: set()}


def _stitch(proofs: dict[Key, set[Proof]], level: str, path: tuple[str, ...], parts: list[Step]) -> None:
    """Add a cycle to the proofs if its steps hold without chains that go all of them, and not all in one article."""
    every = [part[VIA] | part[WIRE] for part in parts]
    alone = set.intersection(*every)
    for evidence, held in ((VIA, [part[VIA] for part in parts]), (WIRE, every)):
        held = [part - alone for part in held]
        if all(held) and len({article for part in held for article, _ in part}) > 1:
            proofs[level, CYCLE, evidence, path] = set().union(*held)
            return


def _outlet_cycles(steps: dict[tuple[str, str], Step], country: dict[str, str], unnamed: set[str], longest: int
                   ) -> Iterator[tuple[str, ...]]:
    """Circles of outlets that pass at least two states, closed, from the first that has a state."""
    graph = nx.DiGraph(step for step in steps if not unnamed.intersection(step))
    for circle in nx.simple_cycles(graph, length_bound=longest):
        homes = [node for node in circle if country[node] not in places.NO_STATE]
        if len({country[node] for node in homes}) > 1:
            begin = circle.index(min(homes))
            yield *circle[begin:], *circle[:begin + 1]


def _country_cycles(steps: dict[tuple[str, str], Step], country: dict[str, str], unnamed: set[str], longest: int
                    ) -> Iterator[tuple[tuple[str, ...], list[Step]]]:
    """For each state the ways from its outlets through named outlets elsewhere to anyone of its own; with the steps."""
    quoting = {a for a, _ in steps}
    leaving: dict[str, dict[str, Step]] = defaultdict(lambda: defaultdict(_step))
    coming: dict[str, dict[str, Step]] = defaultdict(lambda: defaultdict(_step))
    passing = []  # steps between outlets that quote on
    for (a, b), step in steps.items():
        if country[a] != country[b]:
            for side in (leaving[country[a]][b], coming[country[b]][a]):
                side[VIA] |= step[VIA]
                side[WIRE] |= step[WIRE]
        if b in quoting:
            passing.append((a, b))
    start, end = object(), object()
    for home in sorted(leaving.keys() & coming.keys() - {*places.NO_STATE}):
        named = {node for node in quoting - unnamed if country[node] != home}
        graph = nx.DiGraph(step for step in passing if named.issuperset(step))
        graph.add_edges_from((start, node) for node in leaving[home].keys() & named)
        graph.add_edges_from((node, end) for node in coming[home].keys() & named)
        if start not in graph or end not in graph:
            continue
        for path in nx.all_simple_paths(graph, start, end, cutoff=longest):
            between = path[1:-1]
            if any(country[node] not in places.NO_STATE for node in between):
                inner = [steps[step] for step in zip(between, between[1:])]
                yield (home, *between, home), [leaving[home][between[0]], *inner, coming[home][between[-1]]]


def _table(proofs: dict[Key, set[Proof]], known: pd.DataFrame, unnamed: set[str]) -> pd.DataFrame:
    country, name = known["country"].to_dict(), known["name"].to_dict()
    rows = []
    for (level, kind, evidence, path), proof in proofs.items():
        if level == COUNTRY and kind == CYCLE:  # both ends are a code
            countries = [path[0], *(country[node] for node in path[1:-1]), path[0]]
            home_name = places.name(pd.Series([path[0]])).iloc[0]
            names = [home_name, *(name[node] for node in path[1:-1]), home_name]
        else:
            countries, names = [country[node] for node in path], [name[node] for node in path]
        attributions = sorted({attribution for _, attribution in proof} - {""})
        rows.append({
            "loop": f"{level} {kind} {evidence}: {' > '.join(path)}", "level": level, "kind": kind,
            "evidence": evidence, "home": countries[0], "foreign": _abroad(countries), "path": list(path),
            "names": names, "countries": countries, "steps": len(path) - 1,
            "unnamed": not unnamed.isdisjoint(path), "statements": len(attributions),
            "articles": sorted({article for article, _ in proof}), "attributions": attributions,
        })
    rows.sort(key=lambda row: (row["kind"] != CHAIN, row["level"] != OUTLET, row["evidence"] != VIA,
                               -row["statements"], -len(row["articles"]), row["path"]))
    dtypes = {"loop": "str", "level": "str", "kind": "str", "evidence": "str", "home": "str", "foreign": object,
              "path": object, "names": object, "countries": object, "steps": "int64", "unnamed": "bool",
              "statements": "int64", "articles": object, "attributions": object}
    return pd.DataFrame(rows, columns=list(dtypes)).astype(dtypes)
