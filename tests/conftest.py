"""Fixtures of all tests: the bundled record, loaded once, and a copy of its files that a test may damage.

No test writes to `data/` itself.
"""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest

# Before numpy is imported: small products gain nothing by threads, and those of two workers wait busily for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
pytest.register_assert_rewrite("drawn")  # its tests tell what they found, as those of a test module do

from analysis import Dataset, load_dataset  # noqa: E402
from analysis.dataset import DATA, DESCRIPTOR  # noqa: E402


def pytest_collection_finish() -> None:
    """What is imported stays: the garbage collector, which statsmodels calls at each correction, need not walk it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def data() -> Dataset:
    """The bundled record. It is shared by all tests, so none may change its frames in place."""
    return load_dataset()


@pytest.fixture
def copy_of_data(tmp_path: Path) -> Path:
    """A folder with the bundled tables and their descriptor, free to be damaged."""
    folder = tmp_path / "data"
    folder.mkdir()
    for path in (*DATA.glob("*.csv"), DATA / DESCRIPTOR):
        shutil.copy(path, folder)
    return folder
