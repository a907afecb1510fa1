"""The chart files: complete, up to date, the same bytes at every run; and every chart in them legible.

`charts/` is committed; a change that draws something else must bring its pictures along (`make charts`). What charts
look like is for eyes; that no label is cut or lies on another is held here.
"""

from functools import lru_cache

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from shapely import STRtree
from shapely.affinity import rotate
from shapely.geometry import box

from analysis import gallery
from analysis.dataset import DATA

COMMITTED = DATA.parent / "charts"


@pytest.fixture(scope="module")
def drawn(data, tmp_path_factory):
    """The folder of files, the Axes of each chart in them, and the figures that were open after each: drawn once."""
    out = tmp_path_factory.mktemp("charts")
    axes: dict[str, Axes] = {}
    plt.close("all")
    with pytest.MonkeyPatch.context() as patch:
        for name, chart in gallery.CHARTS.items():
            def draw(data, name=name, chart=chart):
                return axes.setdefault(name, chart.draw(data))
            patch.setitem(gallery.CHARTS, name, chart._replace(draw=draw))
        left_open = {name: plt.get_fignums() for name, _ in gallery.render(data, out)}
    return out, axes, left_open


@pytest.fixture(scope="module")
def rendered(drawn):
    return drawn[0]


@pytest.fixture(scope="module", params=gallery.CHARTS)
def ax(request, drawn):
    return drawn[1][request.param]


# -- the files ------------------------------------------------------------------------------------------------------

def test_every_chart_has_its_three_files(rendered):
    assert {path.name for path in rendered.iterdir()} == {
        f"{name}.{ending}" for name in gallery.CHARTS for ending in ("svg", "png", "csv")}
    assert all(path.stat().st_size > 200 for path in rendered.iterdir())


def test_committed_charts_are_up_to_date(rendered):
    """Drawn in another process, at another time: so this holds too that a second run gives the same bytes."""
    assert {path.name for path in COMMITTED.iterdir()} == {path.name for path in rendered.iterdir()}
    stale = [path.name for path in sorted(rendered.iterdir()) if path.suffix in (".svg", ".csv")
             and path.read_bytes() != (COMMITTED / path.name).read_bytes()]
    assert not stale, "run `make charts`"


def test_svg_names_no_time_and_carries_its_title(rendered):
    for name in gallery.CHARTS:
        text = (rendered / f"{name}.svg").read_text(encoding="utf-8")
        assert "<dc:date>" not in text and "<title>" in text


def test_csv_cells_run_no_formula(rendered):
    for path in rendered.glob("*.csv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            first = line.split(",")[0].lstrip('"')
            assert not first.startswith(("=", "+", "@")), path.name


def test_every_chart_is_drawn_in_order_and_closed(drawn):
    _, axes, left_open = drawn
    assert list(left_open) == list(axes) == list(gallery.CHARTS)
    assert not any(left_open.values())


def test_the_session_keeps_its_backend_and_figures(data, tmp_path, monkeypatch):
    few = {name: gallery.CHARTS[name] for name in ("languages", "days")}
    monkeypatch.setattr(gallery, "CHARTS", few)
    plt.switch_backend("svg")
    mine = plt.figure().number
    next(iter(gallery.render(data, tmp_path)))  # left half-way
    assert plt.get_backend().lower() == "svg" and plt.get_fignums() == [mine]
    plt.close(mine)
    plt.switch_backend("agg")
    for _ in gallery.render(data, tmp_path):
        assert not plt.get_fignums()
    assert plt.get_backend().lower() == "agg"


# -- the pictures ---------------------------------------------------------------------------------------------------

@lru_cache(maxsize=1)  # a kept chart is tens of thousands of objects
def drawn_texts(ax):
    """The pieces of text that a chart shows, each with its outline in pixels (rotated text as it lies)."""
    figure = ax.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    hidden = {id(text) for axes in all_axes(figure) for text in undrawn(axes)}
    found = []
    for text in figure.findobj(plt.Text):
        if id(text) in hidden or not text.get_visible() or not text.get_text().strip():
            continue
        angle = text.get_rotation()
        text.set_rotation(0 if angle % 90 else angle)
        outline = box(*text.get_window_extent(renderer).extents)
        if angle % 90:
            text.set_rotation(angle)
            outline = rotate(outline, angle, origin=tuple(text.get_transform().transform(text.get_position())))
        found.append((text, outline))
    return found


def all_axes(figure):
    return [*figure.axes, *(child for axes in figure.axes for child in axes.child_axes)]


def undrawn(axes):
    """Texts that exist without being drawn: ticks outside the limits, and all of an axis that is switched off."""
    for axis in (axes.xaxis, axes.yaxis):
        drawn = {id(tick) for tick in axis._update_ticks()} if axes.axison else set()
        for tick in (*axis.majorTicks, *axis.minorTicks):
            if id(tick) not in drawn:
                yield from (tick.label1, tick.label2)
        if not axes.axison:
            yield from (axis.label, axis.offsetText)


def test_no_label_is_cut(ax):
    width, height = ax.figure.canvas.get_width_height()
    page = box(-1, -1, width + 1, height + 1)
    for text, outline in drawn_texts(ax):
        assert page.contains(outline), text.get_text()


def test_no_label_lies_on_another(ax):
    # Ascenders and descenders reach into empty line space: outlines may touch by a few pixels.
    labels, outlines = zip(*((text.get_text(), outline.buffer(-1.5)) for text, outline in drawn_texts(ax)))
    for a, b in STRtree(outlines).query(outlines, predicate="intersects").T:
        if a < b:
            assert outlines[a].intersection(outlines[b]).area < 8, (labels[a], labels[b])


def test_type_is_large_enough(ax):
    for text, _ in drawn_texts(ax):
        assert text.get_size() >= 8, text.get_text()


def test_the_title_states_a_finding_and_the_note_the_sample(ax):
    title = ax.get_title(loc="left")
    assert any(c.isdigit() for c in title), title
    notes = " ".join(text.get_text() for text in ax.texts).replace("\n", " ")
    assert "Convenience sample" in notes and any(n in notes for n in ("721", "1,976", "1,277", "416", "67 articles"))
