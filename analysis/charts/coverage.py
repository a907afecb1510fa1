"""Charts of who covered the convention: countries, the world, days, languages, kinds of outlet, signatories.

Each draws a table of `analysis.coverage`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator, WeekdayLocator
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analysis import places
from analysis.charts.style import (
    ACCENT, GREY, INK, PALE, RULE, SIGNING_COLOURS, SOURCE, WIDTH, bare, canvas, counted, day, frame, label_ends,
    left_of, percent, plain, room_for, styled, wrap,
)
from analysis.coverage import NOT_FOUND, SIGNED


@styled
def country_bars(table: pd.DataFrame, n: int = 20, ax: Axes | None = None) -> Axes:
    """Articles and outlets by country, ranked; below them the other countries, the intergovernmental and the unknown.

    Parameters
    ----------
    table: of `coverage.by_country`. n: how many countries have a bar of their own.
    """
    states = table[~table["country"].isin(places.NO_STATE)]
    top, rest = states[:n], states[n:]
    columns = ["name", "articles", "outlets", "signed"]
    rows = [*top[columns].itertuples(index=False, name=None)]
    apart = table[table["country"].isin(places.NO_STATE)].sort_values("country")
    if len(rest):
        rows.append((counted(len(rest), "other country"), rest["articles"].sum(), rest["outlets"].sum(), None))
    rows += apart[columns].itertuples(index=False, name=None)
    labels, articles, outlets, signed = map(list, zip(*rows))
    y = -np.arange(len(rows), dtype=float)
    y[len(top):] -= 0.6  # what is no country of its own stands apart

    ax, own = canvas(ax, 2.2 + 0.24 * len(rows))
    colours = [SIGNING_COLOURS[s] if s in (SIGNED, NOT_FOUND) else PALE for s in signed]
    ax.barh(y, articles, height=0.72, color=colours)
    ax.plot(outlets, y, ls="", marker="|", ms=11, mew=2, color=INK)
    said = [f"{a:,} in {counted(o, 'outlet')}" for a, o in zip(articles, outlets)]
    label_ends(ax, articles, y, said)
    ax.set_yticks(y, [plain(label) for label in labels])
    ax.set_ylim(y[-1] - 0.6, 0.6)
    left = left_of(labels)
    ax.set_xlim(0, room_for(articles, said, WIDTH - left - 0.2))
    bare(ax)
    handles = [Rectangle((0, 0), 1, 1, color=SIGNING_COLOURS[s], label=f"its state: {s}") for s in (SIGNED, NOT_FOUND)]
    handles.append(Line2D([], [], ls="", marker="|", ms=10, mew=2, color=INK, label="outlets"))
    ax.legend(handles=handles, loc="center right", handlelength=1)

    first, second = top.iloc[0], top.iloc[1] if len(top) > 1 else None
    title = f"{first['name']} has the most articles of {counted(len(states), 'country')}"
    if second is not None:
        order = "before" if first["articles"] > second["articles"] else "as many as"
        title += f": {first['articles']}, {order} {second['name']} with {second['articles']}"
    total, unknown = table["articles"].sum(), table.loc[table["country"] == places.UNKNOWN, "articles"].sum()
    note = (f"{counted(total, 'article')}; the outlet's country is unknown for {unknown:,}. {SOURCE} Few articles "
            "an outlet were taken, region by region: ranks reflect the search as well as the media.")
    subtitle = "Articles (bar) and outlets (stroke) by the country where the outlet is based"
    return frame(ax, own, title, subtitle, note, left=left, bottom=0.1)


@styled
def world_map(table: pd.DataFrame, signatures: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Articles by country as circles on the world's land, signatories told from others; no border is drawn.

    Parameters
    ----------
    table: of `coverage.by_country`. signatures: the record's table.
    """
    land, points = places.land(), places.points()
    states = table[table["country"].isin(points.index)].sort_values("articles", ascending=False)
    silent = signatures.loc[signatures["country"].isin(points.index) & ~signatures["country"].isin(table["country"])]

    ax, own = canvas(ax, 5.35)
    # Finer than a pixel at this size: outlines to 15 km, islands from 100 km².
    land[land.area > 1e8].simplify(15_000).plot(ax=ax, color=RULE, linewidth=0, aspect=None)
    scale = 11.0  # points² an article: area says the number
    at = points.loc[states["country"]]
    ax.scatter(at["x"], at["y"], s=states["articles"] * scale, c=states["signed"].map(SIGNING_COLOURS.get).tolist(),
               alpha=0.85, linewidths=0.6, edgecolors="white", zorder=3)
    at = points.loc[silent["country"]]
    ax.scatter(at["x"], at["y"], s=16, marker="D", facecolors="white", edgecolors=SIGNING_COLOURS[SIGNED],
               linewidths=1.1, zorder=2.9)
    # Numbers go where the circle has room for them.
    radius = np.sqrt(states["articles"].to_numpy() * scale) / 2 * (32_800_000 / (7.8 * 72))  # metres on the map
    for row, r in zip(states.itertuples(), radius):
        if row.articles < 20:
            break
        x, y = points.loc[row.country]
        # Other circles that stand within this one push its number to the free side.
        others = points.loc[states["country"].drop(row.Index)] - [x, y]
        within = others[np.hypot(others["x"], others["y"]) < r]
        if len(within):
            away = within.mean() / np.hypot(*within.mean())
            x, y = x - away["x"] * r * 0.45, y - away["y"] * r * 0.45
        ax.annotate(f"{row.articles}", (x, y), ha="center", va="center", size=8.5, weight=600, zorder=4,
                    color="white" if row.signed == SIGNED else INK)
    ax.set_xlim(-15_500_000, 17_300_000)
    ax.set_ylim(-6_400_000, 8_350_000)
    ax.set_aspect("equal")
    ax.set_axis_off()

    sizes = [ax.scatter([], [], s=k * scale, c=GREY, linewidths=0, label=f"{k}") for k in (1, 10, 50)]
    keys = [ax.scatter([], [], s=60, c=SIGNING_COLOURS[s], linewidths=0, label=f"state {s}" if s == SIGNED else s)
            for s in (SIGNED, NOT_FOUND)]
    keys.append(ax.scatter([], [], s=22, marker="D", facecolors="white", edgecolors=SIGNING_COLOURS[SIGNED],
                           linewidths=1.1, label="signed, no article found"))
    ax.add_artist(ax.legend(handles=keys, loc="lower left", bbox_to_anchor=(0, -0.02), handletextpad=0.4))
    ax.legend(handles=sizes, loc="lower left", bbox_to_anchor=(0.0, 0.2), title="articles", ncols=1, labelspacing=1.1,
              handletextpad=1.0, alignment="left", borderaxespad=1)

    signers = signatures[signatures["country"] != "EU"]
    covered = signers["country"].isin(table["country"]).sum()
    title = (f"Articles come from outlets in {counted(len(states), 'country')}, among them {covered} of the "
             f"{len(signers)} states on record as signatories")
    apart = table[~table["country"].isin(points.index)]
    words = {places.UNKNOWN: "unknown country", places.INTERGOVERNMENTAL: "intergovernmental bodies"}
    missing = " and ".join(f"{r.articles:,} of {words.get(r.country, r.country)}" for r in apart.itertuples())
    missing = f", of which {missing} are not on the map" if missing else ""
    note = (f"{counted(table['articles'].sum(), 'article')}{missing}. {SOURCE} No circle means that no article was "
            "found, not that there was none. Land: Natural Earth; Equal Earth projection. A circle stands where the "
            "country, or territory with an ISO code, lies; no borders are drawn.")
    subtitle = "Articles by the country where the outlet is based"
    return frame(ax, own, title, subtitle, note, left=0.1, right=0.1, bottom=0.05)


