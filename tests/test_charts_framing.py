"""The charts of frames, tone and agreement: legible, with titles and notes computed from what they are handed.

What they look like is for eyes; that no label is cut, tiny or lies on another is held here.
"""

from __future__ import annotations

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from drawn import (  # noqa: F401: pytest collects the fixture and the tests
    draws_on_given_axes, once, test_no_label_is_cut, test_no_label_lies_on_another,
    test_the_figure_has_the_houses_width, test_type_is_large_enough, tidy, title, words,
)

from analysis import agreement, framing
from analysis.charts.agreement import LOW, MIDDLE, alpha_dots
from analysis.charts.framing import critics_timeline, frame_matrix, frame_panels, tone_panels
from analysis.charts.style import ACCENT

FEW = 999  # of 40 rows none can pass Holm's test: enough where no finding is asked for

plt.switch_backend("agg")


@pytest.fixture(scope="module")
def tables(data) -> dict[str, pd.DataFrame]:
    """Every table that a chart here draws, by a name."""
    made = {f"frames {by}": framing.frames(data, by) for by in ("region", "signed", "language", "country")}
    made |= {f"differences {by}": framing.frame_differences(data, by) for by in ("region", "signed")}
    made |= {f"strict {by}": framing.frame_differences(data, by, cluster="country") for by in ("region", "signed")}
    made |= {f"tone strict {by}": framing.tone_differences(data, by, cluster="country") for by in ("signed", "owner")}
    made |= {f"tone {by}": framing.tone(data, by) for by in ("signed", "owner")}
    made |= {f"tone differences {by}": framing.tone_differences(data, by) for by in ("signed", "owner")}
    made |= {f"critics {freq}": framing.critics_over_time(data, freq) for freq in ("day", "week", "month")}
    made |= {"pairs": framing.co_occurrence(data), "alphas": agreement.alphas(data, 499)}
    return made


DOUBTFUL = ["children", "process", "research"]
CAVEAT = "Two coders agree too little on some frames."

DRAW = {
    "frames by region": lambda t, **k: frame_panels(t["frames region"], t["differences region"], groups="region",
                                                    doubtful=DOUBTFUL, caveat=CAVEAT, **k),
    "frames by region, strictly": lambda t, **k: frame_panels(t["frames region"], t["differences region"],
                                                              t["strict region"], doubtful=DOUBTFUL, caveat=CAVEAT,
                                                              **k),
    "frames by signing": lambda t, **k: frame_panels(t["frames signed"], t["differences signed"], **k),
    "frames by language": lambda t, **k: frame_panels(t["frames language"], **k),
    "frames by country": lambda t, **k: frame_panels(t["frames country"], n=4, least=20, **k),
    "tone": lambda t, **k: tone_panels({"signature": t["tone signed"], "owner": t["tone owner"]},
                                       {"signature": t["tone differences signed"],
                                        "owner": t["tone differences owner"]}, caveat=CAVEAT, **k),
    "tone, strictly": lambda t, **k: tone_panels({"signature": t["tone signed"], "owner": t["tone owner"]},
                                                 {"signature": t["tone differences signed"],
                                                  "owner": t["tone differences owner"]},
                                                 {"signature": t["tone strict signed"],
                                                  "owner": t["tone strict owner"]}, caveat=CAVEAT, **k),
    "pairs": lambda t, **k: frame_matrix(t["pairs"], DOUBTFUL, CAVEAT, **k),
    "critics by day": lambda t, **k: critics_timeline(t["critics day"], "day", **k),
    "critics by week": lambda t, **k: critics_timeline(t["critics week"], "week", **k),
    "critics by month": lambda t, **k: critics_timeline(t["critics month"], "month", caveat=CAVEAT, **k),
    "alphas": lambda t, **k: alpha_dots(t["alphas"], **k),
}


@pytest.fixture(scope="module")
def picture(tables):
    return once(DRAW, tables)


@pytest.fixture(scope="module", params=DRAW)
def chart(request, picture):
    return picture(request.param)


def test_the_title_has_a_number_and_the_note_the_sample(chart):
    assert any(c.isdigit() for c in title(chart)) or "what articles dwell on" in title(chart).lower()
    assert "Convenience sample" in words(chart)
    assert any(n in words(chart) for n in ("721 articles", "1,976 statements", "67 articles"))


