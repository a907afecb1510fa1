"""How long loading and checking the bundled record takes, beside `pandas.read_csv` over the same files.

Run `python benchmarks/load.py`: it prints medians, and exits with 1 if a limit is broken.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it also runs where the package is not installed

import pandas as pd  # noqa: E402

from analysis.dataset import DATA, TABLES, load_dataset  # noqa: E402

RATIO_LIMIT = 10
FRESH_LIMIT = 1.5  # seconds
RUNS = 25
FRESH_RUNS = 5
FILES = [DATA / f"{name}.csv" for name in TABLES]


def bare() -> list[pd.DataFrame]:
    """What the ratio is to: the same files read, nothing checked, nothing converted."""
    return [pd.read_csv(path) for path in FILES]


def seconds(call: Callable[[], object]) -> float:
    """One run. Rubbish of earlier runs is collected before the clock starts; collection stays on while it runs."""
    gc.collect()
    begin = perf_counter()
    call()
    return perf_counter() - begin


def fresh(bytecode: str | None) -> float:
    """The median of loads in processes of their own, interpreter and imports included.

    `bytecode`: a folder where the processes keep compiled modules, as an ordinary installation has them (a first
    process, not counted, fills it); or None: the environment as it stands.
    """
    environment = dict(os.environ)
    if bytecode:
        environment |= {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}

    def load() -> None:
        code = "import analysis; analysis.load_dataset()"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)

    load()
    return statistics.median(seconds(load) for _ in range(FRESH_RUNS))


def main() -> int:
    print(f"Python {platform.python_version()}, pandas {pd.__version__}, {platform.machine()}")
    print(", ".join(f"{path.name} {path.stat().st_size:,}" for path in FILES), "bytes")
    bare(), load_dataset()  # imports and file cache are no part of the ratio
    # Interleaved, so that a busy machine slows both alike.
    runs = [(seconds(load_dataset), seconds(bare)) for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) for column in zip(*runs))
    ratio = ours / theirs
    print(f"load_dataset {ours * 1e3:.1f} ms, read_csv {theirs * 1e3:.1f} ms (medians of {RUNS} interleaved runs, "
          f"garbage collected before each and collection on)")
    print(f"ratio {ratio:.1f}, limit {RATIO_LIMIT}")
    with tempfile.TemporaryDirectory() as folder:
        start = fresh(folder)
    print(f"fresh process, import and load {start:.2f} s (median of {FRESH_RUNS}), limit {FRESH_LIMIT} s; as this "
          f"environment stands {fresh(None):.2f} s (more if its packages were installed without bytecode)")
    return int(ratio > RATIO_LIMIT or start > FRESH_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
