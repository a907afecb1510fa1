"""The acceptance case: the Urdu roundup on Vietnam.vn that the project began with, as its chains in hops and graph.

What it says was read off the text itself; of the text, only short names stand here.
"""

from __future__ import annotations

import csv
from dataclasses import replace

import networkx as nx
import pytest

from analysis.dataset import DATA
from analysis.quoting import hops, quote_graph

ARTICLE = "vietnam-vn-02"

# Statement by statement: whom the article names on the way, nearest first, and how it gives the words.
CHAINS = [
    (["Vietnam.vn", "Russian news agencies and TV channels"], "indirect"),
    (["Vietnam.vn", "Japanese media"], "indirect"),
    (["Vietnam.vn", "VNA", "Jiji Press"], "indirect"),
    (["Vietnam.vn", "Jiji Press", "Vietnamese media"], "indirect"),
    (["Vietnam.vn", "Jiji Press"], "indirect"),
    (["Vietnam.vn", "Jiji Press"], "indirect"),
    (["Vietnam.vn", "Nikkei Asia"], "indirect"),
    (["Vietnam.vn", "Nikkei Asia", "António Guterres"], "direct"),
]

# As the Urdu text spells them.
SPELLINGS = {
    "russian-news-agencies-and-tv-channels": ["روسی خبر رساں ایجنسیوں اور ٹی وی چینلز کی نیوز سائٹس"],
    "japanese-media": ["جاپانی میڈیا"],
    "jiji-press": ["جیجی نیوز ایجنسی", "جیجی خبر رساں ایجنسی"],
    "vietnamese-media": ["ویتنام کے میڈیا"],
    "nikkei-asia": ["نکی ایشیا"],
    "antonio-guterres": ["انتونیو گوٹیرس"],
}

UNNAMED = ["japanese-media", "russian-news-agencies-and-tv-channels", "vietnamese-media"]

# Named there as present or signing only: surnames in the scripts of the record and of the text.
SILENT = ["kubrakov", "кубраков", "кубракоў", "کوبراکوف", "gutsan", "гуцан", "گٹسن", "nemov", "немов", "نیموف"]


