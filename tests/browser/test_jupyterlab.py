"""JupyterLab, started as `make lab` starts it, on a copy of the project: every notebook runs, and its controls react.

What is asserted is what a reader sees or what the copy's files hold. Pictures of all notebooks go to build/screenshots.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from analysis import Dataset, load_dataset
from analysis.dataset import DATA, TABLES
from analysis.explore import statements
from analysis.explore.view import Views

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from conftest import Seen

ROOT = DATA.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COPIED = ("analysis", "data", "notebooks", "tests/data")
TOKEN = "read-by-nobody-else"
START = 60  # seconds
RUNS = 300
WIDTHS = (1440, 390)
TALLEST = 16000  # pixels; Chromium takes no taller pictures
# What no checkout is judged by: what git ignores.
PASSING = {".git", ".venv", "build", "dist", "__pycache__", ".pytest_cache", ".hypothesis"}

# Python itself tells of every connection that the server or a kernel opens or looks up, whichever library asks for it.
LISTENER = """
import sys
def told(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        where = arguments[0] if event.startswith("socket.get") else arguments[1]
        where = where[0] if isinstance(where, tuple) else where
        with open({file!r}, "a") as file:
            print(event, where, file=file)
sys.addaudithook(told)
with open({file!r}, "a") as file:
    print("started", "kernel" if "ipykernel_launcher" in " ".join(sys.orig_argv) else "other", file=file)
"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, the copy that it serves, its temporary folder, and what lists its calls."""

    url: str
    project: Path
    temporary: Path
    calls: Path

    def kernels(self) -> int:
        """How many kernels were listened to."""
        return self.calls.read_text(encoding="utf-8").split("\n").count("started kernel")


def listen(folder: Path, calls: Path) -> Path:
    """A folder that, on Python's path, writes the calls of every Python to a file."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(LISTENER.format(file=str(calls)), encoding="utf-8")
    return folder


def called(calls: Path) -> list[str]:
    """What they asked the network for, this machine left out."""
    here = {"localhost", "127.0.0.1", "::1", socket.gethostname(), "None"}
    lines = (line.split(" ", 1) for line in calls.read_text(encoding="utf-8").splitlines())
    return [f"{event} {where}" for event, where in lines
            if event != "started" and where not in here and not where.startswith("/")]


def unproxied(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which whoever is called is called under their own name."""
    return {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}


def checkout() -> dict[str, str]:
    """Every file of the checkout that a session could have changed, with its digest."""
    files = (path for path in ROOT.rglob("*") if path.is_file() and not PASSING & set(path.relative_to(ROOT).parts))
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def command() -> list[str]:
    """What `make lab` runs, after the name of Python."""
    make = ["make", "--no-print-directory", "-n", "lab"]
    said = subprocess.run(make, cwd=ROOT, text=True, capture_output=True, check=True).stdout
    (line,) = re.findall(r" (-m jupyterlab .*)", said.replace("\\\n", " "))
    return shlex.split(line)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with nobody's settings, on a copy of the project. The checkout is the same afterwards."""
    folder = tmp_path_factory.mktemp("lab")
    project, home, calls = folder / "project", folder / "home", folder / "calls"
    for name in COPIED:
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    # A reader who was asked about news of Jupyter once, and said no.
    asked = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    asked.parent.mkdir(parents=True)
    asked.write_text('{"fetchNews": "false"}', encoding="utf-8")
    settings = {
        "HOME": home, "TMPDIR": folder / "tmp", "IPYTHONDIR": home / "ipython", "JUPYTER_CONFIG_DIR": home / "jupyter",
        "JUPYTER_DATA_DIR": home / "data", "JUPYTER_RUNTIME_DIR": home / "runtime", "JUPYTER_NO_CONFIG": 1,
        "JUPYTER_PREFER_ENV_PATH": 1, "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "PYTHONPATH": os.pathsep.join([str(listen(folder / "listener", calls)), str(project)]),
    }
    environment = unproxied({name: value for name, value in os.environ.items()
                             if name not in ("MPLBACKEND", "PYTHONDONTWRITEBYTECODE")})
    port = free_port()
    asked_for = [sys.executable, *command(), "--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
                 f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True",
                 *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    before = checkout()
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(asked_for, cwd=project, stdout=log, stderr=log,
                                  env=environment | {name: str(value) for name, value in settings.items()})
        try:
            deadline = time.monotonic() + START
            while not answers(port):
                assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.2)
            yield Lab(f"http://127.0.0.1:{port}", project, folder / "tmp", calls)
        finally:
            server.terminate()
            server.wait(START)
    assert checkout() == before


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


# What is asked of the page. JupyterLab hands its commands on as `jupyterapp`, so the end of a run need not be guessed.
OPENED = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel && true"
CLEARED = "() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
RUN = """(seconds) => Promise.race([
  jupyterapp.commands.execute('notebook:run-all-cells'),
  new Promise((_, give_up) => setTimeout(() => give_up(new Error(`no end after ${seconds} s`)), seconds * 1000)),
])"""
RUN_UP_TO = """async (i) => {
  jupyterapp.shell.currentWidget.content.activeCellIndex = i;
  await jupyterapp.commands.execute('notebook:run-all-above');
  return jupyterapp.commands.execute('notebook:run-cell');
}"""
SAVED = "() => jupyterapp.commands.execute('docmanager:save')"
SHOWN = "(i) => jupyterapp.shell.currentWidget.content.scrollToItem(i, 'start', 0)"
CLOSED = "() => jupyterapp.shell.currentWidget.sessionContext.shutdown()"
NARROWED = "() => { jupyterapp.shell.collapseLeft(); jupyterapp.shell.collapseRight(); }"
HEIGHT = "() => document.querySelector('.jp-Notebook:not(.lm-mod-hidden) .jp-WindowedPanel-inner').clientHeight"


@dataclass
class Notebook:
    """A notebook that is open in JupyterLab."""

    page: Page
    path: Path

    def cells(self) -> list[nbformat.NotebookNode]:
        """The cells as they are now, as JupyterLab saves them."""
        self.page.evaluate(SAVED)
        return nbformat.read(self.path, as_version=4).cells

    def run(self) -> None:
        """Run all cells, from outputs that are cleared."""
        self.page.evaluate(CLEARED)
        assert not [cell for cell in self.cells() if cell.get("outputs") or cell.get("execution_count")]
        self.page.evaluate(RUN, RUNS)

    def show(self, source: str) -> int:
        """Bring the first cell with this in its source into view; its number."""
        number = next(i for i, cell in enumerate(nbformat.read(self.path, as_version=4).cells) if source in cell.source)
        self.page.evaluate(SHOWN, number)
        return number


@pytest.fixture
def open_notebook(lab: Lab, page: Page, seen: Seen) -> Iterator[Callable[[str], Notebook]]:
    """Opens a notebook by its name. Afterwards: no dialog, no fault in the browser, and nobody else was called."""
    sockets: list[str] = []
    failed: list[str] = []
    page.on("websocket", lambda opened: sockets.append(opened.url))
    page.on("response", lambda got: failed.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    page.set_default_timeout(START * 1000)

    def open_it(name: str) -> Notebook:
        page.goto(f"{lab.url}/lab/tree/notebooks/{name}?token={TOKEN}&reset")
        page.wait_for_function(OPENED)
        page.locator(".jp-Notebook .jp-Cell:visible").first.wait_for()
        return Notebook(page, lab.project / "notebooks" / name)

    yield open_it
    assert page.locator(".jp-Dialog").count() == 0, page.locator(".jp-Dialog").all_inner_texts()
    page.evaluate(CLOSED)
    assert seen.requests and seen.elsewhere(f"{lab.url}/") == []
    assert sockets and [url for url in sockets if not url.startswith(lab.url.replace("http", "ws") + "/")] == []
    assert lab.kernels() and called(lab.calls) == []
    # JupyterLab looks whether there is a server for its language features. There is none, and it does without.
    assert [line for line in failed if "/lsp/status" not in line] == []
    assert [error for error in seen.errors if "404 (Not Found)" not in error] == []


def test_a_call_to_another_machine_would_be_heard(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    code = "import socket, httpx\nfor port in (9, 9): socket.socket().connect_ex(('127.0.0.1', port))\n" \
        "try: httpx.get('http://nobody.invalid/')\nexcept httpx.HTTPError: pass"
    path = {"PYTHONPATH": str(listen(tmp_path / "listener", calls))}
    subprocess.run([sys.executable, "-c", code], env=unproxied(os.environ) | path, check=True)
    assert called(calls) == ["socket.getaddrinfo nobody.invalid"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end(open_notebook, screenshots: Path, path: Path) -> None:
    notebook = open_notebook(path.name)
    notebook.run()
    code = [cell for cell in notebook.cells() if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs and not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    picture(notebook.page, screenshots / path.stem)
    # Rendered at full height above, so every output was drawn: a widget that could not be says so in its place.
    broken = re.compile("Error displaying widget|Error rendering|Loading widget|Javascript Error")
    assert notebook.page.get_by_text(broken).count() == 0


def picture(page: Page, name: Path) -> None:
    """The whole notebook, as wide as a desktop shows it and as a telephone does."""
    page.evaluate(NARROWED)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        for _ in range(2):  # cells far below are measured only once they are shown
            page.set_viewport_size({"width": width, "height": min(page.evaluate(HEIGHT) + 130, TALLEST)})
            page.wait_for_timeout(500)
        page.evaluate(SHOWN, 0)
        page.wait_for_timeout(500)
        page.screenshot(path=f"{name}-{width}.png")


# -- the explorer -----------------------------------------------------------------------------------------------------

DRAWN = """(box) => [...box.querySelectorAll('.hc-network canvas')].map((canvas) => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0, sum = 0;
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i]) { inked += 1; sum = (sum * 31 + i + pixels[i - 3]) % 1e9; }
  return [inked, sum];
})"""
PLACE = """(stage, id) => {
  const at = stage._cyreg.cy.getElementById(id).renderedPosition(), box = stage.getBoundingClientRect();
  return [box.left + at.x, box.top + at.y];
}"""
EDGES = "(box, part) => [...box.querySelectorAll(part)].map((cell) => Math.round(cell.getBoundingClientRect().left))"


@dataclass
class Panel:
    """The explorer as its user has it before them."""

    page: Page
    box: Locator

    def count(self) -> str:
        return self.box.locator(".widget-html-content").first.inner_text()

    def waits_for(self, said: str) -> None:
        """Waits until the line above the network, or the one above the table, says this."""
        self.box.locator(".widget-html-content", has_text=said).first.wait_for()

    def drawn(self) -> list[list[int]]:
        """How many pixels of each canvas have ink, and a sum that tells one drawing from another; the labels' last."""
        self.page.wait_for_timeout(400)
        return self.box.evaluate(DRAWN)

    def column(self, number: int) -> list[str]:
        """The cells of a column of the table, as far as a page of it shows them."""
        return self.box.locator(f".dt-scroll-body tbody tr td:nth-child({number})").all_inner_texts()

    def choose(self, label: str, value: str) -> None:
        """Take the option that begins with a word, from the list of that label."""
        control = self.box.get_by_label(label, exact=True)
        wanted = re.compile(rf"{re.escape(value)}( \(|$)")  # the spaces of an option are made unbreakable
        offered = control.locator("option").all_inner_texts()
        (option,) = [text for text in offered if wanted.match(text.replace("\xa0", " "))]
        control.select_option(label=option)

    def reset(self) -> None:
        self.box.get_by_role("button", name="Reset").click()
        self.box.locator(".widget-html-content", has_text=re.compile(r"^([\d,]+) of \1 statements match")).wait_for()


@pytest.fixture
def panel(open_notebook) -> Panel:
    notebook = open_notebook("00_explore.ipynb")
    notebook.run()
    notebook.show("explorer = explore(data)")
    box = notebook.page.locator(".hc-explorer")
    box.locator(".hc-network[data-drawn]").wait_for()
    return Panel(notebook.page, box)


def test_the_explorer_draws_and_reacts_to_its_controls(panel: Panel, data: Dataset, screenshots: Path) -> None:
    said = data.attributions.merge(data.articles[["article_id", "outlet_id", "published"]], on="article_id") \
        .merge(data.outlets[["outlet_id", "name", "country"]], on="outlet_id") \
        .merge(data.sources[["source_id", "sector"]], on="source_id")
    everything = f"{len(said):,}"
    assert panel.count().startswith(f"{everything} of {everything} statements match")
    first = panel.drawn()
    assert sum(inked > 1000 for inked, _ in first) >= 2, "neither nodes nor labels are drawn"

    def narrowed(rows) -> None:
        panel.waits_for(f"{len(rows):,} of {everything} statements match")
        panel.waits_for(f"Everybody: {len(rows):,} statements")
        assert 0 < len(rows) < len(said) and panel.drawn() != first

    panel.choose("Media of", "Russia")
    of_russia = said[said["country"] == "RU"]
    narrowed(of_russia)
    assert panel.column(2) and set(panel.column(2)) <= set(of_russia["name"])
    panel.reset()
    assert panel.drawn()[-1] == first[-1]

    panel.choose("Voices' sector", "civil society")
    narrowed(said[said["sector"] == "civil society"])
    panel.choose("Stance", "critical")
    narrowed(said[(said["sector"] == "civil society") & (said["stance"] == "critical")])
    assert set(panel.column(4)) == {"critical"}
    panel.reset()

    panel.box.get_by_label("Published from").fill("2025-10-26")
    panel.box.get_by_label("Published from").press("Enter")
    later = said[said["published"].isna() | (said["published"] >= "2025-10-26")]
    narrowed(later)
    panel.choose("Undated", "left out")
    narrowed(later[later["published"].notna()])
    assert panel.column(1) and min(panel.column(1)) >= "2025-10-26"
    panel.reset()

    panel.box.get_by_role("button", name="country", exact=True).click()
    panel.box.locator(".hc-legend", has_text="Europe").wait_for()
    assert panel.drawn() != first
    panel.page.screenshot(path=screenshots / "explorer-country-1440.png")


def test_a_click_on_a_node_lists_its_statements(panel: Panel, data: Dataset) -> None:
    before = panel.column(5)
    for node in ("antonio-guterres", "vietnam-vn"):
        x, y = panel.box.locator(".hc-stage").evaluate(PLACE, f"n{Views(data).code(node)}")
        panel.page.mouse.click(x, y)
        expected = statements(data, node)
        name = {**data.outlets.set_index("outlet_id")["name"], **data.sources.set_index("source_id")["name"]}[node]
        panel.waits_for(f"{name}: {len(expected):,} statements")
        gists = panel.column(5)
        assert gists != before and gists == [" ".join(gist.split()) for gist in expected["gist"][:len(gists)]]
        before = gists
    panel.box.get_by_role("button", name="Show all").click()
    panel.waits_for("Everybody")


def test_the_table_keeps_its_head_over_its_columns(panel: Panel) -> None:
    for width in (1440, 1000, 390, 1440):
        panel.page.set_viewport_size({"width": width, "height": 1200})
        panel.page.wait_for_timeout(800)
        head = panel.box.evaluate(EDGES, ".dt-scroll-head th")
        body = panel.box.evaluate(EDGES, ".dt-scroll-body tr:first-child td")
        assert len(head) == 5 and head == body


# -- the review form --------------------------------------------------------------------------------------------------


def test_the_review_form_accepts_a_row_into_a_copy_of_the_data(
        lab: Lab, open_notebook, data: Dataset, screenshots: Path) -> None:
    notebook = open_notebook("06_add_an_article.ipynb")
    page = notebook.page
    there = set(lab.temporary.glob("*/data"))
    page.evaluate(RUN_UP_TO, notebook.show("intake.review(draft, folder)"))
    (copy,) = set(lab.temporary.glob("*/data")) - there
    bytes_before = {path.name: path.read_bytes() for path in copy.glob("*.csv")}
    form = page.locator(".jp-OutputArea-output .widget-tab")
    form.wait_for()

    def press(name: str) -> None:
        form.locator(".widget-button:visible", has_text=name).click()

    # Nothing can be accepted with a judgement missing.
    press("Accept")
    form.get_by_text("still needed: stance, gist").wait_for()
    form.locator(".field-attributions-stance").get_by_role("button", name="supportive").click()
    form.locator(".field-attributions-gist textarea").fill("The treaty is a strong,\n<b>binding</b> defence")
    press("Accept")
    page.get_by_text("1 of 5 statements").wait_for()
    for number in range(2, 6):  # the form goes on by itself
        form.locator(f"[data-number='{number}']").first.wait_for()
        press("Reject")
    page.get_by_text("5 of 5 statements").wait_for()
    # Then come the new names: the outlet is taken, the speaker whom nobody quotes any more is not.
    form.get_by_text("outlet: The Harbour Gazette").wait_for()
    form.locator(".field-outlets-country input").fill("IE")
    form.locator(".field-outlets-kind select").select_option("newspaper")
    form.locator(".field-outlets-owner select").select_option("private")
    press("Accept")
    form.get_by_text("✓ outlet: The Harbour Gazette").wait_for()
    press("Reject")
    form.locator(".field-articles-genre select").locator("visible=true").select_option("news")
    form.locator(".field-articles-subject textarea").fill("What the signing means for a harbour")
    form.locator(".field-articles-frames").get_by_role("button", name="cooperation").click()
    form.locator(".field-articles-tone").get_by_role("button", name="mixed").click()
    press("Accept")
    page.get_by_text("1 of 1 articles decided").wait_for()
    assert {path.name: path.read_bytes() for path in copy.glob("*.csv")} == bytes_before
    form.get_by_role("tab", name="Write").click()
    page.screenshot(path=screenshots / "review-form-1440.png")
    press("Write to the tables")
    form.get_by_text("Written: 1 article, 1 attribution, 1 outlet").wait_for()

    after = load_dataset(copy)
    new = {table: getattr(after, table)[~getattr(after, table).iloc[:, 0].isin(getattr(data, table).iloc[:, 0])]
           for table in TABLES}
    assert {table for table in TABLES if len(new[table])} == {"articles", "attributions", "outlets"}
    (article,), (outlet,), (statement,) = (new[t].to_dict("records") for t in ("articles", "outlets", "attributions"))
    assert (statement["source_id"], statement["stance"], statement["form"]) \
        == ("antonio-guterres", "supportive", "direct")
    assert statement["gist"] == "The treaty is a strong, <b>binding</b> defence"
    assert (article["outlet_id"], article["genre"], article["frames"], article["tone"]) \
        == ("the-harbour-gazette", "news", ["cooperation"], "mixed")
    assert (outlet["outlet_id"], outlet["country"], outlet["kind"], outlet["owner"]) \
        == ("the-harbour-gazette", "IE", "newspaper", "private")
    for table in TABLES:
        assert len(getattr(after, table)) == len(getattr(data, table)) + len(new[table])
    # The project's own record is another one, and still is as it was.
    assert len(load_dataset(lab.project / "data").articles) == len(data.articles)
