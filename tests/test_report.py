"""The report: what it says is what the tables say, every text in it is harmless, and its pages hold together.

A small record is built whole, with planted attacks; what is expected of the bundled one is counted by plain loops.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import numpy as np
import pytest
from records import article, attribution, outlet, read_tables, record, source
from typer.testing import CliRunner

from analysis import gallery
from analysis.__main__ import app
from analysis.charts.style import caption
from analysis.dataset import DATA, DESCRIPTOR
from analysis.explore import Views
from analysis.report import NotAReport, articles, build, coverage_facts, facts, figures, limits, quoting_facts
from analysis.report import notebooks, pictures, site, statements, tables
from analysis.report.network import network

ATTACK = "<img src=x onerror=alert(1)>"
CLOSED = '</script><script>alert(2)</script>"\'&amp;'
COUNTRIES = ("VN", "FR", "JP", "", "INT")


def planted():
    """A record with every kind of row, whose names, titles and addresses attack the page."""
    data, _ = record(
        articles=[article(n, f"o{n % 5}", published=f"2025-10-{20 + n // 2}" if n % 3 else "",
                          wire="o2" if n == 4 else "", read="excerpt" if n % 2 else "full") for n in range(12)],
        outlets=[outlet(f"o{n}", country) for n, country in enumerate(COUNTRIES)],
        sources=[source("minister", "VN"), source("expert", "FR", sector="academia"),
                 source("o1", "FR", name="O1", kind="outlet", sector="media", outlet_id="o1")],
        attributions=[attribution(n, position, ("minister", "expert", "o1")[(n + position) % 3],
                                  *(["o1"] if (n + position) % 3 == 0 and n % 5 == 0 else []),
                                  stance="critical" if n == 2 else "supportive")
                      for n in range(12) for position in (1, 2)],
        signatures=[{"country": "VN", "name": "Viet Nam", "signed": "2025-10-25",
                     "source_urls": "https://example.org/"}],
    )
    data.outlets.loc[0, "name"] = ATTACK
    data.sources.loc[0, "name"] = f"Minister {ATTACK}"
    data.attributions.loc[0, "gist"] = CLOSED
    data.articles.loc[0, "subject"] = CLOSED
    data.articles.loc[1, ["subject", "url"]] = [ATTACK, "javascript:alert(3)"]
    data.articles.loc[2, "url"] = "data:text/html,<script>alert(4)</script>"
    event = data.descriptor["event"] | {"short": f"Event {ATTACK}", "source": CLOSED,
                                        "milestones": [{"date": "2025-10-22", "label": ATTACK}]}
    return replace(data, descriptor=data.descriptor | {"title": f"Title {ATTACK}", "event": event})


class Elements(HTMLParser):
    """A page's elements as (name, attributes), its scripts' and styles' own text, and what can be read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.inside: Counter[str] = Counter()
        self.text = ""
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open in ("script", "style"):
            self.inside[self._open] += len(data.strip())
        else:
            self.text += data

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name in names]


@pytest.fixture(scope="module")
def small():
    return planted()


