"""Charts of who quoted whom: the most quoted voices, the network, country by country, and home bias.

Each draws a table or graph of `analysis.quoting`.
"""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle

from analysis import places
from analysis.charts.style import (
    ACCENT, GREY, INK, PALE, REGION_COLOURS, SECTOR_COLOURS, SOURCE, WIDTH, bare, canvas, counted, frame,
    label_ends, left_of, legend, percent, plain, room_for, styled, width_of,
)
from analysis.quoting import sector_group


@styled
def voices(table: pd.DataFrame, n: int = 20, ax: Axes | None = None) -> Axes:
    """The most quoted voices by sector, with their reach.

    Parameters
    ----------
    table: of `quoting.most_quoted`. n: how many voices are shown.
    """
    top = table[:n]
    ax, own = canvas(ax, 2.1 + 0.27 * len(top))
    y = -np.arange(len(top))
    groups = top["sector"].map(sector_group)
    ax.barh(y, top["statements"], height=0.72, color=groups.map(SECTOR_COLOURS).tolist())
    said = [f"{row.statements:,} in {counted(row.outlets, 'outlet')}, {counted(row.countries, 'country')}"
            for row in top.itertuples()]
    label_ends(ax, top["statements"], y, said)
    ax.set_yticks(y, [plain(name) for name in top["name"]])
    ax.set_ylim(y[-1] - 0.6, 0.6)
    left = left_of(top["name"])
    ax.set_xlim(0, room_for(top["statements"], said, WIDTH - left - 0.2))
    bare(ax)
    legend(ax, {g: c for g, c in SECTOR_COLOURS.items() if g in set(groups)}, loc="lower right")
    first, total = top.iloc[0], table["statements"].sum()
    title = (f"{first['name']} is the most quoted voice: {first['statements']:,} of {total:,} statements, "
             f"in media of {counted(first['countries'], 'country')}")
    note = (f"{counted(total, 'statement')} by {counted(len(table), 'source')}; countries are those where the outlets "
            f"are based, as far as known. {SOURCE}")
    return frame(ax, own, title, "Statements attributed to a source, and its reach", note,
                 left=left, bottom=0.1)


def strongest(graph: nx.DiGraph, least: int = 2, most: int = 90) -> nx.DiGraph:
    """The part of a quote graph that a picture can hold.

    Edges between different nodes, none of them unknown, that stand in at least `least` articles; of these the `most`
    with most articles (then statements, then by name); without pairs that only quote each other.
    """
    edges = [(a, b, d) for a, b, d in graph.edges(data=True)
             if a != b and places.UNKNOWN not in (a, b) and d["articles"] >= least]
    edges.sort(key=lambda e: (-e[2]["articles"], -e[2]["statements"], e[0], e[1]))
    part = graph.edge_subgraph([e[:2] for e in edges[:most]])
    together = [c for c in nx.weakly_connected_components(part) if len(c) > 2]
    return graph.edge_subgraph([e[:2] for e in edges[:most] if any(e[0] in c for c in together)])


def edge_table(graph: nx.DiGraph) -> pd.DataFrame:
    """A quote graph's edges as a table: `source` and `target` (nodes, from the one who quotes to the one quoted), their
    names, then the edge attributes of `quoting.quote_graph`; sorted by nodes."""
    name = graph.nodes(data="name")
    rows = [{"source": a, "source_name": name[a], "target": b, "target_name": name[b], **d}
            for a, b, d in sorted(graph.edges(data=True), key=lambda e: e[:2])]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["source", "source_name", "target", "target_name"])


def _circle(graph: nx.DiGraph, group: dict, last: str) -> list:
    """Nodes in the order in which they stand on the circle: group by group, the largest first and `last` at the end,
    strongest first; in the last group as their strongest links ask, so that arrows cross little."""
    weight = dict(graph.degree(weight="statements"))
    size = pd.Series(group).value_counts()
    order = sorted(graph, key=lambda n: (group[n] == last, -size[group[n]], group[n], -weight[n], n))
    place = {node: i for i, node in enumerate(order) if group[node] != last}
    undirected = graph.to_undirected(as_view=True)

    def partner(node) -> tuple:
        links = [(-d["statements"], place[other]) for other, d in undirected[node].items() if other in place]
        return (-min(links)[1] if links else -len(order), -weight[node], node)

    return [n for n in order if group[n] != last] + sorted((n for n in order if group[n] == last), key=partner)