@styled
def timeline(table: pd.DataFrame, margin: int = 21, ax: Axes | None = None) -> Axes:
    """Articles by day around the day with the most, with the event's milestones; the whole period, by month, inset.

    Parameters
    ----------
    table: of `coverage.by_day`. margin: days drawn before and after the busiest.
    """
    dated = table.dropna(subset=["date"])
    undated = int(table.loc[table["date"].isna(), "articles"].sum())
    peak = dated.loc[dated["articles"].idxmax()]
    near = dated[(dated["date"] - peak["date"]).abs() <= pd.Timedelta(days=margin)]
    total = int(dated["articles"].sum())

    ax, own = canvas(ax, 4.6)
    milestone = near["milestone"] != ""
    ax.bar(near["date"], near["articles"], width=0.82, color=np.where(milestone, ACCENT, "#9aa0a6"))
    for row in near[milestone].itertuples():
        # Up to the busiest day the labels stand before the bars, after it behind them.
        before = row.date <= peak["date"]
        ax.annotate(f"{row.date.day} {row.date:%B}: {row.milestone[0].lower()}{row.milestone[1:]}",
                    (row.date + pd.Timedelta(hours=-10 if before else 10), row.articles),
                    xytext=(-14 if before else 14, 0), textcoords="offset points", ha="right" if before else "left",
                    va="center", size=9, color=ACCENT,
                    arrowprops={"arrowstyle": "-", "color": ACCENT, "lw": 0.8, "shrinkA": 1, "shrinkB": 0})
    for row in near[near["articles"] >= max(peak["articles"] / 12, 1)].itertuples():
        ax.annotate(f"{row.articles}", (row.date, row.articles), xytext=(0, 2), textcoords="offset points",
                    ha="center", size=8.5, color=GREY)
    ax.spines["left"].set_visible(False)
    ax.set_yticks([])
    ax.set_ylim(0, peak["articles"] * 1.08)
    ax.xaxis.set_major_locator(WeekdayLocator(byweekday=0))
    ax.xaxis.set_major_formatter(DateFormatter("%-d %b\n%Y" if near["date"].dt.year.nunique() > 1 else "%-d %b"))
    ax.tick_params(axis="x", size=3)

    inset = ax.inset_axes([0.66, 0.58, 0.34, 0.33])
    months = dated.groupby(dated["date"].dt.to_period("M"))["articles"].sum()
    start = months.index.to_timestamp()
    inset.axvspan(near["date"].min(), near["date"].max(), color=ACCENT, alpha=0.12, lw=0)
    inset.bar(start, months.to_numpy(), width=24, align="edge", color="#9aa0a6")
    for row in dated[(dated["milestone"] != "") & ~dated.index.isin(near.index)].itertuples():
        height = months[row.date.to_period("M")]
        label = "\n".join([*wrap(row.milestone, 8, 1.2), day(row.date)])
        inset.annotate(label, (row.date, height), xytext=(0, 22), size=8,
                       textcoords="offset points", ha="left", va="bottom", color=ACCENT, linespacing=1.15,
                       arrowprops={"arrowstyle": "-", "color": ACCENT, "lw": 0.8, "relpos": (0, 0), "shrinkB": 0})
    inset.set_title("The whole period, by month", size=8.5, color=GREY, weight=400, loc="left", pad=6)
    inset.set_yticks([0, months.max()])
    inset.tick_params(labelsize=8, labelcolor=GREY)
    inset.spines["left"].set_visible(False)
    inset.xaxis.set_major_locator(MonthLocator(bymonth=(1, 7)))
    inset.xaxis.set_major_formatter(DateFormatter("%b %Y"))

    happened = f" ({peak['milestone'][0].lower()}{peak['milestone'][1:]})" if peak["milestone"] else ""
    title = f"{peak['articles']} of {total} dated articles appeared on {day(peak['date'])}{happened}"
    note = (f"{counted(total + undated, 'article')}; {undated:,} without a known date are not drawn. {SOURCE}")
    return frame(ax, own, title, f"Articles by day of publication, {day(near['date'].min())} to "
                 f"{day(near['date'].max())}", note, left=0.25, bottom=0.32)


