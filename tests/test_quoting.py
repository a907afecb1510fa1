"""Who quoted whom against chains walked by plain loops, on the record and on small ones that hypothesis makes up.

The permutation test is held to an exact distribution, to planted bias and to planted independence.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import permutations
from math import prod

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import Tables, article, attribution, chains, expected_nodes, outlet, read_tables, record, source

from analysis import Dataset, places
from analysis.dataset import TABLES
from analysis.quoting import home_share, hops, most_quoted, nodes, quote_graph, voice_matrix

LEVELS = ("outlet", "country", "sector")
COUNTS = ("statements", "articles", "outlets")
FORMS = ("direct", "indirect", "mixed")
STANCES = ("supportive", "neutral", "mixed", "critical")
NO_STATE = {"unknown", "INT"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


# -- the same by plain loops ----------------------------------------------------------------------------------------

def expected_hops(tables: Tables) -> list[tuple]:
    facts = expected_nodes(tables)
    found = []
    for row, _, path in chains(tables):
        for step, (a, b) in enumerate(zip(path, path[1:]), start=1):
            found.append((row["attribution_id"], row["article_id"], step, len(path) - 1, a, facts[a]["name"],
                          facts[a]["country"], b, facts[b]["name"], facts[b]["kind"], facts[b]["outlet_kind"],
                          facts[b]["country"], facts[b]["sector"], row["form"], row["stance"]))
    return found


def expected_graph(tables: Tables, level: str) -> tuple[list, list]:
    facts = expected_nodes(tables)
    key = {node: node if level == "outlet" else fact[level] for node, fact in facts.items()}
    # Edge -> attribution_id -> its row and article: a chain counts once, however often it runs over the edge.
    over = defaultdict(dict)
    for row, published, path in chains(tables):
        for a, b in zip(path, path[1:]):
            over[key[a], key[b]][row["attribution_id"]] = row, published
    edges = []
    for (a, b), statements in sorted(over.items()):
        rows, articles = zip(*statements.values())
        dates = sorted(article["published"] for article in articles if article["published"])
        edges.append((a, b, {
            "weight": len(rows), "statements": len(rows),
            "articles": len({article["article_id"] for article in articles}),
            "outlets": len({article["outlet_id"] for article in articles}),
            **{f"form_{form}": sum(row["form"] == form for row in rows) for form in FORMS},
            **{f"stance_{stance}": sum(row["stance"] == stance for row in rows) for stance in STANCES},
            "first": dates[0] if dates else "", "last": dates[-1] if dates else "",
        }))
    described = {
        "outlet": facts.get,
        "country": lambda code: places.countries().loc[code, ["name", "region"]].to_dict(),
        "sector": lambda sector: {"name": sector},
    }[level]
    return [(node, described(node)) for node in sorted({node for edge in over for node in edge})], edges


def expected_most_quoted(tables: Tables) -> list[tuple]:
    facts = expected_nodes(tables)
    said = defaultdict(list)
    for row, published, path in chains(tables):
        said[path[-1]].append((row, published))
    found = []
    for node, pairs in said.items():
        rows, articles = zip(*pairs)
        fact = facts[node]
        found.append((
            node, fact["name"], fact["kind"], fact["sector"], fact["country"], len(rows),
            len({article["article_id"] for article in articles}), len({article["outlet_id"] for article in articles}),
            len({facts[article["outlet_id"]]["country"] for article in articles} - NO_STATE),
            len({article["language"] for article in articles}),
            sum(row["form"] in ("direct", "mixed") for row in rows), sum(row["stance"] == "critical" for row in rows)))
    return sorted(found, key=lambda row: (-row[5], -row[6], row[1], row[0]))


def expected_matrix(tables: Tables, count: str) -> tuple[list[str], list[str], dict[tuple[str, str], int]]:
    facts = expected_nodes(tables)
    cells, rows, columns = defaultdict(set), Counter(), Counter()
    for row, published, path in chains(tables):
        here, there = facts[path[0]]["country"], facts[path[-1]]["country"]
        rows[here] += 1
        columns[there] += 1
        what = {"statements": row["attribution_id"], "articles": row["article_id"], "outlets": path[0]}[count]
        cells[here, there].add(what)
    ranked = [sorted(side, key=lambda code: (-side[code], code)) for side in (rows, columns)]
    return *ranked, {pair: len(which) for pair, which in cells.items()}


def as_tuples(table: pd.DataFrame) -> list[tuple]:
    return list(table.itertuples(index=False, name=None))


def assert_quoting(data: Dataset, tables: Tables) -> None:
    """Everything but home_share is as the loops have it."""
    facts = expected_nodes(tables)
    assert nodes(data).to_dict("index") == facts
    assert as_tuples(hops(data)) == expected_hops(tables)
    for level in LEVELS:
        graph = quote_graph(data, level)
        assert (list(graph.nodes(data=True)), list(graph.edges(data=True))) == expected_graph(tables, level)
        assert graph.graph == {"level": level, "statements": len(tables["attributions"]),
                               "articles": len(tables["articles"])}
    assert as_tuples(most_quoted(data)) == expected_most_quoted(tables)
    for count in COUNTS:
        rows, columns, cells = expected_matrix(tables, count)
        matrix = voice_matrix(data, count)
        assert (matrix.index.tolist(), matrix.columns.tolist()) == (rows, columns)
        assert matrix.stack().to_dict() == {(a, b): cells.get((a, b), 0) for a in rows for b in columns}


# -- on the record --------------------------------------------------------------------------------------------------

def test_nodes(data, tables):
    assert nodes(data).to_dict("index") == expected_nodes(tables)


def test_hops(data, tables):
    assert as_tuples(hops(data)) == expected_hops(tables)


def test_the_record_has_chains_of_one_two_and_three_hops(data, tables):
    """What the comparisons above would not show if the record had none."""
    lengths = Counter(len(path) - 1 for _, _, path in chains(tables))
    assert set(lengths) == {1, 2, 3}
    assert hops(data).drop_duplicates("attribution_id")["steps"].value_counts().to_dict() == lengths


@pytest.mark.parametrize("level", LEVELS)
def test_quote_graph(data, tables, level):
    graph = quote_graph(data, level)
    expected_of_nodes, expected_of_edges = expected_graph(tables, level)
    # Lists, not sets: nodes and edges are sorted.
    assert list(graph.nodes(data=True)) == expected_of_nodes
    assert list(graph.edges(data=True)) == expected_of_edges
    assert graph.graph == {"level": level, "statements": len(tables["attributions"]),
                           "articles": len(tables["articles"])}


@pytest.mark.parametrize("level", LEVELS)
def test_attributes_are_complete_and_plain(data, level):
    """Writers of GEXF and JSON take neither None and NaN nor numpy's numbers."""
    graph = quote_graph(data, level)
    values = [(name, value) for _, node in graph.nodes(data=True) for name, value in node.items()]
    assert {type(value) for _, value in values} == {str}
    assert not [name for name, value in values if not value and name not in ("outlet_kind", "owner")]
    for _, _, edge in graph.edges(data=True):
        assert {type(value) for name, value in edge.items() if name not in ("first", "last")} == {int}
        assert type(edge["first"]) is type(edge["last"]) is str
    assert nx.node_link_graph(nx.node_link_data(graph, edges="edges"), edges="edges").edges == graph.edges


