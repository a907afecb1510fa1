"""The review form and the marked text: what is shown is escaped, what is clicked is what is stored.

The widgets are driven as the browser drives them, by their values and clicks.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import ipywidgets as widgets
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import intake, load_dataset
from analysis.intake.drafts import COLUMNS, Draft, spans_to_text
from analysis.intake.form import Review, search
from analysis.intake.highlight import MAX_SHOWN, STYLES, Mark, body, legend, marks

TEXT = "“It is <b>a</b> landmark,” said Ann. Bo said that Cy called it “weak”.\nوقال الوزير"


class Seen(HTMLParser):
    """What a browser would see: the words, and the style and number under which each character stands."""

    def __init__(self, html: str):
        super().__init__()
        self.text, self.under, self.open, self.tags = "", [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag != "br":
            self.open.append(dict(attributes))

    def handle_endtag(self, tag):
        self.open.pop()
        if tag == "p":
            self.handle_data("\n")

    def handle_data(self, data):
        styles = " ".join(each.get("style") or "" for each in self.open)
        if "border-radius" not in styles:  # the numbers are not part of the text
            self.text += data
            self.under += [styles] * len(data)


def spans() -> st.SearchStrategy:
    pair = st.tuples(st.integers(0, 60), st.integers(1, 30), st.sampled_from(list(STYLES)), st.integers(1, 5))
    return st.lists(pair.map(lambda p: Mark(p[0], p[0] + p[1], p[2], p[3])), max_size=8)


@given(st.text(st.sampled_from("ab<>&\"'\n \u202eوñ"), min_size=1, max_size=60), spans())
@settings(max_examples=200, deadline=None)
def test_the_text_is_there_once_whatever_the_marks_and_marks_cover_what_they_say(text, given_marks):
    found = [Mark(m.start, min(m.end, len(text)), m.kind, m.number) for m in given_marks if m.start < len(text)]
    seen = Seen(body(text, found))
    assert [p for p in seen.text.split("\n") if p] == [p for p in text.split("\n") if p]
    assert {tag for tag, _ in seen.tags} <= {"div", "p", "span"}
    shown = iter(zip(seen.text, seen.under))
    for i, c in enumerate(text):
        if c == "\n":
            continue
        under = next(u for d, u in shown if d != "\n")
        kinds = {m.kind for m in found if m.start <= i < m.end}
        assert ("background:#fdf0c4" in under) == ("content" in kinds)
        line = next((k for k in ("source", "via", "cue") if k in kinds), None)
        assert {k: STYLES[k] in under for k in ("source", "via", "cue")} == {
            k: k == line for k in ("source", "via", "cue")
        }


def test_each_mark_has_a_line_of_its_own_kind():
    """In greyscale colours are nothing: solid, double, wavy, and a ground tell the marks apart."""
    lines = [re.search(r"underline (solid|double|wavy)|background", style)[0] for style in STYLES.values()]
    assert len(set(lines)) == len(STYLES) and all(words in legend() for words in ("source", "via", "cue", "content"))


def test_nothing_of_a_page_runs():
    hostile = '<img src=x onerror="alert(1)"><script>alert(1)</script>&lt;' + "\u202e" * 3
    seen = Seen(body(hostile, [Mark(0, 10, "content", 1), Mark(5, 30, "source", 2)]))
    assert seen.text.strip("\n") == hostile and not {"img", "script"} & {tag for tag, _ in seen.tags}


def test_paragraphs_go_their_own_way_and_the_chosen_statement_is_set_off():
    seen = Seen(body(TEXT, [Mark(0, 26, "content", 1), Mark(36, 60, "content", 2)], selected=2))
    assert [a.get("dir") for tag, a in seen.tags if tag == "p"] == ["auto", "auto"]
    assert "#f5c542" in seen.under[40] and "#f5c542" not in seen.under[3]


def test_a_very_long_text_is_cut_and_says_so():
    shown = body(
        "a" * (MAX_SHOWN + 5), [Mark(MAX_SHOWN + 1, MAX_SHOWN + 3, "cue", 1), Mark(2, MAX_SHOWN + 4, "content", 1)]
    )
    assert "5 more characters" in shown and len(shown) < MAX_SHOWN + 5_000


# -- the form ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def reviewed(copy_of_data) -> Review:
    statement = {
        "article": "1",
        "source": "Ann",
        "source_id": "ann-lee",
        "form": "direct",
        "sentence": TEXT[:36],
        "content_spans": spans_to_text([(0, 26)]),
        "source_span": "32..35",
        "sentence_span": "0..36",
    }
    rows = {
        "articles": [
            {
                "article": "1",
                "place": "a.html",
                "title": "<i>T</i>",
                "url": "https://harbour.example/a",
                "outlet_id": "harbour",
                "language": "en",
                "read": "full",
                "guessed": "language",
                "note": "<b>note</b>",
            }
        ],
        "attributions": [statement, {**statement, "source": "Bo", "source_id": "", "form": "mixed"}],
        "outlets": [
            {"outlet_id": "harbour", "name": "Harbour", "domains": "harbour.example", "coded": "yes", "guessed": "name"}
        ],
        "sources": [{"source_id": "ann-lee", "name": "Ann", "guessed": "name"}],
    }
    draft = Draft(
        **{t: pd.DataFrame([{**dict.fromkeys(COLUMNS[t], ""), **r} for r in rows[t]], dtype=object) for t in rows},
        texts={"1": TEXT},
    )
    return intake.review(draft, copy_of_data, copy_of_data.parent / "draft.csv")


def inside(widget: widgets.Widget) -> list[widgets.Widget]:
    return [widget, *(w for child in getattr(widget, "children", ()) for w in inside(child))]


def field(form: Review, tab: int, column: str) -> widgets.Widget:
    (found,) = [
        w
        for w in inside(form.tabs.children[tab])
        if any(c.endswith(f"-{column}") for c in getattr(w, "_dom_classes", ()))
    ]
    return found


def click(form: Review, tab: int, label: str) -> None:
    next(w for w in inside(form.tabs.children[tab]) if isinstance(w, widgets.Button) and w.description == label).click()


def words(form: Review, tab: int) -> str:
    return " ".join(w.value for w in inside(form.tabs.children[tab]) if isinstance(w, widgets.HTML))


def test_from_first_click_to_the_tables(reviewed, copy_of_data):
    draft = reviewed.draft
    click(reviewed, 1, "Accept")
    assert "still needed: stance, gist" in words(reviewed, 1) and draft.attributions.loc[0, "decision"] == ""
    field(reviewed, 1, "stance").value = "critical"
    field(reviewed, 1, "gist").value = "  Too\nwide "
    click(reviewed, 1, "Accept")
    assert draft.attributions.loc[0, ["decision", "stance", "gist"]].tolist() == ["accept", "critical", "Too wide"]
    assert reviewed.list.value == 1 and reviewed.pane.selected == 2  # on to the next
    click(reviewed, 1, "Reject")
    assert draft.attributions["decision"].tolist() == ["accept", "reject"]
    assert reviewed.tabs.selected_index == 2  # statements done: the new names
    field(reviewed, 2, "kind").value, field(reviewed, 2, "owner").value = "newspaper", "private"
    click(reviewed, 2, "Accept")
    field(reviewed, 2, "kind").value, field(reviewed, 2, "sector").value = "person", "academia"
    click(reviewed, 2, "Accept")
    assert reviewed.tabs.selected_index == 0
    for column, value in {"genre": "news", "subject": "A harbour", "tone": "mixed"}.items():
        field(reviewed, 0, column).value = value
    for button in field(reviewed, 0, "frames").children:
        button.value = button.description in ("rights", "cooperation")
    click(reviewed, 0, "Accept")
    click(reviewed, 3, "Write to the tables")
    assert "Written: 1 article, 1 attribution, 1 outlet, 1 source" in words(reviewed, 3)
    data = load_dataset(copy_of_data)
    assert data.articles.set_index("article_id").loc["harbour-01", "frames"] == ["cooperation", "rights"]
    assert data.attributions.set_index("attribution_id").loc["harbour-01.1", "gist"] == "Too wide"
    saved = intake.load(copy_of_data.parent / "draft.csv")
    assert saved.articles["decision"].tolist() == ["written"]
    click(reviewed, 3, "Write to the tables")
    assert "Nothing to write" in words(reviewed, 3)


def test_faults_are_listed_in_the_form_and_nothing_is_written(reviewed, copy_of_data):
    before = (copy_of_data / "articles.csv").read_bytes()
    reviewed.draft.articles.loc[0, ["decision", "genre"]] = ["accept", "<script>"]
    click(reviewed, 3, "Write to the tables")
    shown = words(reviewed, 3)
    assert "Nothing was written" in shown and "&lt;script&gt;" in shown and "draft.csv" in shown
    assert (copy_of_data / "articles.csv").read_bytes() == before


def test_an_accepted_row_that_loses_a_cell_is_undecided_again(reviewed):
    field(reviewed, 1, "stance").value, field(reviewed, 1, "gist").value = "neutral", "x"
    click(reviewed, 1, "Accept")
    reviewed.list.value = 0
    field(reviewed, 1, "gist").value = " "
    assert reviewed.draft.attributions.loc[0, ["decision", "gist"]].tolist() == ["", ""]


def test_names_are_found_in_all_scripts_and_chosen(reviewed):
    finder = next(w for w in inside(reviewed.tabs.children[1]) if type(w).__name__ == "_Finder")
    finder.query.value = "أنطونيو غوتيريش"
    assert "antonio-guterres" in [value for _, value in finder.found.options]
    finder.found.value = "antonio-guterres"
    assert reviewed.draft.attributions.loc[0, "source_id"] == "antonio-guterres" and finder.query.value == ""


@pytest.mark.parametrize(
    ("query", "first"), [("guteres", "antonio-guterres"), ("nikkei", "nikkei-asia"), ("古特雷斯", "antonio-guterres")]
)
def test_the_nearest_name_comes_first(data, query, first):
    names = [(n, r.source_id) for r in data.sources.itertuples() for n in (r.name, *r.native_names)]
    found = search(query, names)
    assert found[0][1] == first and len({key for _, key in found}) == len(found) <= 8
    assert search("  ", names) == []


def test_a_statement_and_a_source_that_the_machine_missed(reviewed):
    click(reviewed, 1, "Add a statement")
    assert reviewed.selected == 2 and len(reviewed.draft.attributions) == 3
    finder = next(w for w in inside(reviewed.tabs.children[1]) if type(w).__name__ == "_Finder")
    finder.query.value = "Zoë Mills"
    click(reviewed, 1, "New source")
    assert (
        reviewed.draft.attributions.loc[2, "source_id"] == "zoe-mills" == reviewed.draft.sources["source_id"].iloc[-1]
    )
    field(reviewed, 1, "gist").value = "Said by hand"
    assert reviewed.draft.attributions.loc[2, "gist"] == "Said by hand"


def test_a_click_in_the_text_opens_its_statement(reviewed):
    reviewed.pane.selected = 2
    assert reviewed.selected == 1 and reviewed.list.value == 1 and 'data-number="2"' in reviewed.pane.html


def test_what_is_shown_is_escaped_and_guesses_are_marked(reviewed):
    shown = words(reviewed, 0)
    assert "&lt;i&gt;T&lt;/i&gt;" in shown and "&lt;b&gt;note&lt;/b&gt;" in shown
    assert "(guess)" in field(reviewed, 0, "language").description
    assert "<b>a</b>" not in reviewed.pane.html and "&lt;b&gt;a&lt;/b&gt;" in words(reviewed, 1)


def test_a_stored_notebook_shows_the_marked_text(reviewed):
    bundle = reviewed._repr_mimebundle_()
    assert bundle["text/plain"] == "Review of Draft(1 articles, 2 statements, 1 new outlets, 1 new sources, 0 skipped)"
    assert bundle["text/html"] == intake.highlighted(reviewed.draft).data and "landmark" in bundle["text/html"]


def test_no_box_has_a_tooltip(reviewed):
    """Seen in the browser: JupyterLab shows a JavaScript error in the place of a box that has one."""
    boxes = [w for tab in range(4) for w in inside(reviewed.tabs.children[tab]) if isinstance(w, widgets.Box)]
    assert len(boxes) > 10 and not [w for w in boxes if w.tooltip is not None]


def test_an_empty_draft_says_so(copy_of_data):
    empty = Draft(**{t: pd.DataFrame(columns=list(COLUMNS[t]), dtype=object) for t in COLUMNS})
    form = intake.review(empty, copy_of_data)
    assert "no article" in form.progress.value and marks(empty, "1") == []
    assert form._repr_mimebundle_()["text/html"] == ""
