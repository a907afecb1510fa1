"""The notebooks hold together: they define nothing, show what they computed, and state no number of their own.

That the outputs are still what the code computes is nbval's part (`make test`).
"""

import ast
import re

import nbformat
import pytest

from analysis.dataset import DATA

NOTEBOOKS = sorted((DATA.parent / "notebooks").glob("*.ipynb"))
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
# Not figures: years, the level of the intervals, code, links, and the numbers of a list.
NO_FIGURE = re.compile(r"\b(?:19|20)\d\d\b|95 %|`[^`]*`|\]\([^)]*\)|https?://\S+|^\d+\. ", re.MULTILINE)


def cells(path):
    return nbformat.read(path, as_version=4).cells


def shown(cell) -> str:
    """The text that a code cell's stored outputs show."""
    data = [output.get("data", {}) for output in cell.outputs]
    return " ".join([*(output.get("text", "") for output in cell.outputs), *(d.get("text/plain", "") for d in data),
                     *(d.get("text/html", "") for d in data)])


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return cells(request.param)


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS][-2:], "no notebook found"
    assert {"01_which_countries_covered_it.ipynb", "02_who_quoted_whom.ipynb"} <= {path.name for path in NOTEBOOKS}


def test_it_begins_with_a_title_and_ends_on_your_own(notebook):
    assert notebook[0].cell_type == "markdown" and re.match(r"# [A-Z]\w+ ", notebook[0].source)
    assert "You will see" in notebook[0].source and "You need" in notebook[0].source
    last = [cell for cell in notebook if cell.cell_type == "markdown"][-1].source
    steps = last.split("## On your own")[-1]
    assert "## On your own" in last and len(re.findall(r"^\d\. ", steps, re.MULTILINE)) == 2


def test_it_defines_nothing(notebook):
    for cell in notebook:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), cell.source


def test_its_outputs_are_stored_in_one_clean_run(notebook):
    code = [cell for cell in notebook if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs and not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]


def test_every_number_in_prose_is_computed_above(notebook):
    """A figure that the text states stands in the output of a cell before it."""
    computed = set()
    for cell in notebook:
        if cell.cell_type == "code":
            computed |= set(NUMBER.findall(shown(cell)))
            continue
        prose = NO_FIGURE.sub(" ", cell.source)
        stated = set(NUMBER.findall(prose))
        assert stated <= computed, f"typed by hand: {sorted(stated - computed)} in {cell.source[:80]!r}"


def test_cells_are_short(notebook):
    for cell in notebook:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 12, cell.source
