"""How long `quote_graph` takes on a million attributions, beside a bare pandas pipeline that only counts the edges.

Run `python benchmarks/quote_graph.py`: it prints medians, and exits with 1 if a limit is broken.
"""

from __future__ import annotations

import gc
import platform
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also where the package is not installed

import networkx as nx  # noqa: E402
import pandas as pd  # noqa: E402

from analysis import Dataset, load_dataset  # noqa: E402
from analysis.quoting import quote_graph  # noqa: E402

ATTRIBUTIONS = 1_000_000
LIMIT = 3
RUNS = 5
LEVELS = ("outlet", "country", "sector")


def repeated(data: Dataset, attributions: int) -> Dataset:
    """The record over and over until it has that many attributions: new articles each time, by the same outlets."""
    copies = -(-attributions // len(data.attributions))

    def copy(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
        parts = [table.assign(**{c: f"{i}-" + table[c] for c in columns}) for i in range(copies)]
        return pd.concat(parts, ignore_index=True)

    said = copy(data.attributions, ["attribution_id", "article_id"]).head(attributions)
    return replace(data, articles=copy(data.articles, ["article_id", "url"]), attributions=said)


def joined(data: Dataset) -> pd.DataFrame:
    """Attributions with both ends of their chain: the article's outlet, and the source (or the outlet that it is)."""
    said = data.attributions[["article_id", "source_id", "via"]]
    said = said.merge(data.articles[["article_id", "outlet_id"]], on="article_id")
    node = data.sources["outlet_id"].fillna(data.sources["source_id"]).set_axis(data.sources["source_id"])
    return said.assign(source=said["source_id"].map(node))


def count(said: pd.DataFrame) -> pd.Series:
    """Edges and their weights: explode `via` into steps, one groupby."""
    steps = said[["outlet_id", "via", "source"]].explode("via")  # a row a relay; one row where there is none
    relayed = steps[steps["via"].notna()]
    first, last = ~relayed.index.duplicated(), ~relayed.index.duplicated(keep="last")
    plain = steps[steps["via"].isna()]
    edges = pd.concat([
        pd.DataFrame({"quoting": plain["outlet_id"], "quoted": plain["source"]}),
        pd.DataFrame({"quoting": relayed["via"].shift().where(~first, relayed["outlet_id"]), "quoted": relayed["via"]}),
        pd.DataFrame({"quoting": relayed["via"][last], "quoted": relayed["source"][last]}),
    ])
    return edges.groupby(["quoting", "quoted"]).size()


def seconds(call: Callable[[], object]) -> float:
    """One run. Rubbish of earlier runs is collected before the clock starts; collection stays on while it runs."""
    gc.collect()
    begin = perf_counter()
    call()
    return perf_counter() - begin


def main() -> int:
    versions = f"Python {platform.python_version()}, pandas {pd.__version__}, networkx {nx.__version__}"
    print(f"{versions}, {platform.machine()}")
    data = repeated(load_dataset(), ATTRIBUTIONS)
    said = joined(data)
    print(f"{len(data.attributions):,} attributions in {len(data.articles):,} articles")
    # A pipeline that counts something else would be no measure. This also warms up both.
    graph, edges = quote_graph(data), count(said)
    assert {(a, b): w for a, b, w in graph.edges(data="weight")} == edges.to_dict(), "the two count different edges"

    calls: dict[str, Callable[[], object]] = {level: lambda level=level: quote_graph(data, level) for level in LEVELS}
    calls |= {"bare": lambda: count(joined(data)), "bare, joined before": lambda: count(said)}
    # Interleaved, so that a busy machine slows all alike.
    runs = [[seconds(call) for call in calls.values()] for _ in range(RUNS)]
    taken = dict(zip(calls, map(statistics.median, zip(*runs))))
    print(f"medians of {RUNS} interleaved runs, garbage collected before each and collection on:")
    broken = False
    for name, time in taken.items():
        ratio, strict = time / taken["bare"], time / taken["bare, joined before"]
        print(f"{name:<20} {time:6.2f} s  {ratio:5.2f} x bare (limit {LIMIT})  {strict:5.2f} x bare without its joins")
        broken |= name in LEVELS and ratio > LIMIT
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
