"""Pages become texts: encodings, what a page says of itself, and hostile pages, each refused or bounded with a word.

Pages are made here, so that what should be found in them is known.
"""

from __future__ import annotations

import codecs
import gzip
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake import pages
from analysis.intake.pages import Page, Refused, Skipped, check, decode, page, read

WORDS = {
    "en": "The minister said the convention would help the police of many countries to follow the traces of criminals.",
    "de": "Die Ministerin sagte, das Abkommen werde der Polizei vieler Länder helfen, den Spuren der Täter zu folgen.",
    "ru": "Министр заявил, что конвенция поможет полиции многих стран идти по следам преступников в сети.",
    "ja": "外務大臣は、この条約が多くの国の警察に役立つと述べた。署名式はハノイで開かれ、多くの国が参加した。",
    "zh": "部长说，该公约将帮助许多国家的警察追踪网络犯罪分子的踪迹，签署仪式在河内举行，许多国家参加。",
    "ar": "وقال الوزير إن الاتفاقية ستساعد شرطة العديد من الدول على تتبع آثار المجرمين في الفضاء الإلكتروني.",
    "fa": "وزیر گفت که این کنوانسیون به پلیس بسیاری از کشورها کمک می‌کند تا رد مجرمان را در فضای مجازی دنبال کند.",
    "ur": "وزیر نے کہا کہ یہ کنونشن کئی ملکوں کی پولیس کو سائبر مجرموں کا سراغ لگانے میں مدد دے گا۔",
    "hi": "मंत्री ने कहा कि यह संधि कई देशों की पुलिस को साइबर अपराधियों का पता लगाने में मदद करेगी।",
    "th": "รัฐมนตรีกล่าวว่าอนุสัญญานี้จะช่วยให้ตำรวจของหลายประเทศติดตามอาชญากรทางไซเบอร์ได้",
    "ko": "장관은 이 협약이 여러 나라의 경찰이 사이버 범죄자를 추적하는 데 도움이 될 것이라고 말했다.",
    "vi": "Bộ trưởng nói rằng công ước sẽ giúp cảnh sát nhiều nước lần theo dấu vết của tội phạm mạng.",
    "sr-Cyrl": "Министар је рекао да ће конвенција помоћи полицији многих земаља да прати трагове криминалаца.",
}


def html(text: str = WORDS["en"], head: str = "", body: str = "", attributes: str = "") -> str:
    paragraphs = "".join(f"<p>{text} {i}</p>" for i in range(4))  # the extractor drops repeated ones
    return (
        f"<!DOCTYPE html><html {attributes}><head><title>A title</title>{head}</head>"
        f"<body><article><h1>A title</h1>{paragraphs}{body}</article></body></html>"
    )


# -- encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "codec", "language"),
    [
        ("windows-1251", "cp1251", "ru"),
        ("koi8-r", "koi8_r", "ru"),
        ("gb2312", "gb18030", "zh"),
        ("Shift_JIS", "cp932", "ja"),
        ("euc-jp", "euc_jp", "ja"),
        ("iso-2022-jp", "iso2022_jp", "ja"),
        ("euc-kr", "cp949", "ko"),
        ("windows-1256", "cp1256", "ar"),
        ("iso-8859-1", "cp1252", "de"),
        ("TIS-620", "cp874", "th"),
    ],
)
@pytest.mark.parametrize("told_by", ["meta", "http-equiv", "header"])
def test_declared_encodings(label, codec, language, told_by):
    head = {
        "meta": f'<meta charset="{label}">',
        "header": "",
        "http-equiv": f'<meta http-equiv="Content-Type" content="text/html; charset={label}">',
    }[told_by]
    raw = html(WORDS[language], head).encode(codec)
    found = page(raw, "p", charset=label if told_by == "header" else None)
    assert WORDS[language] in found.text and found.language == language and found.notes == ()


@pytest.mark.parametrize("head", ["", '<meta charset="gb2312">', '<meta charset="no-such">'])
def test_utf_8_is_seen_whatever_is_declared(head):
    assert WORDS["vi"] in page(html(WORDS["vi"], head).encode(), "p").text


def test_byte_order_marks_decide():
    for mark, codec in (
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF8, "utf-8"),
    ):
        found = page(mark + html(WORDS["ur"], '<meta charset="latin1">').encode(codec), "p")
        assert WORDS["ur"] in found.text and not found.notes