@styled
def network(graph: nx.DiGraph, least: int = 2, most: int = 90, ax: Axes | None = None) -> Axes:
    """Who quoted whom: the strongest links of a quote graph on a circle, an arrow from the one who quotes to the one
    quoted, as wide as its statements are many. Labels stand outside the circle, so none lies on another.

    Parameters
    ----------
    graph: of `quoting.quote_graph`, at any level. least, most: see `strongest`.
    """
    level = graph.graph["level"]
    shown = strongest(graph, least, most)
    if not shown:
        raise ValueError(f"no three nodes of the graph are linked by edges of at least {counted(least, 'article')}")
    if level == "country":
        group = {node: d["region"] for node, d in shown.nodes(data=True)}
        colours, last = REGION_COLOURS, "Intergovernmental"
    else:
        group = {node: sector_group(d.get("sector", node)) for node, d in shown.nodes(data=True)}
        colours, last = SECTOR_COLOURS, "Media"
    order = _circle(shown, group, last)
    angle = {node: np.pi / 2 - 2 * np.pi * (i + 0.5) / len(order) for i, node in enumerate(order)}
    place = {node: np.array([np.cos(a), np.sin(a)]) for node, a in angle.items()}
    names = {node: textwrap.shorten(d["name"], 36, placeholder=" …") for node, d in shown.nodes(data=True)}
    strength = dict(shown.degree(weight="statements"))
    points = 8.5
    # Area says the statements that run through a node; the strongest has a diameter of 24 points.
    diameter = {node: 24 * np.sqrt(strength[node] / max(strength.values())) + 3 for node in shown}
    # The largest circle (radius in inches) around which every label still fits into a square of this side.
    side = 7.5
    label = {node: diameter[node] / 144 + 0.07 + width_of(names[node], points) for node in shown}
    radius = max(min(side / 2 / np.abs(place[node]).max() - label[node] for node in shown), 1.0)
    reach = side / 2 / radius

    ax, own = canvas(ax, 9.4)
    links = sorted(shown.edges(data=True), key=lambda e: (e[2]["statements"], e[0], e[1]))
    widest = links[-1][2]["statements"]
    for a, b, d in links:
        # Every arc bends to the middle of the circle; there and back are two arcs apart.
        turn = (angle[a] - angle[b]) % (2 * np.pi)
        bend = 0.25 if turn < np.pi else -0.25
        ax.add_patch(FancyArrowPatch(
            place[a], place[b], connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=8,
            shrinkA=diameter[a] / 2, shrinkB=diameter[b] / 2 + 0.5, lw=0.7 + 3.3 * d["statements"] / widest,
            color=colours[group[b if level == "outlet" else a]], alpha=0.65, zorder=1, joinstyle="miter"))
    for node in sorted(order, key=lambda n: -diameter[n]):  # the smaller lie on the larger
        x, y = place[node]
        ax.scatter(x, y, s=diameter[node] ** 2, color=colours[group[node]], edgecolors="white", linewidths=0.9,
                   zorder=3)
        degrees = np.degrees(angle[node]) % 360
        flip = 90 < degrees < 270
        away = 1 + (diameter[node] / 144 + 0.05) / radius
        ax.text(x * away, y * away, plain(names[node]), rotation=degrees - 180 if flip else degrees, size=points,
                rotation_mode="anchor", ha="right" if flip else "left", va="center_baseline", zorder=4)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_axis_off()
    legend(ax, {g: c for g, c in colours.items() if g in group.values()}, loc="upper center", bbox_to_anchor=(0.5, 0.0),
            ncols=6, columnspacing=1.2)

    a, b, d = max(links, key=lambda e: (e[2]["articles"], e[2]["statements"], e[0], e[1]))
    hub = min(shown, key=lambda node: (-shown.in_degree(node), node))
    said = names | {places.INTERGOVERNMENTAL: "intergovernmental bodies"}
    title = (f"Of {len(links)} links drawn, {shown.in_degree(hub)} lead to {said[hub]}; the link in most articles "
             f"({d['articles']}) is {said[a]} quoting {said[b]}")
    colour = "the one quoted" if level == "outlet" else "the one who quotes"
    subtitle = (f"Who quoted whom: links in at least {counted(least, 'article')}. An arrow runs to the one quoted; its "
                f"width says the statements, its colour the {'region' if level == 'country' else 'sector'} of {colour}")
    steps = sum(d["statements"] for *_, d in graph.edges(data=True))
    drawn = sum(d["statements"] for *_, d in links)
    note = (f"{counted(graph.graph['statements'], 'statement')} make {steps:,} steps from one who quotes to one "
            f"quoted; {drawn:,} are drawn. ")
    if level == "country":
        home = sum(d["statements"] for a, b, d in graph.edges(data=True) if a == b)
        note += f"Not drawn are {home:,} steps within one country, links from or to an unknown one, and weaker links. "
    else:
        note += "Not drawn are weaker links and pairs that only quote each other. "
    return frame(ax, own, title, subtitle, note + SOURCE, left=0.2, right=0.2, bottom=0.3)


