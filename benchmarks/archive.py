"""How fast an archive of quotations becomes tables and the who-quoted-whom graph, beside a plain loop and DuckDB.

Run `python benchmarks/archive.py` (with `--sizes 0.1 1` for the first two sizes only; 10 million take some minutes and
10 GB of disk). It needs `pip install duckdb` beside the project, for the comparison only, and exits with 1 if a limit
is broken.
"""

from __future__ import annotations

import argparse
import bz2
import json
import multiprocessing
import platform
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, sleep

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also where the package is not installed

import numpy as np  # noqa: E402

MILLION = 1_000_000
LOOP_LIMIT = 5  # times faster than the loop, at a million
DUCKDB_LIMIT = 4  # times slower than DuckDB, on the uncompressed form
MEMORY_LIMIT = 4 * 2**30  # bytes of the largest process, at ten million
GROWTH_LIMIT = 1.3  # time a quotation at ten million, to that at one million
QUOTEGRAPH = (8_630_000, 528_000)  # edges and nodes (Çetin, Spitz and West 2024, arXiv:2310.12345)
QUOTEGRAPH_LIMIT = 600  # seconds


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
            urls = [f"http://{hosts[outlet[i, j]]}/news/2019/{words[outlet[i, j] % 4_000]}-{article[i, j]}.html"
                    for j in range(more[i])]
            yield json.dumps({
                "quoteID": f"{dates[i]}-{begin + i:06d}",
                "quotation": " ".join([words[w] for w in picked[i, :length[i]]]), "speaker": name, "qids": qids,
                "date": f"{dates[i]} 00:00:00", "numOccurrences": len(urls),
                "probas": [[name, "0.8012"], ["None", "0.1988"]], "urls": urls, "phase": "E"}) + "\n"


def write(path: Path, number: int) -> None:
    with open(path, "w", encoding="utf-8", buffering=2**20) as file:
        file.writelines(quotations(number))


# -- the same question, three ways ----------------------------------------------------------------------------------

def ours(files: list[Path], folder: Path) -> tuple[int, int, float]:
    """The command's work, cluster and all, and the graph: edges, statements, and seconds until the tables stood."""
    from distributed import Client, LocalCluster

    from analysis.corpus import build, load, local_cluster
    from analysis.quoting import quote_graph

    begin = perf_counter()
    with local_cluster() as client:
        build("quotebank", files, folder, client=client)
        built = perf_counter() - begin
        graph = quote_graph(load(folder))
    if isinstance(graph, nx_digraph()):
        return graph.number_of_edges(), sum(w for *_, w in graph.edges(data="weight")), built
    return graph.ecount(), sum(graph.es["weight"]), built
