"""What a chart shows, for tests: its pieces of text, where they stand, and what they say.

For charts that turn no text.
"""

from __future__ import annotations

from functools import cache

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox


@cache
def texts(ax) -> list[tuple[plt.Text, Bbox]]:
    """What stands on the picture, with its outline in pixels."""
    FigureCanvasAgg(ax.figure).draw()
    renderer = ax.figure.canvas.get_renderer()
    ticks = {id(label) for axis in (ax.xaxis, ax.yaxis) for tick in axis.get_major_ticks()
             for label in (tick.label1, tick.label2)}
    shown = {id(tick.label1) for axis in (ax.xaxis, ax.yaxis) for tick in axis._update_ticks() if ax.axison}
    return [(text, text.get_window_extent(renderer)) for text in ax.figure.findobj(plt.Text)
            if text.get_visible() and text.get_text().strip() and (id(text) not in ticks or id(text) in shown)]


def words(ax) -> str:
    return " ".join(" ".join(text.get_text() for text, _ in texts(ax)).split())


def title(ax) -> str:
    return " ".join(ax.get_title(loc="left").split())