@pytest.mark.parametrize("name", DRAW)
def test_it_draws_on_the_axes_that_it_is_given_and_leaves_the_tables(tables, name):
    draws_on_given_axes(DRAW[name], tables)


# -- what the pictures say ------------------------------------------------------------------------------------------

def test_the_title_is_the_largest_difference_that_coders_agree_on(tables):
    differences = tables["differences signed"]
    sure = differences[(differences["p_holm"] < 0.05) & (differences["frame"] != "rights")]
    rights = differences[differences["frame"] == "rights"].iloc[0]
    assert rights["p_holm"] < 0.05 and abs(rights["difference"]) > sure["difference"].abs().max()
    said = title(frame_panels(tables["frames signed"], differences))
    assert said == (f"States that signed: {rights['share'] * 100:.0f} % of the articles dwell on human rights, "
                    f"{rights['rest_share'] * 100:.0f} % of those of states without a signature on record")
    next_best = sure.loc[sure["difference"].abs().idxmax(), "frame"]
    assert next_best == "national"
    assert "their own country’s part" in title(frame_panels(tables["frames signed"], differences, doubtful=["rights"]))
    none = differences.assign(p_holm=1.0)
    assert title(frame_panels(tables["frames signed"], none)).startswith("No group dwells on a frame more or less")


def dots(ax) -> dict[tuple[float, float], str]:
    """Where the dots are, and what they are filled with."""
    return {(round(float(line.get_xdata()[0]), 6), float(line.get_ydata()[0])): to_hex(line.get_markerfacecolor())
            for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1}


def test_dots_stand_at_the_shares_and_are_filled_where_chance_is_ruled_out(tables):
    table, differences = tables["frames region"], tables["differences region"]
    ax = frame_panels(table, differences)
    order = table[table["group"] == "all"].sort_values(["share", "frame"], ascending=[False, True])["frame"].tolist()
    groups = ["Asia", "Europe", "Americas", "Africa"]
    sure = differences.set_index(["group", "frame"])["p_holm"] < 0.05
    share = table.set_index(["group", "frame"])["share"]
    expected = {(round(k * 1.22 + share[group, frame], 6), -float(i)): ACCENT if sure[group, frame] else "#ffffff"
                for k, group in enumerate(groups) for i, frame in enumerate(order)}
    assert dots(ax) == expected and len(set(expected.values())) == 2
    assert set(dots(frame_panels(table)).values()) == {ACCENT}  # nothing was tested


def fills(ax) -> dict[tuple[float, float], str]:
    """Where the dots are, and whether they are full, half or empty."""
    return {(round(float(line.get_xdata()[0]), 6), float(line.get_ydata()[0])):
            "half" if line.get_fillstyle() == "bottom" else "full" if to_hex(line.get_mfc()) == ACCENT else "empty"
            for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1}


def test_half_a_dot_where_only_outlets_rule_chance_out(tables):
    table, loose, strict = (tables[f"{name} region"] for name in ("frames", "differences", "strict"))
    ax = frame_panels(table, loose, strict)
    order = table[table["group"] == "all"].sort_values(["share", "frame"], ascending=[False, True])["frame"].tolist()
    share = table.set_index(["group", "frame"])["share"]
    by_outlets, by_countries = ({(row.group, row.frame) for row in t.itertuples() if row.p_holm < 0.05}
                                for t in (loose, strict))
    assert by_countries < by_outlets
    expected = {}
    for k, group in enumerate(["Asia", "Europe", "Americas", "Africa"]):
        for i, frame in enumerate(order):
            pair = group, frame
            how = "full" if pair in by_countries else "half" if pair in by_outlets else "empty"
            expected[round(k * 1.22 + share[pair], 6), -float(i)] = how
    assert fills(ax) == expected and {*expected.values()} == {"full", "half", "empty"}
    assert "also with whole countries shuffled" in words(ax) and "for filled dots, over countries" in words(ax)
    loosely = frame_panels(table, loose)
    assert "countries" not in words(loosely) and "half" not in fills(loosely).values()