@pytest.fixture(scope="module")
def built(small, tmp_path_factory):
    """The report of the planted record, with one notebook whose outputs attack it too."""
    folder = tmp_path_factory.mktemp("report")
    path = folder / "07_attack.ipynb"
    cell = nbformat.v4.new_code_cell("1 < 2 # " + ATTACK, execution_count=1, outputs=[
        nbformat.v4.new_output("execute_result", {"text/html": f"<table><tr><td style='color: red' onclick='alert(1)'>"
                                                                f"{ATTACK}</td></tr></table><script>alert(5)</script>",
                                                  "text/plain": ATTACK}, execution_count=1),
        nbformat.v4.new_output("stream", name="stdout", text=ATTACK)])
    prose = nbformat.v4.new_markdown_cell(f"# See {ATTACK}\n\nA question {ATTACK}, [here](javascript:alert(6)), "
                                          f"[there](07_attack.ipynb#x), [code](../analysis/x.py).\n\n{ATTACK}")
    nbformat.write(nbformat.v4.new_notebook(cells=[prose, cell]), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "NOTEBOOKS", folder)
        # The slow ones look at nothing that others do not; the gallery's own tests draw them.
        slow = {"frames", "frame-pairs", "tone", "spread", "silences", "agencies"}
        patch.setattr(gallery, "CHARTS", {n: chart for n, chart in gallery.CHARTS.items() if n not in slow})
        build(small, folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(built):
    return {path.name: Elements(path.read_text(encoding="utf-8")) for path in built.glob("*.html")}


def payload(built: Path, name: str):
    text = (built / "data" / f"{name}.js").read_text(encoding="utf-8")
    assert "<" not in text
    return json.loads(re.fullmatch(r"globalThis.*?\{ \w+: (.*) \}\);\n", text, re.DOTALL)[1])


# -- the site holds together -------------------------------------------------------------------------------------------

def test_every_page_is_there(pages):
    assert set(pages) == {"index.html", "charts.html", "articles.html", "statements.html", "network.html", "data.html",
                          "notebooks.html", "07_attack.html"}


def test_every_page_carries_the_strict_policy_and_needs_no_exception(pages):
    assert "unsafe" not in site.POLICY and "http" not in site.POLICY and "*" not in site.POLICY
    assert {"default-src 'none'", "script-src 'self'", "base-uri 'none'"} <= set(site.POLICY.split("; "))
    for name, page in pages.items():
        policies = [a for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
        assert [a["content"] for a in policies] == [site.POLICY], name
        first = [element for element, _ in page.found if element in ("meta", "script", "link", "img")][:2]
        assert first == ["meta", "meta"], "the policy stands before what it governs"
        assert not page.inside["script"] and not page.inside["style"] and not page.all("style", "iframe", "object")
        for element, attributes in page.found:
            assert not [a for a in attributes if a.startswith("on") or a == "style"], (name, element, attributes)


def test_no_planted_element_came_to_life(pages):
    for name, page in pages.items():
        assert not [a for a in page.all("img") if a.get("src") == "x"], name
        for attributes in page.all("a", "area", "form", "link", "script", "img"):
            for key in ("href", "src", "action"):
                assert not attributes.get(key, "").lower().startswith(("javascript:", "data:", "vbscript:")), name
    assert ATTACK in pages["index.html"].text  # shown as what it is
    assert ATTACK in pages["07_attack.html"].text


def test_nothing_is_loaded_from_elsewhere_and_every_link_within_leads_somewhere(built, pages):
    ids = {name: {a["id"] for _, a in page.found if "id" in a} for name, page in pages.items()}
    links = 0
    for name, page in pages.items():
        for element, attributes in page.found:
            for key in ("src", "href", "srcset"):
                if key not in attributes:
                    continue
                parts = urlsplit(attributes[key])
                if parts.scheme:
                    assert element == "a" and parts.scheme in ("http", "https"), (name, element, attributes)
                    assert {"noopener", "noreferrer"} <= set(attributes.get("rel", "").split())
                    continue
                links += 1
                assert not parts.netloc and (not parts.path or (built / unquote(parts.path)).is_file()), attributes
                if parts.fragment and "=" not in parts.fragment:
                    assert parts.fragment in ids[parts.path or name], attributes
    assert links > 100
    for path in built.rglob("*.css"):
        for address in re.findall(r"url\(\s*['\"]?([^'\")]*)", path.read_text(encoding="utf-8")):
            assert address.startswith("data:") or (path.parent / address).is_file(), (path.name, address[:80])


def test_every_id_stands_once_and_every_control_has_a_name(pages):
    for name, page in pages.items():
        assert not [k for k, n in Counter(a["id"] for _, a in page.found if "id" in a).items() if n > 1], name
        assert len(page.all("h1")) == len(page.all("main")) == 1 and page.all("title")
        assert [a for a in page.all("html") if a.get("lang") == "en"]


def test_the_footer_names_version_and_commit(small, pages, tmp_path):
    stamp = site.stamp(small)
    assert stamp["record"] == small.descriptor["version"] and stamp["software"]
    for page in pages.values():
        assert f"Record version {stamp['record']}" in page.text and f"commit {stamp['commit']}" in page.text
    assert site.commit(tmp_path) == "unknown"

    def git(*arguments):
        somebody = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(["git", "-C", tmp_path, *somebody, *arguments], check=True, capture_output=True,
                              text=True).stdout.strip()
    git("init")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "One")
    assert site.commit(tmp_path) == git("rev-parse", "--short=12", "HEAD")
    (tmp_path / "file").write_text("2")
    assert site.commit(tmp_path).endswith("not committed")
    (tmp_path / "inside").mkdir()
    assert site.commit(tmp_path / "inside") == "unknown"  # somebody else's checkout


def test_the_same_record_gives_the_same_bytes_and_replaces_only_a_report(tmp_path):
    nothing, _ = record()
    tables_folder = tmp_path / "tables"
    tables_folder.mkdir()
    for path in DATA.glob("*.csv"):
        header = path.read_text(encoding="utf-8").partition("\n")[0]
        (tables_folder / path.name).write_text(f"{header}\n", encoding="utf-8")
    shutil.copy(DATA / DESCRIPTOR, tables_folder)
    build(nothing, tmp_path / "a", folder=tables_folder)
    result = CliRunner().invoke(app, ["report", "--to", str(tmp_path / "b"), "--data", str(tables_folder)])
    assert result.exit_code == 0 and "index.html in a browser" in result.output
    files = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert len(files) > 20
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path
    (tmp_path / "a" / "stale.html").write_text("old")
    build(nothing, tmp_path / "a", folder=tables_folder)
    assert not (tmp_path / "a" / "stale.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "tables"]  # nothing is left beside them
    front = Elements((tmp_path / "a" / "index.html").read_text(encoding="utf-8"))
    assert "The record holds no article." in front.text and "The record holds no statement." in front.text
    assert not front.all("img")


def test_a_folder_with_something_else_is_left_alone(tmp_path, small):
    (tmp_path / "precious.txt").write_text("keep")
    with pytest.raises(NotAReport, match="something else"):
        build(small, tmp_path)
    with pytest.raises(NotAReport):
        build(small, tmp_path / "precious.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]
    result = CliRunner().invoke(app, ["report", "--to", str(tmp_path)])
    assert result.exit_code == 2 and "something else" in result.output


# -- what it shows is what the tables hold -----------------------------------------------------------------------------

def test_figures_are_those_of_the_tables(data):
    plain = read_tables()
    country = {row["outlet_id"]: row["country"] for row in plain["outlets"]}
    outlets = {row["outlet_id"] for row in plain["articles"]}
    body = {row["source_id"]: row["outlet_id"] or row["source_id"] for row in plain["sources"]}
    expected = [len(plain["articles"]), len({country[o] for o in outlets} - {"", "INT"}),
                len({row["language"] for row in plain["articles"]}), len(outlets), len(plain["attributions"]),
                len({body[row["source_id"]] for row in plain["attributions"]})]
    assert [figure.number for figure in figures(data)] == expected


def test_sentences_of_the_bundled_record_are_counted(data):
    plain = read_tables()
    country = {row["outlet_id"]: row["country"] for row in plain["outlets"]}
    number = Counter(country[row["outlet_id"]] for row in plain["articles"])
    days = Counter(row["published"] for row in plain["articles"])
    states = {code: n for code, n in number.items() if code not in ("", "INT")}
    said = " ".join(coverage_facts(data)).replace("\N{NO-BREAK SPACE}", " ")
    top = sorted(states.values(), reverse=True)
    assert f"Vietnam has the most articles, {states['VN']}, before Russia with {top[1]}." in said
    assert states["VN"] == top[0]
    assert f"{sum(n <= 2 for n in states.values())} of {len(states)} countries are there with one or two" in said
    assert f"is unknown for {number['']} articles" in said and f"{number['INT']} articles are by inter" in said
    undated = days.pop("")
    assert f"{max(days.values())} of {sum(days.values())} on 25 October 2025" in said
    assert f"{undated} articles carry no date" in said

    said = " ".join(quoting_facts(data)).replace("\N{NO-BREAK SPACE}", " ")
    voices = Counter(row["source_id"] for row in plain["attributions"])
    assert f"António Guterres is quoted most: {voices['antonio-guterres']} of {len(plain['attributions']):,}" in said
    assert max(voices.values()) == voices["antonio-guterres"]
    assert f"For {sum(row['via'] != '' for row in plain['attributions'])} statements the article names" in said
    critical = sum(row["stance"] == "critical" for row in plain["attributions"])
    assert f"{critical} statements ({critical / len(plain['attributions']):.0%}".replace("%", " %, 95 %") in said

    said = " ".join(limits(data))
    assert f"{sum(row['read'] == 'excerpt' for row in plain['articles'])} of {len(plain['articles'])} articles" in said
    assert f"{len(plain['recodes'])} articles, drawn at random" in said and "too little on the tone (" in said


def simple(dates=("2025-10-25",), countries=("VN",), speakers=("a",)):
    n = max(len(dates), len(countries))
    return record(articles=[article(i, f"o{i}", published=dates[i % len(dates)]) for i in range(n)],
                  outlets=[outlet(f"o{i}", countries[i % len(countries)]) for i in range(n)],
                  sources=[source(name, "") for name in ("a", "b", "c")],
                  attributions=[attribution(i % n, i + 1, name) for i, name in enumerate(speakers)])[0]


@pytest.mark.parametrize(("made", "present", "absent"), [
    (simple(), ["Every article whose outlet has a known country is from Vietnam: 1 of 1.", "1 article (100 %",
                "is in English, the only language.",
                "Every dated article appeared on 25 October 2025.", "A is quoted most: 1 of 1 statement, in media"],
     ["before", "most articles", "carry", "unknown for", "1 articles"]),
    (simple(dates=("", "")), ["No article carries a date."], ["dated article", "NaT"]),
    (simple(dates=("2025-10-25", ""), countries=("VN", "FR")),
     ["France and Vietnam have the most articles, 1 each.", "25 October 2025; 1 article carries no date."], ["before"]),
    (simple(countries=("FR", "VN", "VN", "JP")),
     ["Vietnam has the most articles, 2, before France and Japan with 1 each."], []),
    (simple(countries=("", "")), ["unknown for 2 articles."], ["has the most articles", "in media of"]),
    (simple(speakers=("a", "b")), ["A and B are quoted most, in 1 statement each of 2."], ["A is quoted"]),
    (simple(speakers=()), ["The record holds no statement."], ["quoted most", "critical"]),
    (simple(dates=("2025-10-24", "2025-10-25", "2025-10-25")), ["most of them, 2 of 3, on 25 October 2025"], ["carry"]),
    (simple(dates=("2025-10-20", "2025-10-21")), ["from 20 October 2025 to 21 October 2025."], ["most of them"]),
])
def test_sentences_hold_for_any_record(made, present, absent):
    said = " ".join([*coverage_facts(made), *quoting_facts(made)]).replace("\N{NO-BREAK SPACE}", " ")
    for words in present:
        assert words in said, said
    for words in [*absent, "nan", "NaN", " 0 of 0", "None"]:
        assert words not in said, said
    assert "not known" in limits(made)[-1]  # nobody coded it twice


def test_the_front_page_shows_the_figures_and_the_rankings(small, pages):
    text = " ".join(pages["index.html"].text.split())
    for figure in figures(small):
        assert f"{figure.noun}{figure.number}" in text  # a term and its value
    for sentence in [*coverage_facts(small), *quoting_facts(small), *limits(small)]:
        assert " ".join(sentence.split()) in text
    per_outlet = Counter(small.articles["outlet_id"])
    assert f"Vietnam {per_outlet['o0']}" in text and f"France {per_outlet['o1']}" in text


def test_the_tables_are_the_records(small, built):
    rows = payload(built, "articles")
    assert len(rows) == len(small.articles) and rows[0][6] == CLOSED and rows[1][6] == ATTACK
    assert rows[1][7] == "" and rows[2][7] == "" and rows[3][7] == small.articles.loc[3, "url"]
    assert [row[0] for row in rows] == [str(d.date()) if d == d else "" for d in small.articles["published"]]
    said = defaultdict(list)
    names = dict(zip(small.sources["source_id"], small.sources["name"]))
    for row in small.attributions.sort_values(["article_id", "position"]).itertuples():
        said[row.article_id].append("O1" if row.source_id == "o1" else names[row.source_id])
    assert [row[5].split("; ") for row in rows] == [[*dict.fromkeys(said[a])] for a in small.articles["article_id"]]
    told = payload(built, "statements")
    assert [row[7] for row in told] == small.attributions["gist"].tolist()
    assert [small.articles.loc[row[8], "article_id"] for row in told] == small.attributions["article_id"].tolist()
    assert [bool(row[4]) for row in told] == [bool(via) for via in small.attributions["via"]]
    csv = (built / "data" / "articles.csv").read_text(encoding="utf-8")
    assert csv.splitlines()[0] == "date,outlet,country,language,tone,quoted,subject,url" and "javascript:" not in csv


def test_tables_of_the_bundled_record(data):
    table = articles(data)
    assert len(table) == len(data.articles) and (table["url"] == data.articles["url"]).all()
    assert len(statements(data)) == len(data.attributions)
    assert (table["country"] == "Vietnam").sum() == figures_of_vietnam()


def figures_of_vietnam() -> int:
    plain = read_tables()
    country = {row["outlet_id"]: row["country"] for row in plain["outlets"]}
    return sum(country[row["outlet_id"]] == "VN" for row in plain["articles"])


@pytest.mark.parametrize("address", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
                                     "data:text/html,x", "//example.org", "http:", "https://", "file:///etc/passwd", "",
                                     "http://["])
def test_what_is_no_web_address_is_no_link(address):
    assert tables.web_address(address) == ""


def test_the_network_is_the_explorers(small, built):
    views, made = Views(small), payload(built, "network")
    assert made == json.loads(json.dumps(network(small)))
    for level, at in made["levels"].items():
        assert at["name"] == views.level(level).nodes["name"].tolist()
        assert [at["quoter"], at["quotee"]] == [views.level(level).quoter.tolist(), views.level(level).quotee.tolist()]
        assert len(at["quoter"]) == len(made["attribution"])
    media = [made["options"]["media"][code][0] for code in made["ends"]["media"]]
    assert media == views.ends["media"].tolist()


# -- pictures and their words ------------------------------------------------------------------------------------------

def test_every_picture_has_an_alternative_text_of_its_own(built, pages):
    for name, page in pages.items():
        for attributes in page.all("img"):
            assert len(attributes["alt"]) > 40, (name, attributes)
    shown = {a["src"]: a["alt"] for a in pages["charts.html"].all("img")}
    assert len(shown) > 8 and len(set(shown.values())) == len(shown)
    text = " ".join(pages["charts.html"].text.split())
    for chart in gallery.CHARTS:
        drawn = f"charts/{chart}.plain.svg" in shown
        if chart == "agreement":
            assert not drawn and "(agreement) is not drawn: the record has no article that was coded twice." in text
        assert drawn == (built / "charts" / f"{chart}.csv").is_file()


def test_an_alternative_text_says_form_finding_and_strongest_marks(data):
    chart = gallery.CHARTS["countries"]
    table = chart.table(data)
    said = caption(chart.draw(data))
    plain = read_tables()
    country = {row["outlet_id"]: row["country"] for row in plain["outlets"]}
    number = Counter(country[row["outlet_id"]] for row in plain["articles"])
    text = gallery.alt(chart, said, table)
    assert text.startswith("Bar chart: Articles (bar) and outlets (stroke)") and said.title in text
    assert f"First come: Vietnam, {number['VN']} articles; Russia, {number['RU']} articles;" in text
    assert "unknown" not in text


@pytest.mark.parametrize("name", ["world", "voices"])
def test_pictures_are_cropped_to_what_is_drawn(monkeypatch, tmp_path, name):
    """Also where a single circle is on the map, and the legend's marks have no place on it."""
    monkeypatch.setattr(gallery, "CHARTS", {name: gallery.CHARTS[name]})
    (picture,) = pictures.draw(simple(), tmp_path).values()
    assert picture.name == name and picture.width == 768 and 80 < picture.height < 560
    plain = (tmp_path / f"{name}.plain.svg").read_text(encoding="utf-8")
    whole = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
    assert notebooks.words(whole) == (picture.said.title, picture.said.subtitle) and notebooks.words(plain) == ("", "")
    if name == "world":
        small = (tmp_path / "world.small.svg").read_text(encoding="utf-8")
        assert 0 < picture.small <= picture.height and len(small) < len(plain) < len(whole)
        assert [key.label for key in picture.key] == ["state signed", "no signature found", "signed, no article found"]
        assert all(re.fullmatch("#[0-9a-f]{6}", key.colour) for key in picture.key)


def test_every_chart_says_what_it_needs(data):
    assert not [name for name, chart in gallery.CHARTS.items() if gallery.lacks(chart, data)]
    nothing, _ = record()
    assert [name for name, chart in gallery.CHARTS.items() if not gallery.lacks(chart, nothing)] == []
    assert {name for names in site.CHAPTERS.values() for name in names} == set(gallery.CHARTS)


# -- notebooks ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("html", "kept"), [
    ("<p onclick=alert(1)>a</p>", "<p>a</p>"),
    ("<script>alert(1)</script>b", "b"),
    ("<style>p { background: url(http://example.org) }</style>c", "c"),
    ("<iframe src=https://example.org></iframe>d", "d"),
    ("<img src=https://example.org/x.png>e", "e"),
    ("<a href=javascript:alert(1)>f</a>", '<a rel="noopener noreferrer">f</a>'),
    ("<a href=../data/CODEBOOK.md#tables>g</a>", '<a href="data.html" rel="noopener noreferrer">g</a>'),
    ("<a href=../analysis/x.py>h</a>", '<a rel="noopener noreferrer">h</a>'),
    ("<svg onload=alert(1)><use href=x /></svg>i", "i"),
    ("<form action=https://example.org><input name=a></form>j", "j"),
])
def test_html_of_notebooks_is_made_harmless(html, kept):
    assert notebooks.harmless(html, {"CODEBOOK.md": "data.html"}) == kept


