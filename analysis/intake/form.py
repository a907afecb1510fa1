"""The review in JupyterLab: the text on the left, its rows on the right; accept, correct or reject each, then write.

The form changes the draft's tables and nothing else; only its last button writes to the record, through `accept`.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import pandas as pd
import traitlets

from analysis.dataset import DATA, DatasetError, Fault, load_dataset
from analysis.intake import outlets
from analysis.intake.acceptance import accept
from analysis.intake.drafts import ACCEPT, ATTRIBUTIONS, OUTLETS, REJECT, SOURCES, UNDECIDED, WRITTEN, Draft, spans_of
from analysis.intake.highlight import Mark, body, highlighted, legend, marks

_SIGN = {UNDECIDED: "○", ACCEPT: "✓", REJECT: "✗", WRITTEN: "■"}
_WORDS = {UNDECIDED: "undecided", ACCEPT: "accepted", REJECT: "rejected", WRITTEN: "written"}
_COUNT = count(1)  # the form's own identifier, else random, is stored in notebooks: the same run is the same bytes
_FOUND = 8  # names shown to a search
_LABEL = {"description_width": "112px"}
_INDENT = "118px"  # where the fields begin, behind their labels
# What has to stand in a statement before it can be accepted.
_NEEDED = {"attributions": ("source_id", "form", "stance", "gist"),
           "articles": ("url", "outlet_id", "language", "genre", "subject", "frames", "tone", "read"),
           "outlets": ("outlet_id", "name", "kind", "owner"), "sources": ("source_id", "name", "kind", "sector")}
_HELP = {"gist": "what was said, in your own words", "subject": "what it reports, in your own words",
         "published": "YYYY-MM-DD, or empty", "country": "two letters, INT, or empty", "url": "https://...",
         "via": "outlet_id, nearest first; several with ;", "wire": "outlet_id, if the text credits one for all of it",
         "name": "usual English name", "native_names": "as the text writes it; several with ;"}


class _Text(anywidget.AnyWidget):
    """The marked text. A click on a statement selects it, and a statement selected elsewhere comes into view."""

    _esm = """
    function render({ model, el }) {
      el.style.overflowY = "auto";
      el.style.height = "600px";
      el.style.paddingRight = "10px";
      const draw = () => {
        const top = el.scrollTop;
        el.innerHTML = model.get("html");
        el.scrollTop = top;
      };
      const find = () => {
        const mark = el.querySelector(`[data-number="${model.get("selected")}"]`);
        if (!mark) return;
        const box = el.getBoundingClientRect(), at = mark.getBoundingClientRect();
        if (at.top < box.top + 20 || at.bottom > box.bottom - 60) el.scrollTop += at.top - box.top - box.height / 3;
      };
      el.addEventListener("click", (event) => {
        const mark = event.target.closest("[data-number]");
        if (mark) { model.set("selected", Number(mark.dataset.number)); model.save_changes(); }
      });
      model.on("change:html", () => { draw(); find(); });
      draw();
      requestAnimationFrame(find);
    }
    export default { render };
    """
    html = traitlets.Unicode("").tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)


class _Flags(widgets.Box):
    """Any number of a few words, a button each."""

    value = traitlets.Tuple()

    def __init__(self, options: list[str], value: Iterable[str]):
        chosen = set(value)
        layout = {"width": "auto", "margin": "1px 2px"}
        self.buttons = [widgets.ToggleButton(description=o, value=o in chosen, layout=layout) for o in options]
        super().__init__(self.buttons, layout=widgets.Layout(flex_flow="row wrap"))
        self.value = tuple(b.description for b in self.buttons if b.value)
        for button in self.buttons:
            button.observe(self._collect, "value")

    def _collect(self, change: dict[str, Any]) -> None:
        self.value = tuple(button.description for button in self.buttons if button.value)


class _Finder(widgets.VBox):
    """Search over names in all scripts; the one chosen goes to `picked`."""

    def __init__(self, names: Callable[[], list[tuple[str, str]]], picked: Callable[[str], None], hint: str):
        self.names, self.picked, self.quiet = names, picked, False
        self.query = widgets.Text(placeholder=hint, layout=_wide(), continuous_update=True)
        self.found = widgets.Select(options=[], rows=3, layout=_wide())
        self.found.layout.display = "none"
        self.query.observe(self._search, "value")
        self.found.observe(self._pick, "value")
        super().__init__([self.query, self.found], layout=widgets.Layout(width="100%", padding=f"0 0 0 {_INDENT}"))

    def _search(self, change: dict[str, Any]) -> None:
        hits = search(change["new"], self.names())
        self.quiet = True
        self.found.options = [("", ""), *((f"{name}  →  {key}", key) for name, key in hits)]
        self.found.value, self.found.rows = "", min(len(hits) + 1, 5)
        self.found.layout.display = "" if hits else "none"
        self.quiet = False

    def _pick(self, change: dict[str, Any]) -> None:
        if change["new"] and not self.quiet:
            self.picked(change["new"])
            self.query.value = ""


def search(query: str, names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The (name, identifier) pairs nearest to a query, best first, an identifier once.

    >>> search("guteres", [("UNODC", "unodc"), ("António Guterres", "antonio-guterres")])
    [('António Guterres', 'antonio-guterres')]
    """
    from rapidfuzz import fuzz, process, utils

    names = list(names)
    if not query.strip():
        return []
    hits = process.extract(query, [name for name, _ in names], scorer=fuzz.WRatio, processor=utils.default_process,
                           score_cutoff=60, limit=_FOUND * 4)
    found: dict[str, str] = {}
    for _, _, i in hits:
        found.setdefault(names[i][1], names[i][0])
    return [(name, key) for key, name in found.items()][:_FOUND]