def _share_bars(ax: Axes | None, table: pd.DataFrame, label: str, n: int, rest: str, title: str, subtitle: str,
                note: str) -> Axes:
    """Ranked bars of `articles` with the Wilson interval of their share; what comes after the first `n` in one row."""
    total = table["articles"].sum()
    top, others = table[:n], table[n:]
    ax, own = canvas(ax, 1.9 + 0.26 * (len(top) + bool(len(others))))
    y = -np.arange(len(top))
    ax.barh(y, top["articles"], height=0.72, color=ACCENT)
    ax.hlines(y, top["share_low"] * total, top["share_high"] * total, color=INK, lw=1.1)
    end = np.maximum(top["articles"], top["share_high"] * total)
    said = [", ".join([f"{row.articles:,} ({percent(row.share)})", counted(row.outlets, "outlet"),
                       *([counted(row.countries, "country")] if row.countries else [])]) for row in top.itertuples()]
    label_ends(ax, end, y, said)
    labels = [str(value) for value in top[label]]
    if len(others):
        y, n_rest = np.append(y, -len(top) - 0.4), others["articles"].sum()
        labels.append(counted(len(others), rest))
        ax.barh(y[-1], n_rest, height=0.72, color=PALE)
        label_ends(ax, [n_rest], [y[-1]], [f"{n_rest:,} ({percent(n_rest / total)})"])
    ax.set_yticks(y, [plain(text) for text in labels])
    ax.set_ylim(y[-1] - 0.6, 0.6)
    left = left_of(labels)
    ax.set_xlim(0, room_for(end, said, WIDTH - left - 0.2))
    bare(ax)
    return frame(ax, own, title, subtitle, note, left=left, bottom=0.1)


