"""The explorer in JupyterLab: controls, the network, and the statements behind what is chosen.

It only shows: what is selected and counted is `analysis.explore.view`'s. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import textwrap
from collections.abc import Hashable
from datetime import date
from html import escape
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import anywidget
import ipywidgets
import pandas as pd
import traitlets
from itables.widget import ITable

from analysis import places, quoting
from analysis.charts.style import REGION_COLOURS, SECTOR_COLOURS, counted
from analysis.dataset import Dataset
from analysis.explore.selection import Selection
from analysis.explore.view import Level, View, Views

HERE = Path(__file__).resolve().parent

# At level outlet most links stand on a single statement: the first look leaves those out, and says so.
FIRST_LEAST = {"outlet": 2, "country": 2, "sector": 1}
# A browser takes half a second over 500 rows, at every control; the line above the table says what is left out.
MOST_ROWS = 50
LABEL = 34  # characters
ALL = ""  # what a list offers first; None would leave it blank

_numbers = count(1)


def _grown(least: int) -> dict[str, str]:
    """The layout of a control that takes what room there is, from so many pixels on."""
    return {"flex": f"1 1 {least}px", "width": "auto", "min_width": "0"}


class Network(anywidget.AnyWidget):
    """The network as Cytoscape.js draws it (Franz and others 2016, doi:10.1093/bioinformatics/btv557).

    `base` is what a level's nodes always look like, `shown` what is drawn of them, `chosen` the codes of the node, or
    of the two ends of the link, that the user chose.
    """

    # Cytoscape is bundled as published, and handed on as a module's constant: no network is needed, no global is set.
    _esm = (f"const cytoscape = ((module, exports, define) => {{\n{(HERE / 'cytoscape.min.js').read_text('utf-8')}\n"
            f"return module.exports; }})({{ exports: {{}} }}, {{}});\n{(HERE / 'network.js').read_text('utf-8')}")
    _css = HERE / "network.css"
    base = traitlets.Dict().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    chosen = traitlets.List(traitlets.Int()).tag(sync=True)


def explore(data: Dataset, level: quoting.Level = "outlet", **asked) -> Explorer:
    """Explore who quoted whom: in JupyterLab, the last line of a cell shows it.

    Parameters
    ----------
    level: what the controls show first. asked: the same for `least` and the fields of `Selection`; every control is
        free afterwards.

    Raises
    ------
    ValueError: for a level or a value that the controls do not offer.
    """
    return Explorer(data, level=level, **asked)


class Explorer:
    """The controls, the network and the table, and what they show at the moment.

    `selection`, `level`, `least`: what is asked for. `view`: the network's tables and counts. `chosen`: the node, or
    the two nodes of the link, that is chosen. `statements`: the table of `analysis.explore.statements` of what is
    chosen, all rows. `controls`: the widgets by name, `box`: the widget that holds all.
    """

    def __init__(self, data: Dataset, **asked) -> None:
        self._views = Views(data)
        self._html = _cells(self._views.table)
        self._quiet = False
        self.network = Network(layout=_grown(520))
        self.controls = self._make_controls()
        self._count = ipywidgets.HTML()
        self._heading = ipywidgets.HTML(layout=_grown(200))
        self._clear = ipywidgets.Button(description="Show all", layout={"width": "auto", "display": "none"},
                                        tooltip="Show the statements of everybody again")
        self._table = ITable(self._html.head(0), **_TABLE)
        self._table.layout.width = "100%"
        head = ipywidgets.HBox([self._heading, self._clear], layout={"justify_content": "space-between"})
        beside = ipywidgets.VBox([head, self._table], layout=_grown(440))
        rows = [*self._rows(), self._count,
                ipywidgets.HBox([self.network, beside], layout={"flex_flow": "row wrap", "grid_gap": "12px"})]
        # A name, not a random one, so that a notebook that is run again is stored as the same bytes.
        self.box = ipywidgets.VBox(rows, layout={"grid_gap": "4px", "width": "100%"},
                                    model_id=f"explorer-{next(_numbers)}")
        self.box.add_class("hc-explorer")
        self.update(**asked)
        for name, control in self.controls.items():
            if name not in ("find", "reset"):
                control.observe(self._changed, "value")
        self.controls["find"].observe(self._found, "value")
        self.controls["reset"].on_click(lambda _: self.update(**self._defaults()))
        self._clear.on_click(lambda _: self.choose())
        self.network.observe(self._chosen, "chosen")

    # -- controls -----------------------------------------------------------------------------------------------------

    def _make_controls(self) -> dict[str, ipywidgets.Widget]:
        ends, stances = self._views.ends, self._views.data.attributions["stance"].cat.categories
        days = ends["published"].dropna()
        undated = int(ends["published"].isna().sum())
        # A record without a single date has nothing to drag.
        self._days = (days.min().date(), days.max().date()) if len(days) else (date(2025, 10, 25),) * 2
        first, last = (day.toordinal() for day in self._days)
        wide = {"description_width": "initial"}

        def choice(label: str, options: list[tuple[str, object]]) -> ipywidgets.Dropdown:
            return ipywidgets.Dropdown(options=options, description=label, style=wide, layout=_grown(150))

        def countries(column: str) -> list[tuple[str, object]]:
            number = ends[column].value_counts()
            names = places.name(pd.Series(number.index.astype("str"), index=number.index))
            known = sorted(number.index, key=lambda code: (code in places.NO_STATE, names[code]))
            return [("all countries", ALL), *((f"{names[code]} ({number[code]:,})", code) for code in known)]

        def values(column: str, known: list[str]) -> list[tuple[str, object]]:
            number = ends[column].value_counts().reindex(known, fill_value=0)
            return [("all", ALL), *((f"{value} ({number[value]:,})", value) for value in known)]

        def day(of: date, label: str) -> ipywidgets.DatePicker:
            return ipywidgets.DatePicker(value=of, description=label, min=self._days[0], max=self._days[1], style=wide,
                                         disabled=first == last, layout={"width": "auto"})

        return {
            "level": ipywidgets.ToggleButtons(
                options=list(FIRST_LEAST), tooltips=["Outlets and whom they quote", "Countries", "Sectors"],
                layout={"width": "auto", "flex": "0 0 auto"}, style={"button_width": "76px"}),
            "least": ipywidgets.IntSlider(value=1, min=1, max=2, description="Statements a link, at least",
                                          style=wide, layout=_grown(280)),
            "find": ipywidgets.Combobox(placeholder="a name, then Enter", description="Find", ensure_option=True,
                                        continuous_update=False, style=wide, layout=_grown(200)),
            "reset": ipywidgets.Button(description="Reset", tooltip="Set every control back", layout={"width": "auto"}),
            "media": choice("Media of", countries("media")),
            "voices": choice("quoting voices of", countries("voices")),
            "sector": choice("Voices' sector", values("sector", sorted(ends["sector"].cat.categories))),
            "stance": choice("Stance", values("stance", list(stances))),
            "first": day(self._days[0], "Published from"),
            "days": ipywidgets.IntRangeSlider(value=(first, last), min=first, max=max(last, first + 1), readout=False,
                                              disabled=first == last, layout=_grown(240)),
            "last": day(self._days[1], "to"),
            "undated": choice("Undated", [(f"shown too ({undated:,})", "with"), ("left out", "without"),
                                          ("only these", "only")]),
        }

    def _rows(self) -> list[ipywidgets.Widget]:
        rows = (("level", "least", "find", "reset"), ("media", "voices", "sector", "stance"),
                ("first", "days", "last", "undated"))
        return [ipywidgets.HBox([self.controls[name] for name in row],
                                layout={"flex_flow": "row wrap", "grid_gap": "4px 12px", "align_items": "center"})
                for row in rows]

    def _defaults(self) -> dict[str, object]:
        return {"level": self.level, "least": FIRST_LEAST[self.level], "media": None, "voices": None, "sector": None,
                "stance": None, "first": None, "last": None, "undated": "with"}

    def update(self, **asked) -> None:
        """Set controls as a hand would: `level`, `least` and the fields of `Selection`.

        Raises
        ------
        ValueError: for a value that a control does not offer; the controls then stay as they are.
        TypeError: for a name that is no control's.
        """
        level = asked.pop("level", self.level)
        if level not in FIRST_LEAST:
            raise ValueError(f"level must be one of {', '.join(FIRST_LEAST)}, not {level!r}")
        days = {name: asked.pop(name) for name in ("first", "last") if name in asked}
        wanted = Selection(**{**{end: getattr(self.selection, end) for end in ("first", "last")}, **days})
        low, high = self._days
        if (wanted.first or low) > high or (wanted.last or high) < low:
            raise ValueError(f"the record's dates run from {low} to {high}")
        least = asked.pop("least", None)
        if least is not None and least < 1:
            raise ValueError(f"least must be at least 1, not {least}")
        for name, value in asked.items():
            if name not in ("media", "voices", "sector", "stance", "undated"):
                raise TypeError(f"no control is called {name!r}")
            offered = [option for _, option in self.controls[name].options if option != ALL]
            if value not in offered and (value is not None or name == "undated"):
                raise ValueError(f"{name} must be one of {', '.join(offered)}, not {value!r}")
        self._quiet = True
        try:
            self.controls["level"].value = level
            for name, value in asked.items():
                self.controls[name].value = ALL if value is None else value
            if days:
                self._set_days(wanted.first or low, wanted.last or high)
        finally:
            self._quiet = False
        self._refresh(least)

    def _set_days(self, first: date, last: date) -> None:
        low, high = self._days
        first, last = min(max(first, low), high), min(max(last, low), high)
        self.controls["first"].value, self.controls["last"].value = first, last
        self.controls["days"].value = (first.toordinal(), last.toordinal())

    def _changed(self, change: traitlets.Bunch) -> None:
        """A control was moved. The two dates and the slider between them follow each other."""
        if self._quiet:
            return
        c = self.controls
        self._quiet = True
        try:
            if change["owner"] is c["days"]:
                self._set_days(*(date.fromordinal(day) for day in c["days"].value))
            elif change["owner"] in (c["first"], c["last"]):
                first, last = c["first"].value or self._days[0], c["last"].value or self._days[1]
                # An end that is set beyond the other takes it along.
                moved = change["owner"] is c["first"]
                self._set_days(first if moved else min(first, last), max(first, last) if moved else last)
        finally:
            self._quiet = False
        self._refresh()

    # -- what is asked for, what is chosen ----------------------------------------------------------------------------

    @property
    def level(self) -> quoting.Level:
        return self.controls["level"].value

    @property
    def least(self) -> int:
        return self.controls["least"].value

    @property
    def selection(self) -> Selection:
        c = self.controls
        first, last = (date.fromordinal(day) for day in c["days"].value)
        return Selection(**{name: c[name].value or None for name in ("media", "voices", "sector", "stance")},
                         undated=c["undated"].value,
                         first=first if first > self._days[0] else None, last=last if last < self._days[1] else None)

    @property
    def chosen(self) -> tuple[Hashable, ...]:
        return tuple(self._views.level(self.level).nodes["node"].iloc[self.network.chosen])

    def choose(self, *nodes: Hashable) -> None:
        """Choose a node, or two for the link from the first to the second, or nothing; as a click in the network does.

        Nodes as in `quoting.quote_graph` at this level. Raises ValueError for more than two, or an unknown one.
        """
        if len(nodes) > 2:
            raise ValueError(f"choose a node, or two for a link, not {len(nodes)}")
        self.network.chosen = [self._views.code(node, self.level) for node in nodes]

    @property
    def statements(self) -> pd.DataFrame:
        rows = self._views.behind(self.network.chosen, self.level, self.view.rows)
        return self._views.table.iloc[rows].reset_index(drop=True)

    def _found(self, change: traitlets.Bunch) -> None:
        if change["new"] in self._names:
            self.network.chosen = [self._names[change["new"]]]

    def _chosen(self, _: traitlets.Bunch) -> None:
        find = self.controls["find"]
        if self._names.get(find.value, -1) not in self.network.chosen:
            find.value = ""  # so that the same name can be looked for again
        if not self._quiet:
            self._fill_table()

    # -- showing ------------------------------------------------------------------------------------------------------

    def _refresh(self, least: int | None = None) -> None:
        at, slider = self._views.level(self.level), self.controls["least"]
        fresh = self.network.base.get("level") != self.level
        self._quiet = True
        try:
            if fresh:
                slider.max = max(at.heaviest, 2)
                slider.value = FIRST_LEAST[self.level]
                self._names = _unique_names(at.nodes)
                self.controls["find"].value = ""
                self.controls["find"].options = sorted(self._names)
            if least is not None:
                slider.value = min(least, slider.max)
            self.view = self._views.view(self.selection, self.level, self.least)
            with self.network.hold_sync():  # one message, one repaint
                if fresh:
                    self.network.chosen = []
                    self.network.base = base(at, self.level)
                self.network.shown = _shown(self.view, self._nothing())
        finally:
            self._quiet = False
        self._count.value = self._said()
        self._fill_table()

    def _nothing(self) -> str:
        """What to say where no node is drawn."""
        if not len(self.view.rows):
            return "No statement matches. Set a control back, or widen the dates."
        return f"No link has {self.least:,} statements or more. Lower the least number of statements a link."

    def _said(self) -> str:
        """The line that says what is seen, of how much (HTML)."""
        view, data = self.view, self._views.data
        said = (f"<b>{len(view.rows):,} of {counted(len(data.attributions), 'statement')}</b> match, in "
                f"{view.articles:,} of {counted(len(data.articles), 'article')}")
        if view.undated:
            said += f" ({view.undated:,} of them undated)"
        drawn = f"Drawn: {counted(len(view.nodes), 'node')}, {len(view.edges):,} of {counted(view.links, 'link')}"
        return f"{said}. {drawn}."

    def _fill_table(self) -> None:
        chosen = self.network.chosen
        rows = self._views.behind(chosen, self.level, self.view.rows)
        names = [escape(name) for name in self._views.level(self.level).nodes["name"].iloc[chosen]]
        what = " quotes ".join(f"<b>{name}</b>" for name in names) or "<b>Everybody</b>"
        said = f"{what}: {counted(len(rows), 'statement')}"
        if len(rows) > MOST_ROWS:
            said += f", the first {MOST_ROWS:,} listed"
        if not chosen and len(rows):
            said += ". Click a node or a link for its own"
        self._heading.value = said + "."
        self._clear.layout.display = "" if chosen else "none"
        self._table.update(self._html.iloc[rows[:MOST_ROWS]], **_TABLE)

    def __repr__(self) -> str:
        said = f"{len(self.view.rows):,} of {counted(len(self._views.data.attributions), 'statement')}"
        nodes, links = counted(len(self.view.nodes), "node"), counted(len(self.view.edges), "link")
        drawn = f"{nodes} and {links} at level {self.level}"
        return f"Explorer({said}; {drawn}; run the cell in JupyterLab to see it)"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, object]:
        bundle = self.box._repr_mimebundle_(include=include, exclude=exclude)
        return bundle | {"text/plain": repr(self)}


_TABLE = {
    "allow_html": True,  # the links; every text is escaped in _cells
    "maxBytes": 0, "maxRows": 0, "showIndex": False, "paging": True, "pageLength": 25, "scrollY": "410px",
    "scrollCollapse": True, "order": [], "classes": "compact stripe",
    "style": "width:100%;font-size:12px",
    "columnDefs": [{"targets": [0, 3], "width": "66px", "className": "dt-left dt-nowrap"},
                   {"targets": [1, 2], "width": "18%"}],
    "layout": {"topStart": "search", "topEnd": None, "bottomStart": "info", "bottomEnd": "paging"},
    "language": {"emptyTable": "No statement.", "info": "_START_ to _END_ of _TOTAL_", "infoEmpty": "",
                 "search": "Search"},
}


def link(text: str, address: str) -> str:
    """HTML of a text that leads to an article; only the text where the address is none of the web's."""
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        return escape(text)
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """The statements as the table shows them, a row an attribution: HTML, all of it escaped but our own links."""
    via = [f" <small>via {escape(names)}</small>" if names else "" for names in table["via"]]
    return pd.DataFrame({
        "Date": table["published"].dt.strftime("%Y-%m-%d").fillna("undated"),
        "Outlet": [link(outlet, url) for outlet, url in zip(table["outlet"], table["url"])],
        "Said by": [escape(name) + relays for name, relays in zip(table["source"], via)],
        "Stance": [escape(stance) for stance in table["stance"].astype("str")],
        "What was said": [escape(gist) for gist in table["gist"]],
    })