def rows(table: str) -> list[dict[str, str]]:
    with open(DATA / f"{table}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def alone(data):
    """The record with this one article's statements only."""
    return replace(data, attributions=data.attributions[data.attributions["article_id"] == ARTICLE])


@pytest.fixture(scope="module")
def steps(data):
    table = hops(data)
    return table[table["article_id"] == ARTICLE]


def test_article_is_the_urdu_roundup(data):
    article = data.articles.set_index("article_id").loc[ARTICLE]
    assert (article["outlet_id"], article["language"], article["genre"]) == ("vietnam-vn", "ur", "roundup")
    assert f"{article['published']:%Y-%m-%d}" == "2025-10-25"
    assert article["url"].startswith("https://baotintuc.vn/") and article["url"].endswith("#ur")


def test_every_chain_and_form(steps):
    chains = []
    for _, chain in steps.groupby("attribution_id", sort=False):
        assert chain["step"].tolist() == list(range(1, len(chain) + 1))
        assert set(chain["steps"]) == {len(chain)}
        # Every hop begins where the last one ended.
        assert chain["quoting"].tolist()[1:] == chain["quoted"].tolist()[:-1]
        form, = set(chain["form"])
        chains.append(([chain["quoting_name"].iloc[0], *chain["quoted_name"]], form))
    assert chains == CHAINS
    assert steps["attribution_id"].drop_duplicates().tolist() == [f"{ARTICLE}.{i}" for i in range(1, 9)]


def test_unnamed_groups_are_told_from_named_outlets(steps):
    quoted = steps.drop_duplicates("quoted").set_index("quoted")
    assert sorted(quoted.index[quoted["quoted_outlet_kind"] == "unnamed media"]) == UNNAMED
    assert quoted.loc[UNNAMED, "quoted_country"].tolist() == ["JP", "RU", "VN"]
    assert quoted["quoted_outlet_kind"].drop(UNNAMED).to_dict() == {
        "vna": "news agency", "jiji-press": "news agency", "nikkei-asia": "newspaper", "antonio-guterres": ""}


def test_everyone_quoted_is_known_as_the_text_spells_them(data, steps):
    names = data.sources.set_index("source_id")["native_names"]
    last = steps[steps["step"] == steps["steps"]]
    assert set(last["quoted"]) == set(SPELLINGS)
    for source, spellings in SPELLINGS.items():
        assert set(spellings) <= set(names[source])


def test_persons_only_named_as_present_say_nothing(data, steps):
    known = data.sources.set_index("source_id")
    for node in set(steps["quoted"]) & set(known.index):
        names = " ".join([node, known.loc[node, "name"], *known.loc[node, "native_names"]]).casefold()
        assert not [surname for surname in SILENT if surname in names]
    assert not {"ivan-kubrakov", "alexander-gutsan"} & set(steps["quoted"])


def test_nemov_is_no_source_anywhere(data):
    names = data.sources["name"] + " " + data.sources["native_names"].str.join(" ")
    assert not names.str.contains("nemov|немов|نیموف", case=False).any()


@pytest.mark.parametrize("person", ["ivan-kubrakov", "alexander-gutsan"])
def test_they_are_found_where_other_articles_quote_them(data, person):
    outlet_of = {row["article_id"]: row["outlet_id"] for row in rows("articles")}
    expected = {row["attribution_id"]: ([outlet_of[row["article_id"]], *filter(None, row["via"].split(";"))],
                                        row["form"])
                for row in rows("attributions") if row["source_id"] == person}
    assert expected and not any(attribution.startswith(ARTICLE) for attribution in expected)

    table = hops(data)
    last = table[(table["quoted"] == person)]
    assert (last["step"] == last["steps"]).all()
    found = {}
    for attribution, form in zip(last["attribution_id"], last["form"]):
        found[attribution] = table.loc[table["attribution_id"] == attribution, "quoting"].tolist(), form
    assert found == expected

    edges = quote_graph(data).in_edges(person, data="statements")
    assert {quoting for quoting, _, _ in edges} == {path[-1] for path, _ in expected.values()}
    assert sum(statements for _, _, statements in edges) == len(expected)


def test_graph_of_the_article_alone(alone):
    graph = quote_graph(alone)
    statements = {(graph.nodes[a]["name"], graph.nodes[b]["name"]): n for a, b, n in graph.edges(data="statements")}
    assert statements == {
        ("Vietnam.vn", "Russian news agencies and TV channels"): 1,
        ("Vietnam.vn", "Japanese media"): 1,
        ("Vietnam.vn", "VNA"): 1,
        ("VNA", "Jiji Press"): 1,
        ("Vietnam.vn", "Jiji Press"): 3,
        ("Jiji Press", "Vietnamese media"): 1,
        ("Vietnam.vn", "Nikkei Asia"): 2,
        ("Nikkei Asia", "António Guterres"): 1,
    }
    guterres = graph.edges["nikkei-asia", "antonio-guterres"]
    assert (guterres["form_direct"], guterres["form_indirect"], guterres["form_mixed"]) == (1, 0, 0)
    assert {edge["first"] for _, _, edge in graph.edges(data=True)} == {"2025-10-25"}


def test_paths_in_the_graph_of_the_whole_record(data):
    graph = quote_graph(data)
    for names, _ in CHAINS:
        ids = [next(node for node, name in graph.nodes(data="name") if name == wanted) for wanted in names]
        assert nx.is_path(graph, ids)
    assert not graph.has_edge("vietnam-vn", "ivan-kubrakov") and not graph.has_edge("vietnam-vn", "alexander-gutsan")


def test_vietnamese_words_come_home_through_japan(alone):
    """The echo: by country, the article's graph leaves Viet Nam for Japan and returns."""
    graph = quote_graph(alone, "country")
    assert sorted(graph.edges) == [("JP", "INT"), ("JP", "VN"), ("VN", "JP"), ("VN", "RU"), ("VN", "VN")]
    assert graph.edges["JP", "VN"]["statements"] == 1
    # Through VNA: the Vietnamese outlet quotes the Vietnamese agency.
    assert graph.edges["VN", "VN"]["statements"] == 1