def test_sectors_and_kinds_are_known_words(data):
    table = nodes(data)
    assert set(table["sector"]) <= set(data.sources["sector"].cat.categories)
    assert set(table["kind"]) <= set(data.sources["kind"].cat.categories)
    assert set(table["outlet_kind"]) <= {*data.outlets["kind"].cat.categories, ""}


def test_most_quoted(data, tables):
    table = most_quoted(data)
    assert as_tuples(table) == expected_most_quoted(tables)
    assert table["statements"].sum() == len(tables["attributions"])


@pytest.mark.parametrize("count", COUNTS)
def test_voice_matrix(data, tables, count):
    rows, columns, cells = expected_matrix(tables, count)
    matrix = voice_matrix(data, count)
    assert (matrix.index.tolist(), matrix.columns.tolist()) == (rows, columns)
    assert matrix.stack().to_dict() == {(a, b): cells.get((a, b), 0) for a in rows for b in columns}


def test_statements_in_the_matrix_add_up(data, tables):
    assert voice_matrix(data).to_numpy().sum() == len(tables["attributions"])
    assert {"INT", "unknown"} <= set(voice_matrix(data).index) & set(voice_matrix(data).columns)


@pytest.mark.parametrize("level", ["continent", "Outlet", "", None])
def test_another_level_is_refused(data, level):
    with pytest.raises(ValueError, match="level must be 'outlet', 'country' or 'sector'"):
        quote_graph(data, level)


