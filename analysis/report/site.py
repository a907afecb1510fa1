"""The site: pages from templates, the scripts and data that they use, and one folder that holds all.

Every text is escaped by the templates; every page carries the same strict security policy.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
from fontTools.ttLib import TTFont
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis import codebook, coverage, explore, gallery, places, quoting
from analysis.charts import style
from analysis.charts.style import counted
from analysis.dataset import DATA, Dataset
from analysis.report import facts, notebooks, pictures, tables
from analysis.report.network import network
from analysis.spreadsheet import write_csv

HERE = Path(__file__).resolve().parent
MARK = "report.json"  # tells a folder that holds a report from one that holds something else

# No inline script or style, nothing from elsewhere, nothing sent anywhere. From disk, 'self' is the disk.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
          "base-uri 'none'; form-action 'none'")

# The charts by the question that they answer: heading, then names of the gallery.
CHAPTERS = {
    "Which countries’ media covered it?": ("world", "countries", "days", "languages", "outlet-kinds", "signers"),
    "Who quoted whom?": ("voices", "network", "network-countries", "matrix", "home-voices"),
    "Through whose hands did it go?": ("loops", "relays", "agencies", "spread", "silences"),
    "What do articles dwell on, and in which tone?": ("frames", "frame-pairs", "tone", "critics"),
    "How far can the coding be trusted?": ("agreement",),
}
BARS = 10  # rows of a ranking on the front page


class NotAReport(Exception):
    """The folder to write to holds something that no report left there."""


def build(data: Dataset, to: str | Path, *, folder: Path = DATA) -> list[Path]:
    """Write the report of a record: `index.html` and what belongs to it. A report that is there is replaced.

    Parameters
    ----------
    to: the folder to write; it is made. folder: where the record's tables lie. Its CODEBOOK.md, if any, is shown; the
        notebooks are shown only for the bundled record, for whose tables alone their stored outputs hold.

    Returns
    -------
    The files written, sorted. The same record, software and commit give the same bytes.

    Raises
    ------
    NotAReport: where `to` is a file, or holds something else. OSError: where it cannot be written.
    """
    to = Path(to).resolve()
    if to.exists() and (not to.is_dir() or (any(to.iterdir()) and not (to / MARK).is_file())):
        raise NotAReport(f"{to} holds something else than a report; name another folder, or empty it")
    to.parent.mkdir(parents=True, exist_ok=True)
    # Written beside it and moved: whoever looks meanwhile sees the old report or the new, never half of one.
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}-") as made:
        site = Path(made, "site")
        site.mkdir()
        _write(data, site, folder)
        if to.exists():
            shutil.rmtree(to)
        site.rename(to)
    return sorted(path for path in to.rglob("*") if path.is_file())


def _write(data: Dataset, site: Path, folder: Path) -> None:
    bundled = folder.resolve() == DATA
    drawn = pictures.draw(data, site / "charts")
    articles, statements = tables.articles(data), tables.statements(data)
    _assets(site / "assets")
    _tables(site / "data", articles, statements, network(data))
    alts = {picture.said.title: picture.alt for picture in drawn.values()}
    links = {"CODEBOOK.md": "data.html", "README.md": "index.html"}
    links |= {path.name: f"{path.stem}.html" for path in notebooks.NOTEBOOKS.glob("*.ipynb")} if bundled else {}
    classes = notebooks.Classes()
    read = notebooks.pages(site / "notebooks", alts, links, classes) if bundled else []
    (site / "assets" / "notebooks.css").write_text(classes.css, encoding="utf-8", newline="\n")

    descriptor = data.descriptor
    environment = _environment(
        policy=POLICY, title=descriptor.get("title") or "Media coverage, and who quoted whom",
        short=descriptor.get("event", {}).get("short") or "Media coverage", stamp=stamp(data),
        licences=[licence.get("title") or licence.get("name", "") for licence in descriptor.get("licenses", [])],
        pictures=drawn, notebooks=read, names=[chapter for chapter in CHAPTERS])

    def page(name: str, template: str, **values: object) -> None:
        html = environment.get_template(f"{template}.html").render(file=name, **values)
        (site / name).write_text(html, encoding="utf-8", newline="\n")

    lacking = {name: gallery.lacks(chart, data) for name, chart in gallery.CHARTS.items() if name not in drawn}
    page("index.html", "index", figures=facts.figures(data), covered=facts.coverage_facts(data),
         quoted=facts.quoting_facts(data), limits=facts.limits(data), countries=_countries(data), voices=_voices(data),
         lacking=lacking)
    page("charts.html", "charts", chapters=CHAPTERS, lacking=lacking)
    page("articles.html", "articles", number=len(articles))
    page("statements.html", "statements", number=len(statements))
    page("network.html", "network", number=len(statements))
    page("data.html", "data", limits=facts.limits(data), prose=_codebook(data, folder, links),
         description=descriptor.get("description", ""))
    if read:
        page("notebooks.html", "notebooks")
    for notebook in read:
        page(f"{notebook.name}.html", "notebook_page", notebook=notebook)
    (site / MARK).write_text(json.dumps(stamp(data) | {"pages": sorted(p.name for p in site.glob("*.html"))}, indent=1,
                                        ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _environment(**shared: object) -> Environment:
    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"counted": counted, "thousands": lambda number: f"{number:,}"}
    environment.globals |= shared
    return environment


def stamp(data: Dataset) -> dict[str, str]:
    """What the report is of: versions of the record and of the software (`record`, `software`), and the `commit`."""
    try:
        software = version("hanoi-coverage")
    except PackageNotFoundError:
        software = "unknown"
    return {"record": str(data.descriptor.get("version") or "unknown"), "software": software, "commit": commit()}


def commit(folder: Path = DATA.parent) -> str:
    """The commit of the checkout that this package runs from; "unknown" where it is no checkout of its own."""
    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True,
                              timeout=20).stdout.strip()
    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != folder.resolve():
            return "unknown"
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "--short=12", "HEAD") + (", with changes that are not committed" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


# -- what the front page ranks -----------------------------------------------------------------------------------------

def _ranking(rows: Iterable[tuple[str, str, int, str]], page: str) -> list[dict[str, object]]:
    """Rows (name, key of the filter, number, what else to say) with the width of their bars, of 100."""
    rows = [*rows][:BARS]
    most = max((number for _, _, number, _ in rows), default=1)
    return [{"name": name, "number": number, "more": more, "width": round(100 * number / most, 2),
             "link": f"{page}#{urlencode({key: name})}"} for name, key, number, more in rows]


def _countries(data: Dataset) -> list[dict[str, object]]:
    table = coverage.by_country(data)
    states = table[~table["country"].isin(places.NO_STATE)]
    return _ranking(((row.name, "country", row.articles, f"{row.outlets:,}")
                     for row in states.itertuples(index=False)), "articles.html")


def _voices(data: Dataset) -> list[dict[str, object]]:
    return _ranking(((row.name, "source", row.statements, counted(row.countries, "country"))
                     for row in quoting.most_quoted(data).itertuples(index=False)), "statements.html")


def _codebook(data: Dataset, folder: Path, links: dict[str, str]) -> object:
    """The record's codebook as HTML; where it has none, the tables of its columns."""
    path = folder / codebook.CODEBOOK.name
    if path.is_file():
        text = re.sub(r"<!--.*?-->\n?", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = text.partition("\n")[2] if text.startswith("# ") else text
    else:
        text = "## Tables\n\n" + "\n".join(f"### {resource['name']}\n\n{codebook.columns(resource)}"
                                           for resource in data.descriptor["resources"])
    return notebooks.markdown(text, links)


# -- data and scripts --------------------------------------------------------------------------------------------------

def _tables(folder: Path, articles: pd.DataFrame, statements: pd.DataFrame, net: dict[str, object]) -> None:
    """The tables as CSV, and as scripts: from disk a page can load no data but as a script."""
    folder.mkdir()
    write_csv(articles, folder / "articles.csv")
    full = statements.join(articles[["subject", "url"]], on="article").drop(columns="article")
    write_csv(full, folder / "statements.csv")
    rows = {"articles": articles.to_numpy().tolist(), "statements": statements.to_numpy().tolist(), "network": net}
    for name, value in rows.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        (folder / f"{name}.js").write_text(
            f"globalThis.REPORT = Object.assign(globalThis.REPORT ?? {{}}, {{ {name}: {text} }});\n",
            encoding="utf-8", newline="\n")


def _assets(folder: Path) -> None:
    folder.mkdir()
    for path in sorted((HERE / "assets").iterdir()):
        if path.suffix != ".css":
            shutil.copyfile(path, folder / path.name)
    colours = {name.lower(): getattr(style, name) for name in ("INK", "GREY", "PALE", "RULE", "ACCENT")}
    css = _environment().from_string((HERE / "assets" / "report.css").read_text(encoding="utf-8")).render(colours)
    (folder / "report.css").write_text(css, encoding="utf-8", newline="\n")
    for weight in ("Regular", "Semibold"):
        font = TTFont(style.HERE / "fonts" / f"SourceSansPro-{weight}.ttf", recalcTimestamp=False)
        font.flavor = "woff"  # half the size
        font.save(folder / f"SourceSansPro-{weight}.woff")
    shutil.copyfile(style.HERE / "fonts" / "LICENSE.txt", folder / "fonts-LICENSE.txt")
    (folder / "datatables.js").write_text(_datatables(), encoding="utf-8", newline="\n")
    (folder / "datatables.css").write_text(_itables("dt_bundle.css"), encoding="utf-8", newline="\n")
    (folder / "network-view.js").write_text(_network_view(), encoding="utf-8", newline="\n")
    shutil.copyfile(Path(explore.__file__).with_name("network.css"), folder / "network.css")


def _itables(name: str) -> str:
    import itables

    return (Path(itables.__file__).parent / "html" / name).read_text(encoding="utf-8")


def _datatables() -> str:
    """DataTables as itables bundles it, as a classic script: from disk a browser loads no module."""
    text = _itables("dt_bundle.js")
    exported = re.search(r"export\s*\{([^}]*)\};?", text)
    default = exported and re.search(r"(\w+) as default", exported[1])
    if not default:
        raise RuntimeError("this version of itables bundles DataTables in another form; the report knows that of 2.9")
    body = text[:exported.start()] + text[exported.end():]
    return f'globalThis.DataTable = (() => {{\n"use strict";\n{body}\nreturn {default[1]};\n}})();\n'


def _network_view() -> str:
    """The drawing of `analysis.explore`, Cytoscape.js with it, as a classic script."""
    here = Path(explore.__file__).parent
    drawing = (here / "network.js").read_text(encoding="utf-8")
    if drawing.count("export default { render };") != 1:
        raise RuntimeError("network.js exports something else than render")
    library = (here / "cytoscape.min.js").read_text(encoding="utf-8")
    return ("globalThis.NetworkView = (() => {\nconst cytoscape = ((module, exports, define) => {\n" + library
            + "\nreturn module.exports; })({ exports: {} }, {});\n"
            + drawing.replace("export default { render };", "return { render };") + "\n})();\n")