class Review(widgets.VBox):
    """The form. Get one from `review`."""

    def __init__(self, draft: Draft, folder: Path, path: Path | None):
        self.draft, self.folder, self.path = draft, folder, path
        data = load_dataset(folder)
        self.fields = {(resource["name"], field["name"]): field for resource in data.descriptor["resources"]
                       for field in resource["schema"]["fields"]}
        self.known = {"sources": _names(data.sources, "source_id"), "outlets": _names(data.outlets, "outlet_id")}
        self.article, self.selected = "", None
        self.pane = _Text(layout=_beside(380))
        self.pane.observe(lambda change: self._select(change["new"] - 1), "selected")
        self.choice = widgets.Dropdown(layout=_beside(260))
        self.choice.observe(lambda change: self._open(change["new"]), "value")
        self.progress = widgets.HTML()
        self.tabs = widgets.Tab(layout=_beside(350))
        self.said = widgets.HTML()
        self.list = widgets.Select(rows=7, layout=_wide())
        self.list.observe(lambda change: self._select(change["new"]), "value")
        self.news = widgets.Select(rows=5, layout=_wide())
        self.news.observe(lambda change: self._show_new(), "value")
        self.about, self.statement, self.new = (widgets.VBox() for _ in range(3))
        more = _button("Add a statement", self._add, icon="plus", width="150px")
        self.tabs.children = [self.about, widgets.VBox([self.list, self.statement, more]),
                              widgets.VBox([self.news, self.new]), self._writing()]
        self.tabs.titles = ("Article", "Statements", "New names", "Write")
        wrapped = {"flex_flow": "row wrap"}
        top = widgets.HBox([self.choice, self.progress], layout=widgets.Layout(align_items="center", **wrapped))
        both = widgets.HBox([self.pane, self.tabs], layout=widgets.Layout(**wrapped))
        super().__init__([top, widgets.HTML(legend()), both], model_id=f"intake-review-{next(_COUNT)}")
        self._quiet = False
        if len(draft.articles):
            self._list_articles()
            self._open(draft.articles["article"].iloc[0])
            self.tabs.selected_index = 1 if len(self.list.options) else 0
        else:
            self.progress.value = "<b>The draft has no article.</b>"

    def __repr__(self) -> str:
        return f"Review of {self.draft!r}"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        # Where no widget can run (a stored notebook, a page made of it) the marked text is shown.
        bundle = super()._repr_mimebundle_(**kwargs)
        shown = highlighted(self.draft, self.article).data if self.article else ""
        return {**bundle, "text/plain": repr(self), "text/html": shown}

    # -- what is open ------------------------------------------------------------------------------------------------

    def _list_articles(self) -> None:
        self._quiet = True
        value = self.choice.value
        self.choice.options = [(f"{_sign(row)} {row['article']}. {row['title'] or row['place']}"[:90], row["article"])
                               for row in self.draft.articles.to_dict("records")]
        if value:
            self.choice.value = value
        self._quiet = False
        decided = (self.draft.articles["decision"] != UNDECIDED).sum()
        mine = self.draft.statements(self.article)["decision"] if self.article else pd.Series(dtype=str)
        counts = (f"{(mine != UNDECIDED).sum()} of {len(mine)} statements, "
                  f"{decided} of {len(self.draft.articles)} articles decided")
        self.progress.value = f"<span style='padding-left:12px'>{counts}</span>"

    def _open(self, article: str) -> None:
        if self._quiet or not article:
            return
        self.article = article
        if self.choice.value != article:
            self._quiet = True
            self.choice.value = article
            self._quiet = False
        self._show_article()
        self._list_statements()
        rows = self.draft.statements(article)
        first = next((i for i, d in enumerate(rows["decision"]) if d == UNDECIDED), 0)
        self.selected = None
        self._select(first if len(rows) else None)
        self._list_new()

    def _redraw(self) -> None:
        number = (self.selected + 1) if self.selected is not None else 0
        shown = body(self.draft.texts.get(self.article, ""), marks(self.draft, self.article), number)
        self.pane.selected = number
        self.pane.html = shown

    def _list_statements(self) -> None:
        self._quiet = True
        rows = self.draft.statements(self.article).to_dict("records")
        who = [row["source"] or row["source_id"] or "(nobody)" for row in rows]
        self.list.options = [(f"{_sign(row)} {i + 1}. {who[i]}: {row['gist'] or row['sentence']}"[:110], i)
                             for i, row in enumerate(rows)]
        self.list.value = self.selected if self.selected is not None and self.selected < len(rows) else None
        self._quiet = False
        self._list_articles()

    def _select(self, position: int | None) -> None:
        rows = self.draft.statements(self.article)
        if self._quiet or position is None or not 0 <= position < len(rows):
            if not len(rows):
                self.statement.children = [widgets.HTML("No statement was found; add one if there is one.")]
                self._redraw()
            return
        if position == self.selected:
            return
        self.selected = position
        self._quiet = True
        self.list.value = position
        self._quiet = False
        self._show_statement()
        self._redraw()

    # -- fields ------------------------------------------------------------------------------------------------------

    def _field(self, table: str, index: Any, column: str) -> widgets.Widget:
        """A widget for one cell: what it is shown as follows the descriptor."""
        frame = getattr(self.draft, table)
        field = self.fields[table, column]
        value = frame.at[index, column]
        guess = column in frame.at[index, "guessed"].split(";") if "guessed" in frame else False
        label = f"{column.removesuffix('_id').replace('_', ' ')}{' (guess)' if guess else ''}"
        enum = field.get("constraints", {}).get("enum")
        items = field.get("items", {}).get("enum")
        if items:
            made = _Flags(items, [v for v in value.split(";") if v in items])
        elif enum and len(enum) <= 4:
            made = widgets.ToggleButtons(options=enum, value=value if value in enum else None,
                                         style={"button_width": "auto"}, layout=widgets.Layout(width="auto"))
        elif enum:
            made = widgets.Dropdown(options=[("(choose)", ""), *zip(enum, enum)], value=value if value in enum else "",
                                    description=label, style=_LABEL, layout=_wide())
        elif column in ("gist", "subject"):
            made = widgets.Textarea(value=value, rows=2, description=label, placeholder=_HELP[column], style=_LABEL,
                                    layout=_wide())
        else:
            made = widgets.Text(value=value, description=label, placeholder=_HELP.get(column, ""), style=_LABEL,
                                layout=_wide())

        def store(change: dict[str, Any]) -> None:
            new = change["new"]
            text = ";".join(new) if isinstance(new, tuple) else " ".join((new or "").split())
            now = getattr(self.draft, table)  # not `frame`: a row added meanwhile made another of it
            now.at[index, column] = text
            if now.at[index, "decision"] == ACCEPT and column in _NEEDED[table] and not text:
                self._decide(table, index, UNDECIDED)

        made.observe(store, "value")
        made.add_class(f"field-{table}-{column}")
        if not isinstance(made, _Flags):  # a box's view fails with one
            made.tooltip = field["description"]
        if isinstance(made, widgets.ToggleButtons | _Flags):  # a description would stand above its buttons
            layout = widgets.Layout(width=_LABEL["description_width"], justify_content="flex-end", flex="0 0 auto",
                                    margin="2px 4px 2px 2px")
            return widgets.HBox([widgets.Label(label, tooltip=field["description"], layout=layout), made], layout=_wide())
        return made

    def _decisions(self, table: str, index: Any, then: Callable[[], None]) -> widgets.Widget:
        """Accept, reject, take back."""
        row = getattr(self.draft, table).loc[index]
        said = widgets.HTML(f"<b>{_sign(row)} {html.escape(_WORDS.get(row['decision'], row['decision']))}</b>")

        def decide(decision: str) -> None:
            frame = getattr(self.draft, table)
            if frame.at[index, "decision"] == WRITTEN:  # by another cell, after this was drawn
                said.value = f"<b>{_SIGN[WRITTEN]} {_WORDS[WRITTEN]}</b>"
                return
            missing = [c.removesuffix("_id") for c in _NEEDED[table] if not frame.at[index, c]]
            if decision == ACCEPT and missing:
                said.value = f"<b style='color:#b00020'>still needed: {', '.join(missing)}</b>"
                return
            self._decide(table, index, decision)
            then()

        if row["decision"] == WRITTEN:
            return said
        buttons = [_button("Accept", lambda: decide(ACCEPT), "success", "check"),
                   _button("Reject", lambda: decide(REJECT), "", "times"),
                   _button("Undecided", lambda: decide(UNDECIDED), "", "undo")]
        layout = widgets.Layout(padding=f"6px 0 6px {_INDENT}", align_items="center", flex_flow="row wrap")
        return widgets.HBox([*buttons, said], layout=layout)

    def _decide(self, table: str, index: Any, decision: str) -> None:
        getattr(self.draft, table).at[index, "decision"] = decision
        self._save()

    def _save(self) -> None:
        if self.path:
            self.draft.save(self.path)

    # -- the tabs ----------------------------------------------------------------------------------------------------

    def _show_article(self) -> None:
        frame = self.draft.articles
        index = frame.index[frame["article"] == self.article][0]
        row = frame.loc[index]

        def outlet(identifier: str) -> None:
            frame.at[index, "outlet_id"] = identifier
            self._show_article()

        notes = f"<p style='color:#7a4b00;margin:2px 0'>{html.escape(row['note'])}</p>" if row["note"] else ""
        head = widgets.HTML(f"<b dir='auto'>{html.escape(row['title'] or row['place'])}</b>{notes}")
        columns = ("url", "outlet_id", "published", "language", "genre", "subject", "frames", "tone", "wire", "read")
        rows = [self._field("articles", index, column) for column in columns]
        finder = _Finder(lambda: self._names("outlets"), outlet, "search an outlet by any of its names")
        decisions = self._decisions("articles", index, lambda: (self._show_article(), self._list_articles()))
        self.about.children = [head, *rows[:2], finder, *rows[2:], decisions]

    def _show_statement(self) -> None:
        frame = self.draft.attributions
        index = self.draft.statements(self.article).index[self.selected]
        row = frame.loc[index]
        notes = f"<p style='color:#7a4b00;margin:2px 0'>{html.escape(row['note'])}</p>" if row["note"] else ""
        frame_style = "max-height:130px;overflow:auto;padding:4px 8px 0;border-left:3px solid #999"
        sentence = widgets.HTML(f"<div style='{frame_style}'>{self._sentence(row)}</div>{notes}")
        source = self._field("attributions", index, "source_id")
        via = self._field("attributions", index, "via")

        def pick(identifier: str) -> None:
            source.value = identifier

        def add_via(identifier: str) -> None:
            via.value = ";".join(dict.fromkeys([*filter(None, via.value.split(";")), identifier]))

        find_source = _Finder(lambda: self._names("sources"), pick, "search a known source by any of its names")
        find_via = _Finder(lambda: self._names("outlets"), add_via, "search an outlet to add to via")
        new = _button("New source", lambda: self._propose_source(find_source.query.value or row["source"], source),
                      icon="plus", width="120px")
        new.layout.margin = f"2px 0 2px {_INDENT}"
        self.statement.children = [sentence, source, find_source, new,
                                   *(self._field("attributions", index, c) for c in ("form", "stance")), via, find_via,
                                   self._field("attributions", index, "gist"),
                                   self._decisions("attributions", index, self._next)]

    def _sentence(self, row: pd.Series) -> str:
        """The statement's sentence with its own marks, or as the draft's cell has it where the text is not there."""
        text = self.draft.texts.get(self.article, "")
        where = spans_of(row["sentence_span"], len(text))
        if not where:
            return f"<span dir='auto'>{html.escape(row['sentence'])}</span>"
        start, end = where[0]
        mine = [Mark(max(m.start, start) - start, min(m.end, end) - start, m.kind, m.number)
                for m in marks(self.draft, self.article)
                if m.number == self.selected + 1 and m.start < end and m.end > start]
        return body(text[start:end], mine)

    def _next(self) -> None:
        """Go on to the next undecided statement."""
        decisions = list(self.draft.statements(self.article)["decision"])
        after = [*range(self.selected + 1, len(decisions)), *range(self.selected)]
        following = next((i for i in after if decisions[i] == UNDECIDED), None)
        self._list_statements()
        if following is None:
            self._show_statement()
            self._redraw()
            if self._undecided_news():
                self.tabs.selected_index = 2
            elif self._article_undecided():
                self.tabs.selected_index = 0
        else:
            self._select(following)

    def _undecided_news(self) -> bool:
        return any((frame["decision"] == UNDECIDED).any() for frame in (self.draft.outlets, self.draft.sources))

    def _article_undecided(self) -> bool:
        mine = self.draft.articles["article"] == self.article
        return bool((self.draft.articles.loc[mine, "decision"] == UNDECIDED).any())

    def _add(self) -> None:
        """A statement that the machine missed."""
        row = {**dict.fromkeys(ATTRIBUTIONS, ""), "article": self.article, "note": "added by hand"}
        frame = self.draft.attributions
        at = int((frame["article"] == self.article).to_numpy().nonzero()[0].max(initial=-1)) + 1 or len(frame)
        parts = [frame.iloc[:at], pd.DataFrame([row], dtype=object), frame.iloc[at:]]
        self.draft.attributions = pd.concat(parts, ignore_index=True)
        self.selected = None
        self._list_statements()
        self._select(len(self.draft.statements(self.article)) - 1)

    def _propose_source(self, name: str, source: widgets.Text) -> None:
        if not name.strip():
            return
        made = outlets.slug(name) or f"new-{1 + self.draft.sources['source_id'].str.startswith('new-').sum()}"
        taken = {key for table in ("sources", "outlets") for _, key in self._names(table)}
        key = next(k for k in chain([made], (f"{made}-{n}" for n in count(2))) if k not in taken)
        cells = {"name" if outlets.slug(name) else "native_names": " ".join(name.split())}
        row = {**dict.fromkeys(SOURCES, ""), "source_id": key, **cells}
        self.draft.sources = pd.concat([self.draft.sources, pd.DataFrame([row], dtype=object)], ignore_index=True)
        source.value = key
        self._list_new()

    def _names(self, table: str) -> list[tuple[str, str]]:
        key = {"sources": "source_id", "outlets": "outlet_id"}[table]
        frame = getattr(self.draft, table)
        new = [(name, row[key]) for row in frame.to_dict("records")
               for name in (row["name"], row["native_names"]) if name]
        return self.known[table] + new

    def _list_new(self) -> None:
        self._quiet = True
        value = self.news.value
        options = []
        for table, key in (("outlets", "outlet_id"), ("sources", "source_id")):
            for index, row in getattr(self.draft, table).iterrows():
                name = row["name"] or row["native_names"] or row[key]
                options.append((f"{_sign(row)} {table[:-1]}: {name}"[:100], (table, index)))
        self.news.options = options
        self._quiet = False
        self.news.value = value if value in [o for _, o in options] else (options[0][1] if options else None)
        if not options:
            self.new.children = [widgets.HTML("The draft proposes no new outlet and no new source.")]

    def _show_new(self) -> None:
        if self._quiet or not self.news.value:
            return
        table, index = self.news.value
        columns = {"outlets": OUTLETS, "sources": SOURCES}[table]
        hidden = {"decision", "guessed", "note", "coded"}
        row = getattr(self.draft, table).loc[index]
        note = widgets.HTML(f"<span style='color:#7a4b00'>{html.escape(row['note'])}</span>")
        self.new.children = [note, *(self._field(table, index, c) for c in columns if c not in hidden),
                             self._decisions(table, index, self._next_new)]

    def _next_new(self) -> None:
        current = self.news.value
        self._list_new()
        todo = [option for _, option in self.news.options
                if getattr(self.draft, option[0]).at[option[1], "decision"] == UNDECIDED]
        if todo:
            self.news.value = todo[0]
        else:
            self.news.value = current
            self._show_new()
            if self._article_undecided():
                self.tabs.selected_index = 0

    def _writing(self) -> widgets.Widget:
        words = widgets.HTML(
            "<p style='line-height:1.5'>Writes every <b>accepted</b> article with its accepted statements and new "
            "names to the tables. Undecided articles wait in the draft. The tables are checked first; if anything is wrong, "
            "nothing is written, and all of it is listed here.</p>")
        return widgets.VBox([words, _button("Write to the tables", self._write, "primary", "save", "190px"), self.said])

    def _write(self) -> None:
        try:
            done = accept(self.draft, self.folder)
        except DatasetError as error:
            self.said.value = _fault_table(error.faults)
            return
        except OSError as error:
            self.said.value = f"<b style='color:#b00020'>Nothing was written: {html.escape(str(error))}</b>"
            return
        self._save()
        if done.articles:
            self.said.value = f"<b>Written: {html.escape(str(done))}</b> ({html.escape(', '.join(done.articles))})"
        else:
            self.said.value = "<b>Nothing to write: no article is accepted.</b>"
        article = self.article
        self.article = ""
        self._list_articles()
        self._open(article)


