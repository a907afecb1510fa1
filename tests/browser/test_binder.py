"""Binder's environment, as far as it can be had without Binder: environment.yml's pip section, and nothing else, runs.

It takes a clean environment, and minutes where no package is in the cache: `make e2e` runs it, not `make test`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from analysis.dataset import DATA

ROOT = DATA.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".pytest_cache", ".hypothesis",
                                  ".ipynb_checkpoints")


def run(*command: object, folder: Path, **variables: object) -> str:
    """What a command prints; where it fails, the test fails with it."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("PYTHONPATH", "MPLBACKEND", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")}
    done = subprocess.run([str(part) for part in command], cwd=folder, text=True, capture_output=True,
                          env=environment | {name: str(value) for name, value in variables.items()})
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_notebook_01_runs_on_the_pip_section_alone(tmp_path: Path) -> None:
    project = shutil.copytree(ROOT, tmp_path / "project", ignore=LEFT_OUT)
    dependencies = yaml.safe_load((project / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (section,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    (tmp_path / "pip.txt").write_text("\n".join(section), encoding="utf-8")
    run(sys.executable, "-m", "venv", tmp_path / "clean", folder=tmp_path)
    python = tmp_path / "clean" / ("Scripts" if os.name == "nt" else "bin") / "python"
    installer = [sys.executable, "-m", "uv", "pip", "install", "--python", python] if find_spec("uv") \
        else [python, "-m", "pip", "install"]
    run(*installer, "--quiet", "--requirement", tmp_path / "pip.txt", folder=project)

    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json", folder=tmp_path))
    installed = {canonicalize_name(package["name"]): package["version"] for package in listed}
    pins = [Requirement(line) for line in section if not line.startswith("-e")]
    assert len(pins) == len(section) - 1
    assert [str(pin) for pin in pins if not pin.specifier.contains(installed[canonicalize_name(pin.name)])] == []
    run(python, "-m", "pip", "check", folder=tmp_path)
    where = run(python, "-c", "import analysis; print(analysis.__file__)", folder=tmp_path)
    assert Path(where.strip()) == project / "analysis" / "__init__.py"

    # Strictly: every stored output is what the clean environment computes, the charts' SVG included.
    (notebook,) = (project / "notebooks").glob("01_*.ipynb")
    said = run(python, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", notebook, folder=project,
               HOME=tmp_path, MPLCONFIGDIR=tmp_path / "matplotlib", IPYTHONDIR=tmp_path / "ipython",
               JUPYTER_CONFIG_DIR=tmp_path / "jupyter", JUPYTER_NO_CONFIG=1, JUPYTER_PREFER_ENV_PATH=1)
    assert " passed" in said
