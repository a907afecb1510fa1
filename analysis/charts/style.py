"""The look that all charts share: style, typeface, colours, and the frame of title, subtitle and note.

Nothing here knows a table; every chart is drawn with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.coverage import SIGNING
from analysis.quoting import OTHER_SECTORS

HERE = Path(__file__).resolve().parent
STYLE = HERE / "charts.mplstyle"
# No date in an SVG: the same picture is the same file.
SVG_METADATA = {"Date": None}

WIDTH = 8.0  # inches, of every chart: at a README's width its smallest type is still 11 pixels high
TITLE, SUBTITLE, NOTE = 15, 10.5, 8.5  # points
_SUBTITLE, _NOTE = "the subtitle", "the note"  # how `caption` finds them again
INK, GREY, PALE, RULE = "#202124", "#5f6368", "#dadce0", "#e8eaed"

# Okabe and Ito's colour-blind safe hues, chosen to differ in lightness too (https://jfly.uni-koeln.de/color/).
ACCENT = "#0072b2"
SIGNING_COLOURS = dict(zip(SIGNING, ("#0072b2", "#e69f00", "#5f6368", "#bdc1c6")))
SECTOR_COLOURS = {"States": "#0072b2", "Intergovernmental bodies": "#56b4e9", "Civil society": "#d55e00",
                  "Industry": "#e69f00", "Media": "#5f6368", OTHER_SECTORS: "#bdc1c6"}
REGION_COLOURS = {"Asia": "#0072b2", "Europe": "#d55e00", "Americas": "#009e73", "Africa": "#e69f00",
                  "Oceania": "#cc79a7", "Intergovernmental": "#202124", "Unknown": "#bdc1c6"}

SOURCE = "Convenience sample from a stored web index, coded from excerpts."


@cache
def _fonts() -> None:
    for path in sorted((HERE / "fonts").glob("*.ttf")):
        font_manager.fontManager.addfont(path)


def use_in_notebook() -> None:
    """Give this notebook the charts' look, as SVG that comes out the same at every run."""
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    _fonts()
    plt.style.use(STYLE)
    set_matplotlib_formats("svg", bbox_inches=None, metadata=SVG_METADATA)


def styled(draw: Callable) -> Callable:
    """Run a function with the charts' typeface and style, whatever the session's are."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        _fonts()
        with plt.style.context(STYLE):
            return draw(*args, **kwargs)

    return drawn


@cache
def _face(weight: int) -> font_manager.FT2Font:
    _fonts()
    return font_manager.get_font(font_manager.findfont(
        font_manager.FontProperties(family="Source Sans Pro", weight=weight)))


@cache
def width_of(text: str, points: float, weight: int = 400) -> float:
    """The width of a line of text in inches."""
    face = _face(weight)
    face.set_size(points, 72)
    face.set_text(text)
    return face.get_width_height()[0] / 64 / 72


def wrap(text: str, points: float, inches: float, weight: int = 400) -> list[str]:
    """Text broken between words into lines no wider than `inches` (a single word may be)."""
    lines: list[str] = []
    for word in text.split(" "):  # and not at a no-break space
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, points, weight) <= inches:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]


def _balanced(text: str, points: float, inches: float, weight: int) -> list[str]:
    """Text broken into as few lines as fit, of about the same length: no last line of one word."""
    lines = wrap(text, points, inches, weight)
    for width in np.arange(inches, inches / 3, -0.1):
        if len(narrower := wrap(text, points, width, weight)) > len(lines):
            break
        lines = narrower
    return lines


def plain(text: str) -> str:
    """Names from the data as they are: a dollar sign is no mathematics."""
    return text.replace("$", r"\$")


def canvas(ax: Axes | None, height: float) -> tuple[Axes, bool]:
    """The Axes to draw on, and whether it was made here, in a figure of the house's width and a height in inches."""
    if ax is not None:
        return ax, False
    figure, ax = plt.subplots(figsize=(WIDTH, height))
    return ax, True