@styled
def matrix(table: pd.DataFrame, n: int = 16, count: str = "statements", ax: Axes | None = None) -> Axes:
    """Country by country: whose voices each country's media carry; a country's own voices are on the outlined diagonal.

    Parameters
    ----------
    table: of `quoting.voice_matrix`. n: how many countries are shown, those that stand first in it. count: what its
        cells count.
    """
    shown = [c for c in table.index if c not in places.NO_STATE][:n]
    ends = [places.INTERGOVERNMENTAL, places.UNKNOWN]
    counts = table.reindex(index=shown, columns=[*shown, *ends], fill_value=0)
    total = table.sum(axis=1).reindex(shown)
    counts.insert(len(shown), "others", total - counts.sum(axis=1))
    share = counts.div(total, axis=0).to_numpy()
    names = places.name(pd.Series(shown)).tolist()
    across = [*names, "other countries", "intergovernmental", "country unknown"]

    ax, own = canvas(ax, 2.75 + 0.31 * len(shown))
    # The three columns that are no country stand a little apart.
    x = np.arange(len(across)) + np.where(np.arange(len(across)) >= len(shown), 0.35, 0)
    colours = plt.get_cmap("Blues")
    for i in range(len(shown)):
        for j, at in enumerate(x):
            n_said, part = counts.iat[i, j], share[i, j]
            ax.add_patch(Rectangle((at - 0.47, -i - 0.46), 0.94, 0.92, lw=0, zorder=1,
                                   color=colours(0.06 + 0.82 * part) if n_said else "#f8f9fa"))
            if n_said:
                ax.text(at, -i, f"{n_said}", ha="center", va="center_baseline", size=8.5, zorder=2,
                        color="white" if part > 0.55 else INK)
        ax.add_patch(Rectangle((i - 0.47, -i - 0.46), 0.94, 0.92, fill=False, ec=INK, lw=1.1, zorder=3))
    ax.set_xlim(-0.6, x[-1] + 0.6)
    ax.set_ylim(-len(shown) + 0.4, 0.6)
    ax.set_yticks(-np.arange(len(shown)), [f"{name} ({n})" for name, n in zip(names, total)])
    ax.set_xticks(x, across, rotation=50, ha="left", rotation_mode="anchor")
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", labelcolor=INK, pad=2)
    ax.spines[:].set_visible(False)

    home = sum(counts.iat[i, i] == counts.iloc[i, : len(shown)].max() > 0 for i in range(len(shown)))
    title = (f"In {home} of the {len(shown)} countries with most statements, no other country among them is quoted "
             f"{'more' if count == 'statements' else f'in more {count}'} than their own voices")
    note = (f"{total.sum():,} of {table.to_numpy().sum():,} {count} in all cells. A cell counts {count}; its shade is their "
            f"share of the row. {SOURCE}")
    subtitle = (f"{count.capitalize()} by the outlet's country (rows, with the sum of their cells) and the source's country "
                "(columns)")
    heads = max(width_of(name, 9) for name in across) * np.sin(np.radians(50)) + 0.15
    return frame(ax, own, title, subtitle, note, left=left_of([f"{a} ({b})" for a, b in zip(names, total)]), right=0.75,
                 bottom=0.05, above=heads)


@styled
def home_voices(table: pd.DataFrame, least: int = 10, ax: Axes | None = None) -> Axes:
    """How far each country's media quote their own voices, against what chance would give.

    Parameters
    ----------
    table: of `quoting.home_share`. least: statements that a country must have to be shown.
    """
    everyone, states = table.iloc[0], table.iloc[1:]
    shown = states[states["statements"] >= least]
    shown = shown.sort_values(["share", "statements", "name"], ascending=[True, True, False])
    ax, own = canvas(ax, 2.0 + 0.235 * len(shown))
    y = np.arange(len(shown))
    ax.hlines(y, shown["expected_low"], shown["expected_high"], color=PALE, lw=7)
    ax.hlines(y, shown["share_low"], shown["share_high"], color=ACCENT, lw=1.4)
    sure = shown["p_holm"] < 0.05
    ax.scatter(shown["share"], y, s=42, c=np.where(sure, ACCENT, "white"), edgecolors=ACCENT, linewidths=1.2, zorder=3)
    for at, row in zip(y, shown.itertuples()):
        ax.annotate(f"{row.home} of {row.statements}", (1.02, at), xycoords=("axes fraction", "data"), va="center",
                    size=8.5, color=GREY)
    ax.set_yticks(y, [plain(name) for name in shown["name"]])
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlim(-0.01, 1.01)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    dot = {"ls": "", "marker": "o", "ms": 6.5, "mec": ACCENT}
    handles = [Line2D([], [], mfc=ACCENT, label="more than chance (Holm, p < 0.05)", **dot),
               Line2D([], [], mfc="white", label="chance not ruled out", **dot),
               Line2D([], [], color=PALE, lw=7, label="expected by chance (95 %)")]
    ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 0.01), facecolor="white", frameon=True,
              framealpha=1, edgecolor="none")
    title = (f"Media quote voices of their own country in {percent(everyone['share'])} of statements; chance would "
             f"give {percent(everyone['expected'])}")
    note = (f"{everyone['statements']:,} statements whose outlet and source have a known country; shown are the "
            f"{len(shown)} countries with at least {least}. Lines: 95 % Wilson intervals; chance: countries shuffled "
            f"over articles. {SOURCE}")
    subtitle = "Share of statements whose source speaks for the outlet's own country"
    return frame(ax, own, title, subtitle, note, left=left_of(shown["name"]), right=0.85, bottom=0.32)
