"""The README tells the truth: its figures are the data's, its links and commands exist.

Whoever changes one of them is told here.
"""

import re

from typer.testing import CliRunner

from analysis.__main__ import app
from analysis.dataset import DATA

ROOT = DATA.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_figures(data):
    articles = data.articles.merge(data.outlets, on="outlet_id")
    countries = set(articles["country"].dropna()) - {"INT"}
    said = re.search(r"([\d,]+) articles from (\d+) countries in (\d+) languages, ([\d,]+) attributed statements", TEXT)
    assert [int(n.replace(",", "")) for n in said.groups()] == [
        len(data.articles), len(countries), data.articles["language"].nunique(), len(data.attributions)]
    assert data.descriptor["version"] in TEXT


def test_half_the_dates_are_missing(data):
    assert "About half the articles carry no date" in TEXT
    assert 0.45 < data.articles["published"].isna().mean() < 0.55


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) > 8
    assert not [link for link in links if "://" not in link and not (ROOT / link).exists()]


def test_every_notebook_is_listed():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"notebooks/{path.name}" in TEXT, path.name


def test_commands_exist():
    made = set(re.findall(r"^\s{4}make (\w+)", TEXT, re.MULTILINE))
    assert {"charts", "test", "lab"} <= made <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = set(re.findall(r"python -m analysis (\w+)", TEXT))
    assert commands
    for command in commands:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command
