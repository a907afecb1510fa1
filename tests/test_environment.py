"""Holds pyproject.toml, requirements.lock and environment.yml to each other: one set of packages, three ways in."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]

RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
REPORT, TESTS, BROWSER = (
    [Requirement(line) for line in PROJECT["optional-dependencies"][group]] for group in ("report", "test", "browser"))
EVERY = RUNTIME + REPORT + TESTS + BROWSER
DIRECT = {canonicalize_name(requirement.name): requirement for requirement in EVERY}
CONDAS = sorted(canonicalize_name(requirement.name) for requirement in RUNTIME + REPORT + TESTS)


def locked_lines() -> list[str]:
    """The lock's entries, each on one line of its own: `name==version ; marker --hash=... --hash=...`."""
    joined = LOCK.replace("\\\n", " ")
    return [line for line in joined.splitlines() if re.match(r"\w", line)]


def locked() -> dict[NormalizedName, list[Requirement]]:
    """What the lock pins, by name. A name has several entries where Pythons or systems need different versions."""
    pins: dict[NormalizedName, list[Requirement]] = {}
    for line in locked_lines():
        requirement = Requirement(line.partition(" --hash")[0])
        pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


def version_of(pin: Requirement) -> Version:
    """The one version that a pin allows."""
    (specifier,) = pin.specifier
    assert specifier.operator == "==" and "*" not in specifier.version, f"{pin} is no pin"
    return Version(specifier.version)


def pip_section() -> list[str]:
    """The lines of environment.yml's pip section."""
    (section,) = (entry["pip"] for entry in CONDA if isinstance(entry, dict))
    return section


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports from outside its own package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_no_package_is_named_twice() -> None:
    assert len(DIRECT) == len(EVERY)


@pytest.mark.parametrize("name", sorted(DIRECT))
def test_direct_package_is_locked_once_within_its_bounds(name: NormalizedName) -> None:
    (pin,) = locked()[name]  # one version for every Python and system, so that charts are the same everywhere
    assert pin.marker is None
    assert DIRECT[name].specifier.contains(version_of(pin))


def test_environment_has_the_locked_versions_and_the_project() -> None:
    expected = [f"{name}=={version_of(locked()[name][0])}" for name in CONDAS]
    assert pip_section() == [*expected, "-e ."]


def test_environment_has_a_python_that_the_project_and_the_lock_allow() -> None:
    (python,) = (entry.partition("=")[2] for entry in CONDA if isinstance(entry, str) and entry.startswith("python="))
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)
    assert "pip" in CONDA  # otherwise conda warns, and puts in one of its own choice


def test_binder_takes_environment_yml() -> None:
    """As repo2docker chooses: these would come before it, or take its place."""
    before = ("binder", ".binder", "Dockerfile", "Project.toml", "JuliaProject.toml", "REQUIRE", "default.nix",
              "install.R", "DESCRIPTION")
    assert [name for name in before if (ROOT / name).exists()] == []
    # The first that this matches is the Python of the image; one with a patch level would be cut to the minor version.
    matched = [re.match(r"python\s*=+\s*([\d.]*)", entry) for entry in CONDA if isinstance(entry, str)]
    assert [match[1] for match in matched if match] == ["3.11"]
    # A line such as "-e ." makes it copy the checkout before it installs.
    assert pip_section()[-1] == "-e ."


def test_every_locked_package_has_its_hashes() -> None:
    assert len(locked_lines()) > len(DIRECT)
    for line in locked_lines():
        pin, *hashes = line.split(" --")
        assert hashes, f"{pin} has no hash"
        assert all(re.fullmatch(r"hash=sha256:[0-9a-f]{64}", value.strip()) for value in hashes), pin


def test_lock_names_no_index_and_no_place_of_one_machine() -> None:
    assert "://" not in LOCK
    assert [line for line in LOCK.splitlines() if line.startswith("-")] == []
    assert re.findall(r"@ |(?<![\w.])/\w+", LOCK) == []


def test_lock_serves_every_python_that_the_project_allows() -> None:
    for python in ("3.11", "3.12", "3.13", "3.14"):
        assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)
        here = {"python_version": python, "python_full_version": f"{python}.0"}
        for name, pins in locked().items():
            fits = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(here)]
            assert len(fits) <= 1, f"{name} has two versions under Python {python}"


def test_every_licence_that_the_project_names_is_there() -> None:
    assert [path for path in PROJECT["license-files"] if not (ROOT / path).is_file()] == []


def test_every_package_that_the_code_imports_is_declared() -> None:
    owners = packages_distributions()
    ours = {"analysis"} | {path.stem for folder in ("benchmarks", "tests") for path in (ROOT / folder).glob("*.py")}
    undeclared: dict[str, list[str]] = {}
    for folder in ("analysis", "benchmarks", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            declared = EVERY if folder != "analysis" else RUNTIME + (REPORT if path.parent.name == "report" else [])
            names = {canonicalize_name(requirement.name) for requirement in declared}
            for module in imported(path) - sys.stdlib_module_names - ours:
                if not {canonicalize_name(owner) for owner in owners.get(module, [module])} & names:
                    undeclared.setdefault(module, []).append(str(path.relative_to(ROOT)))
    assert undeclared == {}
