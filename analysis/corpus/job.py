"""From an archive's files to tables: planned once, done part by part on a Dask cluster, resumed where it stopped.

What is written depends on the input alone: not on the machines, the order in which they work, or how often they die.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from analysis.corpus import bodies
from analysis.corpus.lines import packed
from analysis.corpus.merge import merge
from analysis.corpus.model import REJECTS, Reader, Split
from analysis.corpus.readers import READERS
from analysis.corpus.stage import mapped, stage
from analysis.dataset import DATA, DESCRIPTOR, Dataset, load_dataset, one_line, printable
from analysis.export import parquet
from analysis.partitions import PARTITIONED

if TYPE_CHECKING:
    from distributed import Client

SPLIT = 32 * 2**20  # bytes of input that one task reads
BUCKET = 64 * 2**20  # bytes of input, unpacked, whose articles make one part of the tables
MAX_BUCKETS = 4_096
_TOGETHER = 4  # how many of many buckets a task merges: fewer are dealt out one by one, so that no worker waits
UNPACKED = {"gzip": 4, "bzip2": 5, "xz": 6}  # how many times larger text is than what it was compressed to
WORK = ".work"
PLAN = "plan.json"

Progress = Callable[[str, int, int], None]


class CorpusError(ValueError):
    """An archive that cannot be built, and in plain words why."""


@dataclass(frozen=True)
class Plan:
    """What is done: which files are read in which parts, and into how many buckets. Files are as they were found."""

    reader: str
    files: tuple[tuple[str, int, int], ...]  # path, bytes, time of the last change (ns)
    splits: tuple[tuple[int, int, int], ...]  # number of the file, first byte, stop
    buckets: int
    record: str
    known: tuple[tuple[str, int, int], ...]  # files of the record, and the list of domains if there is one

    @classmethod
    def of(cls, reader: Reader, files: list[Path], record: Path, listed: Path | None) -> Plan:
        splits, size = [], 0
        for i, path in enumerate(files):
            with open(path, "rb") as file:
                size += path.stat().st_size * UNPACKED.get(packed(file.read(6)) or "", 1)
            splits += [(i, split.start, split.stop) for split in reader.split(path, SPLIT)]
        buckets = max(1, min(MAX_BUCKETS, -(-size // BUCKET)))
        known = [*sorted(record.glob("*.csv")), *([listed] if listed else [])]
        return cls(reader.name, _as_found(files), tuple(splits), buckets, str(record), _as_found(known))

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def split(self, i: int) -> Split:
        file, start, stop = self.splits[i]
        return Split(Path(self.files[file][0]), start, stop)


def _as_found(files: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)


@dataclass(frozen=True)
class Built:
    """What was built, in `folder`.

    `rows`: numbers of rows, by table; `rejects`: of records that were set aside, by reason; `counts`: of what else is
    told, in plain words. `countries` is indexed by where an outlet's country is from (`bodies.FROM`), with `articles`,
    `outlets` and their shares (0-1) `share_of_articles`, `share_of_outlets`. `lacks` names the columns for which the
    format has nothing, as `table.column`.
    """

    folder: Path
    rows: dict[str, int]
    rejects: dict[str, int]
    counts: dict[str, int]
    countries: pd.DataFrame
    lacks: tuple[str, ...]


def build(reader: str, paths: Iterable[str | Path], out: str | Path, *, record: str | Path = DATA,
          domains: str | Path | None = None, client: Client | None = None, progress: Progress | None = None) -> Built:
    """Read an archive and write its tables to a folder, as Parquet.

    Parameters
    ----------
    reader, paths, out, record, domains: as of `prepare`. client, progress: as of `Job.run`.

    Returns
    -------
    Built. The folder holds `articles/` and `attributions/` in parts that belong together, `outlets.parquet` (with a
    column `country_from`), `sources.parquet`, `signatures.parquet`, `recodes.parquet`, `rejects.parquet` (file,
    position, unit, reason, record), `datapackage.json` and `plan.json` (the files as they were found); `archive.load`
    opens it. Of the same files come the same bytes.

    Raises
    ------
    As `prepare` and `Job.run`.
    """
    return prepare(reader, paths, out, record=record, domains=domains).run(client, progress)


def prepare(reader: str, paths: Iterable[str | Path], out: str | Path, *, record: str | Path = DATA,
            domains: str | Path | None = None) -> Job:
    """Plan what is read and written, and make sure that it can be.

    Parameters
    ----------
    reader: a format, one of `READERS`. paths: files, folders (searched for files of the format) and globs.
    out: the folder, new or left unfinished by the same call: what is written already is not done again.
    record: the folder of the record whose outlets and sources are recognised. domains: a list of domains and their
    countries (see `bodies.countries_of`).

    Raises
    ------
    CorpusError: where there is nothing to read, a file cannot be opened, or the folder holds something else.
    DatasetError: where the record or the list of domains has faults.
    """
    if reader not in READERS:
        raise CorpusError(f"no reader {reader!r}; there are {', '.join(READERS)}")
    out, record = Path(out).absolute(), Path(record).absolute()
    listed = Path(domains).absolute() if domains is not None else None
    countries = bodies.countries_of(listed) if listed else {}
    ours = load_dataset(record)
    return Job(_plan(READERS[reader], paths, out, record, listed), out, ours, countries)


@dataclass(frozen=True)
class Job:
    """An archive to build, or built."""

    plan: Plan
    out: Path
    record: Dataset
    countries: dict[str, str]

    @property
    def done(self) -> bool:
        return (self.out / DESCRIPTOR).exists()

    def run(self, client: Client | None = None, progress: Progress | None = None) -> Built:
        """Do what is left to do.

        Parameters
        ----------
        client: of a Dask cluster whose machines all see input, output and record under the same names; without one,
        everything is done in this process. progress: is told what is being done, how many parts are done, and of how
        many.

        Raises
        ------
        CorpusError: where a worker does not see the files, or a part kills every worker that takes it on.
        OSError: where something cannot be read or written; the next call goes on from there.
        """
        if self.done:
            shutil.rmtree(self.out / WORK, ignore_errors=True)  # of a run that was killed at its very end
            return _told(self.out)
        plan, tell = self.plan, progress or (lambda what, done, of: None)
        read, merged = (self.out / WORK / name for name in ("read", "merged"))
        for folder in (read, merged):
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(".*"):  # of a task that was killed
                shutil.rmtree(left)
        if client is not None:
            _same_folders(client, [read, Path(plan.record, DESCRIPTOR), *(Path(f[0]) for f in plan.files[:1])])
        parts = [read / _name(i) for i in range(len(plan.splits))]
        _run(_read, (plan,), len(plan.splits), 1, (read,), "read", client, tell)
        with ThreadPoolExecutor(1) as meanwhile:  # this process only waits for the workers
            bodies_met = meanwhile.submit(_bodies, plan, parts, self.record, self.countries)
            together = max(1, min(_TOGETHER, plan.buckets // (4 * _TOGETHER)))
            _run(_merge, (plan,), plan.buckets, together, (parts, merged), "write", client, tell)
            _finish(plan, self.out, parts, self.record, *bodies_met.result())
        return _told(self.out)


# -- the plan -------------------------------------------------------------------------------------------------------

def _plan(reader: Reader, paths: Iterable[str | Path], out: Path, record: Path, listed: Path | None) -> Plan:
    """The plan of this call; where the folder has one, it must be the same."""
    plan = Plan.of(reader, find(paths, reader), record, listed)
    out.mkdir(parents=True, exist_ok=True)
    there = next((path for path in (out / WORK / PLAN, out / PLAN) if path.exists()), None)
    if there is None:
        if strange := sorted(path.name for path in out.iterdir() if path.name != WORK):
            raise CorpusError(f"{out} holds something else ({printable(strange[0])}); name a new folder")
        (out / WORK).mkdir(exist_ok=True)
        _put(out / WORK / PLAN, plan.text().encode())
    elif there.read_text(encoding="utf-8") != plan.text():
        raise CorpusError(f"{out} holds an archive of other files, or of files that have changed since, or of another "
                          "record; name a new folder, or remove it to begin anew")
    return plan


def find(paths: Iterable[str | Path], reader: Reader) -> list[Path]:
    """The files to read: those named, those of folders that end as the format's files do, those that globs match.

    Returns
    -------
    Absolute paths, sorted, each once. Hidden files and folders are left out.

    Raises
    ------
    CorpusError: names everything that is not there, cannot be opened, or holds no file of the format.
    """
    found: set[Path] = set()
    faults = []
    for given in map(str, paths):
        path = Path(given)
        if path.is_dir():
            files = [p for p in path.rglob("*") if p.is_file() and p.name.lower().endswith(reader.suffixes)
                     and not any(part.startswith(".") for part in p.relative_to(path).parts)]
            if not files:
                faults.append(f"{given}: no file in this folder ends in {', '.join(reader.suffixes)}")
        elif path.is_file():
            files = [path]
        else:
            files = [Path(name) for name in glob.glob(given, recursive=True) if Path(name).is_file()]
            if not files:
                faults.append(f"{given}: no such file")
        found.update(file.absolute() for file in files)
    for path in sorted(found):
        try:
            with open(path, "rb") as file:
                file.read(1)
        except OSError as error:
            faults.append(f"{path}: cannot be read: {error.strerror}")
    if faults:
        raise CorpusError("\n".join(map(one_line, faults)))
    if not found:
        raise CorpusError("nothing to read was named")
    return sorted(found)


# -- the tasks ------------------------------------------------------------------------------------------------------

def _name(i: int) -> str:
    return f"{i:06d}"


@contextmanager
def _whole(folder: Path, i: int) -> Iterator[Path]:
    """A folder to fill that takes its place only when it is full: what is there is never half done."""
    filling = folder / f".{_name(i)}-{uuid.uuid4().hex}"
    filling.mkdir()
    try:
        yield filling
        try:
            filling.rename(folder / _name(i))
        except OSError:  # another worker was thought dead, and was not: it has left the same
            if not (folder / _name(i)).is_dir():
                raise
    finally:
        shutil.rmtree(filling, ignore_errors=True)


def _read(plan: Plan, splits: list[int], folder: Path) -> int:
    for i in splits:
        with _whole(folder, i) as filling:
            stage(READERS[plan.reader], plan.split(i), filling, plan.buckets, Path(plan.record))
    return len(splits)


def _merge(plan: Plan, buckets: list[int], parts: list[Path], folder: Path) -> int:
    """Buckets one after the other, for which the parts are opened once."""
    reader = READERS[plan.reader]
    try:
        for bucket in buckets:
            if not (folder / _name(bucket)).is_dir():  # of a worker that died after it
                with _whole(folder, bucket) as filling:
                    merge(parts, bucket, plan.buckets, filling, reader.whole, reader.dates)
    finally:
        mapped.cache_clear()
    return len(buckets)


def _run(task: Callable, before: tuple, number: int, together: int, after: tuple, what: str, client: Client | None,
         tell: Progress) -> None:
    """Do those of `number` pieces of work whose folders are not there yet, several `together`.

    task: takes `before`, numbers of pieces, and `after`, of which the last is where their folders are; gives how many.
    """
    done = {path.name for path in after[-1].iterdir()}
    left = [i for i in range(number) if _name(i) not in done]
    finished = number - len(left)
    tell(what, finished, number)
    calls = [(*before, left[i:i + together], *after) for i in range(0, len(left), together)]
    if client is None:
        for call in calls:
            finished += task(*call)
            tell(what, finished, number)
        return
    from distributed import KilledWorker, as_completed

    futures = client.map(_call, [task] * len(calls), calls, pure=False, retries=2)
    try:
        for _, several in as_completed(futures, with_results=True):
            finished += several
            tell(what, finished, number)
    except KilledWorker as error:
        raise CorpusError(f"a part of the archive kills every worker that takes it on, perhaps for want of memory "
                          f"({finished} of {number} are done, and stay done): {error}") from None


def _call(task: Callable, arguments: tuple) -> int:
    return task(*arguments)


def _same_folders(client: Client, paths: list[Path]) -> None:
    """Whether every worker sees the files under the names that they have here."""
    seen = client.run(_missing, paths)
    if blind := {worker: missing for worker, missing in sorted(seen.items()) if missing}:
        worker, missing = next(iter(blind.items()))
        raise CorpusError(f"{len(blind)} of the cluster's workers do not see {', '.join(missing)} (first {worker}); "
                          "input, output and record must be on a file system that all machines share")


def _missing(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths if not path.exists()]


# -- the end --------------------------------------------------------------------------------------------------------

def _bodies(plan: Plan, parts: list[Path], ours: Dataset, listed: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of outlets and sources."""
    found = bodies.met(parts, "sources", ["speaker", "speaker_id", "known"])
    sources = bodies.sources(found, ours, READERS[plan.reader].speakers)
    return bodies.outlets(bodies.met(parts, "outlets", ["domain", "name", "country"]),
                          {*sources["source_id"], *sources["outlet_id"].dropna()}, ours, listed), sources