@pytest.mark.parametrize("count", ["statement", "words", "", None])
def test_another_count_is_refused(data, count):
    with pytest.raises(ValueError, match="count must be 'statements', 'articles' or 'outlets'"):
        voice_matrix(data, count)


# -- on made-up records ---------------------------------------------------------------------------------------------

@st.composite
def records(draw) -> dict[str, list[dict[str, str]]]:
    """Small records, dense in what is rare: outlets that quote themselves, sources that are outlets, long chains."""
    pick = lambda *values: draw(st.sampled_from(values))  # noqa: E731
    countries = ("", "INT", "JP", "VN")
    ids = [f"o{i}" for i in range(draw(st.integers(1, 4)))]
    outlets = [outlet(i, pick(*countries), kind=pick("newspaper", "ngo", "government", "unnamed media"),
                      owner=pick("state", "unknown")) for i in ids]
    # Some sources carry an outlet's identifier, some name an outlet, several may name the same one.
    sources = [source(i, pick(*countries), kind=pick("person", "outlet"), sector=pick("media", "academia", "other"),
                      outlet_id=pick("", *ids))
               for i in draw(st.lists(st.sampled_from([*ids, "s1", "s2", "s3"]), min_size=1, unique=True))]
    articles = [article(n, pick(*ids), language=pick("en", "vi"), published=pick("", "2024-12-24", "2025-10-25"))
                for n in range(draw(st.integers(1, 4)))]
    attributions = [attribution(n, position, pick(*(row["source_id"] for row in sources)),
                                *draw(st.lists(st.sampled_from(ids), max_size=3, unique=True)),
                                form=pick(*FORMS), stance=pick(*STANCES))
                    for n in range(len(articles)) for position in range(1, draw(st.integers(1, 5)))]
    return {"articles": articles, "outlets": outlets, "sources": sources, "attributions": attributions}


# Without a stored database of examples, a run leaves nothing behind; derandomised, two runs are the same.
@settings(max_examples=15, deadline=None, database=None, derandomize=True)
@given(records())
def test_made_up_records(rows):
    assert_quoting(*record(**rows))


def test_a_chain_may_return_to_its_beginning():
    """An outlet that quotes another that quotes it that quotes the other: two hops over one edge are one statement."""
    data, tables = record(
        outlets=[outlet("paper", "VN"), outlet("agency", "JP")],
        sources=[source("agency", "JP", kind="outlet", sector="media", outlet_id="agency")],
        articles=[article(1, "paper")],
        attributions=[attribution(1, 1, "agency", "agency", "paper"), attribution(1, 2, "agency")])
    assert_quoting(data, tables)
    assert list(zip(hops(data)["quoting"], hops(data)["quoted"])) == [
        ("paper", "agency"), ("agency", "paper"), ("paper", "agency"), ("paper", "agency")]
    graph = quote_graph(data)
    assert dict(((a, b), n) for a, b, n in graph.edges(data="statements")) == {
        ("agency", "paper"): 1, ("paper", "agency"): 2}


def test_an_outlet_that_quotes_itself():
    data, tables = record(
        outlets=[outlet("paper", "VN")],
        sources=[source("paper", "", kind="organisation", sector="other")],
        articles=[article(1, "paper")],
        attributions=[attribution(1, 1, "paper")])
    assert_quoting(data, tables)
    assert list(quote_graph(data).edges) == [("paper", "paper")]
    # One identifier in both tables is one body: the outlet's country, the source's sector.
    assert nodes(data).loc["paper", ["country", "sector", "kind"]].tolist() == ["VN", "other", "organisation"]


