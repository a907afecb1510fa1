"""Fixtures of the tests in a browser: Chromium, started once, and pages that record what they ask and complain of.

Where Playwright or Chromium is missing these tests are skipped, and say so. CHROMIUM names another browser.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analysis.dataset import DATA

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
# What Chromium asks the internet for by itself is switched off: every request that is recorded is the page's.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]
SCREENSHOTS = DATA.parent / "build" / "screenshots"


@dataclass
class Seen:
    """What a page did since it was opened: the addresses that it asked for, the errors on its console, and what broke.

    `unanswered` are the requests that failed, with the reason.
    """

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def elsewhere(self, *allowed: str) -> list[str]:
        """The requests that are for none of these beginnings; the machine's own files are always allowed."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:", "about:", *allowed))]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Skips where Playwright or a Chromium is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser found: none of {', '.join(NAMES)}, and CHROMIUM names none")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def seen() -> Seen:
    """What the page of this test has asked for and complained of so far."""
    return Seen()


@pytest.fixture
def page(browser: Browser, seen: Seen) -> Iterator[Page]:
    """A page in a context of its own, 1440 pixels wide; `seen` records what it does."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.on("request", lambda request: seen.requests.append(request.url))
    context.on("requestfailed", lambda request: seen.unanswered.append(f"{request.url}: {request.failure}"))
    context.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: seen.errors.append(str(error.error)))
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder of the pictures that CI keeps."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str, browser: Browser) -> Path:
    """The report of the bundled record, built once for all workers of pytest-xdist. Asks for the browser first: no
    report is built for tests that are skipped."""
    from filelock import FileLock

    from analysis import load_dataset
    from analysis.report import build

    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "report-for-browser"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            build(load_dataset(), folder)
    return folder


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, as axe-playwright-python bundles it. Skips where that is missing."""
    bundle = pytest.importorskip("axe_playwright_python", reason="axe-core (axe-playwright-python) is not installed")
    return (Path(bundle.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
