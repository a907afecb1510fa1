"""How fast an archive of quotations becomes tables and the who-quoted-whom graph, beside a plain loop and DuckDB.

    python benchmarks/archive.py [MILLIONS ...] [--peer-python PATH]

prints seconds and memory for 0.1, 1 and 10 million quotations (a quarter of an hour, 12 GB of disk), and exits with 1
if a limit is broken. DuckDB is no dependency of this project: where this Python has it not, name one that has
(`python -m venv peer && peer/bin/pip install duckdb`).
"""

from __future__ import annotations

import argparse
import bz2
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also where the package is not installed

import numpy as np  # noqa: E402
import psutil  # noqa: E402

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
MILLION = 1_000_000
LOOP_LIMIT = 5  # times as fast as the loop, at a million
DUCKDB_LIMIT = 4  # times as slow as DuckDB
MEMORY_LIMIT = 4 * 2**30  # bytes of the largest process, at ten million
GROWTH_LIMIT = 1.3  # time a quotation at ten million, as a multiple of that at one million
QUOTEGRAPH = (8_630_000, 528_000)  # links and nodes of Quotegraph (Culjak and others 2025, arXiv:2507.17626)
QUOTEGRAPH_LIMIT = 600  # seconds
WORK = 40_000  # texts for two workers against one
WORKERS_LIMIT = 1.7


# -- quotations in Quotebank's form ---------------------------------------------------------------------------------

