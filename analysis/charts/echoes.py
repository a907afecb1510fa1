"""Charts of echoes: through whose hands statements went, how a country's words come home, who rests on agencies.

Each draws a table of `analysis.echoes`, and says what its credits are worth.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import ScaledTranslation

from analysis import places
from analysis.charts.style import (
    ACCENT, GREY, INK, PALE, SOURCE, WIDTH, canvas, counted, frame, left_of, percent, plain, styled, width_of,
)
from analysis.echoes.loops import CHAIN, COUNTRY, CYCLE
from analysis.echoes.relays import VIA, WIRE
from analysis.echoes.wires import ALL

HOME, STATEMENT, PIECE = "home", "statement", "piece"
RIBBON_COLOURS = {HOME: ACCENT, STATEMENT: "#80868b", PIECE: PALE}
POINTS = 9.0
LINE = 0.19  # inches that a label of one line needs
OTHERS = "others"
DAGGER = "\N{NO-BREAK SPACE}†"


@styled
def chain_diagram(table: pd.DataFrame, statements: int, countries: int = 9, relays: int = 11, caveat: str = "",
                  ax: Axes | None = None) -> Axes:
    """Through whose hands statements went: from the country that published, through the relays, to whoever said it.

    A ribbon is as wide as its statements are many. Those whose relay is foreign, while publisher and source are of one
    country, are in the accent colour; statements that rest on the credit for a whole piece are pale.

    Parameters
    ----------
    table: of `echoes.relayed`. statements: of the whole record. countries, relays: how many have a bar of their own, at
        most; the others share one. caveat: what to say of the coders' agreement on credits for a whole piece.
    """
    flows = _flows(table, countries, relays)
    sides = ["country", "bar", "group"]
    order = [_in_order(flows, side) for side in sides]
    labels = [_labels_of_countries(flows), _labels_of_relays(flows), _labels_of_groups(flows)]
    high = 6.6  # inches of the tallest column
    gap = 0.07
    lines = [1, 1, 2]
    slots = [flows.groupby(side)["width"].sum() for side in sides]
    scale = min((_scale(slots[k][order[k]].to_numpy(), LINE * lines[k], gap, high) for k in range(3)), default=0)
    tops, heights = zip(*(_stack(slots[k][order[k]].to_numpy() * scale, LINE * lines[k], gap, high) for k in range(3)))

    ax, own = canvas(ax, high + 2.2)
    left, right = _widest(labels[0].values()) + 0.12, _widest(labels[2].values()) + 0.12
    middle = _widest(labels[1].values()) + 0.16
    across = WIDTH - 0.4 - left - right - middle
    edges = (0.0, across / 2, across / 2 + middle, across + middle)  # left bar, relay's two sides, right bar
    for a, b, here, there in ((0, 1, edges[0], edges[1]), (1, 2, edges[2], edges[3])):
        _ribbons(ax, flows, sides[a], sides[b], order[a], order[b], tops[a], tops[b], scale, here + 0.06 * (a == 0),
                 there - 0.06 * (b == 2))
    for k, (x, wide) in enumerate(((edges[0], 0.06), (edges[1], middle), (edges[3] - 0.06, 0.06))):
        for name, top, height in zip(order[k], tops[k], heights[k]):
            ax.add_patch(Rectangle((x, top - height), wide, height, lw=0, color="#f1f3f4" if k == 1 else INK, zorder=2))
            at = {0: (x - 0.06, "right"), 1: (x + wide / 2, "center"), 2: (x + wide + 0.06, "left")}[k]
            said = labels[k][name]
            for i, line in enumerate(said):
                ax.text(at[0], top - height / 2 + ((len(said) - 1) / 2 - i) * LINE * 0.85, plain(line), ha=at[1],
                        va="center_baseline", size=POINTS - (0.5 if i else 0), color=GREY if i else INK, zorder=4)
    for k, (x, where) in enumerate(((edges[0] + 0.06, "right"), ((edges[1] + edges[2]) / 2, "center"),
                                    (edges[3] - 0.06, "left"))):
        ax.text(x, high + 0.22, ("published in", "passed on by", "said by")[k], ha=where, va="center_baseline",
                size=POINTS, weight=600)
    ax.set_xlim(-left, edges[3] + right)
    ax.set_ylim(0, high + 0.32)
    ax.set_axis_off()

    number = table["attribution_id"].nunique()
    title = "No statement in the record came through a relay: 0 of none"
    if number:
        top = [name for name in order[1] if name != OTHERS][:3]
        behind = table.loc[table["relay"].isin(top), "attribution_id"].nunique()
        names = [table.loc[table["relay"] == relay, "relay_name"].iloc[0] for relay in top]
        title = f"{_listed(names)} passed on {behind:,} of the {counted(number, 'statement')} that came through a relay"
    kinds = table.groupby("credit")["attribution_id"].nunique()
    keys = {HOME: "own words, through foreign hands", STATEMENT: "credited for the statement",
            PIECE: "credited for the whole piece only"}
    number_of = _statements(flows, "kind")
    handles = [Rectangle((0, 0), 1, 1, color=RIBBON_COLOURS[kind], label=f"{label} ({number_of.get(kind, 0):,})")
               for kind, label in keys.items()]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.015), ncols=3, columnspacing=1.4,
              handlelength=1.2, handleheight=0.7, borderaxespad=0)
    note = (f"{number:,} of {counted(statements, 'statement')}: {kinds.get(VIA, 0):,} whose chain names a relay, "
            f"{kinds.get(WIRE, 0):,} in pieces credited as a whole to somebody else (some are both). One that went "
            f"through several relays is counted with each of them, and its ribbon is split. {SOURCE}")
    return frame(ax, own, title, "Statements by the country of the outlet, the relay that it credits, and the source "
                 "(below each group, its most relayed voice)", _with(note, caveat), left=0.2, right=0.2, bottom=0.42)


def _flows(table: pd.DataFrame, countries: int, relays: int) -> pd.DataFrame:
    """`echoes.relayed` with `country`, `bar` (of the relay) and `group`, as drawn, and `kind` and `width` of ribbons: a
    statement has a width of 1, which its relays share."""
    def largest(column: str, most: int) -> pd.Series:
        count = _statements(table, column)
        keys = sorted(count, key=lambda key: (-count[key], key))
        return table[column].where(table[column].isin(keys[:most]), OTHERS)

    home = table["outlet_country"]
    back = (home == table["source_country"]) & (home != table["relay_country"])
    back &= ~home.isin(places.NO_STATE) & ~table["relay_country"].isin(places.NO_STATE)
    kind = table["credit"].map({VIA: STATEMENT, WIRE: PIECE}).mask(back, HOME)
    return table.assign(country=largest("outlet_country", countries), bar=largest("relay", relays),
                        group=table["source_group"], kind=kind,
                        width=1 / table.groupby("attribution_id")["attribution_id"].transform("size"))


def _in_order(flows: pd.DataFrame, column: str) -> list[str]:
    """What a column holds, most statements first; the unknown and the others last."""
    count = _statements(flows, column)
    return sorted(count, key=lambda name: (name == OTHERS, name == places.UNKNOWN, -count[name], name))


def _statements(flows: pd.DataFrame, column: str) -> dict[str, int]:
    """How many statements there are of each value; one that went through two relays is one."""
    return flows.groupby(column)["attribution_id"].nunique().to_dict()


def _labels_of_countries(flows: pd.DataFrame) -> dict[str, list[str]]:
    count = _statements(flows, "country")
    names = dict(zip(count, places.name(pd.Series(list(count), dtype="str"))))
    names |= {places.UNKNOWN: "country unknown", places.INTERGOVERNMENTAL: "intergovernmental"}
    names[OTHERS] = f"{flows.loc[flows['country'] == OTHERS, 'outlet_country'].nunique()} others"
    return {name: [f"{names[name]}: {n:,}" if name == OTHERS else f"{names[name]} {n:,}"] for name, n in count.items()}


def _labels_of_relays(flows: pd.DataFrame) -> dict[str, list[str]]:
    names = dict(zip(flows["relay"], flows["relay_name"].map(_short)))
    names[OTHERS] = f"{flows.loc[flows['bar'] == OTHERS, 'relay'].nunique()} others"
    return {name: [f"{names[name]}: {n:,}" if name == OTHERS else f"{names[name]} {n:,}"]
            for name, n in _statements(flows, "bar").items()}


def _labels_of_groups(flows: pd.DataFrame) -> dict[str, list[str]]:
    """Each group, and whose words of it were passed on most."""
    labels = {}
    for group, n in _statements(flows, "group").items():
        voices = _statements(flows[flows["group"] == group], "source_name")
        name, most = min(voices.items(), key=lambda voice: (-voice[1], voice[0]))
        labels[group] = [f"{group} {n:,}", f"{_short(name)} {most:,}"]
    return labels


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:28].rstrip() + " …"


def _widest(labels) -> float:
    return max((width_of(line, POINTS) for lines in labels for line in lines), default=0)


def _scale(counts: np.ndarray, least: float, gap: float, high: float) -> float:
    """Inches a statement, so that the column fits if no bar has less room than its label."""
    low, up = 0.0, high / max(counts.sum(), 1)
    for _ in range(50):
        middle = (low + up) / 2
        fits = np.maximum(counts * middle, least).sum() + gap * (len(counts) - 1) <= high
        low, up = (middle, up) if fits else (low, middle)
    return low


def _stack(heights: np.ndarray, least: float, gap: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Tops and heights of a column's bars, spread over the whole height; each has room for its label."""
    room = np.maximum(heights, least)
    if len(heights) > 1:
        gap = max(gap, min((high - room.sum()) / (len(heights) - 1), 0.35))
    begin = high - (high - room.sum() - gap * (len(heights) - 1)) / 2
    slot = begin - np.concatenate([[0], np.cumsum(room + gap)[:-1]]) if len(heights) else np.array([])
    return slot - (room - heights) / 2, heights