@styled
def language_bars(table: pd.DataFrame, n: int = 15, ax: Axes | None = None) -> Axes:
    """Articles by language, ranked, with intervals.

    Parameters
    ----------
    table: of `coverage.by_language`. n: how many languages have a bar of their own.
    """
    first = table.iloc[0]
    title = f"{percent(first['share'])} of the articles are in {first['name']}"
    if len(table) > 1:
        title += f"; the others are in {counted(len(table) - 1, 'language')}"
    note = (f"{counted(table['articles'].sum(), 'article')}. Black lines: 95 % Wilson intervals of the share. {SOURCE} "
            "Searches went language by language, so shares reflect the search as well as the media.")
    return _share_bars(ax, table, "name", n, "other language", title, "Articles by language", note)


@styled
def outlet_kind_bars(table: pd.DataFrame, n: int = 14, ax: Axes | None = None) -> Axes:
    """Articles by kind of outlet, ranked, with intervals.

    Parameters
    ----------
    table: of `coverage.by_outlet_kind`. n: how many kinds have a bar of their own.
    """
    agencies = table.loc[table["kind"] == "news agency"]
    first = table.iloc[0]
    title = f"{percent(first['share'])} of the articles come from {_PLURAL.get(first['kind'], first['kind'])}"
    if len(agencies) and first["kind"] != "news agency":
        title += f", {percent(agencies['share'].iloc[0])} from the agencies' own sites"
    note = f"{counted(table['articles'].sum(), 'article')}. Black lines: 95 % Wilson intervals of the share. {SOURCE}"
    return _share_bars(ax, table, "kind", n, "other kind", title, "Articles by kind of outlet", note)


_PLURAL = {"news agency": "news agencies", "newspaper": "newspapers", "broadcaster": "broadcasters",
           "online news": "online news sites", "magazine": "magazines", "aggregator": "aggregators", "blog": "blogs",
           "trade press": "the trade press", "think tank": "think tanks", "ngo": "NGOs", "company": "companies",
           "government": "governments", "intergovernmental": "intergovernmental bodies"}


@styled
def signing_differences(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Tone and national framing where the outlet's state signed and where no signature was found, with intervals.

    Parameters
    ----------
    table: of `coverage.signers_and_others`.
    """
    shown = table[table["group"].isin([SIGNED, NOT_FOUND])]
    words = {("coverage", "states with an article"): "states with an article found",
             ("frame", "national"): "dwells on its own country"}
    rows = [key for key in dict.fromkeys(zip(shown["measure"], shown["value"])) if key[0] != "articles"]
    labels = [words.get(key, f"{key[0]}: {key[1]}") for key in rows]
    values = shown.astype({"group": "str"}).set_index(["measure", "value", "group"])
    ax, own = canvas(ax, 1.95 + 0.42 * len(rows))
    for i, key in enumerate(rows):
        for group, shift in ((SIGNED, 0.13), (NOT_FOUND, -0.13)):
            cell = values.loc[[(*key, group)]].iloc[0].to_dict()
            colour = SIGNING_COLOURS[group]
            ax.hlines(-i + shift, cell["share_low"], cell["share_high"], color=colour, lw=2)
            ax.plot(cell["share"], -i + shift, "o" if group == SIGNED else "D", ms=7, color=colour, mec="white")
            ax.annotate(f"{percent(cell['share'])} ({cell['count']:.0f} of {cell['total']:.0f})",
                        (cell["share_high"], -i + shift), xytext=(6, 0), textcoords="offset points", va="center",
                        size=8.5, color=GREY)
    ax.set_yticks(-np.arange(len(rows)), [plain(label) for label in labels])
    ax.set_ylim(-len(rows) + 0.5, 0.5)
    ax.set_xlim(0, 1.08)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    handles = [Line2D([], [], ls="", marker=m, ms=7, color=SIGNING_COLOURS[g], label=f"state: {g}")
               for g, m in ((SIGNED, "o"), (NOT_FOUND, "D"))]
    ax.legend(handles=handles, loc="lower right")
    yes, no = (values.loc[("tone", "supportive", g)] for g in (SIGNED, NOT_FOUND))
    title = (f"{percent(yes['share'])} of the articles from states that signed are supportive, "
             f"{percent(no['share'])} of those from states without a signature on record")
    apart = table[(table["measure"] == "articles") & ~table["group"].isin([SIGNED, NOT_FOUND])]["count"].sum()
    note = (f"{yes['total']:.0f} and {no['total']:.0f} articles; {apart:,} of intergovernmental bodies or unknown "
            f"country are left out. Lines: 95 % Wilson intervals. {SOURCE} Coders agree on tone only moderately.")
    subtitle = "Share of states with an article, and of articles by tone and national framing"
    return frame(ax, own, title, subtitle, note, left=left_of(labels), bottom=0.32)
