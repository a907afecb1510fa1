"""Every language's gold sentences: the file is sound, and attribution finds what it should (F1 of 0.85 or more)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.attribution import available, languages
from attribution_gold import FOLDER, documented, judged_gold, parse, read, scores, table

BAR = 0.85
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_languages_gold_sentences_are_found(code):
    if code not in available():
        pytest.skip("gold sentences wait for their language file")
    precision, recall, f1 = scores(judged_gold(code))
    assert f1 >= BAR, f"precision {precision:.3f}, recall {recall:.3f}: python tests/attribution_gold.py {code}"


def test_the_documented_scores_are_the_real_ones():
    assert documented() == table(), "python tests/attribution_gold.py all --write"


@pytest.mark.parametrize("code", available())
def test_no_phrase_of_a_word_list_is_broken_by_a_line_break(code):
    """A line break parts entries: a phrase wrapped over two lines would be two words, each a cue."""
    text = (Path(languages.__file__).with_name("languages") / f"{code}.toml").read_text(encoding="utf-8")
    for name, body in re.findall(r'^(\w+) = """\n(.*?)"""', text, re.DOTALL | re.MULTILINE):
        lines = [line.split("#")[0].rstrip() for line in body.splitlines() if line.split("#")[0].strip()]
        assert not [line for line in lines[:-1] if "," in line and not line.endswith(",")], name


def test_every_language_file_has_gold_sentences():
    assert {"de", "en"} <= set(available()) <= set(LANGUAGES)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_gold_set_is_large_enough_and_has_negatives(code):
    items = read(code)
    assert len(items) >= 30
    assert sum(not item.gold for item in items) >= 8


def test_the_markup_gives_spans_of_the_bare_text():
    item = parse("{v1|Jiji} said {s1=Ann Lee|she} {c1|told} it {q1|“a}\\n{q1|b”}.")
    assert item.text == "Jiji said she told it “a\nb”."
    gold = item.gold[0]
    assert [item.text[s:e] for s, e in gold.content] == ["“a", "b”"] and gold.name == "Ann Lee"
    assert [item.text[s:e] for s, e in gold.via + gold.source + gold.cue] == ["Jiji", "she", "told"]


@pytest.mark.parametrize("line", ["{q1|a", "a}", "{x1|a}", "{q2|a}", "{s1|a}", "{q1|}"])
def test_broken_markup_is_refused(line):
    with pytest.raises(ValueError):
        parse(line)
