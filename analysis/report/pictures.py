"""The charts as the report shows them: the picture without its words, which stand beside it as text, and its files.

Words and alternative texts are the gallery's.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex
from matplotlib.legend import Legend
from matplotlib.spines import Spine
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from analysis import charts, gallery
from analysis.charts.style import WIDTH, Caption, caption
from analysis.dataset import Dataset
from analysis.spreadsheet import write_csv

PIXELS = 96  # an inch in CSS
# What says enough without the labels inside it: on a phone such a picture is shown whole, with its key beside it.
SMALL = {"world"}


class Key(NamedTuple):
    """An entry of a legend: what a colour stands for; `edge` is the outline's."""

    label: str
    colour: str
    edge: str


class Picture(NamedTuple):
    """A chart in files: `NAME.plain.svg` (without words, `width` x `height` CSS pixels), `NAME.svg` and `NAME.csv`.

    Where `key` is not empty there is also `NAME.small.svg` (`small` its height at the same width), without labels and
    legend, for which the key stands.
    """

    name: str
    said: Caption
    alt: str
    width: int
    height: int
    key: tuple[Key, ...] = ()
    small: int = 0


def draw(data: Dataset, folder: Path) -> dict[str, Picture]:
    """Draw every chart that the record bears into a folder (made where it is missing), by name."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {}
    for name, table, ax in gallery.drawn(data, needed=True):
        write_csv(table, folder / f"{name}.csv")
        said = caption(ax)
        metadata = charts.SVG_METADATA | {"Title": said.title}
        ax.figure.savefig(folder / f"{name}.svg", metadata=metadata)
        caption(ax, hide=True)
        path = folder / f"{name}.plain.svg"
        picture = Picture(name, said, gallery.alt(gallery.CHARTS[name], said, table), round(WIDTH * PIXELS),
                          _save(ax, path, metadata))
        if name in SMALL:
            key = _key(ax)
            for label in (*ax.findobj(Legend), *ax.findobj(Annotation)):
                label.set_visible(False)
            picture = picture._replace(key=key, small=_save(ax, folder / f"{name}.small.svg", metadata))
        pictures[name] = picture
    return pictures


def _save(ax: Axes, path: Path, metadata: dict[str, str | None]) -> int:
    """Write a chart without the empty room above and below it, in its whole width; its height in CSS pixels."""
    box = ax.get_tightbbox()
    if not ax.axison:
        # Axes that are switched off claim their room all the same: what counts is what is drawn on them.
        boxes = [artist.get_tightbbox() for artist in ax.get_children()
                 if artist.get_visible() and not isinstance(artist, Axis | Spine) and artist is not ax.patch]
        box = Bbox.union([extent for extent in boxes if extent and np.isfinite(extent.extents).all() and extent.height])
    low, high = max(box.y0 / ax.figure.dpi - 0.05, 0), box.y1 / ax.figure.dpi + 0.05
    ax.figure.savefig(path, metadata=metadata, bbox_inches=Bbox([[0, low], [WIDTH, high]]))
    return round((high - low) * PIXELS)


def _key(ax: Axes) -> tuple[Key, ...]:
    """What the legends without a title say of colours."""
    return tuple(Key(text.get_text(), to_hex(handle.get_facecolor()[0]), to_hex(handle.get_edgecolor()[0]))
                 for legend in ax.findobj(Legend) if not legend.get_title().get_text()
                 for handle, text in zip(legend.legend_handles, legend.get_texts()))
