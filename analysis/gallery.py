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

from analysis import agreement, charts, coverage, echoes, framing, places, quoting
from analysis.charts.style import Caption, caption, counted, percent
from analysis.dataset import Dataset
from analysis.echoes.loops import CHAIN, COUNTRY
from analysis.spreadsheet import write_csv

MOST_TOLD = 5  # marks that an alternative text tells


class Chart(NamedTuple):
    """`table` gives the small table behind the chart, `draw` the chart; both take the record. `form` says what kind of
    picture it is, `marks` the strongest things on it, from its table, for those who do not see it. `need` is what a
    record must have for the chart to say something (see `NEEDS`)."""

    table: Callable[[Dataset], pd.DataFrame]
    draw: Callable[[Dataset], Axes]
    form: str
    need: str
    marks: Callable[[pd.DataFrame], list[str]] = lambda table: []


def _both_sides(data: Dataset) -> bool:
    return {coverage.SIGNED, coverage.NOT_FOUND} <= set(coverage.published(data)["signed"])


def _known_ends(data: Dataset) -> bool:
    matrix = quoting.voice_matrix(data).drop(index=[*places.NO_STATE], columns=places.UNKNOWN, errors="ignore")
    return bool(matrix.to_numpy().sum())


ARTICLE, DATED, TWICE = "article", "article with a date", "article that was coded twice"
PLACED = "article of an outlet whose country is known"
SIDES = "article from a state that signed and one from another"
CREDITED = "article that is credited to somebody as a whole"
STATEMENT, ENDS = "statement", "statement whose outlet and source both have a known country"
HEARD, COMPARED = "statement in an outlet whose country is known", "country with enough statements to compare"
LOOPED = "statement that is seen to come home through a foreign outlet"
LINKS, BETWEEN = "three outlets or sources linked by two articles", "three countries linked by three articles"

# Users' own records may lack what a chart counts: then it is not drawn, and this says what the record has not.
NEEDS: dict[str, Callable[[Dataset], bool]] = {
    ARTICLE: lambda data: len(data.articles) > 0,
    DATED: lambda data: bool(data.articles["published"].notna().any()),
    TWICE: lambda data: len(data.recodes) > 0,
    PLACED: lambda data: not coverage.by_country(data)["country"].isin(places.NO_STATE).all(),
    SIDES: _both_sides,
    CREDITED: lambda data: bool(data.articles["wire"].map(len).any()),
    STATEMENT: lambda data: len(data.attributions) > 0,
    HEARD: lambda data: not quoting.voice_matrix(data).index.isin(places.NO_STATE).all(),
    COMPARED: lambda data: bool(echoes.silences(data)["known"].any()),
    ENDS: _known_ends,
    LOOPED: lambda data: len(echoes.loops(data)) > 0,
    LINKS: lambda data: bool(charts.strongest(quoting.quote_graph(data, "outlet"), 2)),
    BETWEEN: lambda data: bool(charts.strongest(quoting.quote_graph(data, "country"), 3)),
}


def lacks(chart: Chart, data: Dataset) -> str:
    """What a chart needs and the record has not; "" where the chart can be drawn."""
    return "" if NEEDS[chart.need](data) else chart.need


def alt(chart: Chart, said: Caption, table: pd.DataFrame) -> str:
    """A chart's alternative text: its form, what it shows, what it finds, and its strongest marks.

    Parameters
    ----------
    said: the words around the chart, of `charts.style.caption`. table: the one behind it.
    """
    marks = chart.marks(table)[:MOST_TOLD]
    told = f" First come: {'; '.join(marks)}." if marks else ""
    return f"{chart.form}: {said.subtitle}. {said.title}.{told}"


def _ranked(label: str, number: str, noun: str) -> Callable[[pd.DataFrame], list[str]]:
    """The first rows of a table as marks: what `label` says, and `number` of a noun."""
    def marks(table: pd.DataFrame) -> list[str]:
        rows = table[table["country"] != places.UNKNOWN] if label == "name" and "country" in table else table
        return [f"{row[label]}, {counted(row[number], noun)}" for row in rows.head(MOST_TOLD).to_dict("records")]
    return marks


def _shares(label: str, share: str) -> Callable[[pd.DataFrame], list[str]]:
    """The first rows of a table as marks: what `label` says, and its share."""
    return lambda table: [f"{row[label]}, {percent(row[share])}" for row in table.head(MOST_TOLD).to_dict("records")]


def _links(table: pd.DataFrame) -> list[str]:
    """The links of a network that stand in most articles."""
    top = table.sort_values(["articles", "statements", "source", "target"], ascending=[False, False, True, True])
    return [f"{row.source_name} quotes {row.target_name} in {counted(row.articles, 'article')}"
            for row in top.head(MOST_TOLD).itertuples()]


def _ways(table: pd.DataFrame) -> list[str]:
    """The ways home that one article tells of by itself, country by country."""
    chains = table[(table["kind"] == CHAIN) & (table["level"] == COUNTRY)]
    return [" quotes ".join(row.names) for row in chains.head(MOST_TOLD).itertuples()]


def _points(table: pd.DataFrame) -> list[str]:
    """The statements of named sources that stand in most articles."""
    return [f"{row.source_name}, “{row.point}”, {counted(row.articles, 'article')}"
            for row in table[table["named"]].head(3).itertuples()]


