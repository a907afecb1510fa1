"""One implementation for tables in memory and for archives in partitions: work on each part, then merge what it gives.

The parts of a partitioned record belong together: the n-th of `attributions` holds the statements of the n-th of
`articles`, so that whatever is counted by article adds up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from analysis.dataset import TABLES, Dataset

if TYPE_CHECKING:
    import dask.dataframe as dd

T = TypeVar("T")

PARTITIONED = ("articles", "attributions")  # the tables that grow with the archive; the others are in memory
# Dask would make another kind of string of our columns of text, and text of our columns of lists.
AS_THEY_ARE = {"dataframe.convert-string": False}
_SPLIT_EVERY = 8  # how many parts' results are merged at once: bounds the memory of a merge


def partitioned(data: Dataset) -> bool:
    """Whether the record's articles and attributions are Dask frames."""
    return not isinstance(data.articles, pd.DataFrame)


def reduce(data: Dataset, part: Callable[..., T], merge: Callable[[Sequence[T]], T], shared: Any = None,
           deal: Callable[[T, int], Sequence[T]] | None = None, **columns: Sequence[str]) -> T:
    """What `part` gives for the record, computed part by part where it is partitioned.

    Parameters
    ----------
    part: takes a record whose tables are all in memory (and `shared`, if given); of a partitioned one, a part of it.
    merge: takes several results of `part` and gives one for all their parts; their order must not matter to it.
    shared: a value that every part needs; it goes to every worker once.
    deal: cuts a result of `part` into that many, such that what belongs together in several results gets the same
        place in each: results that grow with the record are then merged place by place, each row once.
    columns: for each table that `part` looks at, the columns that it needs; the others are then not handed to it.
        Without any, all of all tables. (In memory, `part` gets the record as it is.)

    Returns
    -------
    What `part` gives; of a partitioned record, merged. It is computed by the Dask client that is active, if there is
    one.
    """
    more = () if shared is None else (shared,)
    if not partitioned(data):
        return part(data, *more)
    import dask

    tasks = _tasks(data, part, shared, columns)
    # The names of a large archive's speakers are some ten megabytes, and meant to be sent. (Where there is no cluster
    # nothing may be set: `distributed` has its settings only once it is imported.)
    settings = {"distributed.admin.large-graph-warning-threshold": "1GB"} if "distributed" in sys.modules else {}
    merged = dask.delayed(merge, pure=False)
    if deal and len(tasks) > _SPLIT_EVERY:
        hands = -(-len(tasks) // _SPLIT_EVERY)
        cut = [dask.delayed(deal, pure=False, nout=hands)(task, hands) for task in tasks]
        tasks = [merged(list(place)) for place in zip(*cut)]
        with dask.config.set(settings):
            return merge(dask.compute(*tasks))
    while len(tasks) > 1:
        tasks = [merged(tasks[i:i + _SPLIT_EVERY]) for i in range(0, len(tasks), _SPLIT_EVERY)]
    with dask.config.set(settings):
        return tasks[0].compute()


def each(data: Dataset, part: Callable[..., pd.DataFrame], shared: Any = None) -> pd.DataFrame | dd.DataFrame:
    """A table with rows of every article or attribution: what `part` gives, as a Dask frame of a partitioned record.

    Parameters
    ----------
    part, shared: as in `reduce`.
    """
    more = () if shared is None else (shared,)
    if not partitioned(data):
        return part(data, *more)
    import dask
    import dask.dataframe as dd

    empty = replace(data, **{name: getattr(data, name)._meta for name in PARTITIONED})
    with dask.config.set(AS_THEY_ARE):
        return dd.from_delayed(_tasks(data, part, shared, {}), meta=part(empty, *more), verify_meta=False)


def _tasks(data: Dataset, part: Callable, shared: Any, columns: dict[str, Sequence[str]]) -> list:
    """A task for each part of the record."""
    import dask

    number = {name: getattr(data, name).npartitions for name in PARTITIONED}
    if len({*number.values()}) > 1:
        raise ValueError(f"articles have {number['articles']} partitions and attributions {number['attributions']}: "
                         "the n-th of one must belong to the n-th of the other")
    wanted = {name: getattr(data, name)[list(columns[name])] if columns else getattr(data, name)
              for name in TABLES if not columns or name in columns}
    parts = [wanted[name].to_delayed() if name in wanted else [None] * number[name] for name in PARTITIONED]
    rest = dask.delayed(replace(data, **{name: wanted.get(name) if name not in PARTITIONED else None
                                         for name in TABLES}), pure=False)
    more = [] if shared is None else [dask.delayed(shared, pure=False)]
    on_part = dask.delayed(_on_part, pure=False)
    return [on_part(part, articles, attributions, rest, *more) for articles, attributions in zip(*parts)]


def _on_part(part: Callable, articles: pd.DataFrame | None, attributions: pd.DataFrame | None, rest: Dataset,
             *more: Any) -> Any:
    return part(replace(rest, articles=articles, attributions=attributions), *more)


def split(data: Dataset, parts: int) -> Dataset:
    """A record in memory as one with Dask frames, in that many parts.

    Parameters
    ----------
    data: a record in memory. parts: at least 1; articles are dealt out in the order in which they stand.

    Raises
    ------
    ValueError: for less than one part.
    """
    import dask
    import dask.dataframe as dd

    if parts < 1:
        raise ValueError(f"parts must be at least 1, not {parts}")
    number = pd.Series(range(len(data.articles)), index=data.articles["article_id"]) * parts // max(
        len(data.articles), 1)
    of_article = number.to_numpy()
    of_attribution = data.attributions["article_id"].map(number).to_numpy()
    frames = {}
    for name, of in zip(PARTITIONED, (of_article, of_attribution)):
        table = getattr(data, name)
        pieces = [table[of == i] for i in range(parts)]
        with dask.config.set(AS_THEY_ARE):
            frames[name] = dd.from_map(_piece, range(parts), pieces=pieces, meta=table.head(0))
    return replace(data, **frames)


def _piece(i: int, pieces: list[pd.DataFrame]) -> pd.DataFrame:
    return pieces[i]
