"""Charts of frames and tone: shares by group, frames in pairs, and the critics' share over time.

Each draws a table of `analysis.framing`, and says where coders agree too little on what it shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation

from analysis.charts.style import (
    ACCENT, GREY, INK, RULE, SOURCE, WIDTH, canvas, counted, day, frame, left_of, percent, plain, styled, width_of,
    wrap,
)
from analysis.coverage import NOT_FOUND, SIGNED
from analysis.framing import ALL, Cluster, Freq

SURE = 0.05  # of a corrected p
NO, WEAKLY, FULLY = range(3)  # ruled out by no test, by the one over outlets only, by every one that was made
KEY_LINE = 0.2  # inches
STEP = 1.22  # from one panel's 0 to the next one's, in shares
OPPOSITE = "#d55e00"  # of the accent, for what is less than chance (Okabe and Ito)
DAGGER = "\N{NO-BREAK SPACE}†"

# What an article that has the frame dwells on, as a sentence says it.
_DWELLS_ON = {
    "cooperation": "police cooperation", "rights": "human rights", "research": "security research",
    "economy": "the economy", "host": "Viet Nam as the host", "sovereignty": "sovereignty",
    "capacity": "capacity building", "children": "the protection of children",
    "process": "signatures and ratification", "national": "their own country’s part",
}
_PLURAL = {"outlet": "outlets", "country": "countries"}
_AS_GROUP = {SIGNED: "states that signed", NOT_FOUND: "states without a signature on record"}


@styled
def frame_panels(table: pd.DataFrame, differences: pd.DataFrame | None = None, strict: pd.DataFrame | None = None,
                 n: int = 5, least: int = 10, groups: str = "", cluster: Cluster = "outlet",
                 doubtful: Collection[str] = (), caveat: str = "", ax: Axes | None = None) -> Axes:
    """The share of articles that dwell on each frame, a panel a group, with intervals and the share of all articles.

    Parameters
    ----------
    table: of `framing.frames`. differences: of `framing.frame_differences` by the same groups; filled dots then mark
        what chance does not explain. strict: the same differences, tested over countries; filled dots and the title
        then rest on both tests, and a half-filled dot marks what only the first bears out. n: how many groups are
        shown, those with most articles. least: articles that a group must have. groups: what they are ("region of the
        outlet"), for the subtitle. cluster: what the differences were tested over. doubtful: frames marked with a
        dagger, for coders agree too little on them; caveat: says so.
    """
    order = table[table["group"] == ALL].sort_values(["share", "frame"], ascending=[False, True])
    rows = order["frame"].tolist()
    known = table[table["known"]].drop_duplicates("group")
    columns = known[known["total"] >= least][:n]
    cells = table.set_index(["group", "frame"])
    sure = _certainty(differences, strict, "frame")
    ax, own = canvas(ax, 3.1 + 0.36 * len(rows) + (0 if strict is None else KEY_LINE))
    labels = [f"{name}{DAGGER if name in doubtful else ''}" for name in rows]
    heads = [f"{row.name}\n{counted(row.total, 'article')}" for row in columns.itertuples()]
    marks = [[(cells.loc[(row.group, name)], cells.loc[(ALL, name), "share"], _look_up(sure, row.name, name))
              for row in columns.itertuples()] for name in rows]
    left = left_of(labels)
    above = _panels(ax, labels, heads, marks, left)
    bottom = _key_of_panels(ax, "all articles", differences is not None, strict is not None)

    total = int(order["total"].iloc[0]) if len(order) else 0
    title = _title_of_differences(differences, sure, columns, doubtful)
    note = f"{counted(total, 'article')}{_not_shown(table, columns)}. Lines: 95 % Wilson intervals"
    note += f"{_tests(differences is not None, strict is not None, cluster)}. {SOURCE}"
    by = f", by {groups}" if groups else ""
    subtitle = f"Share of articles that dwell on a frame{by}; an article may have several"
    return frame(ax, own, title, subtitle,
                 _with(note, caveat, bool(set(doubtful) & set(rows))), left=left, bottom=bottom, above=above)


@styled
def tone_panels(tables: Mapping[str, pd.DataFrame], differences: Mapping[str, pd.DataFrame] | None = None,
                strict: Mapping[str, pd.DataFrame] | None = None, least: int = 10, cluster: Cluster = "outlet",
                caveat: str = "", ax: Axes | None = None) -> Axes:
    """The share of articles with each tone, a panel a tone, for groups of one or several kinds.

    Parameters
    ----------
    tables: of `framing.tone`, each under a heading ("state of the outlet", "owner of the outlet"). differences: of
        `framing.tone_differences`, under the same headings; filled dots then mark what chance does not explain.
        strict: the same differences, tested over countries; filled dots and the title then rest on both tests, and a
        half-filled dot marks what only the first bears out. least: articles that a group must have. cluster: what the
        differences were tested over. caveat: what to say of the coders' agreement on tone.
    """
    tones = list(dict.fromkeys(tone for table in tables.values() for tone in table["tone"]))
    labels, marks, headings, y = [], [], [], []
    place, ranges, apart = 0.0, [], []
    for heading, table in tables.items():
        cells = table.set_index(["group", "tone"])
        known = table[table["known"]].drop_duplicates("group")
        shown = known[known["total"] >= least]
        sure = _certainty((differences or {}).get(heading), (strict or {}).get(heading), "tone")
        headings.append((place, heading))
        for row in shown.itertuples():
            place -= 1
            y.append(place)
            labels.append(f"{row.name} ({row.total:,})")
            marks.append([(cells.loc[(row.group, tone)], cells.loc[(ALL, tone), "share"],
                           _look_up(sure, row.name, tone)) for tone in tones])
        place -= 1.4
        first = cells.xs(tones[0], level="tone").loc[shown["group"]].sort_values(["share", "name"])
        if sure is not None:  # the title rests on what chance does not explain
            first = first[[_look_up(sure, name, tones[0]) == FULLY for name in first["name"]]]
        if len(first) > 1:
            ranges.append(f"{percent(first['share'].iloc[-1])} ({first['name'].iloc[-1]}) to "
                          f"{percent(first['share'].iloc[0])} ({first['name'].iloc[0]}) by {heading}")
        apart.append(_not_shown(table, shown, heading))
    ax, own = canvas(ax, 2.6 + 0.36 * (len(labels) + 1.4 * len(tables)) + (KEY_LINE if strict else 0))
    left = left_of([*labels, *tables])
    above = _panels(ax, labels, tones, marks, left, y)
    for at, heading in headings:
        ax.annotate(plain(heading), (0, at), xytext=(-left * 72 + 11, 0), textcoords="offset points",
                    va="center_baseline", weight=600, size=9.5, annotation_clip=False)
    ax.set_ylim(min(y, default=0) - 0.6, 0.5)
    bottom = _key_of_panels(ax, "all articles", differences is not None, bool(strict))
    total = max((int(table.loc[table["group"] == ALL, "total"].max()) for table in tables.values()), default=0)
    title = "Tone of the articles"
    if ranges:
        title = f"{tones[0].capitalize()} articles: {', '.join(ranges)}"
    elif differences:
        title = f"No group is {tones[0]} more or less often than the rest by more than chance would have it"
    note = f"{counted(total, 'article')}{''.join(apart)}. Lines: 95 % Wilson intervals"
    note += f"{_tests(differences is not None, bool(strict), cluster)}. {SOURCE}"
    return frame(ax, own, title, "Share of a group’s articles that have a tone (in brackets: articles)",
                 _with(note, caveat), left=left, bottom=bottom, above=above)


@styled
def frame_matrix(table: pd.DataFrame, doubtful: Collection[str] = (), caveat: str = "", ax: Axes | None = None) -> Axes:
    """Which frames stand together in articles, and which keep apart: phi of every pair, with its interval.

    Parameters
    ----------
    table: of `framing.co_occurrence`. doubtful: frames marked with a dagger, for coders agree too little on them;
        caveat: says so.
    """
    counts = dict(zip([*table["frame_a"], *table["frame_b"]], [*table["a"], *table["b"]]))
    order = sorted(counts, key=lambda name: (-counts[name], name))
    place = {name: i for i, name in enumerate(order)}
    labels = [f"{name}{DAGGER if name in doubtful else ''}" for name in order]
    ax, own = canvas(ax, 2.3 + 0.5 * len(order))
    reach = max(table["phi"].abs().max(), 0.1) if table["phi"].notna().any() else 1.0
    colours = LinearSegmentedColormap.from_list("apart-together", [OPPOSITE, "white", ACCENT])
    for row in table.itertuples():
        i, j = sorted((place[row.frame_a], place[row.frame_b]))
        known, sure = np.isfinite(row.phi), row.p_holm < SURE
        ax.add_patch(Rectangle((i - 0.48, -j - 0.47), 0.96, 0.94, lw=0, zorder=1,
                               color=colours(0.5 + 0.36 * row.phi / reach) if known else "#f8f9fa"))
        ax.text(i, -j + 0.16, _signed(row.phi) if known else "–", ha="center", va="center_baseline", size=10,
                weight=600 if sure else 400, color=INK if sure else GREY)
        if known:
            ax.text(i, -j - 0.24, f"{_signed(row.phi_low)} to {_signed(row.phi_high)}", ha="center",
                    va="center_baseline", size=8, color=INK if sure else GREY)
    for name, i in place.items():
        ax.text(i, -i + 0.1, plain(labels[i]), ha="center", va="baseline", size=9.5)
        ax.text(i, -i - 0.2, f"{counts[name]:,}", ha="center", va="baseline", size=9, color=GREY)
    # The first row has no cell: its frame stands in the diagonal only.
    ax.set_yticks([-i for i in range(1, len(order))], [plain(label) for label in labels[1:]])
    ax.set_xticks([])
    ax.set_xlim(-0.5, max(len(order) - 0.5, 0.5))
    ax.set_ylim(-max(len(order), 1) + 0.5, 0.5)
    ax.spines[:].set_visible(False)
    keys = [Rectangle((0, 0), 1, 1, color=colours(0.86), label="together more often than chance would have it"),
            Rectangle((0, 0), 1, 1, color=colours(0.14), label="less often"),
            Line2D([], [], ls="", label="bold: chance ruled out (Holm, p < 0.05)")]
    ax.legend(handles=keys, loc="upper right", handlelength=1, title="phi of a pair, and its 95 % interval",
              alignment="left")

    sure = table[(table["p_holm"] < SURE) & ~table["frame_a"].isin(doubtful) & ~table["frame_b"].isin(doubtful)]
    title = "No two frames stand together more or less often than chance would have it"
    if len(sure):
        most = sure.loc[sure["phi"].abs().idxmax()]
        few, many = sorted([(most["a"], most["frame_a"]), (most["b"], most["frame_b"])])
        title = (f"“{few[1]}” and “{many[1]}” {'go together' if most['phi'] > 0 else 'keep apart'}: {most['both']:,} "
                 f"articles dwell on both, chance would give {most['expected']:.0f}")
    total = int(table["total"].max()) if len(table) else 0
    note = (f"{counted(total, 'article')}; below a frame’s name its articles. Intervals: outlets drawn again and "
            f"again; tests: one frame shuffled against the other over outlets. {SOURCE}")
    return frame(ax, own, title, "Correlation (phi) of frames over the articles: 0 is chance, 1 always together, "
                 "−1 never", _with(note, caveat, bool(set(doubtful) & set(order))), left=left_of(labels), bottom=0.1)


@styled
def critics_timeline(table: pd.DataFrame, freq: Freq = "month", margin: int = 12, least: int = 10, caveat: str = "",
                     ax: Axes | None = None) -> Axes:
    """The critics' share of the statements, period by period around the busiest, with intervals; the undated apart.

    Parameters
    ----------
    table: of `framing.critics_over_time`. freq: the same as there. margin: periods drawn before and after the busiest.
        least: statements that a period must have for an interval; others are pale dots. caveat: what to say of the
        coders' agreement.
    """
    dated = table[table["period"].notna()].reset_index(drop=True)
    undated = table[table["period"].isna()]
    total, critical = int(table["statements"].sum()), int(table["critical"].sum())
    busiest = int(dated["statements"].idxmax()) if len(dated) else 0
    shown = dated[max(busiest - margin, 0):busiest + margin + 1]
    some = np.flatnonzero(shown["statements"].to_numpy())
    shown = shown[some[0]:some[-1] + 1] if len(some) else shown[:0]  # no empty ends

    ax, own = canvas(ax, 4.9)
    drawn = pd.concat([shown, undated[undated["statements"] > 0]])
    x = np.arange(len(drawn), dtype=float)
    x[len(shown):] += 0.8
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    for at, row in zip(x, drawn.itertuples()):
        if not row.statements:
            continue
        if row.statements < least:
            ax.plot(at, row.share, "o", ms=6, color="#bdc1c6", mec="white", zorder=3, clip_on=False)
            continue
        colour = GREY if pd.isna(row.period) else ACCENT
        ax.vlines(at, row.share_low, row.share_high, color=colour, lw=2)
        ax.plot(at, row.share, "o", ms=7, color=colour, mec="white", zorder=4, clip_on=False)
        ax.annotate(f"{round(row.share * 100)}", (at, row.share), xytext=(6, 0), textcoords="offset points",
                    va="center_baseline", size=8.5, color=INK, bbox=behind, zorder=3)
    if total:
        ax.axhline(critical / total, color=GREY, lw=0.9, ls=(0, (4, 3)), zorder=0)
        ax.annotate(f"all: {round(critical / total * 100)}", (1, critical / total), xycoords=("axes fraction", "data"),
                    xytext=(3, 0), textcoords="offset points", va="center_baseline", size=8.5, color=GREY)
    high = drawn["share_high"].where(drawn["statements"] >= least, drawn["share"]).max()  # nothing drawn is cut off
    top = min(np.ceil((high if np.isfinite(high) else 1) * 10) / 10, 1.0)
    for at, row in zip(x, shown.itertuples()):
        if row.milestone:
            # To the left of its line as far as the busiest period, then to the right: two days in a row have room.
            left = row.Index <= busiest and at > len(x) / 3
            ax.vlines(at, row.share_high if row.statements >= least else 0, top * 1.18, color=RULE, lw=1, zorder=0)
            words = "\n".join(wrap(row.milestone.split("; ")[0], 8.5, 1.75))
            ax.annotate(plain(words), (at, top * 1.18), xytext=(-4 if left else 4, 0), textcoords="offset points",
                        ha="right" if left else "left", va="top", size=8.5, color=GREY)
    _label_periods(ax, x, drawn, freq)
    ax.set_xlim(-0.7, (x[-1] if len(x) else 0) + 0.9)
    ax.set_ylim(0, top * 1.2)
    ticks = np.arange(0, top + 0.01, 0.2)
    ax.set_yticks(ticks, [f"{tick:.0%}".replace("%", "\N{NO-BREAK SPACE}%") for tick in ticks])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y")

    said = [row for row in shown.itertuples() if row.statements >= least]
    title = f"{percent(critical / total) if total else 'None'} of all statements are critical of the convention"
    peak = next((i for i, row in enumerate(said) if row.Index == busiest), None)
    if peak is not None:
        title += f": {percent(said[peak].share)} {_when(said[peak].period, freq)}, the {freq} with most statements"
        if peak + 1 < len(said):
            after = said[peak + 1]
            title += f", {percent(after.share)} {_when(after.period, freq)}"
    lost = int(undated["statements"].sum())
    outside = total - lost - int(shown["statements"].sum())
    note = (f"{counted(total, 'statement')}; {lost:,} of undated articles stand apart"
            f"{f', {outside:,} of other {freq}s are not drawn' if outside else ''}. Lines: 95 % Wilson intervals at "
            f"the effective number of statements (those of one outlet resemble each other); pale: fewer than {least} "
            "statements, too few for one. "
            f"{SOURCE}")
    return frame(ax, own, title, f"Share of statements that are critical, by {freq}; below, the number of statements",
                 _with(note, caveat), left=0.6, right=0.5, bottom=0.62)


def _label_periods(ax: Axes, x: np.ndarray, drawn: pd.DataFrame, freq: str) -> None:
    """Below each period its number of statements, then its date; month and year only where they change."""
    labels, before = [], None
    for row in drawn.itertuples():
        if pd.isna(row.period):
            labels.append(f"{row.statements:,}\nno\ndate")
            continue
        head, part = ((f"{row.period:%b}", f"{row.period.year}") if freq == "month"
                      else (f"{row.period.day}", f"{row.period:%b}"))
        labels.append(f"{row.statements:,}\n{head}" + (f"\n{part}" if part != before else ""))
        before = part
    ax.set_xticks(x, labels, size=8.5)
    ax.tick_params(axis="x", labelcolor=GREY, pad=3)


def _when(period: pd.Timestamp, freq: str) -> str:
    return {"day": f"on {day(period)}", "week": f"in the week from {day(period)}",
            "month": f"in {period:%B}\N{NO-BREAK SPACE}{period.year}"}[freq]


def _sure(differences: pd.DataFrame, what: str) -> set[tuple[str, str]]:
    """The groups (by name) and frames or tones for which chance is ruled out."""
    rows = differences[differences["p_holm"] < SURE]
    # Of two groups only one has rows: the other differs from it as much.
    return {*zip(rows["name"], rows[what]), *zip(rows["against"], rows[what])}


def _certainty(differences: pd.DataFrame | None, strict: pd.DataFrame | None,
               what: str) -> dict[tuple[str, str], int] | None:
    """The groups and frames or tones for which chance is ruled out: FULLY or WEAKLY; None where nothing was tested."""
    if differences is None:
        return None
    sure = _sure(differences, what)
    fully = sure if strict is None else sure & _sure(strict, what)
    return {pair: FULLY if pair in fully else WEAKLY for pair in sure}


def _look_up(certainty: dict[tuple[str, str], int] | None, group: str, what: str) -> int | None:
    return None if certainty is None else certainty.get((group, what), NO)


def _tests(tested: bool, strictly: bool, cluster: Cluster) -> str:
    if not tested:
        return ""
    return f"; differences: groups shuffled over {_PLURAL[cluster]}{' and, for filled dots, over countries' * strictly}"


def _panels(ax: Axes, labels: list[str], heads: list[str], marks: list[list[tuple]], left: float,
            y: list[float] | None = None) -> float:
    """Rows by panels of a share, its interval and the share of all; returns the inches that the heads take."""
    y = [-float(i) for i in range(len(labels))] if y is None else y
    width = (WIDTH - left - 0.2) / (max(len(heads), 1) * STEP - (STEP - 1) + 0.1)  # inches of a panel
    for row, at in zip(marks, y):
        for k, (cell, every, certainty) in enumerate(row):
            x = k * STEP
            ax.vlines(x + every, at - 0.36, at + 0.36, color="#9aa0a6", lw=2, zorder=1)
            if not cell["total"]:
                continue
            ax.hlines(at, x + cell["share_low"], x + cell["share_high"], color=ACCENT, lw=1.6, zorder=2)
            ax.plot(x + cell["share"], at, ls="", zorder=3, **_dot(certainty))
            # Right of the interval, but left of it where the panel ends; and not on the stroke of all articles.
            text = percent(cell["share"])
            room = (width_of(text, 8.5) + 0.08) / width
            low, high = (min(cell["share_low"], cell["share"] - 0.05 / width),
                         max(cell["share_high"], cell["share"] + 0.05 / width))
            if right := high + room < STEP - 0.02:
                end = max(high, every) if every < high + room else high
            else:
                end = min(low, every) if every > low - room else low
            ax.annotate(text, (x + end, at), xytext=(4 if right else -4, 0), textcoords="offset points",
                        va="center_baseline", ha="left" if right else "right", size=8.5,
                        color=INK if certainty in (None, FULLY) else GREY, zorder=4)
    heads = [[line for part in head.split("\n") for line in wrap(part, 9.5, width * STEP - 0.08)] for head in heads]
    most = max(map(len, heads), default=1)
    for k, head in enumerate(heads):
        for at in (0, 0.5, 1):
            ax.axvline(k * STEP + at, color=RULE, lw=0.8, zorder=0)
        for i, line in enumerate(head):
            ax.annotate(plain(line), (k * STEP, 1), xycoords=("data", "axes fraction"), size=9.5,
                        xytext=(0, 8 + (len(head) - 1 - i) * 12), textcoords="offset points", va="baseline",
                        weight=400 if i else 600, color=GREY if i else INK, annotation_clip=False)
    ax.set_yticks(y, [plain(label) for label in labels])
    ax.set_ylim(min(y, default=0) - 0.6, max(y, default=0) + 0.6)
    ax.set_xlim(-0.04, max(len(heads), 1) * STEP - (STEP - 1) + 0.06)
    ax.set_xticks([k * STEP + at for k in range(len(heads)) for at in (0, 0.5, 1)], ["0", "50", "100 %"] * len(heads))
    ax.tick_params(axis="x", labelsize=8.5)
    ax.spines[["left", "bottom"]].set_visible(False)
    return (most * 12 + 6) / 72


def _dot(certainty: int | None) -> dict:
    """A dot that is filled, half filled or empty: the three differ in grey too."""
    return {"marker": "o", "ms": 6.5, "mec": ACCENT, "mew": 1.2, "mfc": "white" if certainty == NO else ACCENT,
            "mfcalt": "white", "fillstyle": "bottom" if certainty == WEAKLY else "full"}


def _key_of_panels(ax: Axes, every: str, tested: bool, strictly: bool) -> float:
    """Draw the key below the panels; returns the inches that it and the axis take."""
    said = {None: "share, with its interval"}
    if tested:
        said = {FULLY: "differs from the rest (Holm, p < 0.05)", NO: "chance not ruled out"}
    if tested and strictly:
        said = {FULLY: "differs from the rest, also with whole countries shuffled (Holm, p < 0.05)",
                WEAKLY: "differs only with single outlets shuffled: a country or two could explain it",
                NO: "chance not ruled out"}
    handles = [Line2D([], [], ls="", label=label, **_dot(certainty)) for certainty, label in said.items()]
    handles.append(Line2D([], [], ls="", marker="|", ms=11, mew=2, color="#9aa0a6", label=every))
    below = ax.transAxes + ScaledTranslation(0, -0.3, ax.figure.dpi_scale_trans)
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below,
              ncols=2 if strictly else 3, columnspacing=1.4, handletextpad=0.4, borderaxespad=0)
    return 0.62 + (KEY_LINE if strictly else 0)


def _title_of_differences(differences: pd.DataFrame | None, certainty: dict[tuple[str, str], int] | None,
                          columns: pd.DataFrame, doubtful: Collection[str]) -> str:
    """The largest difference that chance does not explain, by every test made, of a frame that coders agree on."""
    if differences is None:
        return "What articles dwell on, group by group"
    shown = differences[differences["group"].isin(columns["group"])]
    sure = shown[[certainty.get((name, frame)) == FULLY and frame not in doubtful
                  for name, frame in zip(shown["name"], shown["frame"])]]
    if sure.empty:
        return "No group dwells on a frame more or less than the rest by more than chance would have it"
    most = sure.loc[sure["difference"].abs().idxmax()]
    on = _DWELLS_ON.get(most["frame"], f"the frame “{most['frame']}”")
    group, others = (_AS_GROUP.get(name, name) for name in (most["name"], most["against"]))
    return (f"{group[:1].upper()}{group[1:]}: {percent(most['share'])} of the articles dwell on {on}, "
            f"{percent(most['rest_share'])} of those of {others}")


def _not_shown(table: pd.DataFrame, shown: pd.DataFrame, heading: str = "") -> str:
    """The articles of groups that have no row or panel, in words."""
    groups = table[table["group"] != ALL].drop_duplicates("group")
    lost = groups[~groups["group"].isin(shown["group"])]
    if lost.empty:
        return ""
    number = int(lost["total"].sum())
    names = counted(len(lost), "group")
    if len(lost) == 1:
        names = lost["name"].iloc[0]
    elif len(lost) <= 4:
        names = ", ".join(f"{row.name} {row.total:,}" for row in lost.itertuples())
    return f"; not shown{f' by {heading}' if heading else ''} {number:,} ({names})"


def _signed(value: float) -> str:
    """A correlation as +.43 or −.07: it cannot exceed 1, so no digit stands before the point."""
    text = f"{abs(value):.2f}"
    text = text.removeprefix("0") if abs(value) < 0.995 else "1"
    return f"{'−' if value < 0 else '+'}{text}" if float(text) else ".00"


def _with(note: str, caveat: str, marked: bool = False) -> str:
    return f"{note} {'† ' if marked and caveat else ''}{caveat}".strip()
