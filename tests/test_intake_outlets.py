"""From addresses to outlets, and what is known already: domains, spellings of addresses, nearly equal texts.

The record itself is the test's case where it can be: each of its articles must find its own outlet.
"""

from __future__ import annotations

import random
import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake import duplicates, outlets
from analysis.intake.duplicates import SIMILAR, Index, Known, normalised, similarity, sketch
from analysis.intake.outlets import by_domain, domain_of, guessed_country, host_of, match, slug


@pytest.fixture(scope="module")
def domains(data):
    return by_domain(data.outlets)


def test_every_article_of_the_record_finds_its_outlet(data, domains):
    lost = [
        row.article_id for row in data.articles.itertuples() if row.outlet_id not in match(row.url, domains).outlet_ids
    ]
    assert lost == ["vietnam-vn-02"]  # the founding document has the address of its source


def test_the_longest_domain_wins():
    known = {
        "yahoo.com": ("yahoo",),
        "hk.news.yahoo.com": ("yahoo-hk",),
        "co.uk": ("a-suffix",),
        "github.io": ("host",),
    }
    assert match("https://hk.news.yahoo.com/x", known).outlet_ids == ("yahoo-hk",)
    assert match("https://www.hk.news.yahoo.com./x", known).outlet_ids == ("yahoo-hk",)
    assert match("https://sports.yahoo.com/x", known) == (("yahoo",), "yahoo.com")
    assert match("https://notyahoo.com/x", known).outlet_ids == ()
    assert match("https://yahoo.com.evil.example/x", known).outlet_ids == ()


def test_a_public_suffix_is_nobodys_domain():
    known = {"co.uk": ("wrong",), "github.io": ("wrong",), "uk": ("wrong",), "example": ("wrong",)}
    for url in ("https://paper.co.uk/", "https://somebody.github.io/", "https://paper.example/"):
        assert match(url, known).outlet_ids == ()
    assert match("https://paper.co.uk/", {}).domain == "paper.co.uk"


def test_a_shared_domain_names_all_its_outlets(domains):
    assert match("https://www.urdupoint.com/en/x", domains).outlet_ids == ("urdupoint", "urdupoint-pakistan-point-news")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.Paper.Example:8080/a", "paper.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://www2.paper.example", "www2.paper.example"),
        ("no address", ""),
        ("https://[broken", ""),
        ("https://ex\u2100mple\udcff/", ""),
    ],
)
def test_hosts(url, host):
    assert host_of(url) == host


def test_addresses_without_a_name(domains):
    assert match("http://211.103.209.164/news", domains).outlet_ids == (
        match("http://211.103.209.164/", domains).outlet_ids
    )
    assert match("http://8.8.8.8/", domains) == ((), "8.8.8.8")
    assert domain_of("localhost") == "" and match("http://localhost/", domains) == ((), "localhost")


@pytest.mark.parametrize(
    ("domain", "country"),
    [
        ("a.fr", "FR"),
        ("a.co.uk", "GB"),
        ("un.int", "INT"),
        ("state.gov", "US"),
        ("a.com", ""),
        ("a.io", ""),
        ("a.tv", ""),
        ("a.ai", ""),
        ("a.eu", ""),
        ("a.in", "IN"),
        ("a.mx", "MX"),
        ("a.su", ""),
        ("a.example", ""),
        ("a.tw", "TW"),
    ],
)
def test_countries_are_guessed_only_where_the_domain_says_one(domain, country):
    assert guessed_country(domain) == country


def test_nothing_is_fetched_for_public_suffixes(monkeypatch):
    outlets._suffixes.cache_clear()
    monkeypatch.setattr(socket, "getaddrinfo", None)
    monkeypatch.setattr(socket, "socket", None)
    assert domain_of("a.b.co.jp") == "b.co.jp"
    outlets._suffixes.cache_clear()


@given(st.text(max_size=50))
@settings(max_examples=200, deadline=None)
def test_any_text_is_taken_as_an_address_and_a_name(text):
    match(text, {})
    match(f"https://{text}/", {})
    normalised(text)
    made = slug(text)
    assert made == "" or __import__("re").fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)


# -- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        "http://paper.example/a/b?id=7",
        "https://www.paper.example/a/b/?id=7",
        "https://paper.example/a/b?id=7#comments",
        "https://PAPER.example/a/b?utm_source=rss&utm_medium=x&id=7&fbclid=1",
        "https://m.paper.example:443/a/b?id=7&ref=feed",
        "https://paper.example/%61/b?id=7",
        "https://paper.example/a/b/index.html?id=7",
        "  https://paper.example/a/b?id=7 ",
    ],
)
def test_spellings_of_one_address(other):
    assert normalised(other) == normalised("https://paper.example/a/b?id=7")


