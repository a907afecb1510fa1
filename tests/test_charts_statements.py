"""The charts of repeated statements and of silences: legible, and drawn from what they are handed, dot by dot.

What they look like is for eyes; that no label is cut, tiny or lies on another is held here.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from analysis import echoes, places
from analysis.charts.statements import SILENT, silence_matrix, spread_dots
from analysis.charts.style import REGION_COLOURS
from drawn import (  # noqa: F401: pytest collects the fixture and the tests
    draws_on_given_axes, once, test_no_label_is_cut, test_no_label_lies_on_another,
    test_the_figure_has_the_houses_width, test_type_is_large_enough, tidy, title, words,
)

plt.switch_backend("agg")


@pytest.fixture(scope="module")
def tables(data) -> dict[str, pd.DataFrame]:
    """Every table that a chart here draws, by a name."""
    made = {"rows": echoes.same_statement(data), "summary": echoes.repeated(data)}
    for by in ("country", "language"):
        made |= {f"silences {by}": echoes.silences(data, by), f"without {by}": echoes.without_critics(data, by)}
    made |= {"silences few": echoes.silences(data, least=20), "without few": echoes.without_critics(data, least=20)}
    return made


DRAW = {
    "spread": lambda t, **k: spread_dots(t["rows"], t["summary"], 1976, **k),
    "spread of three": lambda t, **k: spread_dots(t["rows"], t["summary"], 1976, n=3, before=0, after=0, **k),
    "spread of twenty": lambda t, **k: spread_dots(t["rows"], t["summary"], 1976, n=20, **k),
    "silences by country": lambda t, **k: silence_matrix(t["silences country"], t["without country"], **k),
    "silences by language": lambda t, **k: silence_matrix(t["silences language"], t["without language"], "language",
                                                          **k),
    "no silence": lambda t, **k: silence_matrix(t["silences few"], t["without few"], **k),
}


@pytest.fixture(scope="module")
def picture(tables):
    return once(DRAW, tables)


@pytest.fixture(scope="module", params=DRAW)
def chart(request, picture):
    return picture(request.param)


def test_the_title_has_a_number_and_the_note_the_sample(chart):
    assert any(c.isdigit() for c in title(chart))
    assert "Convenience sample" in words(chart) and "1,976 statements" in words(chart)


@pytest.mark.parametrize("name", DRAW)
def test_it_draws_on_the_axes_that_it_is_given_and_leaves_the_tables(tables, name):
    draws_on_given_axes(DRAW[name], tables)


# -- spread ---------------------------------------------------------------------------------------------------------

def dots(ax) -> list[tuple[float, float, str, bool]]:
    """Where the dots are, their colour, and whether they are filled."""
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0]), to_hex(line.get_markeredgecolor()),
             to_hex(line.get_markerfacecolor()) != "#ffffff")
            for line in ax.lines if line.get_marker() in "oD" and len(line.get_xdata()) == 1]


def test_a_dot_is_an_article_in_its_row_and_column(tables, picture):
    """Counted here from the rows: for each statement and day its articles, by region and by credit."""
    ax = picture("spread")
    rows, shown = tables["rows"], tables["summary"][lambda t: t["named"]][:8]
    expected = Counter()
    busiest = pd.Timestamp("2025-10-25")
    for i, group in enumerate(shown["group"]):
        for _, part in rows[rows["group"] == group].groupby("article_id"):
            row = part.iloc[0]
            far = (row.published - busiest).days if pd.notna(row.published) else None
            column = "none" if far is None else "earlier" if far < -3 else "later" if far > 5 else far
            credited = part["credit"].isin(["credited to an outlet", "in a credited agency text"]).any()
            expected[i, column, REGION_COLOURS[places.region(pd.Series([row.country]))[0]], bool(credited)] += 1
    edges = sorted({float(line.get_segments()[0][0][0]) for line in ax.collections})
    lines = sorted((float(line.get_ydata()[0]) for line in ax.lines if len(set(line.get_ydata())) == 1
                    and len(line.get_xdata()) == 2), reverse=True)
    names = [*sorted({key[1] for key in expected if isinstance(key[1], int)}),
             *(name for name in ("later", "none") if name in {key[1] for key in expected})]
    assert len(edges) == len(names) and "earlier" not in {key[1] for key in expected}
    found = Counter()
    for x, y, colour, filled in dots(ax):
        found[sum(y < line for line in lines), names[sum(x > edge for edge in edges) - 1], colour, filled] += 1
    assert found == expected and len(set((round(x, 4), round(y, 4)) for x, y, *_ in dots(ax))) == expected.total()


def test_no_dot_leaves_the_picture(picture):
    for name in ("spread", "spread of three", "spread of twenty"):
        ax = picture(name)
        (_, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        assert all(2.9 < x < right - 0.05 and low < y < high for x, y, *_ in dots(ax))


def test_the_title_tells_of_the_statement_in_most_outlets(tables, picture):
    first = tables["summary"].iloc[0]
    part = tables["rows"][tables["rows"]["group"] == first["group"]]
    without = part.groupby("article_id")["credit"].agg(lambda c: (c == "no credit visible").all()).sum()
    assert title(picture("spread")) == (
        f"The statement found most, by António Guterres, stands in {first['outlets']} outlets of {first['countries']} "
        f"countries; {without} of {first['articles']} articles show no credit")


def test_sources_without_a_name_are_not_drawn_but_told(tables, picture):
    said = words(picture("spread of twenty"))
    summary = tables["summary"]
    assert not summary["named"].all() and "unnamed" not in said
    assert f"{len(tables['rows']):,} of them make {len(summary)} points" in said
    assert f"{summary['named'].sum()} of these of a named source" in said


def test_the_coders_words_stand_without_quotation_marks(tables, picture):
    said = words(picture("spread"))
    for point in tables["summary"][lambda t: t["named"]]["point"][:8]:
        assert point in said and f"“{point}" not in said


def test_a_sources_own_outlet_has_a_mark_of_its_own(tables, picture):
    rows = tables["rows"].copy()
    rows["credit"] = rows["credit"].mask(rows["outlet"] == rows["outlet"].iloc[0], "the source's own outlet")
    ax = spread_dots(rows, tables["summary"], 1976)
    assert "the source’s own outlet" in words(ax)
    assert sum(line.get_marker() == "D" for line in ax.lines) >= 1
    assert not any(line.get_marker() == "D" for line in picture("spread").lines)


# -- silences -------------------------------------------------------------------------------------------------------

def test_cells_say_shares_and_intervals(tables, picture):
    ax = picture("silences by country")
    table, silent = tables["silences country"], tables["without country"].set_index("group")
    by_row = {}
    for text in ax.texts:
        x, y = text.get_position()
        if text.get_transform() is ax.transData and text.get_text().strip():
            by_row.setdefault(round(float(y), 2), []).append((float(x), text.get_text()))
    critics = table[(table["value"] == "critical")]
    order = pd.concat([critics[critics["group"] == "all"],
                       critics[critics["known"]].sort_values(["share", "total", "name"],
                                                             ascending=[False, False, True])])
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        f"{row.name} ({row.total:,})" for row in order.itertuples()]
    cells = table.set_index(["group", "value"])
    values = ["critical", *table["value"].unique()[:8]]
    for group, (_, row) in zip(order["group"], sorted(by_row.items(), reverse=True)):
        said = [text for _, text in sorted(row)]
        expected = []
        for value in values:
            cell = cells.loc[(group, value)]
            if value == "critical" and group in silent.index:
                expected.append(f"none, under {math.ceil(silent.at[group, 'share_high'] * 100)}")
            else:
                share, low, high = (f"{cell[c] * 100:.0f}" for c in ("share", "share_low", "share_high"))
                expected += [share, f"{low}–{high}"]
        assert said == expected, group
    outlined = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_linewidth() > 0]
    assert len(outlined) == len(silent) > 0 and {to_hex(patch.get_edgecolor()) for patch in outlined} == {SILENT}


def test_the_title_says_where_no_critic_was_found_and_what_could_still_be(tables, picture):
    silent = tables["without country"]
    known = tables["silences country"][lambda t: t["known"]]["group"].nunique()
    low, high = (math.ceil(silent["share_high"].agg(f) * 100) for f in ("min", "max"))
    ax = picture("silences by country")
    assert title(ax) == (f"No critical statement was found in {len(silent)} of {known} countries, but so few "
                         f"statements leave room for up to {low} to {high} % of them")
    assert (silent["chance_holm"] > 0.05).all() and "chance is ruled out for none of them" in words(ax)
    sure = silent.assign(chance_holm=[0.01] + [1.0] * (len(silent) - 1))
    assert "chance is ruled out for 1 of them" in words(silence_matrix(tables["silences country"], sure))
    known = tables["silences few"][lambda t: t["known"]]["group"].nunique()
    assert title(picture("no silence")) == (
        f"Critical statements were found in the sampled coverage of each of {known} countries")


def test_what_is_not_shown_is_told(tables, picture):
    table = tables["silences country"]
    rest = table[(table["value"] == "critical") & ~table["known"] & (table["group"] != "all")]["total"].sum()
    assert f"{rest} are in “all” only" in words(picture("silences by country"))


# -- hostile names and empty tables ---------------------------------------------------------------------------------

HOSTILE = ["$x^2$ <img src=x onerror=alert(1)>", "\\frac{1}{2} & 100 %", "Tiếng Việt, Ồ", "_under_{score}"]


def test_hostile_names_are_shown_as_they_are(tables):
    summary = tables["summary"].copy()
    at = summary.index[summary["named"]][:4]
    summary.loc[at, "source_name"] = HOSTILE
    summary.loc[at, "point"] = HOSTILE[::-1]
    shown = words(spread_dots(tables["rows"], summary, 1976)).replace(r"\$", "$")
    assert all(shown.count(name) >= 2 for name in HOSTILE)
    table = tables["silences language"].copy()
    for name, group in zip(HOSTILE, table.loc[table["known"], "group"].unique()):
        table.loc[table["group"] == group, "name"] = name
    shown = words(silence_matrix(table, tables["without language"], "language")).replace(r"\$", "$")
    assert all(name in shown for name in HOSTILE)


def test_no_statements_make_no_error(data):
    bare = replace(data, attributions=data.attributions[:0])
    ax = spread_dots(echoes.same_statement(bare), echoes.repeated(bare), 0)
    assert title(ax) == "No statement was found in two articles" and "0 statements" in words(ax)
    ax = silence_matrix(echoes.silences(bare), echoes.without_critics(bare))
    assert "each of 0 countries" in title(ax)


def test_only_undated_statements(data):
    day = data.articles["published"]
    bare = replace(data, articles=data.articles.assign(published=day.mask(day.notna())))
    ax = spread_dots(echoes.same_statement(bare), echoes.repeated(bare), 1976)
    assert "no date" in words(ax) and len({round(x) for x, *_ in dots(ax)}) <= 4
    assert np.isfinite([x for x, *_ in dots(ax)]).all()
