"""What a chart shows, for tests: its pieces of text, where they stand, what they say; and what must hold of every chart.

For charts that turn no text. A module of tests imports the tests here by name, and gives them its fixture `chart`.
"""

from __future__ import annotations

from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox

from analysis.charts.style import WIDTH


def texts(ax) -> list[tuple[plt.Text, Bbox]]:
    """What stands on the picture, with its outline in pixels: found once, kept with the chart."""
    if not hasattr(ax, "texts_found"):
        ax.texts_found = _texts(ax)
    return ax.texts_found


def _texts(ax) -> list[tuple[plt.Text, Bbox]]:
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


def once(draw, tables):
    """A function that gives the chart of a name, drawn when it is first asked for; for looking at only."""

    @cache
    def picture(name):
        ax = draw[name](tables)
        plt.close(ax.figure)  # pyplot's hold on it: the chart stays as it is
        return ax

    return picture


@pytest.fixture(autouse=True)
def tidy():
    """No test leaves a figure open."""
    before = plt.get_fignums()
    yield
    for number in set(plt.get_fignums()) - set(before):
        plt.close(number)


def test_no_label_is_cut(chart):
    width, height = chart.figure.canvas.get_width_height()
    for text, outline in texts(chart):
        assert -1 <= outline.x0 and outline.x1 <= width + 1 and -1 <= outline.y0 and outline.y1 <= height + 1, text


def test_no_label_lies_on_another(chart):
    labels = [text.get_text() for text, _ in texts(chart)]
    x0, y0, x1, y1 = np.array([outline.padded(-1.5).extents for _, outline in texts(chart)]).T
    width = np.clip(np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0), 0, None)
    height = np.clip(np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0), 0, None)
    over = np.argwhere(np.triu(width * height >= 8, k=1))
    assert not len(over), [(labels[i], labels[j]) for i, j in over]


def test_type_is_large_enough(chart):
    assert min(text.get_size() for text, _ in texts(chart)) >= 8


def test_the_figure_has_the_houses_width(chart):
    assert chart.figure.get_size_inches()[0] == WIDTH and len(chart.figure.axes) == 1


def draws_on_given_axes(draw, tables) -> None:
    """It draws on the Axes that it is handed, makes no figure, leaves the size alone, and the tables as they are."""
    figure, ax = plt.subplots(figsize=(9, 8))
    size, before = figure.get_size_inches().tolist(), plt.get_fignums()
    made = []
    leaves_tables_alone(lambda same: made.append(draw(same, ax=ax)), tables)
    assert made == [ax]
    assert plt.get_fignums() == before and figure.get_size_inches().tolist() == size and title(ax)


def leaves_tables_alone(draw, tables) -> None:
    """What it is handed is the same afterwards."""
    before = {key: table.copy() for key, table in tables.items()}
    draw(tables)
    for key, table in tables.items():
        pd.testing.assert_frame_equal(table, before[key])