def test_what_cannot_be_decoded_is_replaced_and_told():
    raw = html(WORDS["en"].replace("said", "sa\xefd")).encode("latin1")
    found = page(raw, "p")
    assert "sa\ufffdd" in found.text and found.notes == ("not all of it is UTF-8: 4 characters lost (shown as \ufffd)",)
    _, notes = decode(raw, "utf-7")  # no page's encoding, though Python has it: "+ADw-" would become "<"
    assert any("unknown encoding" in note for note in notes)
    assert decode(b"+ADw-script+AD4-", "utf-7")[0] == "+ADw-script+AD4-"


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "gbk", "shift_jis", "nonsense", ""]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_decoded_or_refused(raw, charset):
    try:
        text, _ = decode(raw, charset)
    except Refused:
        return
    text.encode("utf-8", errors="surrogatepass")


# -- what a page says of itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", WORDS)
def test_text_and_language(language):
    found = page(html(WORDS[language], body="<div class='footer'>Share this</div>").encode(), "p")
    assert found.text.count(WORDS[language]) == 4 and found.language == language and found.title == "A title"
    assert f"{WORDS[language]} 1\n\n{WORDS[language]} 2" in found.text  # paragraphs stay apart


def test_languages_that_disagree_are_marked_as_a_guess():
    assert "language" in page(html(attributes='lang="fr"').encode(), "p").guessed
    assert page(html(attributes='lang="en-GB"').encode(), "p").guessed == ()


def test_dates_of_markup_are_believed_and_those_of_the_text_are_guesses():
    marked = page(html(head='<meta property="article:published_time" content="2025-10-26T23:10:00Z">').encode(), "p")
    assert marked.published == "2025-10-26" and "published" not in marked.guessed
    by_address = page(html().encode(), "p", url="https://paper.example/2025/10/27/story")
    assert by_address.published == "2025-10-27"
    in_text = page(html(body="<p>Published on 3 November 2025 by our staff.</p>").encode(), "p")
    assert in_text.published in ("", "2025-11-03")
    assert not in_text.published or "published" in in_text.guessed
    assert page(html().encode(), "p").published == ""


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="canonical" href="https://paper.example/a">',
        '<meta property="og:url" content="https://paper.example/a">',
        "<!-- saved from url=(0023)https://paper.example/a -->",
        "<!--\n Page saved with SingleFile \n url: https://paper.example/a \n-->",
    ],
)
def test_a_saved_page_knows_its_address(head):
    assert page(html(head=head).encode(), "p").url == "https://paper.example/a"


def test_no_address_is_taken_from_nonsense():
    for href in ("javascript:alert(1)", "https://paper.example/&#27;[31m", "https://paper.example/&#x202e;a", "/a"):
        assert page(html(head=f'<link rel="canonical" href="{href}">').encode(), "p").url == ""


# -- hostile pages ----------------------------------------------------------------------------------------------------


def refused(raw: bytes) -> str:
    start = time.monotonic()
    with pytest.raises(Refused) as caught:
        page(raw, "p")
    assert time.monotonic() - start < 10  # not a measurement: a page that is parsed first takes minutes, or the memory
    return str(caught.value)


def test_external_entities_are_refused_and_nothing_is_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    xxe = f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]>' + html("&x; " + WORDS["en"])
    assert "entities" in refused(xxe.encode())
    assert "entities" in refused(codecs.BOM_UTF16_LE + xxe.encode("utf-16-le"))
    assert "entities" in refused(xxe.replace("[", " PUBLIC 'x' 'http://h.example/e.dtd' [").encode())
    # Without a declaration the name of an entity is text like any other.
    assert "the secret" not in page(html("&x; " + WORDS["en"]).encode(), "p").text


def test_a_bomb_of_entities_is_refused():
    bomb = (
        "<!DOCTYPE b [<!ENTITY a 'ha'>"
        + "".join(f"<!ENTITY {c} '{'&' + chr(ord(c) - 1) + ';' * 10}'>" for c in "bcdefgh")
        + "]>"
        + html("&h;")
    )
    assert "entities" in refused(bomb.encode())


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "x:y", "svg", "p><div"])
def test_a_hundred_thousand_nested_tags_are_refused(tag):
    assert "inside each other" in refused(html(body=f"<{tag}>" * 100_000).encode())


def test_depth_is_counted_not_guessed():
    assert "inside each other" not in html(body="<div></div>" * 5_000)
    check(html(body="<div>" * 150 + "</div>" * 150))
    check(html(body="<p>one<p>two<li>three<br>" * 1_000))
    check(html(body="<script>" + "<div>" * 1_000 + "</script><!--" + "<div>" * 1_000 + "-->"))
    with pytest.raises(Refused, match="elements inside"):
        check(html(body="<div>" * (pages.MAX_DEPTH + 1)))


