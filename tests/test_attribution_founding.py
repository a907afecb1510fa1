"""The acceptance case of attribution: the Urdu page that the project began with, where it lies beside us.

Its text belongs to others, so only names and single words of it stand here; elsewhere the tests are skipped.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.attribution import extract

SEED = Path(__file__).resolve().parents[2] / "shared" / "seed"
PAGES = sorted(SEED.glob("*.txt"))

pytestmark = pytest.mark.skipif(not PAGES, reason=f"the founding document is not there: no text file in {SEED}")

# Each statement: whose, through whom (nearest first), its form, words of its content, the last in no other content.
STATEMENTS = [
    ("russian-news-agencies-and-tv-channels", [], "indirect", ["معاہدہ", "مجرمانہ"]),
    ("japanese-media", [], "indirect", ["تاریخی", "ٹریلین"]),
    ("jiji-press", ["وی این اے"], "indirect", ["2024", "25"]),
    ("vietnamese-media", ["جیجی"], "indirect", ["70", "40"]),
    ("jiji-press", [], "indirect", ["الیکٹرانک", "تکنیکی"]),
    ("nikkei-asia", [], "indirect", ["ہموار"]),
    ("antonio-guterres", ["نکی ایشیا"], "direct", ["دفاع", "ٹول"]),
]
RELAYS = [(), (), ("vna",), ("jiji-press",), (), (), ("nikkei-asia",)]

# Present or signing only: Kubrakov, Gutsan, Nemov.
SILENT = ["کوبراکوف", "گٹسن", "نیموف"]


@pytest.fixture(scope="module")
def text() -> str:
    """The page: the one text that names all three."""
    pages = [page.read_text(encoding="utf-8") for page in PAGES]
    found, = [page for page in pages if all(name in page for name in SILENT)]
    return found


@pytest.fixture(scope="module", params=["ur", None], ids=["given", "identified"])
def found(request, text):
    """What is found in it, its language given or identified."""
    return extract(text, request.param)


def test_every_statement_has_its_source_and_form(found):
    assert [(a.source_id, a.form) for a in found] == [(source, form) for source, _, form, _ in STATEMENTS]


def test_every_chain_is_told(found, text):
    assert [a.via_ids for a in found] == RELAYS
    for a, (_, via, _, _) in zip(found, STATEMENTS):
        assert len(a.via) == len(via)
        assert all(name in text[slice(*span)] for name, span in zip(via, a.via))


def test_every_content_is_the_statements_own(found, text):
    contents = [" ".join(text[slice(*span)] for span in a.content) for a in found]
    for index, (_, _, form, words) in enumerate(STATEMENTS):
        assert all(word in contents[index] for word in words)
        assert not any(word in other for word in words[-1:] for other in contents[:index] + contents[index + 1:])
        assert (contents[index][0] == contents[index][-1] == '"') == (form == "direct")
        assert form == "direct" or "۔" not in contents[index]  # within one sentence


@pytest.mark.parametrize("name", SILENT)
def test_who_only_leads_attends_or_signs_says_nothing(found, text, name):
    spans = [span for a in found for span in (a.source, *a.via, *a.content)]
    assert name in text and not any(name in text[slice(*span)] for span in spans if span)
    assert not any(name in a.source_text for a in found)