def _ribbons(ax: Axes, flows: pd.DataFrame, a: str, b: str, order_a: Sequence[Hashable], order_b: Sequence[Hashable],
             tops_a: np.ndarray, tops_b: np.ndarray, scale: float, here: float, there: float) -> None:
    """The ribbons between two columns; on both sides they lie in the order of the other, so that few cross."""
    kinds = list(RIBBON_COLOURS)
    place_a, place_b = ({name: i for i, name in enumerate(order)} for order in (order_a, order_b))
    cells = flows.groupby([a, b, "kind"])["width"].sum().reset_index(name="n")
    cells["i"], cells["j"], cells["k"] = (cells[column].map(place) for column, place in (
        (a, place_a), (b, place_b), ("kind", {kind: k for k, kind in enumerate(kinds)})))
    start, end = dict(enumerate(tops_a)), dict(enumerate(tops_b))
    cells["from"] = cells["to"] = 0.0
    for i, order in (("i", ["i", "j", "k"]), ("j", ["j", "i", "k"])):
        at, column = (start, "from") if i == "i" else (end, "to")
        for row in cells.sort_values(order).itertuples():
            cells.loc[row.Index, column] = at[getattr(row, i)]
            at[getattr(row, i)] -= row.n * scale
    half = (here + there) / 2
    for row in cells.sort_values(["k", "n", "i", "j"], ascending=[False, False, True, True]).itertuples():
        y, z, wide = cells.at[row.Index, "from"], cells.at[row.Index, "to"], row.n * scale
        path = Path([(here, y), (half, y), (half, z), (there, z), (there, z - wide), (half, z - wide),
                     (half, y - wide), (here, y - wide), (here, y)],
                    [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY])
        ax.add_patch(PathPatch(path, lw=0.4, ec="white", fc=RIBBON_COLOURS[row.kind], alpha=0.9,
                               zorder=1.5 if row.kind == HOME else 1))