def quotations(number: int, seed: int = 7) -> Iterator[str]:
    """Lines as in Quotebank's quotation-centric files; as there, a third have no speaker, a speaker may be one of
    several, and 1.3 addresses come to a quotation, several quotations to an article."""
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list("etaoinshrdlucmfw"), size=n)) for n in rng.integers(2, 10, size=4_000)]
    hosts = [f"{'www.' if i % 3 else ''}{words[i % 4_000]}{i}.{('com', 'com', 'co.uk', 'org', 'com.au', 'in')[i % 6]}"
             for i in range(15_000)]
    speakers = max(1_000, min(500_000, number // 10))
    for begin in range(0, number, 50_000):
        n = min(50_000, number - begin)
        who = (speakers * rng.random(n) ** 4).astype(int)
        nobody = rng.random(n) < 0.34
        outlet = (len(hosts) * rng.random((n, 6)) ** 3).astype(int)
        more = rng.geometric(1 / 1.3, size=n).clip(max=6)
        article = rng.integers(0, max(1, number // len(hosts)), size=(n, 6))
        length = rng.integers(8, 40, size=n)
        picked = rng.integers(0, len(words), size=(n, 40))
        day = rng.integers(0, 365, size=n)
        dates = (np.datetime64("2019-01-01") + day.astype("timedelta64[D]")).astype(str)
        for i in range(n):
            k = who[i]
            name = "None" if nobody[i] else f"{words[k % 4_000].title()} {words[k * 7 % 4_000].title()} {k}"
            qids = [] if nobody[i] else [f"Q{k + 100}"] if k % 6 else [f"Q{k + 100}", f"Q{k + 9_000_000}"]
            urls = list(dict.fromkeys(
                f"http://{hosts[outlet[i, j]]}/news/2019/{words[outlet[i, j] % 4_000]}-{article[i, j]}.html"
                for j in range(more[i])))
            yield json.dumps({
                "quoteID": f"{dates[i]}-{begin + i:06d}",
                "quotation": " ".join([words[w] for w in picked[i, :length[i]]]), "speaker": name, "qids": qids,
                "date": f"{dates[i]} 00:00:00", "numOccurrences": len(urls),
                "probas": [[name, "0.8012"], ["None", "0.1988"]], "urls": urls, "phase": "E"}) + "\n"


def write(path: Path, number: int) -> None:
    with open(path, "w", encoding="utf-8", buffering=2**20) as file:
        file.writelines(quotations(number))


# -- the same question, three ways ----------------------------------------------------------------------------------
# Each in a process of its own, which prints its result: what one leaves in memory slows no other.

def ours(file: Path) -> dict[str, float]:
    """The command's work and the graph, on a cluster that is up: all tables are written."""
    import dask.dataframe  # noqa: F401 (imports are not timed, here as in the others)
    import igraph  # noqa: F401

    from analysis.corpus import build, cluster, load
    from analysis.quoting import degrees, quote_graph

    with tempfile.TemporaryDirectory(dir=file.parent) as folder, cluster() as client:
        begin = perf_counter()
        made = build("quotebank", [file], Path(folder, "out"), client=client)
        built = perf_counter() - begin
        graph = quote_graph(load(Path(folder, "out")))
        seconds = perf_counter() - begin
        table = degrees(graph)
        return {"seconds": seconds, "tables": built, "rows": made.rows["attributions"],
                "edges": int(table["quotes"].sum()), "statements": int(table["quoted_in"].sum())}


def loop(file: Path, remember: bool = False) -> dict[str, float]:
    """A plain loop over the lines that feeds a networkx graph: the same outlets, speakers and counts.

    remember: an outlet's domain is looked up once a host, not once an address.
    """
    from functools import cache

    import networkx as nx

    from analysis import load_dataset
    from analysis.corpus.identify import Known
    from analysis.intake.outlets import host_of

    known = Known(load_dataset())
    outlet_of, source_of = (cache(f) if remember else f for f in (known.outlet, known.source))
    begin = perf_counter()
    graph = nx.DiGraph()
    with bz2.open(file, "rt", encoding="utf-8") if file.suffix == ".bz2" else open(file, encoding="utf-8") as lines:
        for line in lines:
            quotation = json.loads(line)
            name = quotation["speaker"]
            source = source_of("" if name == "None" else name, ";".join(quotation["qids"]), "")
            day = quotation["date"][:10]
            for url in quotation["urls"]:
                outlet = outlet_of(host_of(url), "")[0]
                if graph.has_edge(outlet, source):
                    edge = graph[outlet][source]
                    edge["weight"] += 1
                    edge["articles"].add(url)
                    edge["first"], edge["last"] = min(edge["first"], day), max(edge["last"], day)
                else:
                    graph.add_edge(outlet, source, weight=1, articles={url}, first=day, last=day)
    return {"seconds": perf_counter() - begin, "edges": graph.number_of_edges(),
            "statements": sum(weight for *_, weight in graph.edges(data="weight"))}


def quick_loop(file: Path) -> dict[str, float]:
    return loop(file, remember=True)


# DuckDB reads the lines and adds up the same counts; hosts are its outlets, for it has no public suffix list.
DUCKDB = """
import json, sys, time, duckdb
connection = duckdb.connect()
connection.execute(f"SET threads = {sys.argv[2]}; SET memory_limit = '12GB'; SET enable_progress_bar = false")
begin = time.perf_counter()
edges = connection.execute('''
            SELECT outlet, source, count(*) AS weight, count(DISTINCT url) AS articles, min(date) AS first,
                max(date) AS last
            FROM (SELECT regexp_extract(url, '^https?://(?:www[.])?([^/:?#]+)', 1) AS outlet,
                      speaker || array_to_string(qids, ';') AS source, url, date[:10] AS date
                  FROM (SELECT speaker, qids, date, unnest(urls) AS url FROM read_json(?, format='newline_delimited',
                      columns={speaker: 'VARCHAR', qids: 'VARCHAR[]', date: 'VARCHAR', urls: 'VARCHAR[]'})))
            GROUP BY outlet, source''', [sys.argv[1]]).fetchnumpy()
seconds = time.perf_counter() - begin
print(json.dumps({"seconds": seconds, "edges": len(edges["weight"]), "statements": int(edges["weight"].sum())}))
"""


def quotegraph(_: Path) -> dict[str, float]:
    """A graph of Quotegraph's published size from a million-part record, and its degrees."""
    import dask
    import dask.dataframe as dd

    from analysis import load_dataset
    from analysis.partitions import AS_THEY_ARE
    from analysis.quoting import degrees, quote_graph

    links, nodes = QUOTEGRAPH
    record = load_dataset()
    outlets = 15_000
    begin = perf_counter()
    data, parts = quotegraph_record(record, links, nodes - outlets, outlets), 64
    with dask.config.set(AS_THEY_ARE):
        data = type(data)(**{**{name: getattr(data, name) for name in data.__dataclass_fields__}, **{
            name: dd.from_map(quotegraph_part, range(parts), name=name, parts=parts, links=links,
                              speakers=nodes - outlets, outlets=outlets, meta=getattr(record, name).head(0))
            for name in ("articles", "attributions")}})
    with dask.config.set(scheduler="synchronous"):
        graph = quote_graph(data)
    table = degrees(graph)
    reciprocal = int((table["mutual"] > 0).sum())
    return {"seconds": perf_counter() - begin, "edges": graph.ecount(), "nodes": graph.vcount(),
            "highest in-degree": int(table["quoted_by"].max()), "mean out-strength": float(table["quoting_in"].mean()),
            "nodes with a mutual link": reciprocal}


def quotegraph_record(record, links: int, speakers: int, outlets: int):
    from dataclasses import replace

    import pandas as pd

    def table(like, number: int, key: str, letter: str, **constant):
        made = {column: pd.Series([constant.get(column)] * number, dtype=dtype) if dtype != object else
                pd.Series([[]] * number) for column, dtype in like.dtypes.items()}
        ids = pd.Series(letter + pd.Series(range(number)).astype("str"), dtype="str")
        return pd.DataFrame({**made, key: ids, "name": ids})

    return replace(record, outlets=table(record.outlets, outlets, "outlet_id", "o", kind="newspaper", owner="private",
                                         coded=False),
                   sources=table(record.sources, speakers, "source_id", "s", kind="person", sector="other"))


def quotegraph_part(i: int, name: str, parts: int, links: int, speakers: int, outlets: int):
    """A part of the record: an article an outlet, and of all its possible links those that fall to the part."""
    import pandas as pd

    from analysis import load_dataset

    rng = np.random.default_rng(i)
    per = links // parts + (i < links % parts)
    # Every part has outlets of its own, so that each pair is a link of its own.
    mine = np.arange(i, outlets, parts)
    if name == "articles":
        ids = pd.Series("a" + pd.Series(mine).astype("str"), dtype="str")
        like = load_dataset().articles
        made = {c: pd.Series([None] * len(mine), dtype=t) if t != object else pd.Series([[]] * len(mine))
                for c, t in like.dtypes.items()}
        return pd.DataFrame({**made, "article_id": ids, "url": "http://example.org/" + ids, "language": "en",
                             "outlet_id": pd.Series("o" + pd.Series(mine).astype("str"), dtype="str"),
                             "published": pd.Series(np.datetime64("2019-01-01"), index=ids.index).astype(
                                 "datetime64[us]")})[like.columns]
    pairs = np.unique(rng.integers(0, len(mine) * speakers, size=int(per * 1.05)))
    pairs = np.sort(rng.permutation(pairs)[:per])
    outlet, source = mine[pairs // speakers], pairs % speakers
    # Each speaker is quoted once at least.
    like = load_dataset().attributions
    article = pd.Series("a" + pd.Series(outlet).astype("str"), dtype="str")
    number = pd.Series(range(per))
    return pd.DataFrame({"attribution_id": article + "." + (number + 1).astype("str"), "article_id": article,
                         "position": number + 1,
                         "source_id": pd.Series("s" + pd.Series(source).astype("str"), dtype="str"),
                         "form": pd.Categorical.from_codes(np.zeros(per, int), dtype=like["form"].dtype),
                         "stance": pd.Categorical.from_codes(np.full(per, -1), dtype=like["stance"].dtype),
                         "via": pd.Series([[] for _ in range(per)], dtype=object), "gist": "x"})[like.columns]


# -- attribution on one worker and on two ---------------------------------------------------------------------------

def attributed(file: Path, workers: int) -> dict[str, float]:
    """Quotations of GDELT's form, whose speakers are found by `analysis.attribution`."""
    from analysis.corpus import build, cluster

    with tempfile.TemporaryDirectory(dir=file.parent) as folder, cluster(workers=workers) as client:
        begin = perf_counter()
        made = build("gdelt-quotes", [file], Path(folder, "out"), client=client)
        return {"seconds": perf_counter() - begin, "rows": made.rows["attributions"]}


def one_worker(file: Path) -> dict[str, float]:
    return attributed(file, 1)


def two_workers(file: Path) -> dict[str, float]:
    return attributed(file, 2)


def gdelt_quotations(path: Path, number: int) -> None:
    """Folders of files as GDELT publishes them, with texts that differ."""
    rng = np.random.default_rng(3)
    names = [f"{a} {b}" for a in ("Ann", "Bo", "Cy", "Dee", "Eve", "Flo")
             for b in ("Ash", "Birch", "Cole", "Drew", "Elm")]
    verbs = ["said", "told reporters", "warned", "added", "explained"]
    nouns = ["treaty", "budget", "harbour", "inquiry", "network", "evidence", "border", "hospital"]
    path.mkdir()
    for f in range(16):
        with open(path / f"{f:02d}.gqg.json", "w", encoding="utf-8") as file:
            for i in range(number // 16):
                a, b, c = rng.integers(len(nouns), size=3)
                name, verb = names[rng.integers(len(names))], verbs[rng.integers(len(verbs))]
                quote = f"The {nouns[a]} needs the {nouns[b]} before the {nouns[c]} number {i} is settled"
                around = {"pre": f"Talks went on until midnight over the {nouns[c]} fund {i}. ", "quote": quote,
                          "post": f" {verb} {name}, who leads the delegation."}
                file.write(json.dumps({
                    "date": "2025-10-25T12:00:00Z", "url": f"https://paper{i % 300}.example.com/{f}/{i}",
                    "title": "T", "lang": "ENGLISH", "quotes": [around]}) + "\n")


# -- running and telling --------------------------------------------------------------------------------------------

def peer(file: Path, python: str) -> dict[str, float] | None:
    """DuckDB's figures, or None where it is not installed."""
    run = subprocess.run([python, "-c", DUCKDB, str(file), str(CORES)], capture_output=True, text=True)
    if run.returncode and "No module named 'duckdb'" not in run.stderr:
        raise SystemExit(run.stderr)
    return None if run.returncode else json.loads(run.stdout)


def apart(what: Callable[[Path], dict[str, float]], file: Path) -> tuple[dict[str, float], int]:
    """What a function gives in a process of its own, and the peak memory of the largest process that took part."""
    run = subprocess.Popen([sys.executable, __file__, "--only", what.__name__, str(file)], stdout=subprocess.PIPE,
                           text=True)
    peak = 0

    def watch() -> None:
        nonlocal peak
        parent = psutil.Process(run.pid)
        while run.poll() is None:
            try:
                for process in [parent, *parent.children(recursive=True)]:
                    peak = max(peak, process.memory_info().rss)
            except psutil.Error:
                pass
            stop.wait(0.1)

    stop = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    text = run.communicate()[0]
    stop.set()
    watcher.join()
    if run.returncode:
        raise SystemExit(f"{what.__name__} failed")
    return json.loads(text.splitlines()[-1]), peak


def main(sizes: list[float], peer_python: str) -> int:
    print(f"Python {platform.python_version()}, {CORES} cores, {platform.machine()}")
    broken, a_quotation = [], {}

    def limit(holds: bool, what: str) -> None:
        print(f"    {'holds' if holds else 'BROKEN'}: {what}")
        broken.extend([] if holds else [what])

    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            file = Path(folder, "quotes.json")
            write(file, int(size * MILLION))
            mine, peak = apart(ours, file)
            seconds = mine["seconds"]
            a_quotation[size] = seconds / size
            print(f"{size:g} million quotations, {mine['rows']:,} statements, {file.stat().st_size / 1e6:,.0f} MB of "
                  f"JSON lines, {mine['edges']:,} links:\n    {seconds:.1f} s (tables {mine['tables']:.1f} s), "
                  f"{size * MILLION / seconds:,.0f} quotations and {mine['rows'] / seconds:,.0f} statements a second, "
                  f"largest process {peak / 2**30:.2f} GB")
            if theirs := peer(file, peer_python):
                check(mine, theirs)
                limit(seconds <= DUCKDB_LIMIT * theirs["seconds"] or size < 1,
                      f"{seconds / theirs['seconds']:.2f} times DuckDB's {theirs['seconds']:.1f} s, which writes no "
                      f"tables; limit {DUCKDB_LIMIT} from 1 million on")
            else:
                print(f"    DuckDB skipped: {peer_python} has it not")
            if size <= 1:
                plain, quick = apart(loop, file)[0], apart(quick_loop, file)[0]
                check(mine, plain), check(mine, quick)
                limit(plain["seconds"] >= LOOP_LIMIT * seconds or size < 1,
                      f"{plain['seconds'] / seconds:.1f} times as fast as the plain loop's {plain['seconds']:.1f} s; "
                      f"limit {LOOP_LIMIT} at 1 million")
                print(f"    the loop with a memory of hosts and speakers: {quick['seconds']:.1f} s, "
                      f"{quick['seconds'] / seconds:.1f} times")
            else:
                limit(peak < MEMORY_LIMIT, f"largest process {peak / 2**30:.2f} GB, limit {MEMORY_LIMIT / 2**30:g}")
            if size <= 1:
                packed = Path(folder, "quotes.json.bz2")
                with open(file, "rb") as source, bz2.open(packed, "wb") as target:
                    shutil.copyfileobj(source, target)
                tight, _ = apart(ours, packed)
                print(f"    as one bzip2 file, which one worker must unpack: {tight['seconds']:.1f} s")
                packed.unlink()
        if 1 in a_quotation and 10 in a_quotation:
            growth = a_quotation[10] / a_quotation[1]
            limit(growth <= GROWTH_LIMIT, f"a quotation takes {growth:.2f} times as long at 10 million as at 1 "
                  f"million; limit {GROWTH_LIMIT}")
        made, peak = apart(quotegraph, Path(folder))
        print(f"Quotegraph's size, {made['edges']:,} links and {made['nodes']:,} nodes, with degrees: "
              f"{made['seconds']:.0f} s, largest process {peak / 2**30:.2f} GB; highest in-degree "
              f"{made['highest in-degree']:,}, {made['mean out-strength']:.1f} statements a node")
        limit(made["seconds"] < QUOTEGRAPH_LIMIT and made["edges"] >= QUOTEGRAPH[0],
              f"under {QUOTEGRAPH_LIMIT} s")
        quotes = Path(folder, "gdelt")
        gdelt_quotations(quotes, WORK)
        one, two = apart(one_worker, quotes)[0], apart(two_workers, quotes)[0]
        limit(one["seconds"] >= WORKERS_LIMIT * two["seconds"],
              f"attribution of {one['rows']:,} quotations: {one['seconds']:.1f} s on one worker, "
              f"{two['seconds']:.1f} s on two, {one['seconds'] / two['seconds']:.2f} times as fast; limit {WORKERS_LIMIT}")
    return int(bool(broken))


def check(mine: dict[str, float], theirs: dict[str, float]) -> None:
    """All have counted the same statements. (Links differ by outlets that have several hosts, to DuckDB.)"""
    if mine["statements"] != theirs["statements"]:
        raise SystemExit(f"counted differently: {mine} and {theirs}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        print(json.dumps(globals()[sys.argv[2]](Path(sys.argv[3]))))
        sys.exit()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", nargs="*", type=float, default=[0.1, 1, 10])
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has duckdb")
    options = parser.parse_args()
    sys.exit(main(options.millions, options.peer_python))