def test_countries_of_one_chain_count_a_statement_once():
    data, _ = record(
        outlets=[outlet("a", "VN"), outlet("b", "VN"), outlet("c", "VN")],
        sources=[source("minister", "VN")],
        articles=[article(1, "a")],
        attributions=[attribution(1, 1, "minister", "b", "c")])
    graph = quote_graph(data, "country")
    assert list(graph.edges(data="statements")) == [("VN", "VN", 1)]
    assert len(hops(data)) == 3


def test_no_attribution_has_relays(data, tables):
    bare = replace(data, attributions=data.attributions.assign(via=[[] for _ in range(len(data.attributions))]))
    table = hops(bare)
    assert len(table) == len(tables["attributions"])
    assert set(table["step"]) == set(table["steps"]) == {1}
    direct = tables | {"attributions": [row | {"via": ""} for row in tables["attributions"]]}
    assert as_tuples(table) == expected_hops(direct)
    assert list(quote_graph(bare).edges(data=True)) == expected_graph(direct, "outlet")[1]


def test_no_attributions(data):
    bare = replace(data, attributions=data.attributions[:0])
    for table, full in ((hops(bare), hops(data)), (most_quoted(bare), most_quoted(data))):
        assert table.empty
        assert table.dtypes.to_dict() == full.dtypes.to_dict()
    for level in LEVELS:
        graph = quote_graph(bare, level)
        assert len(graph) == 0
        assert graph.graph == {"level": level, "statements": 0, "articles": len(data.articles)}
    for count in COUNTS:
        assert voice_matrix(bare, count).shape == (0, 0)
    with pytest.raises(ValueError, match="no statement"):
        home_share(bare)


def test_an_empty_record():
    data, tables = record()
    assert_quoting(data, tables)


# -- the order of the rows ------------------------------------------------------------------------------------------

def test_the_order_of_rows_does_not_matter(data):
    # The index is shuffled with the rows: nothing may rest on it either.
    other = replace(data, **{table: getattr(data, table).sample(frac=1, random_state=1) for table in TABLES})
    for function in (most_quoted, *(lambda d, c=count: voice_matrix(d, c) for count in COUNTS),
                     lambda d: home_share(d, permutations=19), lambda d: nodes(d).sort_index(),
                     lambda d: hops(d).sort_values(["attribution_id", "step"], ignore_index=True)):
        pd.testing.assert_frame_equal(function(other), function(data))
    for level in LEVELS:
        ours, theirs = quote_graph(data, level), quote_graph(other, level)
        assert list(theirs.nodes(data=True)) == list(ours.nodes(data=True))
        assert list(theirs.edges(data=True)) == list(ours.edges(data=True))


def test_the_order_of_two_sources_of_one_node_does_not_matter():
    sources = [source("b", "", kind="group", sector="other", outlet_id="paper"),
               source("a", "", kind="outlet", sector="media", outlet_id="paper")]
    outlets = [outlet("paper", "VN")]
    first, second = (nodes(record(outlets=outlets, sources=rows)[0]) for rows in (sources, sources[::-1]))
    assert first.loc["paper", ["kind", "sector"]].tolist() == ["outlet", "media"]
    pd.testing.assert_frame_equal(first, second)


# -- home share -----------------------------------------------------------------------------------------------------

def planted(*articles: tuple[str, list[str]]) -> Dataset:
    """A record of articles, each given as its outlet's country and its sources' countries."""
    countries = sorted({country for here, there in articles for country in (here, *there)})
    code = {country: country.lower() or "nowhere" for country in countries}
    return record(
        outlets=[outlet(f"outlet-{code[c]}", c) for c in countries],
        sources=[source(f"source-{code[c]}", c) for c in countries],
        articles=[article(n, f"outlet-{code[here]}") for n, (here, _) in enumerate(articles)],
        attributions=[attribution(n, position, f"source-{code[c]}")
                      for n, (_, there) in enumerate(articles) for position, c in enumerate(there, start=1)])[0]


