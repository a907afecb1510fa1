"""The report in a browser, from disk: it asks nobody for anything, works by mouse and keyboard, and can be read by all.

Numbers that its scripts count are held to what `analysis.explore` counts.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from analysis import load_dataset
from analysis.explore import Selection, Views
from analysis.report.network import network
from analysis.report.site import POLICY

PAGES = ("index", "charts", "articles", "statements", "network", "data", "notebooks", "00_explore",
         "01_which_countries_covered_it", "06_add_an_article")
WIDTHS = (1440, 390)
HEIGHT = {1440: 900, 390: 844}


@pytest.fixture(scope="module")
def views() -> Views:
    return Views(load_dataset())


def opened(page, site: Path, name: str, width: int = 1440):
    page.set_viewport_size({"width": width, "height": HEIGHT[width]})
    page.goto((site / f"{name}.html").as_uri())
    if name == "network":
        page.locator("[data-drawn]").wait_for()
    if name in ("articles", "statements"):
        page.locator("#rows tbody td").first.wait_for()
    return page


def test_every_page_is_looked_at(site):
    every = {path.stem for path in site.glob("*.html")}
    assert set(PAGES) <= every
    assert {name for name in every - set(PAGES)} == {name for name in every if re.match(r"0[2-57]_", name)}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page(page, seen, site, axe, screenshots, name, width):
    """It opens without an error, asks for nothing but files, fits the screen, and axe finds nothing serious."""
    opened(page, site, name, width)
    # Pictures further down are loaded when they are near the screen: for the screenshot, all of them.
    page.evaluate("""async () => { for (const image of document.images) { image.loading = "eager"; }
        await Promise.all([...document.images].map((image) => image.decode())); }""")
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=screenshots / f"report-{name}-{width}.png", full_page=True)
    assert page.evaluate('getComputedStyle(document.body).fontFamily').startswith('"Source Sans Pro"')
    assert page.evaluate("document.fonts.check('16px \"Source Sans Pro\"')")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { preload: false, resultTypes: ['violations'] })")["violations"]
    serious = [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found
               if rule["impact"] in ("serious", "critical")]
    assert not serious
    small = page.evaluate("""[...document.querySelectorAll("main *")].filter((e) => e.children.length === 0
        && e.textContent.trim() && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 11)
        .map((e) => e.outerHTML.slice(0, 100))""")
    assert not small, "type too small to read"
    assert not seen.elsewhere() and not seen.errors and not seen.unanswered


def test_the_policy_holds_in_the_browser(page, seen, site):
    """What an attacker would plant does not run: inline, as a handler, from elsewhere, and nothing is sent."""
    opened(page, site, "index")
    page.evaluate("""() => { window.run = []; document.body.insertAdjacentHTML("beforeend",
        "<img src='nowhere.png' onerror='run.push(1)'><a id='bad' href='javascript:run.push(2)'>x</a>");
        const [script, other] = [document.createElement("script"), document.createElement("script")];
        script.textContent = "run.push(3)";
        other.src = "https://example.org/x.js";
        document.body.append(script, other);
        document.getElementById("bad").click();
        fetch("https://example.org/").catch(() => run.push("refused")); }""")
    page.wait_for_function("() => run.length > 0")
    page.wait_for_timeout(200)
    assert page.evaluate("run") == ["refused"]
    assert "script-src 'self'" in POLICY and len(seen.errors) >= 4
    sent = [url for url in seen.requests if url.startswith("http")]
    assert not [url for url in sent if not any(url in why for why in seen.unanswered)]


def wait_for_rows(page, said: str) -> None:
    """The table says how many rows there are; it may need a moment after a click or a key."""
    page.wait_for_function("""(said) =>
        document.querySelector(".dt-info").textContent.replace(/\\s+/g, " ").includes(said)""", arg=said)


@pytest.mark.parametrize("width", WIDTHS)
def test_search_and_filters_of_the_articles(page, site, views, width):
    opened(page, site, "articles", width)
    articles = views.data.articles
    wait_for_rows(page, f"1 to 25 of {len(articles)}")
    page.get_by_label("Search").fill("Guterres")
    wait_for_rows(page, "in all")
    found = page.locator("#rows tbody tr")
    assert found.count() == 25 and all("Guterres" in text for text in found.all_inner_texts())
    page.get_by_label("Search").fill("")
    outlets = views.data.outlets.set_index("outlet_id")["country"]
    japan = int((articles["outlet_id"].map(outlets) == "JP").sum())
    page.get_by_label("Country", exact=False).first.select_option("Japan")
    wait_for_rows(page, f"of {japan} (of {len(articles)} in all)")
    link = page.locator("#rows tbody a").first
    assert link.get_attribute("href").startswith("http") and link.get_attribute("rel") == "noopener noreferrer"
    page.get_by_label("Search").fill("no such words anywhere")
    page.get_by_text("No row matches").wait_for()
    page.get_by_role("button", name="Show all").click()
    wait_for_rows(page, f"1 to 25 of {len(articles)}")
    assert page.get_by_label("Search").input_value() == "" and found.count() == 25


@pytest.mark.parametrize("ranking", [0, 1])
def test_the_front_page_leads_to_the_rows_that_it_counts(page, site, ranking):
    opened(page, site, "index")
    row = page.locator(".ranking").nth(ranking).locator("tbody tr").first
    name, number = row.locator("th").inner_text(), row.locator("td span").inner_text()
    row.locator("a").click()
    page.locator("#rows tbody td").first.wait_for()
    wait_for_rows(page, f"of {number} (of")
    assert name in page.locator("#rows tbody tr").first.inner_text()


def test_tables_work_from_the_keyboard(page, site):
    opened(page, site, "statements")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_label("Search").focus()
    page.keyboard.type("Putin")
    wait_for_rows(page, "in all")
    page.keyboard.press("Tab")  # the first heading sorts
    before = page.locator("#rows tbody tr").first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_function("(before) => document.querySelector('#rows tbody tr').innerText !== before", arg=before)
    assert page.evaluate("document.activeElement.closest('th') !== null")


ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture
def attacked(site: Path, tmp_path: Path) -> Path:
    """The report with an attack in place of every text and address that its scripts show."""
    copy = shutil.copytree(site, tmp_path / "site")

    def change(name: str, made) -> None:
        path = copy / "data" / f"{name}.js"
        script = re.compile(r"(globalThis.*?\{ \w+: )(.*)( \}\);\n)", re.DOTALL)
        head, value, tail = script.fullmatch(path.read_text(encoding="utf-8")).groups()
        path.write_text(head + json.dumps(made(json.loads(value))) + tail, encoding="utf-8")

    def network(value: dict) -> dict:
        for level in value["levels"].values():
            for column in ("name", "about", "label"):
                level[column] = [f"{ATTACK} {i}" for i, _ in enumerate(level[column])]
        value["options"] = {column: [[code, ATTACK] for code, _ in options]
                            for column, options in value["options"].items()}
        return value

    change("articles", lambda rows: [[*[ATTACK] * (len(row) - 1), "javascript:alert(2)"] for row in rows])
    change("statements", lambda rows: [[*[ATTACK] * (len(row) - 1), row[-1]] for row in rows])
    change("network", network)
    return copy


@pytest.mark.parametrize("name", ["articles", "statements", "network"])
def test_what_scripts_show_is_text(page, seen, attacked, name):
    """No element comes out of it, not even one that the policy would stop: its console would tell."""
    opened(page, attacked, name)
    if name == "network":
        page.locator("#links button").first.click()
        box = page.locator(".hc-stage").bounding_box()
        for step in range(-6, 7):
            page.mouse.move(box["x"] + box["width"] / 2 + 9 * step, box["y"] + box["height"] / 2)
    else:
        page.get_by_label("Search").fill("onerror")
        page.locator("#rows th").nth(1).click()
        page.locator("form.filters select").first.select_option(index=1)
    page.wait_for_timeout(300)
    assert page.get_by_text(ATTACK).count() > 20
    assert page.locator("img").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0 and page.locator("[onerror]").count() == 0
    assert not seen.errors and not seen.elsewhere() and not seen.unanswered


def drawn(page) -> list[int]:
    return [int(number) for number in page.locator("[data-drawn]").get_attribute("data-drawn").split()]


def test_the_network_counts_as_the_explorer_does(page, site, views):
    """Nodes, links and statements after every move of a control are those of `Views.view`."""
    opened(page, site, "network")
    options = network(views.data)["options"]
    code = {column: {value: str(i) for i, (value, _) in enumerate(values)} for column, values in options.items()}

    def counted(level: str, least: int, **asked) -> None:
        view = views.view(Selection(**asked), level, least)
        page.wait_for_function("(drawn) => document.querySelector('[data-drawn]').dataset.drawn === drawn",
                               arg=f"{len(view.nodes)} {len(view.edges)}", timeout=10_000)
        said = page.locator("#count").inner_text().replace(",", "")
        assert said.startswith(f"{len(view.rows)} of {len(views.data.attributions)} statements match")
        assert f"in {view.articles} article" in said and f"of {view.links} link" in said
        assert not view.undated or f"({view.undated} of them undated)" in said

    counted("outlet", 2)
    page.locator("[name=least]").fill("1")
    page.locator("[name=least]").blur()
    counted("outlet", 1)
    page.locator("[name=stance]").select_option(code["stance"]["critical"])
    counted("outlet", 1, stance="critical")
    page.locator("[name=media]").select_option(code["media"]["US"])
    counted("outlet", 1, stance="critical", media="US")
    page.locator("[name=undated]").select_option("without")
    page.locator("[name=first]").fill("2025-10-25")
    page.locator("[name=last]").fill("2025-10-26")
    counted("outlet", 1, stance="critical", media="US", undated="without", first="2025-10-25", last="2025-10-26")
    page.get_by_role("button", name="Reset").click()
    counted("outlet", 2)
    page.get_by_label("countries", exact=True).check()
    counted("country", 2)
    page.locator("[name=voices]").select_option(code["voices"]["VN"])
    counted("country", 2, voices="VN")
    page.get_by_label("sectors").check()
    counted("sector", 1, voices="VN")
    page.locator("[name=sector]").select_option(code["sector"]["academia"])
    counted("sector", 1, voices="VN", sector="academia")
    page.locator("[name=media]").select_option(code["media"]["FJ"] if "FJ" in code["media"] else code["media"]["US"])
    if drawn(page) == [0, 0]:
        assert page.locator(".hc-empty").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_network_is_chosen_by_name_list_and_hand(page, seen, site, views, screenshots, width):
    opened(page, site, "network", width)
    stage = page.locator(".hc-network")
    before = stage.screenshot()
    code = views.code("jiji-press")
    page.get_by_role("combobox", name="Find").fill("Jiji Press")
    page.keyboard.press("Enter")
    heading = page.locator("#chosen-heading")
    assert heading.inner_text() == f"Jiji Press: {len(views.behind([code]))} statements"
    assert page.locator("#said li").count() == len(views.behind([code]))
    page.wait_for_timeout(300)
    assert stage.screenshot() != before, "what is chosen stands out"
    page.screenshot(path=screenshots / f"report-network-chosen-{width}.png", full_page=True)
    # The list of links, from the keyboard.
    link = page.get_by_role("button", name="Vietnam.vn quotes Jiji Press")
    link.focus()
    page.keyboard.press("Enter")
    pair = views.behind([views.code("vietnam-vn"), code])
    assert heading.inner_text() == f"Vietnam.vn quotes Jiji Press: {len(pair)} statements"
    assert sorted(page.locator("#said li > span").all_inner_texts()) == sorted(views.table.iloc[pair]["gist"])
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("Escape")
    assert heading.inner_text().startswith("Everybody")
    # By hand: zoomed in on the middle of the whole network, something is under the pointer sooner or later.
    page.get_by_role("button", name="Zoom in").click()
    box = page.locator(".hc-stage").bounding_box()
    for step in range(-6, 7):
        page.mouse.click(box["x"] + box["width"] / 2 + 9 * step, box["y"] + box["height"] / 2)
        if not heading.inner_text().startswith("Everybody"):
            break
    assert not heading.inner_text().startswith("Everybody")
    assert not seen.errors and not seen.elsewhere()


def test_it_prints_without_its_controls(page, site):
    opened(page, site, "index")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible() and not page.locator(".files").first.is_visible()
    assert page.locator(".chart img").first.is_visible() and page.locator(".limits").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_without_scripts_it_still_answers(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.locator(".finding").count() == 2 and page.locator(".ranking tbody tr").count() == 20
    page.goto((site / "articles.html").as_uri())
    assert "CSV" in page.locator("noscript").inner_text()
    context.close()
