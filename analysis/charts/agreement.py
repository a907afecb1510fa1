"""A chart of how far the coding can be trusted: alpha of every variable against the customary bounds.

It draws a table of `analysis.agreement`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.agreement import RELIABLE, TENTATIVE
from analysis.charts.style import (
    ACCENT, GREY, INK, RULE, SOURCE, canvas, counted, frame, left_of, percent, plain, styled,
)

LOW, MIDDLE = "#d55e00", "#56b4e9"  # Okabe and Ito; the shape of the mark says it too


@styled
def alpha_dots(table: pd.DataFrame, caveat: str = "", ax: Axes | None = None) -> Axes:
    """Krippendorff's alpha of every variable with its interval, the bounds 0.667 and 0.800, and percent agreement.

    Parameters
    ----------
    table: of `agreement.alphas`; drawn is each variable's primary level. caveat: what else to say in the note.
    """
    primary = table[table["primary"]].reset_index(drop=True)
    shown = primary.sort_values("alpha", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    y = -np.arange(len(shown))
    ax, own = canvas(ax, 2.6 + 0.235 * len(shown))
    least = shown["alpha_low"].min()
    start = min(0.0, np.floor(least * 10) / 10) if np.isfinite(least) else 0.0
    ax.axvspan(start, TENTATIVE, color="#f8f9fa", lw=0, zorder=0)
    for at in (TENTATIVE, RELIABLE):
        ax.axvline(at, color=GREY, lw=0.9, ls=(0, (4, 3)), zorder=1)
        ax.annotate(f"{at:.3f}", (at, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), ha="center", size=8.5,
                    textcoords="offset points", color=GREY, annotation_clip=False)
    for at, row in zip(y, shown.itertuples()):
        if np.isfinite(row.alpha):
            colour, marker = _mark(row.alpha)
            ax.hlines(at, row.alpha_low, row.alpha_high, color=colour, lw=1.6, zorder=2)
            ax.plot(row.alpha, at, marker, ms=7, color=colour, mec="white", zorder=3, clip_on=False)
        else:
            ax.annotate("no alpha: one value only", (start, at), xytext=(4, 0), textcoords="offset points",
                        va="center_baseline", size=8.5, color=GREY)
        for x, text in ((1.02, f"{row.alpha:.3f}" if np.isfinite(row.alpha) else "–"),
                        (1.13, percent(row.share) if row.n else "–")):
            ax.annotate(text, (x, at), xycoords=("axes fraction", "data"), va="center_baseline", size=8.5, color=INK
                        if x < 1.1 else GREY, annotation_clip=False)
    for x, text in ((1.02, "alpha"), (1.13, "same")):
        ax.annotate(text, (x, 1), xycoords="axes fraction", xytext=(0, 3), textcoords="offset points", size=8.5,
                    color=GREY, annotation_clip=False)
    labels = [f"{name} ({level})" if level != "nominal" else name
              for name, level in zip(shown["variable"].map(_label), shown["level"])]
    ax.set_yticks(y, [plain(label) for label in labels])
    ax.set_ylim(-len(shown) + 0.3, 0.7)
    ax.set_xlim(start - 0.01, 1.01)
    ticks = np.arange(np.ceil(start * 5) / 5, 1.01, 0.2)
    ax.set_xticks(ticks, [f"{abs(tick):.1f}" if tick > -0.05 else f"−{-tick:.1f}" for tick in ticks])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=RULE)
    handles = [Line2D([], [], ls="-", lw=1.6, marker=marker, ms=7, color=colour, mec="white", label=label)
               for (colour, marker), label in ((_mark(1), f"from {RELIABLE:.3f}: reliable"),
                                               (_mark(0.7), f"from {TENTATIVE}: tentative"),
                                               (_mark(0), f"under {TENTATIVE}: too little"))]
    ax.legend(handles=handles, loc="upper left", handlelength=1.6, facecolor="white", frameon=True, framealpha=1,
              edgecolor="none")

    high, low = int((shown["alpha"] >= RELIABLE).sum()), int((shown["alpha"] < TENTATIVE).sum())
    title = (f"Two coders agree reliably on {high} of {counted(len(shown), 'variable')}, "
             f"and too little on {low}")
    articles = int(shown["n"].max()) if len(shown) else 0
    note = (f"{counted(articles, 'article')}, drawn at random and coded a second time blind. alpha: 1 is perfect "
            "agreement, 0 what chance gives (level of measurement nominal, if none is named). same: share of articles "
            f"with the same value. Lines: 95 % bootstrap intervals over articles. {SOURCE} {caveat}")
    return frame(ax, own, title, "Krippendorff’s alpha of two independent codings, by variable", note.strip(),
                 left=left_of(labels), right=1.15, bottom=0.32, above=0.2)


def _mark(alpha: float) -> tuple[str, str]:
    """Colour and shape of a variable's mark."""
    return (ACCENT, "o") if alpha >= RELIABLE else (MIDDLE, "D") if alpha >= TENTATIVE else (LOW, "s")


def _label(variable: str) -> str:
    """A variable's name as the chart writes it."""
    kind, _, value = variable.partition("_")
    if kind in ("frame", "tone") and value:
        return f"{kind}: {value}"
    return {"attributions": "statements: how many", "critical": "critical statements: how many",
            "any_critical": "any critical statement", "wire": "credited agencies", "any_wire": "any agency credited",
            "read": "full text or excerpt", "published": "date of publication", "frames": "frames, as a set",
            }.get(variable, variable.replace("_", " "))