@styled
def loops_chart(table: pd.DataFrame, statements: int, most: int = 8, caveat: str = "", ax: Axes | None = None) -> Axes:
    """How words come home: said at home, passed on abroad, published at home; below, the ways open for it.

    Parameters
    ----------
    table: of `echoes.loops`; its level "country" is drawn, which holds the outlets' loops too. statements: of the whole
        record. most: how many of either are drawn, those with most statements. caveat: what to say of the coders'
        agreement on credits for a whole piece.
    """
    table = table[table["level"] == COUNTRY]
    chains, cycles = table[table["kind"] == CHAIN], table[table["kind"] == CYCLE]
    every = _homecomings(chains)
    groups, open_ways = every[:most], cycles[:most]
    several = chains["home"].nunique() > 1
    room = 0.27  # inches of a line
    high = 0.35 + sum(room * (1 + len(group["outlets"])) + 0.22 for group in groups)
    high += (0.35 + room * len(open_ways)) if len(open_ways) else 0
    dagger = {WIRE: DAGGER, VIA: ""}
    at_home = [_name_at(group["source"], group["home"], several) for group in groups]
    at_home += [f"{outlet} ({n})" for group in groups for outlet, n in group["outlets"]]
    homes = places.name(open_ways["home"]).tolist()
    ways = [" ← ".join(row.names[1:-1]) + dagger[row.evidence] for row in open_ways.itertuples()]
    longest = max((width_of(way, POINTS) for way in ways), default=0)
    heading = "quoted at home and quoting home, in different articles"
    left = left_of([*at_home, *homes], POINTS + 1)
    right = max([width_of(group["abroad"] + DAGGER, POINTS + 0.5) for group in groups]
                + [longest + 1.0, width_of(heading, POINTS), 1.8]) + 0.2
    dot = max(min(WIDTH - left - right - 0.2, 3.2), 0.8)
    ax, own = canvas(ax, high + 1.9)
    border, y = 0.42 * dot, high - 0.4
    for group in groups:
        ends = [y - room * (i + 1) for i in range(len(group["outlets"]))]
        turn = (y + ends[-1]) / 2
        ax.text(0, y, plain(_name_at(group["source"], group["home"], several)), ha="right", va="center_baseline",
                size=POINTS + 0.5)
        _arc(ax, (0.04, y), (dot, turn), ACCENT)
        for at, (outlet, n) in zip(ends, group["outlets"]):
            _arc(ax, (dot, turn), (0.04, at), ACCENT, head=True)
            ax.text(0, at, plain(f"{outlet} ({n})"), ha="right", va="center_baseline", size=POINTS + 0.5, weight=600)
        ax.plot(dot, turn, "o", ms=8, color=ACCENT, mec="white", zorder=4)
        ax.text(dot + 0.12, turn + 0.085, plain(group["abroad"] + dagger[group["evidence"]]), va="center_baseline",
                size=POINTS + 0.5)
        ax.text(dot + 0.12, turn - 0.085, f"{counted(group['statements'], 'statement')} in "
                f"{counted(group['articles'], 'article')}", va="center_baseline", size=POINTS - 0.5, color=GREY)
        y = ends[-1] - room - 0.22
    if ways:
        y -= 0.05
        ax.text(dot + 0.12, y, heading, va="center_baseline", size=POINTS, color=GREY)
        for row, home, way in zip(open_ways.itertuples(), homes, ways):
            y -= room
            _arc(ax, (0.04, y + 0.04), (dot, y), GREY)
            _arc(ax, (dot, y), (0.04, y - 0.04), GREY, head=True)
            ax.text(0, y, plain(home), ha="right", va="center_baseline", size=POINTS)
            ax.plot(dot, y, "o", ms=6, color=GREY, mec="white", zorder=4)
            ax.text(dot + 0.12, y, plain(way), va="center_baseline", size=POINTS)
            ax.text(dot + 0.24 + longest, y, counted(len(row.articles), "article"), va="center_baseline",
                    size=POINTS - 0.5, color=GREY)
    ax.vlines(border, 0, high - 0.22, color="#9aa0a6", lw=1, ls=(0, (4, 3)), zorder=0)
    ax.text(border - 0.08, high - 0.1, "home", ha="right", va="center_baseline", size=POINTS, color=GREY)
    ax.text(border + 0.08, high - 0.1, "abroad", ha="left", va="center_baseline", size=POINTS, color=GREY)
    ax.set_xlim(0, WIDTH - left - 0.2)
    ax.set_ylim(0, high)
    ax.set_axis_off()

    title = f"No statement of {statements:,} is seen to come home through a foreign outlet"
    if len(chains):
        proved = {a for row in chains["attributions"] for a in row}
        articles = {a for row in chains["articles"] for a in row}
        states = chains["home"].unique()
        whose = f"{places.name(pd.Series(states)).iloc[0]}’s" if len(states) == 1 else f"{len(states)} countries’"
        title = (f"{whose} own words come home through foreign media: {counted(len(proved), 'statement')} in "
                 f"{counted(len(articles), 'article')}")
    lost = [counted(n, what) for n, what in ((len(every) - len(groups), "homecoming"),
                                             (len(cycles) - len(open_ways), "open cycle")) if n]
    note = (f"{counted(statements, 'statement')}. Blue: one article traces a statement home (in brackets: statements). "
            "Grey: an open cycle; each step stands in some article, but no one statement is known to have gone "
            f"all of it.{f' Not drawn: {_listed(lost)}.' if lost else ''} Only visible credits make a chain, and a "
            f"country with many articles in the sample shows more of its loops. {SOURCE}")
    if WIRE in {*(group["evidence"] for group in groups), *open_ways["evidence"]}:
        note += f" † Rests on the credit for a whole piece. {caveat}".rstrip()
    return frame(ax, own, title, "Who said it at home, who passed it on abroad, and who published it at home (bold)",
                 note, left=left, bottom=0.1)