def test_the_title_rests_on_the_stricter_test(tables):
    table, loose, strict = (tables[f"{name} region"] for name in ("frames", "differences", "strict"))
    sure = strict[strict["p_holm"] < 0.05]
    assert len(sure) == 1
    row = sure.iloc[0]
    assert abs(row["difference"]) < loose.loc[loose["p_holm"] < 0.05, "difference"].abs().max()
    said = title(frame_panels(table, loose, strict))
    assert said == (f"{row['name']}: {row['share'] * 100:.0f} % of the articles dwell on capacity building, "
                    f"{row['rest_share'] * 100:.0f} % of those of the rest")
    assert title(frame_panels(table, loose, strict.assign(p_holm=1.0))).startswith("No group dwells on a frame")
    # The stricter test alone bears nothing out.
    assert title(frame_panels(table, loose.assign(p_holm=1.0), strict)).startswith("No group dwells on a frame")


def test_the_title_of_the_tones_rests_on_the_stricter_test(tables):
    shares = {heading: tables[f"tone {heading}"] for heading in ("signed", "owner")}
    loose, strict = ({heading: tables[f"tone {kind} {heading}"] for heading in shares}
                     for kind in ("differences", "strict"))
    sure = {heading: {*t.loc[(t["p_holm"] < 0.05) & (t["tone"] == "supportive"), "name"]}
            for heading, t in strict.items()}
    assert sure == {"signed": {"signed"}, "owner": set()}
    first, second = (shares["signed"].set_index(["group", "tone"]).loc[(group, "supportive"), "share"]
                     for group in ("signed", "no signature found"))
    assert title(tone_panels(shares, loose, strict)) == (
        f"Supportive articles: {first * 100:.0f} % (signed) to {second * 100:.0f} % (no signature found) by signed")
    assert "by owner" in title(tone_panels(shares, loose))
    nothing = {heading: t.assign(p_holm=1.0) for heading, t in strict.items()}
    assert title(tone_panels(shares, loose, nothing)) == (
        "No group is supportive more or less often than the rest by more than chance would have it")


def test_of_two_groups_both_are_filled(tables):
    filled = [fill for fill in dots(frame_panels(tables["frames signed"], tables["differences signed"])).values()
              if fill == ACCENT]
    assert len(filled) == 2 * (tables["differences signed"]["p_holm"] < 0.05).sum() > 0


def test_groups_that_are_not_shown_are_told(tables):
    said = words(frame_panels(tables["frames region"]))
    assert "721 articles; not shown 128 (Oceania 7, Unknown 111, Intergovernmental 10)" in said
    assert "Oceania 7 articles" in words(frame_panels(tables["frames region"], least=5)).replace("\n", " ")


@pytest.mark.parametrize("name", ["frames by region", "pairs"])
def test_doubtful_frames_carry_a_dagger_and_the_note_explains_it(picture, name):
    ax = picture(name)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert {label.split("\xa0")[0] for label in labels if "†" in label} == set(DOUBTFUL)
    assert f"† {CAVEAT}" in words(ax)


@pytest.mark.parametrize("name", ["tone", "critics by month"])
def test_the_caveat_stands_in_the_note(picture, name):
    assert CAVEAT in words(picture(name))


def test_alpha_dots_say_what_each_variable_is_worth(tables):
    table = tables["alphas"]
    primary = table[table["primary"]].sort_values("alpha", ascending=False, kind="stable")
    ax = alpha_dots(table)
    high, low = (primary["alpha"] >= 0.8).sum(), (primary["alpha"] < 0.667).sum()
    assert title(ax) == f"Two coders agree reliably on {high} of 28 variables, and too little on {low}"
    shape = {"o": ACCENT, "D": MIDDLE, "s": LOW}
    marks = [(line.get_marker(), to_hex(line.get_color()), float(line.get_xdata()[0])) for line in ax.lines
             if line.get_marker() in shape and len(line.get_xdata()) == 1]
    assert [x for *_, x in marks] == pytest.approx(primary["alpha"].tolist())
    for marker, colour, x in marks:
        assert marker == ("o" if x >= 0.8 else "D" if x >= 0.667 else "s") and colour == shape[marker]
    bounds = {round(float(line.get_xdata()[0]), 3) for line in ax.lines if line.get_linestyle() == "--"}
    assert {0.667, 0.8} <= bounds
    assert f"{primary['alpha'].iloc[-1]:.3f}" in words(ax)