def test_home_share_counts(data, tables):
    facts = expected_nodes(tables)
    statements, home, unknown, articles = Counter(), Counter(), Counter(), defaultdict(set)
    for row, _, path in chains(tables):
        here, there = facts[path[0]]["country"], facts[path[-1]]["country"]
        if here in NO_STATE:
            continue
        if there == "unknown":
            unknown[here] += 1
            continue
        statements[here] += 1
        home[here] += here == there
        articles[here].add(row["article_id"])
    table = home_share(data, permutations=9)
    ranked = sorted({*statements, *unknown}, key=lambda code: (-statements[code], code))
    assert as_tuples(table[["country", "articles", "statements", "home", "unknown"]]) == [
        ("all", sum(map(len, articles.values())), statements.total(), home.total(), unknown.total()),
        *((code, len(articles[code]), statements[code], home[code], unknown[code]) for code in ranked)]
    assert table["unknown"][1:].sum() == table["unknown"][0]  # nobody's statements are left out of the count
    tested = table["statements"] > 0
    assert table.loc[~tested, ["share", "expected", "p", "p_holm"]].isna().all(axis=None)
    assert table["share"].tolist() == pytest.approx((table["home"] / table["statements"]).tolist(), nan_ok=True)
    assert table["name"].tolist() == ["All countries", *places.countries().loc[ranked, "name"]]
    table = table[tested]
    assert (table["share_low"] <= table["share"]).all() and (table["share"] <= table["share_high"]).all()