def _homecomings(chains: pd.DataFrame) -> list[dict]:
    """Chains that come home, one entry for those of one source through the same hands abroad: most statements first."""
    groups: dict[tuple, list] = {}
    for row in chains.itertuples():
        groups.setdefault((row.home, tuple(row.path[1:]), row.evidence), []).append(row)
    found = []
    for (home, _, evidence), rows in groups.items():
        names = places.name(pd.Series(rows[0].countries))
        abroad = " ← ".join(f"{name}, {country}" if code not in places.NO_STATE else name for name, country, code
                            in zip(rows[0].names[1:-1], names[1:-1], rows[0].countries[1:-1]))
        found.append({
            "home": home, "evidence": evidence, "source": rows[0].names[-1], "abroad": abroad,
            "outlets": sorted(((row.names[0], row.statements) for row in rows), key=lambda pair: (-pair[1], pair[0])),
            "statements": len({a for row in rows for a in row.attributions}),
            "articles": len({a for row in rows for a in row.articles}),
        })
    return sorted(found, key=lambda group: (-group["statements"], group["home"], group["abroad"], group["source"]))


def _name_at(name: str, home: str, several: bool) -> str:
    return f"{name}, {places.name(pd.Series([home])).iloc[0]}" if several else name


def _arc(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, head: bool = False) -> None:
    """A line over the border; where it comes home it has a head."""
    strong = colour == ACCENT
    ax.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>" if head else "-", mutation_scale=9 if strong else 7, shrinkA=0, shrinkB=0,
        connectionstyle=f"arc3,rad={-0.12 if strong else -0.03}", lw=1.7 if strong else 1.0, color=colour, zorder=2))