def frame(ax: Axes, own: bool, title: str, subtitle: str, note: str, *, left: float = 0.15, right: float = 0.2,
          bottom: float = 0.3, above: float = 0.0) -> Axes:
    """Put title and subtitle above and the note below, and, in a figure of our own, set the margins that they need.

    left, right, bottom, above: inches that labels around the Axes take.
    """
    figure = ax.figure
    across = figure.get_size_inches()[0] if own else ax.get_window_extent().width / figure.dpi
    room = across - (0.3 if own else 0)
    titles = _balanced(title, TITLE, room, 600)
    subtitles, notes = wrap(subtitle, SUBTITLE, room), wrap(note, NOTE, room)
    below = len(subtitles) * SUBTITLE * 1.3 + 10 + above * 72
    shift = 0.0
    if own:
        across, high = figure.get_size_inches()
        top = (8 + len(titles) * TITLE * 1.22 + below) / 72
        foot = bottom + (len(notes) * NOTE * 1.35 + 14) / 72
        ax.set_position([left / across, foot / high, (across - left - right) / across, (high - top - foot) / high])
        shift = (0.15 - left) / (across - left - right)
    points = {"textcoords": "offset points", "va": "top", "ha": "left", "annotation_clip": False}
    ax.set_title(plain("\n".join(titles)), loc="left", x=shift, y=1, pad=below, linespacing=1.1)
    ax.annotate(plain("\n".join(subtitles)), (shift, 1), xytext=(0, below - 6), xycoords="axes fraction",
                size=SUBTITLE, color=GREY, linespacing=1.2, label=_SUBTITLE, **points)
    ax.annotate(plain("\n".join(notes)), (shift, 0), xytext=(0, -bottom * 72 - 4), xycoords="axes fraction",
                size=NOTE, color=GREY, linespacing=1.25, label=_NOTE, **points)
    return ax


class Caption(NamedTuple):
    """What a chart says of itself: the finding, what is shown, and the note on sample and source."""

    title: str
    subtitle: str
    note: str


def caption(ax: Axes, hide: bool = False) -> Caption:
    """The words around a chart that `frame` framed, each on one line.

    hide: take them off the picture, where they stand beside it as text.
    """
    around = {text.get_label(): text for text in ax.texts if text.get_label() in (_SUBTITLE, _NOTE)}
    around[""] = next(text for text in ax.findobj(plt.Text) if text.get_text() == ax.get_title(loc="left"))
    for text in around.values() if hide else ():
        text.set_visible(False)
    said = (around[label].get_text() for label in ("", _SUBTITLE, _NOTE))
    return Caption(*(" ".join(text.replace("\\$", "$").split("\n")) for text in said))


def left_of(labels: Iterable[str], points: float = 9.5) -> float:
    """The margin in inches that labels on the left need."""
    return 0.15 + max((width_of(label, points) for label in labels), default=0) + 0.12


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 article, 2 articles, 1,976 statements, 3 countries."""
    plural = noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def percent(share: float) -> str:
    """A share (0-1) as whole per cent; what would round to none is said to be under one."""
    return "under 1\N{NO-BREAK SPACE}%" if 0 < share < 0.005 else f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def day(date: pd.Timestamp) -> str:
    return f"{date.day}\N{NO-BREAK SPACE}{date:%B}\N{NO-BREAK SPACE}{date.year}"


def room_for(ends: Iterable[float], labels: Iterable[str], inches: float, points: float = 8.5) -> float:
    """How far the x axis must run, on an Axes `inches` wide, for labels behind the ends of bars."""
    return max(end / (1 - (width_of(label, points) + 0.12) / inches) for end, label in zip(ends, labels))


def label_ends(ax: Axes, x: Iterable[float], y: Iterable[float], labels: Iterable[str]) -> None:
    """Small grey labels behind the ends of bars."""
    for end, at, label in zip(x, y, labels):
        ax.annotate(label, (end, at), xytext=(6, 0), textcoords="offset points", va="center_baseline", size=8.5,
                    color=GREY)


def bare(ax: Axes) -> None:
    """No x axis: the labels at the marks say the numbers."""
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_xticks([])


def legend(ax: Axes, colours: dict[str, str], **where) -> None:
    handles = [Line2D([], [], marker="o", ls="", ms=7, mfc=colour, mec="none", label=label)
               for label, colour in colours.items()]
    ax.legend(handles=handles, handletextpad=0.3, **where)