def test_home_share_is_the_same_for_a_seed_and_only_for_it(data):
    first, again, other = (home_share(data, permutations=19, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert first["expected"].tolist() != other["expected"].tolist()
    pd.testing.assert_series_equal(first["share"], other["share"])


def test_p_of_a_case_worked_by_hand():
    """Two articles in each of two countries, each quoting its own: of the six ways to deal out the countries, one
    leaves all at home, one leaves none, and in four each country has half."""
    data = planted(("VN", ["VN"]), ("VN", ["VN"]), ("RU", ["RU"]), ("RU", ["RU"]))
    table = home_share(data, permutations=3_000)
    assert table["country"].tolist() == ["all", "RU", "VN"]
    assert table["share"].tolist() == [1, 1, 1]
    # 0.027 is four standard errors of a share of 1/6 in 3,000.
    assert table["p"].tolist() == pytest.approx([1 / 6] * 3, abs=0.027)
    assert table["expected"].tolist() == pytest.approx([1 / 2] * 3, abs=0.027)
    assert (table["expected_low"].tolist(), table["expected_high"].tolist()) == ([0] * 3, [1] * 3)
    # Holm: the smaller of two p values is doubled, and the larger is at least that.
    assert table["p_holm"].tolist()[1:] == pytest.approx([2 * table["p"][1:].min()] * 2)
    assert pd.isna(table["p_holm"][0])


def test_p_against_every_permutation():
    """Articles of unequal length, sources abroad and in no state: the exact distribution has 6!/(2! 3!) deals."""
    articles = [("VN", ["VN", "VN", "RU"]), ("VN", ["RU", "INT"]), ("VN", ["VN"]),
                ("RU", ["RU", "VN", "RU", "RU"]), ("RU", ["JP"]), ("JP", ["JP", "INT"])]
    there = [sources for _, sources in articles]

    def shares(labels: tuple[str, ...]) -> dict[str, float]:
        home, total = Counter(), Counter()
        for label, sources in zip(labels, there):
            home[label] += sources.count(label)
            total[label] += len(sources)
        return {"all": home.total() / total.total(), **{code: home[code] / total[code] for code in total}}

    observed = shares(tuple(here for here, _ in articles))
    dealt = [shares(labels) for labels in permutations([here for here, _ in articles])]
    table = home_share(planted(*articles), permutations=3_000).set_index("country")
    for code, share in observed.items():
        exact = sum(deal[code] >= share - 1e-12 for deal in dealt) / len(dealt)
        # Four standard errors of the worst case, a share of a half.
        assert table.at[code, "p"] == pytest.approx(exact, abs=0.037)
        assert table.at[code, "share"] == pytest.approx(share)
        assert table.at[code, "expected"] == pytest.approx(sum(d[code] for d in dealt) / len(dealt), abs=0.037)


CODES = ("VN", "RU", "JP", "US")


def test_planted_home_bias_is_found():
    data = planted(*((code, [code, code, code, "INT"]) for code in CODES for _ in range(6)))
    table = home_share(data, permutations=999)
    assert table["share"].tolist() == [0.75] * 5
    # No deal of 24 articles in four sixes is likely to be as good: p is the least that 999 shuffles can give.
    assert prod(range(1, 7)) ** 4 / prod(range(1, 25)) < 1e-12
    assert table["p"][0] == 1 / 1_000
    assert (table["p"] <= 0.005).all() and (table["p_holm"][1:] <= 0.02).all()
    assert (table["expected_high"] < table["share"]).all()


def test_p_holm_steps_down():
    """Holm 1979: the smallest of five p values is multiplied by five, the next by four, and none is below the last."""
    bias = {"VN": 6, "RU": 4, "JP": 3, "US": 2, "FR": 0}  # of six articles, how many quote their own country
    data = planted(*((code, [code if n < own else "INT"]) for code, own in bias.items() for n in range(6)))
    table = home_share(data, permutations=999)[1:].sort_values("p")
    expected, least = [], 0
    for rank, p in enumerate(table["p"]):
        least = min(1, max(least, (5 - rank) * p))
        expected.append(least)
    assert table["p_holm"].tolist() == pytest.approx(expected)
    # Not what the plain correction gives, or this would show nothing.
    assert (table["p_holm"] < (5 * table["p"]).clip(upper=1) - 0.001).any()


def test_planted_independence_is_not_taken_for_bias():
    """Every country quotes every country alike, so the observed share is the expected one."""
    data = planted(*((here, [there, "INT"]) for here in CODES for there in CODES for _ in range(2)))
    table = home_share(data, permutations=499)
    assert table["share"].tolist() == [0.125] * 5
    assert table["expected"].tolist() == pytest.approx([0.125] * 5, abs=0.02)
    assert (table["p"] > 0.3).all() and (table["p_holm"][1:] == 1).all()


def test_a_whole_article_is_dealt_out():
    """Two articles of ten statements are two draws, not twenty: by chance alone, one deal in two is as homely."""
    table = home_share(planted(("VN", ["VN"] * 10), ("RU", ["RU"] * 10)), permutations=999)
    assert (table["p"] > 0.4).all()


def test_who_has_no_state_is_no_home():
    data = planted(("INT", ["INT"]), ("", ["VN"]), ("VN", ["INT", "VN", ""]), ("JP", [""]))
    table = home_share(data, permutations=9)
    # Japan's one statement has an unknown source: there is no share to test, but it is counted.
    assert as_tuples(table[["country", "articles", "statements", "home", "unknown"]]) == [
        ("all", 1, 2, 1, 2), ("VN", 1, 2, 1, 1), ("JP", 0, 0, 0, 1)]


def test_shuffles_must_be_some(data):
    with pytest.raises(ValueError, match="at least 1, not 0"):
        home_share(data, permutations=0)


# -- form -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("function", [nodes, hops, most_quoted, lambda data: home_share(data, permutations=1)],
                         ids=["nodes", "hops", "most_quoted", "home_share"])
def test_docstring_names_the_columns_in_order(data, function, request):
    table = function(data)
    name = request.node.callspec.id
    returns = {"nodes": nodes, "hops": hops, "most_quoted": most_quoted, "home_share": home_share}[name].__doc__
    named = re.findall(r"`(\w+)`", returns.split("Returns\n")[1].split("Raises\n")[0].split(">>>")[0])
    assert list(dict.fromkeys(word for word in named if word in table)) == list(table.columns)


def test_dtypes(data):
    text, number, share = "str", "int64", "float64"
    assert {str(dtype) for dtype in nodes(data).dtypes} == {text}
    assert [str(dtype) for dtype in hops(data).dtypes] == [text] * 2 + [number] * 2 + [text] * 9 + ["category"] * 2
    assert [str(dtype) for dtype in most_quoted(data).dtypes] == [text] * 5 + [number] * 7
    assert {str(dtype) for dtype in voice_matrix(data).dtypes} == {number}
    assert [str(dtype) for dtype in home_share(data, permutations=1).dtypes] == (
        [text] * 2 + [number] * 3 + [share] * 8 + [number])