def _network(level: quoting.Level, least: int, need: str) -> Chart:
    return Chart(lambda data: charts.edge_table(charts.strongest(quoting.quote_graph(data, level), least)),
                 lambda data: charts.network(quoting.quote_graph(data, level), least),
                 "Network, its nodes on a circle", need, _links)


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
    "countries": Chart(coverage.by_country, lambda data: charts.country_bars(coverage.by_country(data)),
                       "Bar chart", PLACED, _ranked("name", "articles", "article")),
    "world": Chart(coverage.by_country, lambda data: charts.world_map(coverage.by_country(data), data.signatures),
                   "World map with circles", PLACED, _ranked("name", "articles", "article")),
    "days": Chart(coverage.by_day, lambda data: charts.timeline(coverage.by_day(data)),
                  "Columns over time", DATED),
    "languages": Chart(coverage.by_language, lambda data: charts.language_bars(coverage.by_language(data)),
                       "Bar chart", ARTICLE, _ranked("name", "articles", "article")),
    "outlet-kinds": Chart(coverage.by_outlet_kind, lambda data: charts.outlet_kind_bars(coverage.by_outlet_kind(data)),
                          "Bar chart", ARTICLE, _ranked("kind", "articles", "article")),
    "signers": Chart(coverage.signers_and_others,
                     lambda data: charts.signing_differences(coverage.signers_and_others(data)),
                     "Dots with intervals", SIDES),
    "voices": Chart(quoting.most_quoted, lambda data: charts.voices(quoting.most_quoted(data)),
                    "Bar chart", STATEMENT, _ranked("name", "statements", "statement")),
    "network": _network("outlet", 2, LINKS),
    "network-countries": _network("country", 3, BETWEEN),
    "matrix": Chart(lambda data: quoting.voice_matrix(data).reset_index(),
                    lambda data: charts.matrix(quoting.voice_matrix(data)),
                    "Shaded table, country by country", HEARD),
    "frames": Chart(framing.frames, _frames, "Panels of dots with intervals", ARTICLE),
    "frame-pairs": Chart(framing.co_occurrence,
                         lambda data: charts.frame_matrix(framing.co_occurrence(data), *_doubtful_frames(data)),
                         "Shaded table, frame by frame", ARTICLE),
    "tone": Chart(lambda data: framing.tone_differences(data, "signed"), _tone, "Panels of dots with intervals", SIDES),
    "critics": Chart(lambda data: framing.critics_over_time(data, "day"),
                     lambda data: charts.critics_timeline(framing.critics_over_time(data, "day"), "day"),
                     "Dots with intervals over time", STATEMENT),
    "agreement": Chart(agreement.alphas, lambda data: charts.alpha_dots(agreement.alphas(data)),
                       "Dots with intervals", TWICE),
    "relays": Chart(echoes.relays, lambda data: charts.chain_diagram(
        echoes.relayed(data), len(data.attributions), caveat=_credits(data)),
        "Flow diagram in three columns", STATEMENT, _ranked("name", "statements", "statement")),
    "loops": Chart(echoes.loops, lambda data: charts.loops_chart(
        echoes.loops(data), len(data.attributions), caveat=_credits(data)),
        "Arrows from home abroad and back", LOOPED, _ways),
    "agencies": Chart(echoes.wire_dependence, lambda data: charts.agency_dependence(
        echoes.wire_dependence(data), caveat=_credits(data)), "Stacked bars with intervals", CREDITED),
    "spread": Chart(echoes.repeated, lambda data: charts.spread_dots(
        echoes.same_statement(data), echoes.repeated(data), len(data.attributions)),
        "Dots by day, a row a statement", STATEMENT, _points),
    "silences": Chart(echoes.silences,
                      lambda data: charts.silence_matrix(echoes.silences(data), echoes.without_critics(data)),
                      "Shaded table, country by kind of voice", COMPARED),
    "home-voices": Chart(quoting.home_share, lambda data: charts.home_voices(quoting.home_share(data)),
                         "Dots with intervals", ENDS, _shares("name", "share")),
}


def drawn(data: Dataset, *, needed: bool = False) -> Iterator[tuple[str, pd.DataFrame, Axes]]:
    """Every chart's name, the table behind it and its Axes, which are closed when the next is asked for.

    needed: leave out those for which the record lacks something (see `lacks`).
    """
    backend = matplotlib.get_backend()
    plt.switch_backend("agg")  # no screen is needed, and none is disturbed
    try:
        for name, chart in CHARTS.items():
            if needed and lacks(chart, data):
                continue
            ax = chart.draw(data)
            with plt.style.context(charts.STYLE):
                yield name, chart.table(data), ax
            plt.close(ax.figure)
    finally:
        plt.switch_backend(backend)


def render(data: Dataset, out: str | Path) -> Iterator[tuple[str, list[Path]]]:
    """Draw every chart into a folder (made where it is missing): `NAME.svg`, `NAME.png` and `NAME.csv`.

    Yields the chart's name and its files as each is done. Files of the same name are written anew, others left alone.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, table, ax in drawn(data):
        paths = [out / f"{name}.{ending}" for ending in ("svg", "png", "csv")]
        write_csv(table, paths[2])
        title = " ".join(caption(ax).title.split())
        ax.figure.savefig(paths[0], metadata=charts.SVG_METADATA | {"Title": title})
        ax.figure.savefig(paths[1], metadata={"Title": title, "Software": None})
        plt.close(ax.figure)
        yield name, paths