def test_too_many_elements_are_refused():
    assert "elements; at most" in refused(html(body="<p>a</p>" * 200_000).encode())
    assert "side by side" in refused(html(body="<p>" + "<b>a</b> " * 15_000).encode())
    assert "side by side" in refused(html(body="<p>" + "<span>a</span> " * 15_000).encode())
    assert "side by side" in refused(html(body="<p>" + ("<span>" + "<b>a</b>" * 1_000 + "</span>") * 4).encode())


def test_fifty_megabytes_are_refused_and_not_read(tmp_path):
    big = tmp_path / "big.html"
    with big.open("wb") as file:
        file.write(b"<html>")
        file.truncate(50 * 2**20)
    (found,) = read(big)
    assert isinstance(found, Skipped) and "bytes" in found.reason
    assert "bytes" in refused(b"a" * (pages.MAX_BYTES + 1))


def test_packed_files_are_not_unpacked():
    assert "gzip" in refused(gzip.compress(html().encode() + b"0" * 30_000_000))
    assert "zip" in refused(b"PK\x03\x04....")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html></html>",
        b"<html><body><p>Hi</p></body></html>",
        b"\0" * 1000,
        b"<" * 100_000,
        b"<x " * 100_000,
        b"<!--" * 100_000,
        b"<script" * 50_000,
        b"<!DOCTYPE" * 50_000,
    ],
)
def test_pages_without_text_are_refused_with_a_word(raw):
    assert refused(raw)


def test_no_control_character_and_no_half_character_comes_through():
    found = page(html("One\x00two &#0; &#xD800; \x1b[31m \u202etxt " + WORDS["en"]).encode(), "p")
    assert not set(found.text) & {"\0", "\x1b", "\ud800"} and WORDS["en"] in found.text
    found.text.encode()


@given(st.text(max_size=200), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_inside_a_page_is_read_or_refused(text, head):
    try:
        found = page(html(text, head).encode(errors="surrogatepass"), "p")
    except Refused:
        return
    assert isinstance(found, Page) and found.text.encode()


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_text_file_with_a_head(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text(
        f"URL: https://paper.example/a\nTitle: =A title\nPublished: 2025-10-26\nLanguage: en\n\n{WORDS['en']}\n",
        encoding="utf-8-sig",
    )
    (found,) = read(file)
    assert found == Page("a.txt", WORDS["en"], "https://paper.example/a", "=A title", "2025-10-26", "en")


def test_a_text_file_without_a_head_is_all_text(tmp_path):
    file = tmp_path / "a.txt"
    for text in (WORDS["en"], f"Title: no head, for no empty line follows\n{WORDS['en']}", f"Note: x\n\n{WORDS['en']}"):
        file.write_text(text, encoding="utf-8")
        (found,) = read(file)
        assert found.text == text and found.url == ""


def test_what_a_head_says_wrong_is_told(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text(f"URL: paper.example\nPublished: 26 October\n\n{WORDS['en']}", encoding="utf-8")
    (found,) = read(file)
    assert (found.url, found.published) == ("", "") and len(found.notes) == 2


def test_a_table_of_texts(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(
        "Link;Headline;Date;TEXT\nhttps://paper.example/1;One;2025-10-25;"
        + WORDS["de"]
        + '\n;Two;;"'
        + WORDS["en"]
        + "\n\n"
        + WORDS["en"]
        + '"\n;Three;;\n',
        encoding="utf-8",
    )
    first, second, third = read(file)
    assert (first.url, first.title, first.published, first.language) == (
        "https://paper.example/1",
        "One",
        "2025-10-25",
        "de",
    )
    assert second.text == f"{WORDS['en']}\n\n{WORDS['en']}" and second.place == "t.csv, row 2"
    assert third == Skipped("t.csv, row 3", "no text, or nearly none")


@pytest.mark.parametrize(
    ("content", "word"), [("a,b\n1,2\n", "column `text`"), ('text\n"open', "must be CSV"), ("", "column")]
)
def test_a_table_that_is_none(tmp_path, content, word):
    (tmp_path / "t.csv").write_text(content)
    (found,) = read(tmp_path / "t.csv")
    assert isinstance(found, Skipped) and word in found.reason


def test_a_folder_in_order_without_links_and_hidden_files(tmp_path):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for name in ("b.txt", "a.html", "sub/c.TXT", ".hidden/d.txt", ".e.txt", "f.pdf"):
        (folder / name).write_text(html() if name.endswith("html") else WORDS["en"])
    (tmp_path / "outside.txt").write_text(WORDS["en"])
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    found = list(read(folder))
    assert [f.place for f in found] == ["in/a.html", "in/b.txt", "in/f.pdf", "in/sub/c.TXT"]
    assert isinstance(found[2], Skipped) and ".html" in found[2].reason
    empty = tmp_path / "empty"
    empty.mkdir()
    assert list(read(empty)) == [Skipped("empty", "an empty folder")]
