"""How long the explorer takes to answer when a control is moved, against a limit of 200 ms, on two records.

From the moved control to the messages for the browser, packed as they go over the wire; the browser's own time comes on
top. Run `python benchmarks/explore.py`: it prints medians and worsts, and exits with 1 if the limit is broken.
"""

from __future__ import annotations

import gc
import json
import platform
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also where the package is not installed

import ipywidgets  # noqa: E402
import pandas as pd  # noqa: E402

from analysis import Dataset, load_dataset  # noqa: E402
from analysis.explore import Explorer, explore  # noqa: E402

LIMIT = 0.2  # seconds from the moved control to the answer
NODES = 2_000
RUNS = 1

sent = 0  # bytes of messages to the browser


class Wire:
    """Takes the messages to the browser where no kernel runs, and packs them as a kernel would."""

    def __init__(self, data=None, comm_id=None, **_) -> None:
        self.comm_id = comm_id or uuid4().hex
        self.send(data)

    def send(self, data=None, **_) -> None:
        global sent
        sent += len(json.dumps(data, allow_nan=False).encode())

    def on_msg(self, _) -> None: ...

    def close(self, **_) -> None: ...


def larger(data: Dataset, copies: int) -> Dataset:
    """The record several times over, each time by outlets of its own that quote the same people and bodies."""
    shared = set(data.sources.loc[data.sources["outlet_id"].isna(), "source_id"]) - set(data.outlets["outlet_id"])

    def copy(table: pd.DataFrame, i: int) -> pd.DataFrame:
        table = table.copy()
        for column in {"outlet_id", "source_id", "article_id", "attribution_id", "name", "url"} & set(table):
            own = table[column].notna() & ~(table[column].isin(shared) if column == "source_id" else False)
            table[column] = table[column].mask(own, table[column] + (f"-{i}" if column != "name" else f" {i}"))
        for column in {"via", "wire"} & set(table):
            table[column] = [[f"{outlet}-{i}" for outlet in outlets] for outlets in table[column]]
        return table

    def over(table: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([copy(table, i) for i in range(copies)], ignore_index=True)

    sources = over(data.sources).drop_duplicates("source_id", ignore_index=True)
    return replace(data, articles=over(data.articles), outlets=over(data.outlets), sources=sources,
                   attributions=over(data.attributions))


def moves(explorer: Explorer) -> Iterator[tuple[str, Callable[[], None]]]:
    """Every control, moved through its range; each call is one move of a hand."""

    def through(name: str, values: list) -> Iterator[tuple[str, Callable[[], None]]]:
        return ((name, lambda v=v: setattr(explorer.controls[name], "value", v)) for v in values)

    for level in ("country", "sector", "outlet"):
        yield from through("level", [level])
        yield from through("least", [1, 2, 3, 5, 8, 5, 3, 2, 1])
        for name in ("media", "voices", "sector", "stance"):
            yield from through(name, [value for _, value in explorer.controls[name].options][::-1])
        yield from through("undated", ["without", "only", "with"])
        # A window of a fortnight is dragged from end to end of the year of the signing, then opened again.
        start, slider = date(2025, 1, 1).toordinal(), explorer.controls["days"]
        yield from through("days", [(start + day, start + day + 14) for day in range(0, 345, 15)])
        yield from through("days", [(slider.min, slider.max)])
        yield from through("first", [date(2025, 10, 24), date(2025, 10, 26), date.fromordinal(slider.min)])
        yield from through("last", [date(2025, 10, 26), date.fromordinal(slider.max)])
        edges = explorer.view.edges.sort_values("statements", ascending=False).head(20)
        yield from (("click", lambda code=code: setattr(explorer.network, "chosen", [code])) for code in edges["to"])
        yield from (("click", lambda e=e: setattr(explorer.network, "chosen", list(e)))
                    for e in edges[["from", "to"]].itertuples(index=False, name=None))
        yield "click", lambda: setattr(explorer.network, "chosen", [])


def measure(data: Dataset, name: str) -> bool:
    """Print the times of every control on a record; True where one broke the limit."""
    global sent
    begin = perf_counter()
    explorer = explore(data, least=1)
    opened = perf_counter() - begin
    view = explorer.view
    print(f"{name}: {len(data.attributions):,} statements, {len(view.nodes):,} nodes, {len(view.edges):,} links; "
          f"opened in {opened:.1f} s, layout and all")
    begin = perf_counter()
    for level in ("country", "sector", "outlet"):  # the first visit lays a level out
        explorer.update(level=level)
    print(f"the other levels laid out in {perf_counter() - begin:.2f} s")
    taken: dict[str, list[float]] = {}
    packed: dict[str, list[int]] = {}
    for _ in range(RUNS):
        for number, (control, move) in enumerate(moves(explorer)):
            if not number % 50:
                gc.collect()
            sent, begin = 0, perf_counter()
            move()
            taken.setdefault(control, []).append(perf_counter() - begin)
            packed.setdefault(control, []).append(sent)
    print(f"{'control':<10} {'moves':>6} {'median':>9} {'worst':>9} {'worst / limit':>14} {'largest message':>16}")
    taken["all"] = [time for times in taken.values() for time in times]
    packed["all"] = [size for sizes in packed.values() for size in sizes]
    for control, times in taken.items():
        print(f"{control:<10} {len(times):6,} {statistics.median(times) * 1000:6.1f} ms {max(times) * 1000:6.1f} ms "
              f"{max(times) / LIMIT:14.2f} {max(packed[control]) / 1000:13,.0f} kB")
    return max(taken["all"]) > LIMIT


def main() -> int:
    print(f"Python {platform.python_version()}, pandas {pd.__version__}, {platform.machine()}; "
          f"limit {LIMIT * 1000:.0f} ms a move, {RUNS} round through every control")
    ipywidgets.comm.create_comm = Wire
    data = load_dataset()
    broken = measure(data, "bundled record")
    large = larger(data, 4)
    assert len(explore(large, least=1).view.nodes) >= NODES, "too small to tell"
    broken |= measure(large, "four times as many outlets")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
