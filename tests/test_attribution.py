"""Attribution: spans, names, relays, negatives, damage of every kind, and faults in language files."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.attribution import Attribution, LanguageError, Names, available, extract, extract_many
from analysis.attribution.languages import read
from analysis.attribution.marks import quotations
from analysis.attribution.match import matches
from analysis.attribution.view import view

NAMES = Names([("António Guterres", "antonio-guterres"), ("Guterres", "antonio-guterres"), ("Jiji Press", "jiji-press"),
               ("UNODC", "unodc"), ("Путин", "vladimir-putin"), ("古特雷斯", "antonio-guterres")])
ENGLISH = (("“", "”"), ("‘", "’"), ('"', '"'))


def shown(text: str, **options) -> list[tuple]:
    """What is found, as texts: (source, cue, contents, form, via, best name)."""
    options.setdefault("names", NAMES)
    found = extract(text, options.pop("language", "en"), **options)
    part = lambda span: text[slice(*span)] if span else None  # noqa: E731
    return [(part(a.source), part(a.cue), [part(c) for c in a.content], a.form, [part(v) for v in a.via], a.source_text)
            for a in found]


def check_spans(text: str, found: list[Attribution]) -> None:
    """The promises about spans: inside the text, never empty, contents in order and apart, forms of the three."""
    for a in found:
        spans = [*a.content, *a.via, *([a.source] if a.source else []), *([a.cue] if a.cue else [])]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert a.content and all(one[1] <= other[0] for one, other in zip(a.content, a.content[1:]))
        assert a.form in ("direct", "indirect", "mixed") and len(a.via_ids) == len(a.via)
        assert bool(a.source) == bool(a.source_text)
    assert [a.content for a in found] == sorted(a.content for a in found)


# What is found

def test_a_direct_quotation_has_its_marks_and_its_speaker():
    assert shown("“It is a landmark,” said António Guterres.") == [
        ("António Guterres", "said", ["“It is a landmark,”"], "direct", [], "António Guterres")]


def test_an_interrupted_quotation_is_one_statement():
    assert shown("“We worked hard,” she said. “We won.”")[0][2] == ["“We worked hard,”", "“We won.”"]
    assert shown("“We worked hard,” the envoy said, “and won.”")[0][2] == ["“We worked hard,”", "“and won.”"]


def test_a_quotation_goes_on_in_the_next_sentence_whichever_side_of_the_mark_the_stop_is():
    text = "«Nadie nos consultó», dijo la ministra Ana Ruiz. «Lo supimos por la radio». El acto duró una hora."
    assert shown(text, language="es")[0][2] == ["«Nadie nos consultó»", "«Lo supimos por la radio»"]
    text = "«Лед был тонкий», — сказал тренер Иван Белов. — «Мы это знали»."
    assert shown(text, language="ru")[0][2] == ["«Лед был тонкий»", "«Мы это знали»"]


@pytest.mark.parametrize(("language", "text", "source", "parts"), [
    ("ru", "«Мы ждали, — сказал тренер Иван Белов, — и дождались». Матч был вчера.", "тренер Иван Белов",
     ["«Мы ждали", "и дождались»"]),
    ("ru", "«Мы ждали, – сказал тренер Иван Белов. – Дальше проще».", "тренер Иван Белов",
     ["«Мы ждали", "Дальше проще»"]),
    ("es", "“El plan, explicó la jurista Ana Ruiz, obliga a todos”.", "la jurista Ana Ruiz",
     ["“El plan", "obliga a todos”"]),
    ("fr", "« Les banques, affirme la ministre Ana Ruiz, ont le temps. »", "la ministre Ana Ruiz",
     ["« Les banques", "ont le temps. »"])])
def test_a_cue_within_one_pair_of_marks_parts_the_quotation(language, text, source, parts):
    found, = shown(text, language=language)
    assert (found[0], found[2], found[3]) == (source, parts, "direct")


@pytest.mark.parametrize(("language", "text", "source"), [
    ("en", "“The plan, said the mayor, is dead,” Ann Lee said.", "Ann Lee"),
    ("en", "“The plan, he said, is dead,” said Ann Lee.", "Ann Lee"),
    ("ru", "«План, говорит мэр Белов, готов, но мы не верим», — сказала депутат Анна Белова.", "депутат Анна Белова"),
    ("es", "“El plan, dice el alcalde Juan Paz, está listo. No lo creemos”, dijo la diputada Ana Ruiz.",
     "la diputada Ana Ruiz")])
def test_whoever_is_quoted_may_quote_others(language, text, source):
    found, = shown(text, language=language)
    assert found[0] == source and len(found[2]) == 1


@pytest.mark.parametrize(("language", "text"), [
    ("en", "The sign “Danger, said Ann Lee, is near” hung there."),
    ("ru", "На стене надпись «Свобода, как сказал поэт Белов, или смерть»."),
    ("es", "Vio la obra “La casa, como dijo Juan Paz, sin luz” en Lima.")])
def test_a_quotation_that_nobody_says_is_not_parted_by_chance(language, text):
    assert shown(text, language=language) == []


@pytest.mark.parametrize(("language", "text", "expected"), [
    ("en", "“It is late, said Ann Lee. Rain fell.", ("Ann Lee", ["“It is late"])),
    ("en", "Rain fell. \"It is late, Ann Lee said. \"We go,\" said Bob Ray.", ("Ann Lee", ['"It is late'])),
    ("pt", "\"Perdi tudo, contou a ministra Ana Ruiz.\n\nChovia.", ("a ministra Ana Ruiz", ['"Perdi tudo'])),
    ("ru", "«Мы ждали, — сказал тренер Иван Белов.", ("тренер Иван Белов", ["«Мы ждали"]))])
def test_a_quotation_left_open_ends_before_its_cue(language, text, expected):
    source, _, content, *_ = shown(text, language=language)[0]
    assert (source, content) == expected


@pytest.mark.parametrize(("text", "pieces"), [
    ("« Oui » et « non »", ["« Oui »", "« non »"]), ("«\xa0Oui\xa0»", ["«\xa0Oui\xa0»"]),
    ("«a «b» c» «d»", ["«a «b» c»", "«d»"]), ('"a "b" c" "d"', ['"a "b" c"', '"d"']),
    ("5 « 6", []), ("x« y »", []), ("«a.\n\n»B c» d", ["«a.", "»B c»"])])
def test_marks_of_one_kind_nest_and_may_stand_apart(text, pieces):
    found = quotations(text, (("«", "»"), ('"', '"')))
    assert [text[q.start:q.end] for q in found if not q.limit] == pieces


def test_a_quotation_that_goes_on_belongs_to_nobody_else():
    found = shown("“One,” Ann Lee said. “Two,” Bob Ray said. “Three.”")
    assert [(source, content) for source, _, content, *_ in found] == [
        ("Ann Lee", ["“One,”"]), ("Bob Ray", ["“Two,”", "“Three.”"])]


def test_a_quotation_over_paragraphs_is_one():
    text = "“The first part.\n\n“The second part,” Mr. Lang said."
    assert shown(text)[0][2] == ["“The first part.", "“The second part,”"]


def test_indirect_and_mixed():
    text = "UNODC said that the treaty was open. It added the text is “long” and dull."
    assert [(c, form) for _, _, c, form, *_ in shown(text)] == [
        (["the treaty was open"], "indirect"), (["the text is “long” and dull"], "mixed")]


def test_relays_stand_nearest_first_and_are_no_sources():
    source, _, content, _, via, _ = shown("Jiji Press, citing Vietnamese media, said 70 countries had signed.")[0]
    assert (source, via, content) == ("Vietnamese media", ["Jiji Press"], ["70 countries had signed"])
    found = extract("Jiji Press reported that Bob Ray said the text was final.", "en", NAMES)
    assert len(found) == 1 and found[0].via_ids == ("jiji-press",) and found[0].source_text == "Bob Ray"


def test_identifiers_come_from_the_names():
    found = extract("“Yes,” said UN Secretary-General António Guterres.", "en", NAMES)
    assert found[0].source_id == "antonio-guterres"
    assert extract("“Yes,” said Bob Ray.", "en", NAMES)[0].source_id is None


def test_an_office_without_a_name_is_nobody_in_particular():
    names = Names([("Prime Minister", "somebody"), ("Ann Lee", "ann-lee")])
    found = extract("“Yes,” said the Prime Minister. “No,” said Prime Minister Ann Lee.", "en", names)
    assert [a.source_id for a in found] == [None, "ann-lee"]


def test_the_bundled_names_are_the_default():
    assert extract("“Yes,” said António Guterres.", "en")[0].source_id == "antonio-guterres"


@pytest.mark.parametrize(("second", "best"), [
    ("He said the work begins.", "António Guterres"), ("Guterres said the work begins.", "António Guterres"),
    ("The minister said the work begins.", "The minister")])
def test_pronouns_and_short_forms_get_the_last_fitting_name(second, best):
    assert shown(f"António Guterres praised the hosts of the meeting. {second}")[-1][5] == best


def test_a_quotation_alone_after_a_statement_is_the_same_speakers():
    found = shown("Bob Ray said that it was late. “We go now.” Then it rained.\n\n“Who said this?”")
    assert [(source, content, form) for source, _, content, form, *_ in found] == [
        ("Bob Ray", ["it was late"], "indirect"), ("Bob Ray", ["“We go now.”"], "direct")]
    found = shown("Bob Ray said that it was late. “We go now,” said Ann Lee.")
    assert [source for source, *_ in found] == ["Bob Ray", "Ann Lee"]


def test_a_name_in_marks_is_no_quoted_part():
    text = "Der Minister sagte, der Dampfer „Blaue Welle“ sei „sehr alt“ und laut."
    assert [content for _, _, content, form, *_ in shown(text, language="de") if form == "direct"] == [["„sehr alt“"]]


def test_a_relative_pronoun_gets_what_it_refers_to():
    source, *_, best = shown("The award went to Ann Lee, who said that it was an honour.")[0]
    assert (source, best) == ("who", "Ann Lee")


@pytest.mark.parametrize(("text", "best"), [
    ("The mayor, Ann Lee, said it was late.", "Ann Lee"), ("The mayor, a lawyer, said it was late.", "The mayor"),
    ("Mayor Bob Ray, Ann Lee, said it was late.", "Mayor Bob Ray")])
def test_an_office_gets_the_name_that_stands_beside_it(text, best):
    assert shown(text)[0][5] == best


def test_gender_and_number_must_fit():
    text = "Mr. Bob Ray said it was late. Ms. Ann Lee said it was early. He said they would see."
    assert shown(text)[-1][5] == "Bob Ray"
    text = "Mr. Bob Ray said it was late. Campaigners said it was early. They said it would pass."
    assert shown(text)[-1][5] == "Campaigners"


def test_a_statement_within_a_statement_is_the_outer_ones():
    found = shown("Bob Ray said that Ann Lee hopes to win.")
    assert [(source, content) for source, _, content, *_ in found] == [("Bob Ray", ["Ann Lee hopes to win"])]


@pytest.mark.parametrize(("between", "source"), [
    ("", "Die Ärztin"),
    ("Das ist neu. ", None),  # not directly before
    ("\n\n", None)])
def test_a_condition_is_a_statement_only_directly_after_one(between, source):
    found = shown(f"Die Ärztin sagte, der Lotse sei wach gewesen. {between}Ohne den Alarm wäre das Schiff gesunken.",
                  language="de")
    assert [one[0] for one in found] == ["Die Ärztin", *([source] if source else [])]


def test_nobody_quoted_by_another_goes_on_speaking():
    found = shown("Die Ärztin betonte, der Lotse habe versichert, dass er wach war. Ein Beweis sei nicht erbracht.",
                  language="de")
    assert [one[0] for one in found] == ["Die Ärztin", "Die Ärztin"]


def test_numbers_end_and_begin_sentences_where_the_language_says_how():
    rules = read(Path(__file__).parent.parent / "analysis" / "attribution" / "languages" / "de.toml")
    text = "Am 12. Juli sank das 2. Schiff. Die Zahl stieg auf 16. Danach kam Ruhe. Es sind viele. 17 Helfer kamen."
    seen = view(text, rules)
    ends = [text[:seen.span(at, at + 1)[0]].split()[-1] for at in seen.edges[1:-1]]
    assert ends == ["Schiff.", "16.", "Ruhe.", "viele.", "kamen."]


def test_attitudes_can_be_left_out():
    text = "Vietnam hopes to ratify the treaty soon. Japan said it would follow."
    assert len(shown(text)) == 2 and len(shown(text, attitudes=False)) == 1


def test_quoted_parts_can_be_had_or_left():
    text = "Der Minister sagte, der Plan sei „sehr mutig“ und richtig."
    assert [form for *_, form, _, _ in shown(text, language="de")] == ["mixed", "direct"]
    assert [form for *_, form, _, _ in shown(text, language="de", quoted_parts=False)] == ["mixed"]


@pytest.mark.parametrize("text", [
    "", " \n\n ", "…", "The so-called “Hanoi Convention” was opened for signature.",
    "Deputy Prime Minister Oleksandr Kubrakov led the delegation.", "He starred in “The Quiet American”."])
def test_what_is_no_statement_gives_none(text):
    assert shown(text) == []


# Languages

def test_the_language_is_identified():
    assert extract("„Das Abkommen ist ein wichtiger Meilenstein“, sagte der deutsche Minister am Samstag.")
    assert extract("12345 +++ 67890") == []
    assert extract("") == []


def test_a_language_without_a_file_is_a_clear_error():
    with pytest.raises(KeyError, match="no language file for 'tlh'"):
        extract("Qapla'", "tlh")
    assert shown("“Yes,” said Bob Ray.", language="en-GB")


def test_many_are_each_in_order():
    texts = ["“Yes,” said Bob Ray.", "", "„Nein“, sagte der Minister."]
    assert [len(found) for found in extract_many(texts, ["en", "en", "de"], NAMES)] == [1, 0, 1]


# Damage

ALPHABET = "“”„\"‘’'«»「」『』‹›–—-:;,.!?()\n \t\x00\u202e\u200f\u2066\ud800\udfffaSé語说는ก\u0301İ"
WORDS = ["said", "he", "Guterres", "that", "according to", "“", "”", "\"", "told", ",", ".", "\n\n", "—", ":", "sagte",
         "dass", "laut", "der", "Minister", "„", "citing", "and", "would", "hopes to",
         "Mr.", "the", "plan", "sei", "(", ")"]


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from(ALPHABET) | st.characters(exclude_categories=[])), st.sampled_from(available()))
def test_no_text_breaks_it(text, language):
    check_spans(text, extract(text, language, NAMES))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60), st.sampled_from(available()))
def test_no_order_of_words_breaks_it(words, language):
    text = " ".join(words)
    check_spans(text, extract(text, language, NAMES))


@pytest.mark.parametrize("language", available())
def test_random_bytes_do_not_break_it(language):
    random_bytes = random.Random(5)
    for encoding in ("latin-1", "utf-16-le", "utf-8"):
        errors = "surrogatepass" if encoding == "utf-16-le" else "replace"
        text = random_bytes.randbytes(20_000).decode(encoding, errors)
        check_spans(text, extract(text, language, NAMES))


@pytest.mark.parametrize("text", [
    "“a” " * 20_000, "“a " * 20_000, "\"" * 20_000, "said that " * 20_000, "Ann " * 20_000, "a" * 200_000, "(" * 20_000,
    "\n" * 50_000, "— " * 20_000, "he said, " * 20_000, "“" * 20_000 + "”" * 20_000, "the of " * 20_000])
@pytest.mark.parametrize("language", available())
def test_long_monotonous_texts_end(text, language):
    check_spans(text, extract(text, language, NAMES))


def test_marks_that_never_close_swallow_no_text():
    text = "“Never closed. " + "Nothing to see here. " * 400 + "\n\n“Yes,” said Bob Ray."
    assert shown(text)[-1][:3] == ("Bob Ray", "said", ["“Yes,”"])


def test_offsets_count_characters_of_the_given_text():
    text = "\u202a\x00İ\ud800 “Так,” said Bob Ray."
    assert shown(text)[0][:3] == ("Bob Ray", "said", ["“Так,”"])


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("“”‘’\"' a.\n")))
def test_quotations_are_apart_and_in_order(text):
    found = quotations(text, ENGLISH)
    assert all(0 <= q.start < q.end <= len(text) for q in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:]))


# Names

def test_names_are_whole_words_and_may_be_inflected():
    assert NAMES.identify("UNODC") == "unodc" and NAMES.identify("UNODCx") is None
    assert NAMES.identify("встреча с Путиным") == "vladimir-putin"
    assert NAMES.identify("联合国秘书长古特雷斯说") == "antonio-guterres"
    assert NAMES.spans("X UNODC, UNODC") == [(2, 7), (9, 14)]


# Language files

GOOD = """
[language]
code = "xx"
name = "Test"
[marks]
quotes = ["“ ”"]
[cues]
say = "says"
[templates]
direct = ["Q ,? say S"]
"""


def write(folder: Path, text: str, name: str = "xx.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_small_language_file_is_enough(tmp_path):
    assert read(write(tmp_path, GOOD)).name == "Test"


def test_lists_of_a_family_go_together(tmp_path):
    rules = read(write(tmp_path, GOOD.replace('say = "says"', 'say = "says"\nsep_a = "puts"\nsep_b = "takes"').replace(
        "[templates]", '[words]\npart_a = "out"\npart_b = "on"\n[templates]').replace(
        '"Q ,? say S"', '"Q ,? say S", "S sep_*! part_* {q any+ }"')))
    found = [bool(list(matches(view(f"Ann {cue} it", rules), rules)))
             for cue in ("puts out", "takes on", "puts on", "takes out")]
    assert found == [True, True, False, False]


@pytest.mark.parametrize(("old", "new", "rule"), [
    ("Q ,? say S", "Q ,? sep_*! S part_*", "no lists are called"),
    ('code = "xx"', 'code = "yy"', "must be the file's name"),
    ('code = "xx"\n', "", "language.code: is missing"),
    ("[cues]", "[cue]", "is no table of the schema"),
    ('say = "says"', "say = 3", "must be a text"),
    ('say = "says"', 'say = ""', "an empty list"),
    ('say = "says"', 'say = "/(/"', "is no regular expression"),
    ('say = "says"', 'say = "/(a+)+b/"', "a repetition of a repetition"),
    ('say = "says"', 'any = "says"', "the name is taken"),
    ('say = "says"', 'say = "s*s"', "only at the beginning or the end"),
    ('["“ ”"]', '["“"]', "two characters"),
    ('["“ ”"]', '"“ ”"', "must be a list"),
    ("[cues]", "[tokens]\ncount_spaces = true\n[cues]", "only where they do not part words"),
    ("Q ,? say S", "Q ,? shout S", "is called 'shout'"),
    ("Q ,? say S", "Q ,? say", "needs a source"),
    ("Q ,? say S", "say S", "needs a content"),
    ("Q ,? say S", "Q , S", "needs one cue"),
    ("Q ,? say S", "Q ,? say (S", "is not closed"),
    ("Q ,? say S", "Q ,? say S)", "closes nothing"),
    ("Q ,? say S", "Q ,? say S @nobody", "unknown flag"),
    ("Q ,? say S", "Q $ say S", "means nothing here"),
    ('direct = ["Q ,? say S"]', 'direct = ["Q ,? say S"]\n[phrases]\nnp = "np"', "contain each other"),
])
def test_a_fault_in_a_language_file_is_told(tmp_path, old, new, rule):
    with pytest.raises(LanguageError, match=rule):
        read(write(tmp_path, GOOD.replace(old, new)))


def test_all_faults_are_told_at_once(tmp_path):
    broken = GOOD.replace('code = "xx"', 'code = "yy"').replace('say = "says"', "say = 3")
    with pytest.raises(LanguageError) as caught:
        read(write(tmp_path, broken))
    assert len(caught.value.faults) == 2 and all(fault.file == "xx.toml" for fault in caught.value.faults)


def test_a_file_that_is_no_toml_is_told(tmp_path):
    with pytest.raises(LanguageError, match="is no TOML"):
        read(write(tmp_path, "= ="))
