"""How long the report takes to build, what its front page weighs, and how soon its pages answer in Chromium, from disk.

Also its tables and its network for a record ten times as large. Needs Playwright and Chromium (CHROMIUM names another).
Run `python benchmarks/report.py`: it prints ratios to the limits, and exits with 1 if one is broken.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also where the package is not installed

from explore import larger  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from analysis import gallery, load_dataset  # noqa: E402
from analysis.report import build  # noqa: E402

BUILD_LIMIT = 90.0  # seconds
WEIGHT_LIMIT = 2_000_000  # bytes, of the page and all that it loads
ANSWER_LIMIT = 1.0  # seconds until the front page answers
COPIES = 10
RUNS = 7
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]


def front_answers(page: Page) -> None:
    """A click within the front page is followed."""
    page.locator(".lead a").nth(1).click()
    page.wait_for_function("() => location.hash === '#quoted'")


def table_answers(page: Page) -> None:
    """A search in the table has its rows."""
    page.get_by_label("Search").fill("Guterres")
    page.wait_for_function("() => document.querySelector('.dt-info').textContent.includes('in all')")


def network_answers(page: Page) -> None:
    """The network is drawn."""
    page.locator("[data-drawn]").wait_for()


PAGES = {"index": front_answers, "articles": table_answers, "statements": table_answers, "network": network_answers}


def measure(browser: Browser, site: Path, name: str) -> tuple[float, int]:
    """The median of the seconds from the address to the answer, each time in a fresh context, and the bytes loaded."""
    times, loaded = [], set()
    for _ in range(RUNS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.on("request", lambda request: loaded.add(request.url))
        page = context.new_page()
        begin = perf_counter()
        page.goto((site / f"{name}.html").as_uri())
        PAGES[name](page)
        times.append(perf_counter() - begin)
        context.close()
    files = {site / url.split("/site/")[1].partition("#")[0] for url in loaded}
    return statistics.median(times), sum(path.stat().st_size for path in files)


def main() -> int:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    data, broken = load_dataset(), False
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        site = Path(folder, "bundled", "site")
        begin = perf_counter()
        build(data, site)
        took = perf_counter() - begin
        print(f"{len(data.articles):,} articles, {len(data.attributions):,} statements: built in {took:.1f} s, "
              f"ratio to the limit of {BUILD_LIMIT:.0f} s {took / BUILD_LIMIT:.2f}")
        broken |= took > BUILD_LIMIT
        for name in PAGES:
            answer, weight = measure(browser, site, name)
            said = f"  {name}.html: {weight / 1e6:.2f} MB, answers after {answer * 1e3:.0f} ms (median of {RUNS})"
            if name == "index":
                said += f"; ratios to the limits {weight / WEIGHT_LIMIT:.2f} and {answer / ANSWER_LIMIT:.2f}"
                broken |= weight > WEIGHT_LIMIT or answer > ANSWER_LIMIT
            print(said)
        large = replace(larger(data, COPIES), recodes=data.recodes[:0])  # of articles that the copies rename
        site = Path(folder, "large", "site")
        begin = perf_counter()
        with mock.patch.dict(gallery.CHARTS, clear=True):  # drawing does not grow as the tables do
            build(large, site, folder=Path(folder))
        print(f"{len(large.articles):,} articles, {len(large.attributions):,} statements: tables and network built in "
              f"{perf_counter() - begin:.1f} s")
        for name in [*PAGES][1:]:
            answer, weight = measure(browser, site, name)
            print(f"  {name}.html: {weight / 1e6:.2f} MB, answers after {answer * 1e3:.0f} ms (median of {RUNS})")
        browser.close()
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
