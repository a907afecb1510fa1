"""What is released can be cited and read elsewhere: one version everywhere, a valid CITATION.cff and data package.

The schema of the Citation File Format in tests/data is the one published with its version 1.2.0 (CC BY 4.0).
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path

import frictionless
import jsonschema
import pytest
import yaml
from packaging.version import Version

import analysis
from analysis.dataset import DATA, DESCRIPTOR

ROOT = DATA.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DESCRIBED = json.loads((DATA / DESCRIPTOR).read_text(encoding="utf-8"))
# Every value as text: the format's dates and versions are text, YAML's own types are not.
CITATION = yaml.load((ROOT / "CITATION.cff").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SCHEMA = ROOT / "tests" / "data" / "citation-file-format-1.2.0.schema.json"


def releases() -> list[tuple[str, str]]:
    """The changelog's (version, date), as they stand there; what is not released yet is none."""
    return re.findall(r"^## \[(\d[^\]]*)\] - (\S+)$", CHANGELOG, re.MULTILINE)


def cited() -> list[dict]:
    """What CITATION.cff asks to cite: the record, and the code."""
    return [CITATION, *CITATION["references"]]


def test_one_version_everywhere() -> None:
    version = PROJECT["version"]
    assert analysis.__version__ == version, "the installed project is an older one: make setup"
    assert {work["version"] for work in cited()} == {DESCRIBED["version"]} == {releases()[0][0]} == {version}
    assert f"version {version}." in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def test_citation_is_valid_by_its_format() -> None:
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(CITATION)
    for work in cited():
        assert date.fromisoformat(work["date-released"]) == date.fromisoformat(releases()[0][1])
        assert work["authors"] == PROJECT["authors"] == [{"name": c["title"]} for c in DESCRIBED["contributors"]]


def test_citation_names_the_record_and_the_code() -> None:
    (code,) = CITATION["references"]
    assert (CITATION["type"], CITATION["title"]) == ("dataset", DESCRIBED["title"])
    assert [CITATION["license"]] == [licence["name"] for licence in DESCRIBED["licenses"]]
    assert CITATION["keywords"] == DESCRIBED["keywords"]
    assert code["type"] == "software" and code["title"].startswith(f"{PROJECT['name']}: ")
    assert code["license"] in PROJECT["license"].split(" AND ")
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").replace("> ", "").split())
    assert f"{CITATION['authors'][0]['name']} ({CITATION['date-released'][:4]}): {CITATION['title']}, version" in readme


def test_changelog_is_newest_first_and_tells_something_of_every_release() -> None:
    assert len(releases()) == len(re.findall(r"^## ", CHANGELOG.replace("## [Unreleased]\n", ""), re.MULTILINE)) > 1
    for (version, day), (older, day_before) in pairwise(releases()):
        assert Version(version) > Version(older) and date.fromisoformat(day) >= date.fromisoformat(day_before)
    for part in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", part, re.MULTILINE)
        assert kinds and set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
        assert part.count("\n- ") >= len(kinds)


def test_frictionless_finds_the_data_package_valid() -> None:
    report = frictionless.validate(str(DATA / DESCRIPTOR))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])
    assert [task.name for task in report.tasks] == [resource["name"] for resource in DESCRIBED["resources"]]
    assert all(task.stats["rows"] for task in report.tasks)


@pytest.mark.parametrize(("file", "old", "new", "kind"), [
    ("recodes.csv", ",excerpt,", ",skimmed,", "constraint-error"),  # an enumeration
    ("signatures.csv", "\nAO,", "\nDZ,", "primary-key"),
    ("sources.csv", "abdellatif-ouahbi", "nobody's source", "constraint-error"),  # a pattern
    ("recodes.csv", "article_id,language", "language,article_id", None),  # two names of columns that changed places
])
def test_frictionless_reads_our_rules(copy_of_data: Path, file: str, old: str, new: str, kind: str | None) -> None:
    """That it finds no fault in the record says something only because it would find one."""
    path = copy_of_data / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    described = json.loads((copy_of_data / DESCRIPTOR).read_text(encoding="utf-8"))
    described["resources"] = [resource | {"schema": {k: v for k, v in resource["schema"].items() if k != "foreignKeys"}}
                              for resource in described["resources"] if resource["path"] == file]
    (copy_of_data / DESCRIPTOR).write_text(json.dumps(described), encoding="utf-8")
    report = frictionless.validate(str(copy_of_data / DESCRIPTOR))
    found = {error for (error,) in report.flatten(["type"])}
    assert not report.valid and (kind is None or kind in found), found