def _unique_names(nodes: pd.DataFrame) -> dict[str, int]:
    """The names to find nodes by, with their codes; nodes of one name carry their identifier too."""
    used = nodes[nodes["statements"] > 0]
    twice = used["name"].duplicated(keep=False)
    names = used["name"].where(~twice, used["name"] + " [" + used["node"].astype("str") + "]")
    return dict(zip(names, used.index.tolist()))


def base(at: Level, level: quoting.Level) -> dict[str, object]:
    """What a level's nodes always look like, as `network.js` draws them: lists by code, and what the legend says."""
    nodes, place = at.nodes, at.places
    colours = REGION_COLOURS if level == "country" else SECTOR_COLOURS
    present = set(nodes["group"])
    by = "quoting" if level == "country" else "quoted"
    return {
        "level": level, "heaviest": at.heaviest, "by": by,
        "name": nodes["name"].tolist(), "about": nodes["about"].tolist(),
        "label": [textwrap.shorten(name, LABEL, placeholder=" …") for name in nodes["name"]],
        "colour": nodes["group"].map(colours).tolist(), "diameter": nodes["diameter"].tolist(),
        "x": place["x"].fillna(0).tolist(), "y": place["y"].fillna(0).tolist(),
        "legend": [[group, colour] for group, colour in colours.items() if group in present],
        "note": f"Size: statements in the whole record. Arrows run to the one quoted, in the colour of the one {by}.",
    }


def _shown(view: View, nothing: str) -> dict[str, object]:
    nodes, edges = view.nodes, view.edges
    return {
        "level": view.level, "empty": nothing, "nodes": nodes.index.tolist(),
        **{column: nodes[column].tolist() for column in ("statements", "quoted", "quotes")},
        "from": edges["from"].tolist(), "to": edges["to"].tolist(), "weight": edges["statements"].tolist(),
        "articles": edges["articles"].tolist(),
    }
