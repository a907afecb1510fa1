"""The chart files: complete, up to date, and the same bytes at every run.

`charts/` is committed; a change that draws something else must bring its pictures along (`make charts`).
"""

import matplotlib.pyplot as plt
import pytest

from analysis import gallery
from analysis.dataset import DATA

COMMITTED = DATA.parent / "charts"


@pytest.fixture(scope="module")
def rendered(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("charts")
    assert [name for name, _ in gallery.render(data, out)] == list(gallery.CHARTS)
    return out


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


def test_the_session_keeps_its_backend_and_figures(data, tmp_path):
    plt.switch_backend("svg")
    next(iter(gallery.render(data, tmp_path)))
    plt.switch_backend("agg")
    for _ in gallery.render(data, tmp_path):
        assert not plt.get_fignums()
    assert plt.get_backend().lower() == "agg"