def _finish(plan: Plan, out: Path, parts: list[Path], ours: Dataset, outlets: pd.DataFrame,
            sources: pd.DataFrame) -> None:
    """The tables of outlets and sources, the rejects, and the description; then nothing is left but the archive."""
    reader = READERS[plan.reader]
    merged = [out / WORK / "merged" / _name(b) for b in range(plan.buckets)]
    told = [json.loads((path / "told.json").read_text()) for path in merged]

    read = [json.loads((part / "counts.json").read_text()) for part in parts]
    rejects = _rejects(plan, parts, told, [counted["unit"] for counted in read])
    for name, table in (("outlets", outlets), ("sources", sources)):
        columns = {column: pa.array(table[column], _arrow(column), from_pandas=True) for column in table.columns}
        _write(out / f"{name}.parquet", pa.table(columns))
    for name, table in (("signatures", ours.signatures), ("recodes", ours.recodes.head(0))):
        _put(out / f"{name}.parquet", parquet(table))
    _write(out / "rejects.parquet", rejects)

    of_outlets = pa.concat_tables(feather.read_table(str(path / "outlets.arrow")) for path in merged)
    articles = of_outlets.to_pandas().groupby("values")["counts"].sum()
    outlets["articles"] = outlets["outlet_id"].map(articles).fillna(0).astype(int)
    by = outlets.groupby("country_from")["articles"].agg(["sum", "size"]).reindex(bodies.FROM, fill_value=0)
    counts: Counter[str] = Counter()
    for counted in read:
        counts.update(counted["counts"])
    if undated := sum(part["undated"] for part in told):
        counts["articles without a date"] = undated
    reasons = Counter(rejects["reason"].to_pylist())
    about = {
        "format": reader.name, "title": reader.title,
        "files": [{"name": Path(path).name, "bytes": size} for path, size, _ in plan.files],
        "rows": {**{name: sum(part[name] for part in told) for name in PARTITIONED}, "outlets": len(outlets),
                 "sources": len(sources)},
        "rejects": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "counts": dict(sorted(counts.items())), "lacks": sorted(reader.lacks),
        "countries": [{"from": where, "articles": int(row["sum"]), "outlets": int(row["size"])}
                      for where, row in by.iterrows()],
    }
    for name in PARTITIONED:
        (out / name).mkdir(exist_ok=True)
        for b, path in enumerate(merged):
            target = out / name / f"part-{b:05d}.parquet"
            if (path / f"{name}.parquet").exists():  # a finish that was killed had moved it already
                os.replace(path / f"{name}.parquet", target)
    days = sorted(day for part in told for day in part["days"])
    _put(out / PLAN, plan.text().encode())
    _put(out / DESCRIPTOR, json.dumps(_descriptor(ours, about, days), ensure_ascii=False, indent=1).encode())
    shutil.rmtree(out / WORK)


