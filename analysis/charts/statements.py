"""Charts of repeated statements and of silences: how far a statement spread, and which voices a country does not hear.

Each draws tables of `analysis.echoes`; a coder's words stand without quotation marks, for nobody said them so.
"""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analysis import places
from analysis.charts.style import (
    GREY, INK, REGION_COLOURS, RULE, SOURCE, WIDTH, canvas, counted, frame, left_of, plain, styled, width_of, wrap,
)
from analysis.echoes.silences import ALL, BODIES, CRITICAL, UNPLACED, VOICES
from analysis.echoes.statements import AGENCY, OWN, TO_OUTLET

STACK = 4  # dots above each other on one day
SILENT = "#d55e00"  # Okabe and Ito
_TEXT, _GAP = 2.85, 0.15  # inches: what is said, and between it and the days
_LINE = 0.15  # inches from line to line
_BEFORE, _AFTER, _UNDATED = "earlier\n", "later\n", "no\ndate"
_NOWHERE = "Unknown"
_HEADS = {CRITICAL: "critical of the convention", UNPLACED: "officials, country unknown",
          BODIES: "UN, EU and other bodies"}


@styled
def spread_dots(rows: pd.DataFrame, summary: pd.DataFrame, total: int, n: int = 8, before: int = 3, after: int = 5,
                ax: Axes | None = None) -> Axes:
    """How the most repeated statements of named sources spread by day and region, with a visible credit or without.

    Parameters
    ----------
    rows: of `echoes.same_statement`. summary: of `echoes.repeated`. total: statements in the record. n: how many
        statements are shown. before, after: days around the busiest that have a column; others are earlier or later.
    """
    shown = summary[summary["named"]][:n]
    dots = rows[rows["group"].isin(shown["group"])].assign(
        region=lambda t: places.region(t["country"]), own=lambda t: t["credit"] == OWN,
        credited=lambda t: t["credit"].isin([TO_OUTLET, AGENCY]))
    dots = dots.sort_values(["credited", "own"], ascending=False, kind="stable")
    dots = dots.drop_duplicates(["group", "article_id"])
    dots["column"] = _columns(dots["published"], before, after)
    columns = [*sorted(c for c in dots["column"].unique() if isinstance(c, pd.Timestamp))]
    found = set(dots["column"])
    columns = [*([_BEFORE] if _BEFORE in found else []), *columns, *(c for c in (_AFTER, _UNDATED) if c in found)]
    often = dots["region"].value_counts()
    regions = sorted(often.index, key=lambda region: (region == _NOWHERE, -often[region], region))

    heads = [_head(column, columns[i - 1] if i else None) for i, column in enumerate(columns)]
    most = dots.groupby(["group", "column"]).size().groupby(level="column").max()
    unit = 0.108
    need = [max(math.ceil(most[c] / STACK) * unit, max(width_of(part, 8.5) for part in head.split("\n"))) + 0.16
            for c, head in zip(columns, heads)]
    scale = min(1, (WIDTH - 0.35 - _TEXT - _GAP) / sum(need)) if need else 1
    unit, need = unit * scale, [width * scale for width in need]
    begin = dict(zip(columns, _TEXT + _GAP + np.cumsum([0, *need])))
    texts = [_lines(row) for row in shown.itertuples()]
    heights = [max(len(text) * _LINE, STACK * 0.125) + 0.2 for text in texts]
    tops = -np.cumsum([0, *heights])
    across, high = WIDTH - 0.35, max(sum(heights), 0.5) + 0.1

    ax, own = canvas(ax, high + 2.55)
    for text, top, bottom in zip(texts, tops, tops[1:]):
        for i, (line, weight, colour) in enumerate(text):
            ax.text(0, top - 0.16 - i * _LINE, plain(line), size=9 if weight == 600 else 8.5, weight=weight,
                    color=colour, va="center_baseline")
        ax.axhline(bottom, color=RULE, lw=0.8, zorder=0)
    for column, head, width in zip(columns, heads, need):
        ax.text(begin[column], 0.08, head, size=8.5, color=GREY, va="bottom", linespacing=1.1)
        ax.vlines(begin[column] - 0.07 * scale, -high + 0.1, 0, color=RULE, lw=0.8, zorder=0)
    for top, group in zip(tops, shown["group"]):
        part = dots[dots["group"] == group]
        for column, cell in part.groupby("column", sort=False):
            order = cell.assign(place=cell["region"].map(regions.index)).sort_values(
                ["place", "credited", "country", "article_id"], ascending=[True, False, True, True])
            for k, row in enumerate(order.itertuples()):
                colour = REGION_COLOURS[row.region]
                ax.plot(begin[column] + (k // STACK + 0.5) * unit, top - 0.17 - (k % STACK) * 0.125,
                        "D" if row.own else "o", ms=5.2 * scale, mfc=colour if row.credited else "white", mec=colour,
                        mew=1.2)
    ax.set_xlim(0, across)
    ax.set_ylim(-high + 0.1, 0)
    ax.set_axis_off()
    keys = [Line2D([], [], ls="", marker="o", ms=5.5, mfc=GREY, mec=GREY, label="credit visible"),
            Line2D([], [], ls="", marker="o", ms=5.5, mfc="white", mec=GREY, mew=1.2, label="no credit visible")]
    if dots["own"].any():
        keys.append(Line2D([], [], ls="", marker="D", ms=5.5, mfc="white", mec=GREY, label="the source’s own outlet"))
    keys += [Line2D([], [], ls="", marker="s", ms=6, mfc=REGION_COLOURS[region], mec="none",
                    label="country unknown" if region == _NOWHERE else region) for region in regions]
    if regions:
        ax.legend(handles=keys, loc="upper left", bbox_to_anchor=(0, 0), ncols=5, handletextpad=0.2, columnspacing=1.2,
                  borderaxespad=0.6)

    title = "No statement was found in two articles"
    if len(shown):
        first = shown.iloc[0]
        part = dots[dots["group"] == first["group"]]
        without = int((~part["credited"] & ~part["own"]).sum())
        title = (f"The statement found most, by {first['source_name']}, stands in "
                 f"{counted(first['outlets'], 'outlet')} of {counted(first['countries'], 'country')}; {without:,} of "
                 f"{counted(len(part), 'article')} show no credit")
    subtitle = ("Articles that carry a statement, by day and by region of the outlet; filled where the article credits "
                "an outlet or an agency for it")
    note = (f"{counted(total, 'statement')}; {len(rows):,} of them make {counted(len(summary), 'point')} that stand in "
            f"two articles or more, {int(summary['named'].sum()):,} of these of a named source, which alone are drawn. "
            "Found by likeness of the coder’s words, so some are missed. An article without a visible credit need not "
            f"be a copy: excerpts often cut credits off. {SOURCE}")
    return frame(ax, own, title, subtitle, note, left=0.15, right=0.2, bottom=0.55, above=0.38)


@styled
def silence_matrix(table: pd.DataFrame, silent: pd.DataFrame, what: str = "country", ax: Axes | None = None) -> Axes:
    """Whose voices the media of each country (or language) carry, and where no critical statement was found.

    Parameters
    ----------
    table: of `echoes.silences`. silent: of `echoes.without_critics`, of the same groups. what: "country" or "language".
    """
    cells = table.set_index(["group", "value"])
    critics = table[table["value"] == CRITICAL]
    known = critics[critics["known"]].sort_values(["share", "total", "name"], ascending=[False, False, True])
    every = critics[critics["group"] == ALL]
    shown = pd.concat([every, known])
    columns = [CRITICAL, *VOICES]
    heads = [_HEADS.get(column, column) for column in columns]
    high = {row.group: row.share_high for row in silent.itertuples()}

    row_height = 0.262
    ax, own = canvas(ax, 3.0 + row_height * (len(shown) + 0.4))
    labels = [f"{row.name} ({row.total:,})" for row in shown.itertuples()]
    x = np.arange(len(columns)) + np.where(np.arange(len(columns)) > 0, 0.7, 0.18)
    half = np.where(np.arange(len(columns)) > 0, 0.48, 0.74)
    y = [-i - (0.4 if i else 0) for i in range(len(shown))]
    for at, row in zip(y, shown.itertuples()):
        for j, column in enumerate(columns):
            cell = cells.loc[(row.group, column)]
            none = j == 0 and row.group in high
            shade = (plt.get_cmap("Oranges") if j == 0 else plt.get_cmap("Blues"))(0.04 + 0.66 * cell["share"])
            ax.add_patch(Rectangle((x[j] - half[j], at - 0.46), 2 * half[j], 0.92, zorder=1, lw=1.2 if none else 0,
                                   facecolor="white" if none else shade if cell["statements"] else "#f8f9fa",
                                   edgecolor=SILENT))
            dark = cell["share"] > 0.72
            faint = "white" if dark else GREY if cell["share"] < 0.4 else INK
            if none:
                ax.text(x[j], at, f"none, under {math.ceil(high[row.group] * 100)}", ha="center",
                        va="center_baseline", size=8, color=INK, zorder=2)
            elif cell["total"]:
                ax.text(x[j] - 0.13, at, f"{cell['share'] * 100:.0f}", ha="right", va="center_baseline", size=9,
                        color="white" if dark else INK, zorder=2)
                ax.text(x[j] - 0.08, at, f"{cell['share_low'] * 100:.0f}–{cell['share_high'] * 100:.0f}", ha="left",
                        va="center_baseline", size=8, color=faint, zorder=2)
    ax.set_yticks(y, [plain(label) for label in labels])
    ax.set_xticks([])
    ax.set_xlim(x[0] - half[0] - 0.02, x[-1] + half[-1] + 0.02)
    ax.set_ylim(y[-1] - 0.5 if y else -1, 0.5)
    ax.spines[:].set_visible(False)
    left = left_of(labels)
    inches = (WIDTH - left - 0.15) / (x[-1] + half[-1] - x[0] + half[0] + 0.04)
    broken = [wrap(head, 8.5, 2 * half[j] * inches - 0.04) for j, head in enumerate(heads)]
    for j, lines in enumerate(broken):
        ax.annotate(plain("\n".join(lines)), (x[j], 1), xycoords=("data", "axes fraction"), xytext=(0, 4), size=8.5,
                    textcoords="offset points", ha="center", va="bottom", linespacing=1.1, annotation_clip=False,
                    weight=600 if j == 0 else 400)

    noun = counted(len(known), what)
    title = f"Critical statements were found in the sampled coverage of each of {noun}"
    if len(silent):
        low, top = (math.ceil(value * 100) for value in (silent["share_high"].min(), silent["share_high"].max()))
        title = (f"No critical statement was found in {len(silent)} of {noun}, but so few statements leave room for "
                 f"up to {f'{low} to {top}' if low != top else top}\N{NO-BREAK SPACE}% of them")
        sure = int((silent["chance_holm"] < 0.05).sum())
        chance = f"chance is ruled out for {sure or 'none'} of them"
    total = int(every["total"].iloc[0])
    rest = total - int(known["total"].sum())
    least = int(known["articles"].min()) if len(known) else 0
    where = "country unknown, or no state, or fewer" if what == "country" else "languages of fewer"
    note = (f"{counted(total, 'statement')}; {rest:,} are in “all” only ({where} than {least} articles with a "
            "statement). After each share its 95 % Wilson interval at the effective number of statements: those of one "
            "outlet resemble each other.")
    if len(silent):
        note += (f" Outlined: no critical statement found, and how large their share could still be; {chance} "
                 "(hypergeometric over outlets, Holm, p < 0.05).")
    side = "the outlet’s country"
    if what != "country":
        side = "the article’s language; officials are at home in the outlet’s country"
    return frame(ax, own, title, f"Share of statements in per cent, by {side} (in brackets: statements)",
                 f"{note} {SOURCE}", left=left, right=0.15, bottom=0.05,
                 above=max(map(len, broken)) * 0.135 + 0.08)


def _columns(dates: pd.Series, before: int, after: int) -> pd.Series:
    """Each date, or that it is earlier or later than the days around the busiest one, or that there is none."""
    days = dates.dropna().value_counts()
    busiest = min(days.index[days == days.max()]) if len(days) else pd.NaT
    column = dates.astype(object).where(dates.notna(), _UNDATED)
    column = column.mask(dates < busiest - pd.Timedelta(days=before), _BEFORE)
    return column.mask(dates > busiest + pd.Timedelta(days=after), _AFTER)


def _head(column, previous) -> str:
    if isinstance(column, str):
        return column
    new = not isinstance(previous, pd.Timestamp) or (previous.month, previous.year) != (column.month, column.year)
    return f"{column.day}\n{column:%b}" if new else f"{column.day}\n"


def _lines(row) -> list[tuple[str, int, str]]:
    """What stands beside a statement's dots: the source, the point, and how far it went."""
    name = wrap(row.source_name, 9, _TEXT, 600)
    point = wrap(row.point, 8.5, _TEXT)
    reach = ", ".join(counted(number, noun) for number, noun in (
        (row.outlets, "outlet"), (row.countries, "country"), (row.languages, "language")))
    return [*((line, 600, INK) for line in name), *((line, 400, INK) for line in point), (reach, 400, GREY)]
