"""Every chart of the project with the table that it is drawn from, and their files: SVG, PNG and CSV.

The same input gives the same bytes; the notebooks call the same functions one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from analysis import agreement, charts, coverage, echoes, framing, quoting
from analysis.dataset import Dataset
from analysis.spreadsheet import write_csv


class Chart(NamedTuple):
    """`table` gives the small table behind the chart, `draw` the chart; both take the record."""

    table: Callable[[Dataset], pd.DataFrame]
    draw: Callable[[Dataset], Axes]


def _network(level: quoting.Level, least: int) -> Chart:
    return Chart(lambda data: charts.edge_table(charts.strongest(quoting.quote_graph(data, level), least)),
                 lambda data: charts.network(quoting.quote_graph(data, level), least))


def _frames(data: Dataset) -> Axes:
    low, caveat = _doubtful_frames(data)
    return charts.frame_panels(framing.frames(data, "region"), framing.frame_differences(data, "region"),
                               framing.frame_differences(data, "region", cluster="country"),
                               groups="UN region of the outlet", doubtful=low, caveat=caveat)


def _doubtful_frames(data: Dataset) -> tuple[list[str], str]:
    """The frames that coders agree on too little, and the words that a chart says of them."""
    names = [f"frame_{name}" for name in framing.frame_names(data)]
    low = [name.removeprefix("frame_") for name in agreement.low_agreement(data) if name in names]
    return low, agreement.caveat(data, names)


def _tone(data: Dataset) -> Axes:
    by = {"signature": "signed", "owner": "owner"}
    # Over countries too: of an owner, a country's outlets are shuffled together. State media are many in few countries.
    return charts.tone_panels({heading: framing.tone(data, column) for heading, column in by.items()},
                              {heading: framing.tone_differences(data, column) for heading, column in by.items()},
                              {heading: framing.tone_differences(data, column, cluster="country")
                               for heading, column in by.items()},
                              caveat=agreement.caveat(data, ["tone"]))


def _credits(data: Dataset) -> str:
    """What a chart that rests on the credits for whole pieces says of them."""
    return agreement.caveat(data, ["any_wire"])


CHARTS: dict[str, Chart] = {
    "countries": Chart(coverage.by_country, lambda data: charts.country_bars(coverage.by_country(data))),
    "world": Chart(coverage.by_country, lambda data: charts.world_map(coverage.by_country(data), data.signatures)),
    "days": Chart(coverage.by_day, lambda data: charts.timeline(coverage.by_day(data))),
    "languages": Chart(coverage.by_language, lambda data: charts.language_bars(coverage.by_language(data))),
    "outlet-kinds": Chart(coverage.by_outlet_kind, lambda data: charts.outlet_kind_bars(coverage.by_outlet_kind(data))),
    "signers": Chart(coverage.signers_and_others,
                     lambda data: charts.signing_differences(coverage.signers_and_others(data))),
    "voices": Chart(quoting.most_quoted, lambda data: charts.voices(quoting.most_quoted(data))),
    "network": _network("outlet", 2),
    "network-countries": _network("country", 3),
    "matrix": Chart(lambda data: quoting.voice_matrix(data).reset_index(),
                    lambda data: charts.matrix(quoting.voice_matrix(data))),
    "frames": Chart(framing.frames, _frames),
    "frame-pairs": Chart(framing.co_occurrence,
                         lambda data: charts.frame_matrix(framing.co_occurrence(data), *_doubtful_frames(data))),
    "tone": Chart(lambda data: framing.tone_differences(data, "signed"), _tone),
    "critics": Chart(lambda data: framing.critics_over_time(data, "day"),
                     lambda data: charts.critics_timeline(framing.critics_over_time(data, "day"), "day")),
    "agreement": Chart(agreement.alphas, lambda data: charts.alpha_dots(agreement.alphas(data))),
    "relays": Chart(echoes.relays, lambda data: charts.chain_diagram(
        echoes.relayed(data), len(data.attributions), caveat=_credits(data))),
    "loops": Chart(echoes.loops, lambda data: charts.loops_chart(
        echoes.loops(data), len(data.attributions), caveat=_credits(data))),
    "agencies": Chart(echoes.wire_dependence, lambda data: charts.agency_dependence(
        echoes.wire_dependence(data), caveat=_credits(data))),
    "spread": Chart(echoes.repeated, lambda data: charts.spread_dots(
        echoes.same_statement(data), echoes.repeated(data), len(data.attributions))),
    "silences": Chart(echoes.silences,
                      lambda data: charts.silence_matrix(echoes.silences(data), echoes.without_critics(data))),
    "home-voices": Chart(quoting.home_share, lambda data: charts.home_voices(quoting.home_share(data))),
}


def render(data: Dataset, out: str | Path) -> Iterator[tuple[str, list[Path]]]:
    """Draw every chart into a folder (made where it is missing): `NAME.svg`, `NAME.png` and `NAME.csv`.

    Yields the chart's name and its files as each is done. Files of the same name are written anew, others left alone.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    backend = matplotlib.get_backend()
    plt.switch_backend("agg")  # no screen is needed, and none is disturbed
    try:
        for name, chart in CHARTS.items():
            paths = [out / f"{name}.{ending}" for ending in ("svg", "png", "csv")]
            write_csv(chart.table(data), paths[2])
            ax = chart.draw(data)
            with plt.style.context(charts.STYLE):
                title = " ".join(ax.get_title(loc="left").split())
                ax.figure.savefig(paths[0], metadata=charts.SVG_METADATA | {"Title": title})
                ax.figure.savefig(paths[1], metadata={"Title": title, "Software": None})
            plt.close(ax.figure)
            yield name, paths
    finally:
        plt.switch_backend(backend)
