"""The explorer: its selections and links against plain loops and the quote graph, its controls, and escaped text.

What it looks like is for a browser; what it is handed to show is held here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from analysis import quoting
from analysis.explore import Explorer, Selection, Views, explore, select, statements
from analysis.explore.widgets import MOST_ROWS, link

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def views(data) -> Views:
    return Views(data)


@pytest.fixture(scope="module")
def opened(data) -> Explorer:
    return explore(data)


@pytest.fixture
def explorer(opened) -> Explorer:
    """The panel as it is when it is opened."""
    opened.update(level="outlet")
    opened.controls["reset"].click()
    opened.choose()
    return opened


def by_hand(data, media=None, voices=None, sector=None, stance=None, first=None, last=None, undated="with") -> list[str]:
    """The attributions that a selection asks for, by plain loops over the tables."""
    nodes = quoting.nodes(data)
    articles = data.articles.set_index("article_id")
    sources = data.sources.set_index("source_id")
    found = []
    for row in data.attributions.itertuples():
        article = articles.loc[row.article_id]
        source = sources.loc[row.source_id]
        node = source["outlet_id"] if isinstance(source["outlet_id"], str) else row.source_id
        day = article["published"]
        dated = not pd.isna(day)
        inside = dated and (first is None or day.date() >= first) and (last is None or day.date() <= last)
        when = {"with": inside or not dated, "without": inside, "only": not dated}[undated]
        if when and (media in (None, nodes.loc[article["outlet_id"], "country"])
                     and voices in (None, nodes.loc[node, "country"])
                     and sector in (None, nodes.loc[node, "sector"]) and stance in (None, row.stance)):
            found.append(row.attribution_id)
    return found


ASKED = [
    {}, {"media": "VN"}, {"voices": "INT", "stance": "supportive"}, {"media": "JP", "voices": "VN"},
    {"sector": "civil society", "stance": "critical"}, {"undated": "only"}, {"undated": "without"},
    {"first": date(2025, 10, 25), "last": date(2025, 10, 26), "undated": "without"},
    {"first": date(2025, 10, 27), "media": "unknown"}, {"last": date(2025, 10, 24), "voices": "RU"},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_selection_is_what_loops_over_the_tables_find(data, asked):
    part = select(data, **asked)
    expected = by_hand(data, **asked)
    assert expected and part.attributions["attribution_id"].tolist() == expected
    assert set(part.articles["article_id"]) == set(part.attributions["article_id"])
    assert set(part.recodes["article_id"]) <= set(part.articles["article_id"])
    assert part.outlets is data.outlets and part.sources is data.sources
    pd.testing.assert_frame_equal(select(data, Selection(**asked)).attributions, part.attributions)


@pytest.mark.parametrize("level", ["outlet", "country", "sector"])
@pytest.mark.parametrize("asked", ASKED[:8], ids=str)
def test_a_view_counts_as_the_quote_graph_of_the_selection_does(data, views, level, asked):
    graph = quoting.quote_graph(select(data, **asked), level)
    view = views.view(Selection(**asked), level)
    node = views.level(level).nodes["node"]
    found = {(node[a], node[b]): (n, m) for a, b, n, m in view.edges.itertuples(index=False)}
    assert found == {(a, b): (d["statements"], d["articles"]) for a, b, d in graph.edges(data=True)}
    assert set(node[view.nodes.index]) == set(graph) and view.links == graph.number_of_edges()
    heavy = views.view(Selection(**asked), level, least=3)
    assert len(heavy.edges) == sum(d["statements"] >= 3 for *_, d in graph.edges(data=True))
    assert set(heavy.nodes.index) == set(heavy.edges[["from", "to"]].to_numpy().ravel()) and heavy.links == view.links
    assert view.articles == len(select(data, **asked).articles)
    assert view.undated == select(data, **asked).articles["published"].isna().sum()


def test_a_nodes_statements_are_those_whose_chain_runs_through_it(data, views):
    hops = quoting.hops(data)
    view, node = views.view(), views.level("outlet").nodes["node"]
    for code in view.nodes.sort_values("statements").index[-12:]:
        here = hops[(hops["quoting"] == node[code]) | (hops["quoted"] == node[code])]
        row = view.nodes.loc[code]
        assert row["statements"] == here["attribution_id"].nunique()
        assert row["quoted"] == hops.loc[hops["quoted"] == node[code], "attribution_id"].nunique()
        assert row["quotes"] == hops.loc[hops["quoting"] == node[code], "attribution_id"].nunique()
        assert set(statements(data, node[code])["attribution_id"]) == set(here["attribution_id"])
    link = hops[(hops["quoting"] == "vietnam-vn") & (hops["quoted"] == "jiji-press")]
    assert set(statements(data, "vietnam-vn", "jiji-press")["attribution_id"]) == set(link["attribution_id"])
    assert not len(statements(data, "jiji-press", "vietnam-vn"))  # a link has a direction


def test_statements_are_read_by_date_with_the_undated_last(data):
    table = statements(data)
    assert len(table) == len(data.attributions) and table["attribution_id"].is_unique
    dated = table["published"].notna()
    assert dated[:dated.sum()].all() and table["published"][dated].is_monotonic_increasing
    assert table.loc[~dated, "attribution_id"].is_monotonic_increasing


@pytest.mark.parametrize(("asked", "said"), [
    ({"media": "Vietnam"}, "media must be one of"), ({"sector": "nobody"}, "sector must be one of"),
    ({"stance": "hostile"}, "stance must be one of"), ({"undated": "never"}, "undated must be one of with, without, only"),
    ({"first": "2025-10-26", "last": "2025-10-25"}, "the first day, 2025-10-26, is after the last, 2025-10-25"),
])
def test_what_cannot_be_meant_is_said(data, asked, said):
    with pytest.raises(ValueError, match=said):
        select(data, **asked)


def test_a_country_without_a_statement_selects_nothing_and_is_no_mistake(data):
    assert not len(select(data, media="TV").attributions)


def test_unknown_nodes_levels_and_weights_are_said(data, views):
    for call in (lambda: statements(data, "nobody-at-all"), lambda: statements(data, "afp", "afp", "afp"),
                 lambda: views.level("planet"), lambda: views.view(least=0)):
        with pytest.raises(ValueError):
            call()


# -- the layout -----------------------------------------------------------------------------------------------------

def test_places_are_the_same_at_each_run_and_no_node_lies_on_another(data, views):
    nodes = views.level("country").nodes.join(views.level("country").places)
    again = Views(data).level("country").places
    pd.testing.assert_frame_equal(nodes[["x", "y"]], again)
    used = nodes[nodes["statements"] > 0]
    assert used[["x", "y"]].notna().all(axis=None) and nodes.loc[nodes["statements"] == 0, ["x", "y"]].isna().all(axis=None)
    place, reach = used[["x", "y"]].to_numpy(), used["diameter"].to_numpy() / 2
    for i in range(len(used)):
        apart = ((place[i + 1:] - place[i]) ** 2).sum(axis=1) ** 0.5
        assert (apart >= reach[i] + reach[i + 1:] - 0.2).all()


# -- the panel ------------------------------------------------------------------------------------------------------

def test_each_control_changes_what_is_drawn_and_listed(data, explorer):
    drawn = explorer.network.shown
    for asked in ({"media": "VN"}, {"voices": "INT"}, {"sector": "intergovernmental"}, {"stance": "supportive"},
                  {"undated": "without"}, {"first": date(2025, 10, 25)}, {"last": date(2025, 10, 25)}):
        explorer.update(**asked)
        assert explorer.network.shown != drawn, asked
        drawn = explorer.network.shown
    expected = by_hand(data, "VN", "INT", "intergovernmental", "supportive", date(2025, 10, 25), date(2025, 10, 25), "without")
    assert sorted(explorer.statements["attribution_id"]) == sorted(expected)
    explorer.controls["reset"].click()
    assert explorer.selection == Selection() and len(explorer.statements) == len(data.attributions)
    before = len(explorer.view.edges)
    explorer.controls["least"].value = 5
    assert 0 < len(explorer.view.edges) < before and explorer.view.edges["statements"].min() >= 5
    explorer.controls["level"].value = "country"
    assert explorer.network.base["level"] == "country" and explorer.least == 2


def test_the_date_window_and_the_boxes_follow_each_other(explorer):
    day = date(2025, 10, 25)
    explorer.controls["days"].value = (day.toordinal(), day.toordinal() + 1)
    assert explorer.controls["first"].value == day and explorer.selection.first == day
    assert explorer.controls["last"].value == explorer.selection.last == date(2025, 10, 26)
    explorer.controls["first"].value = date(2025, 10, 28)  # beyond the other end, which comes along
    assert explorer.selection.last == date(2025, 10, 28)
    low, high = explorer.controls["days"].value
    assert (low, high) == (date(2025, 10, 28).toordinal(),) * 2


def test_a_click_lists_the_statements_behind_it(data, explorer):
    explorer.choose("vietnam-vn", "jiji-press")
    assert explorer.chosen == ("vietnam-vn", "jiji-press")
    expected = statements(data, "vietnam-vn", "jiji-press")
    pd.testing.assert_frame_equal(explorer.statements, expected)
    assert "<b>Vietnam.vn</b> quotes <b>Jiji Press</b>" in explorer._heading.value
    assert len(explorer._table.df) == len(expected)
    explorer.update(stance="critical")
    assert set(explorer.statements["stance"].astype(str)) <= {"critical"}
    explorer.choose()
    assert len(explorer._table.df) == min(MOST_ROWS, len(explorer.view.rows))


def test_a_name_is_found(explorer):
    explorer.controls["find"].value = "Jiji Press"
    assert explorer.chosen == ("jiji-press",)


def test_nothing_left_says_so(explorer):
    explorer.update(media="JP", voices="VN", stance="critical")
    assert not len(explorer.view.rows) and explorer.network.shown["empty"].startswith("No statement matches")
    assert "<b>0 of 1,976 statements</b>" in explorer._count.value and not len(explorer._table.df)
    explorer.update(media=None, voices=None, stance=None, least=explorer.controls["least"].max)
    explorer.update(media="JP")
    assert explorer.network.shown["empty"].startswith("No link has")


def test_controls_refuse_what_they_do_not_offer(explorer):
    before = explorer.selection
    for asked in ({"media": "ZZ"}, {"level": "planet"}, {"least": 0}, {"first": date(1999, 1, 1), "last": date(1999, 1, 2)}):
        with pytest.raises(ValueError):
            explorer.update(**asked)
    with pytest.raises(TypeError, match="no control is called 'colour'"):
        explorer.update(colour="red")
    assert explorer.selection == before


def test_a_record_of_one_day_or_without_dates_opens(data):
    for when in (pd.Timestamp("2025-10-25"), pd.NaT):
        articles = data.articles.assign(published=pd.Series(when, index=data.articles.index, dtype="datetime64[us]"))
        panel = explore(replace(data, articles=articles), level="sector")
        assert panel.controls["days"].disabled and len(panel.view.rows) == len(data.attributions)


def test_an_empty_record_opens(data):
    panel = explore(replace(data, attributions=data.attributions[:0]))
    assert panel.network.shown["nodes"] == [] and not len(panel.statements)


def test_untrusted_text_is_never_markup(data):
    """Names and gists go to the network as text (its script sets textContent), elsewhere escaped."""
    sources, outlets, said = data.sources.copy(), data.outlets.copy(), data.attributions.copy()
    sources.loc[sources["source_id"] == "antonio-guterres", "name"] = EVIL
    outlets.loc[outlets["outlet_id"] == "vietnam-vn", "name"] = EVIL
    said["gist"] = EVIL
    articles = data.articles.assign(url="javascript:alert(1)")
    panel = explore(replace(data, sources=sources, outlets=outlets, attributions=said, articles=articles))
    panel.choose("vietnam-vn")
    assert "&lt;img" in panel._heading.value
    html = [panel._heading.value, panel._count.value, *panel._table.df.astype("str").to_numpy().ravel()]
    assert not [cell for cell in html if "<img" in cell] and not [cell for cell in html if "javascript:" in cell]
    assert any("&lt;img" in cell for cell in html[2:])
    assert any(label.startswith("<img") for label in panel.network.base["label"])
    script = panel.network._esm[-12000:]
    assert "innerHTML" not in script and "textContent" in script


def test_links_lead_to_the_web_only():
    assert link("A & B", "https://a.example/?x=\"1\"") == (
        '<a href="https://a.example/?x=&quot;1&quot;" target="_blank" rel="noopener noreferrer">A &amp; B</a>')
    for address in ("javascript:alert(1)", "data:text/html,x", "//a.example", "file:///a", "http://[", ""):
        assert link("<b>", address) == "&lt;b&gt;"


def test_it_is_stored_in_a_notebook_as_the_same_text_each_time(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == repr(explorer) and "run the cell in JupyterLab" in repr(explorer)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"].startswith("explorer-")
