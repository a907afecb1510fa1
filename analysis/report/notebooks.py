"""The notebooks as pages: stored outputs as they are, code folded, pictures in files, every text made harmless.

Nothing is run: that the stored outputs are what the code computes is proven by nbval in `make test`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import nbformat
import nh3
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from analysis.charts.style import SUBTITLE, TITLE
from analysis.report.pictures import PIXELS

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent.parent / "notebooks"

# What a notebook's own outputs are styled with; anything else, and any address, is dropped.
STYLES = {"background", "background-color", "border-radius", "box-shadow", "color", "font", "font-size", "font-style",
          "font-weight", "margin", "max-width", "overflow-wrap", "padding", "text-decoration", "text-underline-offset",
          "unicode-bidi", "vertical-align"}
_STYLED = re.compile(r'(<\w+(?: [\w-]+="[^"]*")*?) style="([^"]*)"')
# In an SVG of matplotlib every line of text is a comment before its outlines, whose scale says the size in points.
_SIZE = re.compile(r'<svg[^>]*? width="([\d.]+)pt" height="([\d.]+)pt"')
_LINE = re.compile(r"<!-- (.*?) -->\s*<g[^>]*scale\(([\d.]+) ", re.DOTALL)


class Page(NamedTuple):
    """A notebook as a page: `name` (file name without ending), `title`, `question` (its first paragraph), `body`."""

    name: str
    title: str
    question: str
    body: Markup


class Classes:
    """Style attributes turned into classes, since the report's security policy runs none; `css` holds their rules."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, html: str) -> str:
        """HTML as nh3 writes it, with a class in place of every style attribute."""
        def classed(match: re.Match) -> str:
            if "url(" in match[2] or "<" in match[2]:
                return match[1]
            return f'{match[1]} class="{self._names.setdefault(match[2], f"nb-{len(self._names) + 1}")}"'
        return _STYLED.sub(classed, html)

    @property
    def css(self) -> str:
        return "".join(f".{name} {{ {style.replace('&quot;', chr(34)).replace('&amp;', '&')} }}\n"
                       for style, name in self._names.items())


def harmless(html: str, links: Mapping[str, str]) -> str:
    """HTML without scripts, frames, forms, foreign pictures, or anything that asks the network for something.

    links: where relative addresses lead in the site; a link to anything else but the web stays as plain text.
    """
    def attribute(element: str, name: str, value: str) -> str | None:
        if element == "a" and name == "href" and not value.startswith(("http://", "https://", "#")):
            return links.get(value.partition("#")[0].rsplit("/", 1)[-1])
        return value
    attributes = {"a": {"href"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"},
                  "*": {"class", "dir", "style"}} | {f"h{level}": {"id"} for level in range(1, 5)}
    return nh3.clean(html, tags=nh3.ALLOWED_TAGS - {"img", "map", "area"}, attributes=attributes,
                     clean_content_tags={"script", "style"}, attribute_filter=attribute, url_schemes={"http", "https"},
                     link_rel="noopener noreferrer", filter_style_properties=STYLES)


def markdown(text: str, links: Mapping[str, str]) -> Markup:
    """Markdown as harmless HTML; its tables can be scrolled sideways, also from the keyboard."""
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)  # made harmless below
    html = harmless(MarkdownWithMath(renderer=renderer).render(text), links)
    return Markup(html.replace("<table>", '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>')
                  .replace("</table>", "</table></div>"))


def words(svg: str) -> tuple[str, str]:
    """The title and the subtitle of a chart of this project, read from its picture; "" where there is none."""
    lines = [(text, round(float(scale) * 100, 2)) for text, scale in _LINE.findall(svg)]
    title, subtitle = (" ".join(text for text, size in lines if size == points) for points in (TITLE, SUBTITLE))
    return title, subtitle


def pages(folder: Path, alts: Mapping[str, str], links: Mapping[str, str], classes: Classes,
          notebooks: Iterable[Path] | None = None) -> list[Page]:
    """Every notebook as a page; its pictures are written into a folder.

    Parameters
    ----------
    alts: the alternative text of a chart by its title; another chart is described by its own title and subtitle.
    links: see `harmless`. classes: collects the styles of the outputs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = sorted(NOTEBOOKS.glob("*.ipynb")) if notebooks is None else notebooks
    exporter = HTMLExporter(template_name="notebook", extra_template_basedirs=[str(HERE / "templates")])
    made = []
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        for number, output in enumerate(o for cell in notebook.cells for o in cell.get("outputs", [])):
            if svg := output.get("data", {}).pop("image/svg+xml", None):
                (folder / f"{path.stem}-{number}.svg").write_text(svg, encoding="utf-8", newline="\n")
                title, subtitle = words(svg)
                size = _SIZE.search(svg)
                width, height = (round(float(points) / 72 * PIXELS) for points in size.groups()) if size else ("", "")
                output["report"] = {
                    "width": width, "height": height,
                    "src": f"{folder.name}/{path.stem}-{number}.svg",
                    "alt": alts.get(title, f"Chart: {subtitle}. {title}.")}
        heading, _, rest = notebook.cells[0].source.partition("\n")
        title, question = heading.lstrip("# "), rest.strip().split("\n\n")[0].replace("\n", " ")
        notebook.cells[0].source = rest.strip()  # the page has the title as its heading
        exporter.environment.filters |= {
            "prose": lambda text: markdown(text, links),
            "output": lambda html: classes.of(harmless(html, links)).replace("<th></th>", "<td></td>"),
        }
        body, _ = exporter.from_notebook_node(notebook)
        made.append(Page(path.stem, title, question, Markup(body)))
    return made