def review(draft: Draft, folder: str | Path | None = None, path: str | Path | None = None) -> Review:
    """The form for a draft, to be shown as a notebook cell's last value.

    Parameters
    ----------
    draft: is changed by what the person decides.
    folder: the record to which "Write to the tables" writes; without one, the bundled `data/`.
    path: where to save the draft after each decision (see `Draft.save`); without one, it is not saved.
    """
    return Review(draft, Path(folder) if folder is not None else DATA, Path(path) if path is not None else None)


def _names(table: pd.DataFrame, key: str) -> list[tuple[str, str]]:
    return [(name, row[key]) for row in table.sort_values(key).to_dict("records")
            for name in (row["name"], *row["native_names"])]


def _wide() -> widgets.Layout:
    """A layout of its own for each: one that two widgets share hides both with one."""
    return widgets.Layout(width="98%")


def _beside(least: int) -> widgets.Layout:
    """The layout of what shares a line with another where there are so many pixels for it, else stands below."""
    return widgets.Layout(flex=f"1 1 {least}px", width="auto", min_width="0")


def _sign(row: Mapping[str, str]) -> str:
    return _SIGN.get(row["decision"], "?")


def _button(label: str, act: Callable[[], None], style: str = "", icon: str = "",
            width: str = "110px") -> widgets.Button:
    made = widgets.Button(description=label, button_style=style, icon=icon, layout=widgets.Layout(width=width))
    made.on_click(lambda _: act())
    return made


def _fault_table(faults: Iterable[Fault]) -> str:
    faults = list(faults)
    rows = "".join("<tr>" + "".join(f"<td style='padding:2px 8px 2px 0;vertical-align:top'>{html.escape(cell)}</td>"
                                    for cell in (f.file, str(f.line or ""), f.column, f.shown, f.rule)) + "</tr>"
                   for f in faults[:100])
    head = "".join(f"<th style='text-align:left;padding-right:8px'>{column}</th>"
                   for column in ("file", "line", "column", "value", "rule"))
    more = f"<p>... and {len(faults) - 100:,} more</p>" if len(faults) > 100 else ""
    count = f"{len(faults):,} fault{'s' * (len(faults) != 1)}"
    return f"<b style='color:#b00020'>Nothing was written: {count}</b><table>{head}{rows}</table>{more}"