@styled
def agency_dependence(table: pd.DataFrame, least: int = 10, groups: str = "country of the outlet", caveat: str = "",
                      ax: Axes | None = None) -> Axes:
    """The share of articles that carry a text credited to a news agency, at home or abroad, with its interval.

    Parameters
    ----------
    table: of `echoes.wire_dependence`. least: articles that a group must have to be shown. groups: what they are, for
        the subtitle. caveat: what to say of the coders' agreement on credited agencies.
    """
    everything, rest = table[table["group"] == ALL].iloc[0], table[table["known"]]
    shown = rest[rest["total"] >= least].sort_values(["share", "total", "name"], ascending=[True, True, False])
    ax, own = canvas(ax, 2.5 + 0.33 * (len(shown) + 1))
    rows = [*shown.itertuples(), next(table[table["group"] == ALL].itertuples())]
    y = np.arange(len(rows)) + np.array([*[0.0] * len(shown), 0.5])
    labels = [f"{'All articles' if row.group == ALL else row.name} ({row.total:,})" for row in rows]
    left = left_of(labels)
    colours = {"abroad": ACCENT, "home": "#9aa0a6", "neither": PALE}
    for at, row in zip(y, rows):
        begin = 0.0
        for part, n in (("abroad", row.abroad), ("home", row.home), ("neither", row.articles - row.abroad - row.home)):
            if n:
                ax.barh(at, n / row.total, left=begin, height=0.62, color=colours[part], zorder=1)
            begin += n / row.total if row.total else 0
        if row.total:
            ax.hlines(at, row.share_low, row.share_high, color=INK, lw=1.2, zorder=2)
            ax.plot(row.share, at, "|", ms=9, mew=1.6, color=INK, zorder=3)
        said = f"{percent(row.share)} ({row.articles})" if row.total else "–"
        if row.articles:
            said += f": {row.agency_name} {row.agency_articles}" if row.agency_articles < row.articles else (
                f": {row.agency_name}")
        ax.annotate(plain(said), (1.02, at), xycoords=("axes fraction", "data"), va="center_baseline", size=POINTS,
                    color=INK if row.articles else GREY, annotation_clip=False)
    ax.set_yticks(y, [plain(label) for label in labels])
    ax.set_ylim(-0.6, y[-1] + 0.6)
    top = min(np.ceil(np.nanmax([row.share_high if row.total else 0 for row in rows] + [0.1]) * 10) / 10, 1)
    ticks = np.arange(0, top + 0.01, 0.1)
    ax.set_xlim(0, top)
    ax.set_xticks(ticks, [f"{tick:.0%}".replace("%", "\N{NO-BREAK SPACE}%") for tick in ticks])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    parts = {"abroad": ("an agency of another country", everything["abroad"]),
             "home": ("of the same country", everything["home"]),
             "neither": ("country unknown", everything["articles"] - everything["abroad"] - everything["home"])}
    handles = [Rectangle((0, 0), 1, 1, color=colours[part], label=f"{name} ({n:,})")
               for part, (name, n) in parts.items()]
    handles.append(Line2D([], [], color=INK, lw=1.2, marker="|", ms=9, mew=1.6, label="share, 95 % interval"))
    below = ax.transAxes + ScaledTranslation(0.15 - left, -0.32, ax.figure.dpi_scale_trans)
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below, ncols=4,
              columnspacing=1.3, handlelength=1.2, handleheight=0.7, borderaxespad=0)
    ax.annotate("share (articles): agency most credited", (1.02, 1), xycoords="axes fraction", xytext=(0, 4),
                textcoords="offset points", va="bottom", size=POINTS - 0.5, color=GREY, annotation_clip=False)
    title = "No article of 0 carries a text credited to a news agency"
    if everything["articles"]:
        most = f"{everything['agency_name']}: {everything['agency_articles']:,} of {everything['articles']:,}"
        share = percent(everything["share"])
        title = f"At least {share} of the articles carry a news agency’s text, most often that of {most}"
    lost = int(everything["total"] - shown["total"].sum())
    note = (f"{counted(int(everything['total']), 'article')}; {lost:,} of groups with fewer than {least}, or of no "
            "known country, are only in the first row. A lower bound: most copies of agency text show no credit, and a "
            f"further {everything['other']:,} articles are credited to others than agencies. Intervals: Wilson’s, at "
            f"the effective number of articles (those of one outlet resemble each other). {SOURCE}")
    right = max((width_of(text.get_text(), POINTS) for text in ax.texts), default=0) + 0.25
    return frame(ax, own, title, f"Share of articles credited as a whole to a news agency, by {groups} (in brackets: "
                 "articles)", _with(note, caveat), left=left, right=right, bottom=0.6, above=0.2)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _with(note: str, caveat: str) -> str:
    return f"{note} {caveat}".strip()
