"""The charts: they draw what they are handed on the Axes that they are given, with computed titles.

What they look like is for eyes; that no label is cut or lies on another is held in test_gallery.py, of every chart.
"""

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from drawn import tidy  # noqa: F401: pytest collects the fixture

from analysis import charts, coverage, gallery, quoting
from analysis.charts.quoting import strongest
from analysis.charts.style import counted, percent, wrap


plt.switch_backend("agg")


# The charts of frames, tone, agreement, echoes, repeated statements and silences have tests of their own.
OWN_TESTS = {"frames", "frame-pairs", "tone", "critics", "agreement", "relays", "loops", "agencies", "spread",
             "silences"}


@pytest.mark.parametrize("name", [name for name in gallery.CHARTS if name not in OWN_TESTS])
def test_it_draws_on_the_axes_that_it_is_given(name, data, monkeypatch):
    """Every chart function takes `ax` and returns it; no other figure is opened."""
    figure, ax = plt.subplots(figsize=(9, 7))
    drawn = {
        "countries": lambda: charts.country_bars(coverage.by_country(data), ax=ax),
        "world": lambda: charts.world_map(coverage.by_country(data), data.signatures, ax=ax),
        "days": lambda: charts.timeline(coverage.by_day(data), ax=ax),
        "languages": lambda: charts.language_bars(coverage.by_language(data), ax=ax),
        "outlet-kinds": lambda: charts.outlet_kind_bars(coverage.by_outlet_kind(data), ax=ax),
        "signers": lambda: charts.signing_differences(coverage.signers_and_others(data), ax=ax),
        "voices": lambda: charts.voices(quoting.most_quoted(data), ax=ax),
        "network": lambda: charts.network(quoting.quote_graph(data), ax=ax),
        "network-countries": lambda: charts.network(quoting.quote_graph(data, "country"), ax=ax),
        "matrix": lambda: charts.matrix(quoting.voice_matrix(data), ax=ax),
        "home-voices": lambda: charts.home_voices(quoting.home_share(data, permutations=99), ax=ax),
    }[name]()
    assert drawn is ax and isinstance(drawn, Axes)
    assert plt.get_fignums()[-1] == figure.number


def test_the_session_keeps_its_own_style(data):
    before = plt.rcParams.copy()
    charts.language_bars(coverage.by_language(data))
    assert plt.rcParams == before


def test_titles_follow_the_table(data):
    table = coverage.by_country(data)
    table.loc[table["country"] == "FJ", "articles"] = 5_000
    table = table.sort_values("articles", ascending=False, ignore_index=True)
    assert "Fiji" in charts.country_bars(table).get_title(loc="left")
    languages = coverage.by_language(data)[1:].reset_index(drop=True)
    assert "Russian" in charts.language_bars(languages).get_title(loc="left")
    days = coverage.by_day(data)
    days.loc[days["date"] == "2025-10-25", "articles"] = 1
    assert "26\N{NO-BREAK SPACE}October" in charts.timeline(days).get_title(loc="left").replace("\n", " ")


HOSTILE = ["$x^2$", "<img src=x onerror=alert(1)>", "a" * 200, "\u202egnp.exe", r"\frac{1}{2}", "$", "日本の報道"]


@pytest.mark.filterwarnings("ignore:Glyph")
def test_names_are_text_not_markup(data):
    table = quoting.most_quoted(data)
    table.loc[:len(HOSTILE) - 1, "name"] = HOSTILE
    ax = charts.voices(table)
    ax.figure.canvas.draw()
    shown = [name.replace("$", r"\$") for name in HOSTILE]
    assert shown == [text.get_text() for text in ax.get_yticklabels()][:len(HOSTILE)]
    graph = quoting.quote_graph(data)
    drawn = list(strongest(graph, least=2))[:len(HOSTILE)]
    nx.set_node_attributes(graph, dict(zip(drawn, HOSTILE)), "name")
    ax = charts.network(graph)
    ax.figure.canvas.draw()
    assert {"…" if len(name) > 36 else name for name in shown} <= {text.get_text() for text in ax.texts}


def test_strongest_against_brute_force(data):
    graph = quoting.quote_graph(data)
    part = strongest(graph, least=2)
    kept = {(a, b) for a, b, d in graph.edges(data=True) if a != b and d["articles"] >= 2}
    neighbours = {n: {x for e in kept if n in e for x in e} - {n} for e in kept for n in e}
    alone = {n for n, near in neighbours.items() if len(near) == 1 and neighbours[next(iter(near))] == {n}}
    assert set(part.edges) == {e for e in kept if not set(e) & alone}
    assert part.number_of_edges() < graph.number_of_edges()


def test_a_graph_with_nothing_to_draw_says_so(data):
    with pytest.raises(ValueError, match="at least 1,000 articles"):
        charts.network(quoting.quote_graph(data), least=1000)


def test_edge_table_holds_every_edge(data):
    graph = quoting.quote_graph(data, "country")
    table = charts.edge_table(graph)
    assert len(table) == graph.number_of_edges() and table["statements"].sum() == sum(
        d["statements"] for *_, d in graph.edges(data=True))
    assert charts.edge_table(nx.DiGraph()).columns.tolist() == ["source", "source_name", "target", "target_name"]


def test_few_rows_are_drawn_too(data):
    charts.country_bars(coverage.by_country(data)[1:2])
    charts.voices(quoting.most_quoted(data)[:1])
    charts.matrix(quoting.voice_matrix(data).iloc[:3])


def test_words_for_numbers():
    assert counted(1, "country") == "1 country" and counted(2, "country") == "2 countries"
    assert counted(1976, "statement") == "1,976 statements"
    assert percent(0.004) == "under 1\N{NO-BREAK SPACE}%" and percent(0) == "0\N{NO-BREAK SPACE}%"


def test_wrapping_keeps_every_word_and_the_width():
    text = "one two three\N{NO-BREAK SPACE}four " * 20
    lines = wrap(text.strip(), 10, 2.0)
    assert " ".join(lines) == text.strip() and len(lines) > 5
    assert not any(line.endswith("three") for line in lines)


def test_colours_are_told_apart_in_grey(data):
    """Signatories and others, the one distinction that colour alone carries on the map, differ in lightness."""
    from matplotlib.colors import to_rgb

    from analysis.charts.style import SIGNING_COLOURS
    grey = {k: float(np.dot(to_rgb(v), (0.2126, 0.7152, 0.0722))) for k, v in SIGNING_COLOURS.items()}
    assert abs(grey[coverage.SIGNED] - grey[coverage.NOT_FOUND]) > 0.2


def test_world_map_draws_every_country_once(data):
    table = coverage.by_country(data)
    ax = charts.world_map(table, data.signatures)
    circles = [c for c in ax.collections if len(c.get_offsets()) > 20]
    states = table[~table["country"].isin(["INT", "unknown"])]
    assert sorted(len(c.get_offsets()) for c in circles) == [len(states)]
    sizes = circles[0].get_sizes()
    assert np.allclose(np.sort(sizes) / sizes.min(), np.sort(states["articles"]) / states["articles"].min())
    assert isinstance(table, pd.DataFrame)


def test_the_matrix_says_what_it_counts(data):
    ax = charts.matrix(quoting.voice_matrix(data, count="articles"), count="articles")
    said = " ".join(text.get_text() for text in ax.texts)
    assert "A cell counts articles" in said.replace("\n", " ") and "in more articles" in ax.get_title(loc="left")
