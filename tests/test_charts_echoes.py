"""The charts of echoes: legible, with titles and notes computed from what they are handed.

What they look like is for eyes; that no label is cut, tiny or lies on another, and what is drawn, is held here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle

from drawn import (  # noqa: F401: pytest collects the fixture and the tests
    draws_on_given_axes, once, test_no_label_is_cut, test_no_label_lies_on_another,
    test_the_figure_has_the_houses_width, test_type_is_large_enough, texts, tidy, title, words,
)

from analysis import echoes, places
from analysis.charts.echoes import RIBBON_COLOURS, agency_dependence, chain_diagram, loops_chart
from analysis.charts.style import ACCENT, GREY

CAVEAT = "Two coders agree too little on the agencies."

plt.switch_backend("agg")


@pytest.fixture(scope="module")
def tables(data) -> dict[str, pd.DataFrame]:
    return {"relayed": echoes.relayed(data), "loops": echoes.loops(data), "country": echoes.wire_dependence(data),
            "language": echoes.wire_dependence(data, "language")}


DRAW = {
    "relays": lambda t, **k: chain_diagram(t["relayed"], 1976, caveat=CAVEAT, **k),
    "few relays": lambda t, **k: chain_diagram(t["relayed"], 1976, countries=3, relays=4, **k),
    "many relays": lambda t, **k: chain_diagram(t["relayed"], 1976, countries=20, relays=22, **k),
    "loops": lambda t, **k: loops_chart(t["loops"], 1976, caveat=CAVEAT, **k),
    "all loops": lambda t, **k: loops_chart(t["loops"], 1976, most=99, **k),
    "agencies by country": lambda t, **k: agency_dependence(t["country"], caveat=CAVEAT, **k),
    "agencies of small countries": lambda t, **k: agency_dependence(t["country"], least=6, **k),
    "agencies by language": lambda t, **k: agency_dependence(t["language"], groups="language of the article", **k),
}


@pytest.fixture(scope="module")
def picture(tables):
    return once(DRAW, tables)


@pytest.fixture(scope="module", params=DRAW)
def chart(request, picture):
    return picture(request.param)


def test_the_title_has_a_number_and_the_note_the_sample(chart):
    assert any(c.isdigit() for c in title(chart))
    assert "Convenience sample" in words(chart)
    assert "721 articles" in words(chart) or "1,976 statements" in words(chart)


@pytest.mark.parametrize("name", DRAW)
def test_it_draws_on_the_axes_that_it_is_given_and_leaves_the_tables(tables, name):
    draws_on_given_axes(DRAW[name], tables)


# -- relays ---------------------------------------------------------------------------------------------------------

def boxes(ax) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def test_relays_say_how_many_statements_went_through_whom(tables, picture):
    table = tables["relayed"]
    ax = picture("relays")
    behind = table[table["relay_name"].isin(["AFP", "VNA", "Reuters"])]["attribution_id"].nunique()
    total = table["attribution_id"].nunique()
    assert title(ax) == f"AFP, VNA and Reuters passed on {behind} of the {total} statements that came through a relay"
    shown = words(ax)
    for column, name in (("relay_name", "AFP"), ("relay_name", "Xinhua"), ("source_group", "Civil society")):
        assert f"{name} {table.loc[table[column] == name, 'attribution_id'].nunique()}" in shown
    for code, name in (("VN", "Vietnam"), ("unknown", "country unknown")):
        assert f"{name} {table.loc[table['outlet_country'] == code, 'attribution_id'].nunique()}" in shown
    assert "António Guterres 93" in shown and CAVEAT in shown
    assert "126 whose chain names a relay, 342 in pieces credited as a whole" in shown


def test_bars_are_as_high_as_their_statements_are_many(tables, picture):
    table = tables["relayed"]
    ax = picture("relays")
    x = sorted({round(box.get_x(), 6) for box in boxes(ax)})
    columns = [[box.get_height() for box in boxes(ax) if round(box.get_x(), 6) == at] for at in x]
    scale = sum(columns[0]) / table["attribution_id"].nunique()
    assert [sum(column) / scale for column in columns] == pytest.approx([458] * 3)
    states = table.groupby("outlet_country")["attribution_id"].nunique()
    assert max(columns[0][:-2]) / scale == pytest.approx(states["VN"])
    groups = table.groupby("source_group")["attribution_id"].nunique()
    assert sorted(h / scale for h in columns[2]) == pytest.approx(sorted(groups))


def test_ribbons_carry_every_statement_twice_and_fill_the_bars(tables, picture):
    table = tables["relayed"]
    ax = picture("relays")
    ribbons = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    ends = {"begin": [], "end": []}
    width = Counter()
    for ribbon in ribbons:
        corner = ribbon.get_path().vertices
        wide = corner[0, 1] - corner[7, 1]
        assert wide > 0 and corner[3, 1] - corner[4, 1] == pytest.approx(wide)
        ends["begin"].append((round(corner[0, 0], 6), corner[0, 1], wide))
        ends["end"].append((round(corner[3, 0], 6), corner[3, 1], wide))
        width[to_hex(ribbon.get_facecolor())] += wide
    scale = sum(width.values()) / 2 / table["attribution_id"].nunique()
    # Home is drawn in the accent colour; each statement twice, left and right of its relay.
    here, between = table["outlet_country"], table["relay_country"]
    home = table[(here == table["source_country"]) & (here != between)
                 & ~here.isin(places.NO_STATE) & ~between.isin(places.NO_STATE)]
    share = 1 / table.groupby("attribution_id")["relay"].transform("size")
    assert width[ACCENT] / scale / 2 == pytest.approx(share[home.index].sum()) and len(home) == 15
    piece = share[(table["credit"] == "wire") & ~table.index.isin(home.index)].sum()
    assert width[RIBBON_COLOURS["piece"]] / scale / 2 == pytest.approx(piece)
    # On each side of each column no two ribbons lie on another.
    for side in ends.values():
        for x in {x for x, *_ in side}:
            spans = sorted((top - wide, top) for at, top, wide in side if at == x)
            assert all(a[1] <= b[0] + 1e-9 for a, b in zip(spans, spans[1:]))


def test_small_relays_share_a_bar(tables, picture):
    shown = words(picture("few relays"))
    table = tables["relayed"]
    top = ["afp", "vna", "reuters", "channel-newsasia"]
    rest = table[~table["relay"].isin(top)]
    assert f"{rest['relay'].nunique()} others: {rest['attribution_id'].nunique()}" in shown
    assert "Xinhua" not in shown


# -- loops ----------------------------------------------------------------------------------------------------------

def test_loops_name_home_hands_and_home_again(tables, picture):
    table = tables["loops"]
    ax = picture("all loops")
    chains = table[table["kind"] == "chain"]
    statements, articles = ({x for row in chains[column] for x in row} for column in ("attributions", "articles"))
    assert title(ax) == (f"Vietnam’s own words come home through foreign media: {len(statements)} statements in "
                         f"{len(articles)} articles")
    shown = [text.get_text() for text, _ in texts(ax)]
    for row in chains.itertuples():
        assert f"{row.names[0]} ({row.statements})" in shown and row.names[-1] in shown
        assert any(text.startswith(f"{row.names[1]}, ") for text in shown)
    for row in table[table["kind"] == "cycle"].itertuples():
        assert " ← ".join(row.names[1:-1]) + ("\xa0†" if row.evidence == "wire" else "") in shown
    assert "Jiji Press, Japan" in shown and "3 statements in 3 articles" in shown


def test_each_loop_leaves_and_comes_back(tables, picture):
    table = tables["loops"]
    ax = picture("all loops")
    arrows = Counter((to_hex(patch.get_edgecolor()), patch.get_arrowstyle().__class__.__name__)
                     for patch in ax.patches if isinstance(patch, FancyArrowPatch))
    chains = table[table["kind"] == "chain"]
    hands = chains["path"].map(lambda path: tuple(path[1:])).nunique()
    cycles = int((table["kind"] == "cycle").sum())
    assert sorted(arrows.values()) == sorted([hands, len(chains), cycles, cycles])
    assert {colour for colour, _ in arrows} == {ACCENT, GREY}


def test_what_is_not_drawn_is_told(tables, picture):
    assert "Not drawn: 3 open cycles" in words(picture("loops"))
    assert "Not drawn" not in words(picture("all loops"))
    said = words(loops_chart(tables["loops"], 1976, most=2))
    assert "Not drawn: 3 homecomings and 9 open cycles" in said


def test_the_caveat_stands_where_a_whole_pieces_credit_is_drawn(tables, picture):
    assert f"† Rests on the credit for a whole piece. {CAVEAT}" in words(picture("loops"))
    sure = tables["loops"][tables["loops"]["evidence"] == "via"]
    assert "†" not in words(loops_chart(sure, 1976, caveat=CAVEAT))


def test_homes_are_named_where_they_are_several(tables):
    table = tables["loops"]
    other = table[:1].assign(home="JP", path=[["a", "b", "c"]], names=[["A", "B", "C"]], countries=[["JP", "VN", "JP"]])
    ax = loops_chart(pd.concat([table, other], ignore_index=True), 1976)
    shown = [text.get_text() for text, _ in texts(ax)]
    assert "C, Japan" in shown and "Vietnamese media, Vietnam" in shown
    assert title(ax).startswith("2 countries’ own words")


# -- agencies -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("by", ["country", "language"])
def test_agencies(tables, picture, by):
    table = tables[by]
    ax = picture(f"agencies by {by}")
    every = table.iloc[0]
    assert (every["articles"], every["total"]) == (66, 721)
    assert title(ax).replace("\xa0", " ") == (
        "At least 9 % of the articles carry a news agency’s text, most often that of VNA: 17 of 66")
    shown = table[table["known"] & (table["total"] >= 10)].sort_values(
        ["share", "total", "name"], ascending=[False, False, True])
    labels = [label.get_text() for label in ax.get_yticklabels()][::-1]
    assert labels == ["All articles (721)", *(f"{row.name} ({row.total})" for row in shown.itertuples(index=False))]
    marks = [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in ax.lines]
    assert sorted((x for x, _ in marks), reverse=False) == pytest.approx(sorted([*shown["share"], every["share"]]))
    spans = sorted(tuple(path.vertices[:, 0]) for lines in ax.collections for path in lines.get_paths())
    assert np.array(spans) == pytest.approx(np.array(sorted(zip([*shown["share_low"], every["share_low"]],
                                                                [*shown["share_high"], every["share_high"]]))))
    colours = Counter()
    for box in boxes(ax):
        colours[to_hex(box.get_facecolor())] += box.get_width()
    rows = pd.concat([table[:1], shown])
    assert colours[ACCENT] == pytest.approx((rows["abroad"] / rows["total"]).sum())
    assert colours["#9aa0a6"] == pytest.approx((rows["home"] / rows["total"]).sum())
    assert f"{721 - shown['total'].sum()} of groups with fewer than 10" in words(ax)


def test_which_agency_is_named(picture):
    shown = [text.get_text() for text, _ in texts(picture("agencies by country"))]
    assert "15\xa0% (15): VNA" in shown and "15\xa0% (4): AFP 2" in shown and "0\xa0% (0)" in shown
    assert CAVEAT in words(picture("agencies by country"))


# -- hostile names and empty tables ---------------------------------------------------------------------------------

HOSTILE = ["$x^2$ <img src=x onerror=alert(1)>", "\\frac{1}{2} & 100 %", "_under_{score}"]


def test_hostile_names_are_shown_as_they_are(tables):
    names = dict(zip(["AFP", "VNA", "Reuters"], HOSTILE))
    relayed = tables["relayed"].replace({"relay_name": names, "source_name": {"António Guterres": HOSTILE[1]}})
    shown = words(chain_diagram(relayed, 1976)).replace(r"\$", "$")
    assert all(name[:28].strip() in shown for name in HOSTILE)
    loops = tables["loops"].assign(names=[[HOSTILE[0], HOSTILE[1], HOSTILE[2]]] * len(tables["loops"]))
    shown = words(loops_chart(loops, 1976)).replace(r"\$", "$")
    assert all(name in shown for name in HOSTILE)
    country = tables["country"].assign(name=HOSTILE[0], agency_name=HOSTILE[1])
    shown = words(agency_dependence(country)).replace(r"\$", "$")
    assert all(name in shown for name in HOSTILE[:2])


def test_no_articles_make_no_error(data):
    bare = replace(data, articles=data.articles[:0], attributions=data.attributions[:0])
    assert "0 of 0 statements" in words(chain_diagram(echoes.relayed(bare), 0))
    assert title(loops_chart(echoes.loops(bare), 0)) == (
        "No statement of 0 is seen to come home through a foreign outlet")
    assert "0 articles" in words(agency_dependence(echoes.wire_dependence(bare)))


def test_only_chains_or_only_cycles(tables):
    for kind in ("chain", "cycle"):
        ax = loops_chart(tables["loops"][tables["loops"]["kind"] == kind], 1976)
        assert ("quoted at home and quoting home" in words(ax)) == (kind == "cycle")
        assert title(ax).startswith("Vietnam’s own" if kind == "chain" else "No statement of 1,976")