def test_styles_of_outputs_become_classes_and_ask_for_nothing():
    classes = notebooks.Classes()
    def styled(html):
        return classes.of(notebooks.harmless(html, {}))
    assert styled('<p style="color: red">style="color: red"</p>') == '<p class="nb-1">style="color: red"</p>'
    assert styled('<b style="color: red">a</b><i style="font-weight: 600; position: fixed">b</i>') == (
        '<b class="nb-1">a</b><i class="nb-2">b</i>')
    assert "url" not in styled('<p style="background: url(https://example.org/x)">a</p>') + classes.css
    assert ".nb-1 { color:red" in classes.css and "position" not in classes.css


def test_pictures_of_notebooks_have_the_gallerys_words(data, tmp_path):
    chart = gallery.CHARTS["languages"]
    said = caption(chart.draw(data))
    (path,) = notebooks.NOTEBOOKS.glob("01_*.ipynb")
    alts = {said.title: "The gallery’s words"}
    (page,) = notebooks.pages(tmp_path / "pictures", alts, {}, notebooks.Classes(), [path])
    found = Elements(page.body)
    alts = [attributes["alt"] for attributes in found.all("img")]
    stored = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])
              if "image/svg+xml" in output.get("data", {})]
    assert len(alts) == len(stored) == len([*(tmp_path / "pictures").iterdir()]) > 4
    assert alts.count("The gallery’s words") == 1
    assert all(alt.startswith(("Chart: ", "The gallery")) and len(alt) > 18 and ". ." not in alt for alt in alts)
    assert page.title == "See which countries' media covered the Hanoi Convention" and "<h1" not in page.body
    assert not found.inside["script"] and len(found.all("details")) == len(
        [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"])


def test_code_is_folded_and_text_is_text(pages):
    page = pages["07_attack.html"]
    assert page.text.count(ATTACK) >= 3 and f"1 < 2 # {ATTACK}" in page.text
    assert len(page.all("details")) == 1 and not page.all("details")[0].get("open")
    assert "07_attack.html" in [a.get("href") for a in page.all("a")]


def test_scripts_of_libraries_are_taken_apart_as_expected():
    assert site._datatables().count("export") and not re.search(r"\bexport\s*\{", site._datatables())
    assert "export default" not in site._network_view() and "return { render };" in site._network_view()


def test_shares_carry_their_interval():
    assert facts.share(0, 10).replace("\N{NO-BREAK SPACE}", " ") == "0 %, 95 % interval 0 to 28"
    assert np.isclose(float(facts.share(5, 10).split("interval ")[1].split(" to ")[0]), 24)