def test_critics_are_drawn_with_the_undated_apart(tables):
    table = tables["critics month"]
    ax = critics_timeline(table, "month")
    enough = table[table["statements"] >= 10]
    drawn = [float(line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "o" and line.get_markersize() == 7]
    assert drawn == pytest.approx(enough["share"].tolist())
    busiest = table.loc[table["statements"][:-1].idxmax()]
    assert f"{busiest['share']:.0%}".replace("%", " %") in title(ax) and "October 2025" in title(ax)
    assert f"{table['statements'].iloc[-1]:,} of undated articles stand apart" in words(ax)
    assert "Opened for signature in Hanoi" in words(ax)


# -- hostile names and empty tables ---------------------------------------------------------------------------------

HOSTILE = ["$x^2$ <img src=x onerror=alert(1)>",
           "A name that goes on and on until nobody knows any more what it was about",
           "\\frac{1}{2} & 100 %", "Tiếng Việt, Ồ", "_under_{score}"]


def test_hostile_names_are_shown_as_they_are(tables):
    frames = tables["frames region"]
    renamed = frames.assign(name=frames["group"].map(dict(zip(frames["group"].unique()[1:], HOSTILE))).fillna("all"))
    shown = words(frame_panels(renamed, n=3)).replace(r"\$", "$").replace(" ", "")
    for name in HOSTILE[:3]:
        assert name.replace(" ", "") in shown
    tones = tables["tone owner"]
    renamed = tones.assign(name=tones["group"].map(dict(zip(tones["group"].unique()[1:], HOSTILE))).fillna("other"))
    shown = words(tone_panels({"$heading$": renamed})).replace(r"\$", "$")
    assert all(name in shown for name in [*HOSTILE, "$heading$"])


def test_hostile_frames_are_shown_as_they_are(tables):
    names = dict(zip(sorted({*tables["pairs"]["frame_a"], *tables["pairs"]["frame_b"]}), HOSTILE[:1] + HOSTILE[2:]))
    pairs = tables["pairs"].replace({"frame_a": names, "frame_b": names})
    shown = words(frame_matrix(pairs)).replace(r"\$", "$")
    assert all(name in shown for name in names.values())
    frames = tables["frames region"].replace({"frame": names})
    differences = tables["differences region"].replace({"frame": names})
    shown = words(frame_panels(frames, differences)).replace(r"\$", "$")
    assert all(name in shown for name in names.values())


def test_no_articles_make_no_error(data):
    bare = replace(data, **{name: getattr(data, name)[:0] for name in ("articles", "attributions", "recodes")})
    frames, differences = framing.frames(bare), framing.frame_differences(bare)
    for ax in (frame_panels(frames, differences), tone_panels({"owner": framing.tone(bare, "owner")})):
        assert "0 articles" in words(ax)
    assert "No two frames stand together" in title(frame_matrix(framing.co_occurrence(bare, FEW)))
    for freq in ("day", "month"):
        assert "0 statements" in words(critics_timeline(framing.critics_over_time(bare, freq), freq))
    said = title(alpha_dots(agreement.alphas(bare, 9)))
    assert said == "Two coders agree reliably on 0 of 28 variables, and too little on 0"


def test_only_undated_statements(data):
    day = data.articles["published"]
    bare = replace(data, articles=data.articles.assign(published=day.mask(day.notna())), descriptor={})
    ax = critics_timeline(framing.critics_over_time(bare), "month")
    assert "1,976 of undated articles stand apart" in words(ax) and "busiest" not in title(ax)


def test_a_variable_without_alpha_says_so(tables):
    table = tables["alphas"]
    lost = table["variable"] == "genre"
    table = table.assign(**{c: table[c].mask(lost, np.nan) for c in ("alpha", "alpha_low", "alpha_high")})
    assert "no alpha: one value only" in words(alpha_dots(table))


def test_no_row_is_left_where_every_group_is_small(tables):
    ax = frame_panels(tables["frames region"], tables["differences region"], least=1_000)
    assert "not shown 721 (7 groups)" in words(ax) and not dots(ax)