def _rejects(plan: Plan, parts: list[Path], told: list[dict[str, Any]], units: list[str]) -> pa.Table:
    """Everything that was set aside: what could not be read, and duplicates; by file and position."""
    tables = [pq.read_table(part / "rejects.parquet") for part in parts]
    again = [(Path(plan.files[plan.splits[part][0]][0]).name, record, units[part], "its address stands before", url)
             for bucket in told for part, record, url in bucket["duplicates"]]
    tables.append(pa.Table.from_pylist([dict(zip(REJECTS.names, row)) for row in again], REJECTS))
    return pa.concat_tables(tables).sort_by([("file", "ascending"), ("position", "ascending"), ("reason", "ascending")])


def _descriptor(ours: Dataset, about: dict[str, Any], days: list[str]) -> dict[str, Any]:
    """The record's description, for Parquet, with what is told of the archive; milestones only within its days."""
    described = {key: value for key, value in ours.descriptor.items() if key not in ("resources", "event")}
    resources = []
    for resource in ours.descriptor["resources"]:
        name = resource["name"]
        path = f"{name}/part-*.parquet" if name in PARTITIONED else f"{name}.parquet"
        resources.append({**resource, "path": path, "format": "parquet", "mediatype": "application/vnd.apache.parquet"})
    event = ours.descriptor.get("event", {})
    milestones = [m for m in event.get("milestones", []) if days and days[0] <= m["date"] <= days[-1]]
    described |= {"event": {**event, "milestones": milestones}} if milestones else {}
    return {**described, "resources": resources, "archive": about}


def _put(path: Path, content: bytes) -> None:
    """A file that is there whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    os.replace(new, path)


def _write(path: Path, table: pa.Table) -> None:
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd")
    _put(path, buffer.getvalue().to_pybytes())


def _arrow(column: str) -> pa.DataType:
    """The type of a column of outlets or sources."""
    return {"native_names": pa.list_(pa.string()), "domains": pa.list_(pa.string()), "coded": pa.bool_()}.get(
        column, pa.string())


def _told(out: Path) -> Built:
    about = json.loads((out / DESCRIPTOR).read_text(encoding="utf-8"))["archive"]
    countries = pd.DataFrame(about["countries"]).set_index("from")
    for column in ("articles", "outlets"):
        countries[f"share_of_{column}"] = countries[column] / max(countries[column].sum(), 1)
    return Built(out, about["rows"], about["rejects"], about["counts"], countries, tuple(about["lacks"]))