@pytest.mark.parametrize(
    "other",
    [
        "https://paper.example/a/b?id=8",
        "https://paper.example/a/B?id=7",
        "https://paper.example/a/b",
        "https://paper.example:8080/a/b?id=7",
        "https://paper.example/a/b?id=7#ur",
        "https://paper.example/a/b?id=7#!/story",
        "https://other.example/a/b?id=7",
        "https://paper.example/a/b?id=7&sid=3",
        "https://paper.example/a/b?id=7&from=2025",
    ],
)
def test_addresses_of_different_articles(other):
    assert normalised(other) != normalised("https://paper.example/a/b?id=7")


def test_the_records_addresses_stay_apart(data):
    assert data.articles["url"].map(normalised).nunique() == len(data.articles)


def test_the_founding_documents_copy_is_told_from_its_source(data):
    url = data.articles.set_index("article_id").at["vietnam-vn-02", "url"]
    known = duplicates.known_addresses(zip(data.articles["article_id"], data.articles["url"]))
    assert url.endswith("#ur") and known[normalised(url)] == "vietnam-vn-02"
    assert normalised(url.removesuffix("#ur")) not in known


# -- texts ------------------------------------------------------------------------------------------------------------


def text_of(seed: int, words: int = 400) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(words)]


def exact(a: str, b: str) -> float:
    """Jaccard similarity of all shingles, by hand."""

    def shingles(text: str) -> set[str]:
        letters = "".join(c for c in text.casefold() if c.isalnum())
        return {letters[i : i + duplicates.SHINGLE] for i in range(len(letters) - duplicates.SHINGLE + 1)}

    return len(shingles(a) & shingles(b)) / len(shingles(a) | shingles(b))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_the_estimate_is_near_the_exact_similarity(kept):
    for seed in range(4):
        a, b = text_of(seed), text_of(seed + 100)
        cut = int(len(a) * kept)
        one, two = " ".join(a), " ".join(a[:cut] + b[cut:])
        assert abs(similarity(sketch(one), sketch(two)) - exact(one, two)) < 0.1


def test_case_spaces_and_marks_make_no_difference():
    words = text_of(1)
    assert similarity(sketch(" ".join(words)), sketch("“" + ",\n".join(words).upper() + "”")) == 1.0


def test_texts_without_word_boundaries():
    text = "河内公约于十月二十五日开放签署各国代表出席了仪式联合国秘书长发表讲话"
    assert similarity(sketch(text), sketch(text[:-3] + "致辞。")) > 0.5
    assert similarity(sketch(text), sketch("天气预报今天多云转晴明天有小雨请市民注意出行安全带好雨具谢谢大家")) == 0.0


def test_the_nearest_is_told_above_the_bound_only():
    known = Index({"a": Known("A", sketch(" ".join(text_of(1)))), "b": Known("B", sketch(" ".join(text_of(2))))})
    words = " ".join(text_of(2)[:380])
    assert known.nearest(sketch(words))[0] == "B" and known.nearest(sketch(words), but="b") is None
    assert known.nearest(sketch(" ".join(text_of(3)))) is None
    assert known.nearest(np.empty(0, dtype=np.uint64)) is None and known.nearest(sketch("short")) is None
    known.add("b", Known("C", sketch(" ".join(text_of(4)))))  # the same page, written anew
    assert known.nearest(sketch(words)) is None and known.nearest(sketch(" ".join(text_of(4))))[0] == "C"


def test_the_index_finds_what_comparing_all_finds():
    texts = [text_of(seed // 3)[: 400 - 60 * (seed % 3)] + text_of(500 + seed)[: 80 * (seed % 3)] for seed in range(60)]
    known = {str(i): Known(str(i), sketch(" ".join(text))) for i, text in enumerate(texts)}
    for key, each in known.items():
        best = max((similarity(each.sketch, other.sketch), name) for name, other in known.items() if name != key)
        found = Index(known).nearest(each.sketch, but=key)
        assert found == ((best[1], best[0]) if best[0] >= SIMILAR else None)


def test_fingerprints_are_kept_without_text_and_read_again(tmp_path):
    text = " ".join(text_of(5))
    duplicates.remember(tmp_path, {"k\udcff": Known("Ä=1", sketch(text))})
    raw = (tmp_path / duplicates.FINGERPRINTS).read_bytes()
    found, problem = duplicates.remembered(tmp_path)
    assert problem == "" and found["k\udcff"].name == "Ä=1" and similarity(found["k\udcff"].sketch, sketch(text)) == 1.0
    assert text[:8].encode() not in raw and len(raw) < 10_000


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1]", b'{"a": 1}', b'{"a": ["n", ["zz"]]}', b'{"a": ["n", ["-1"]]}', b"\xff", b"[" * 100_000]
)
def test_a_broken_file_of_fingerprints_is_told(tmp_path, raw):
    (tmp_path / duplicates.FINGERPRINTS).write_bytes(raw)
    found, problem = duplicates.remembered(tmp_path)
    assert found == {} and "cannot be read" in problem
