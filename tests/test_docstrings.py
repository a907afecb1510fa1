"""The examples in docstrings hold: each module's are run as a reader would type them.

Modules without an example are left out here, so that every test can fail.
"""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import analysis


def modules_with_examples() -> list[str]:
    found = pkgutil.walk_packages(analysis.__path__, "analysis.")
    sources = {module.name: Path(module.module_finder.find_spec(module.name).origin) for module in found}
    return [name for name, path in sources.items() if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("module", modules_with_examples())
def test_examples_hold(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted and not result.failed


def test_the_first_things_a_reader_meets_have_examples():
    assert {"analysis.dataset", "analysis.quoting"} <= set(modules_with_examples())
