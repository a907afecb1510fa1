"""Pages as text: saved HTML, text files, folders, a CSV of texts; each with title, date and language, or why not.

Everything read is untrusted. Size, depth and number of elements are bounded before a parser sees a page.
"""

from __future__ import annotations

import codecs
import copy
import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from trafilatura.utils import HtmlElement

# A news page has some hundred kilobytes and one to five thousand elements, some twenty deep.
MAX_BYTES = 10 * 2**20
MAX_ELEMENTS = 20_000
MAX_DEPTH = 200
MAX_SIBLINGS = 3_000  # the extractor's time grows with the square of an element's children
MAX_TEXT = 1_000_000  # characters: the longest article is a tenth of it
MAX_FILES = 10_000
MAX_LINE = 500  # title and other single lines
MIN_TEXT = 20  # letters; below, there is nothing to code, and no language can be told

HTML, TEXT, TABLE = {".html", ".htm", ".xhtml"}, {".txt"}, {".csv", ".tsv"}
COLUMNS = {"text": ("text",), "url": ("url", "address", "link"), "title": ("title", "headline"),
           "published": ("published", "date"), "language": ("language", "lang")}

# Labels as pages write them, to the encodings that browsers then use (WHATWG Encoding Standard, "Names and labels").
# Python knows more, some of them (utf-7, unicode_escape, ...) no encoding of any page.
_CODECS = {"utf-8": "utf-8", "utf8": "utf-8", "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252",
           "latin1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
           "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "windows-31j": "cp932", "x-sjis": "cp932",
           "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
           "tis-620": "cp874", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "koi8-r": "koi8_r", "koi8-u": "koi8_u",
           "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "macintosh": "mac_roman",
           **{f"windows-{n}": f"cp{n}" for n in (874, *range(1250, 1259))},
           **{f"cp{n}": f"cp{n}" for n in range(1250, 1259)},
           **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]{0,500}?\bcharset|\?xml\b[^>]{0,200}?\bencoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)

_PACKED = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstandard"), (b"BZh", "bzip2"),
           (b"\xfd7zXZ", "xz"), (b"7z\xbc\xaf", "7-zip"))
_ENTITIES = re.compile(r"<!DOCTYPE[^>\[]{0,1000}\[", re.IGNORECASE)
# Comments and the insides of scripts and styles hold no elements; the last alternative is a tag's beginning.
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1|\Z)|<(/?)([a-zA-Z][^\s/>]{0,40})",
                  re.DOTALL | re.IGNORECASE)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# A new one of these ends the one before: pages leave their end tags out.
_IMPLIED = frozenset("p li dt dd tr td th option thead tbody tfoot".split())

# Zero-width joiners are spelling in Persian, Urdu and Hindi. The extractor drops them with all that cannot be printed,
# so they go through it as two signs of Linear B.
_JOINERS = str.maketrans("\u200c\u200d", "\U00010080\U00010081")
_JOINERS_BACK = str.maketrans("\U00010080\U00010081", "\u200c\u200d")

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_HEAD = re.compile(r"(url|address|link|title|headline|published|date|language|lang):[ \t]*(.*)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_SAVED_FROM = re.compile(
    r"<!--\s*(?:saved from url=(?:\(\d+\))?|Page saved with SingleFile\s+url:\s*)(https?://[^\s>]+)", re.IGNORECASE)
_TAGS = {"tl": "fil", "nb": "no", "nn": "no"}  # as the record writes them
_CERTAIN = 0.9  # a language told with less than this probability is marked as a guess


class Refused(ValueError):
    """A page that is not read, and in plain words why."""


class Skipped(NamedTuple):
    """Something given as a source that was not drafted: what, and in plain words why."""

    place: str
    reason: str


@dataclass(frozen=True)
class Page:
    """One text and what was found out about it.

    `place` is where it came from, as given; `url`, `title`, `published` (YYYY-MM-DD), `language` (BCP 47) and `site`
    (the name that the page gives its outlet) are "" where nothing was found. `guessed` names what was found on weak
    grounds, `notes` says in plain words what a reviewer should know.
    """

    place: str
    text: str
    url: str = ""
    title: str = ""
    published: str = ""
    language: str = ""
    site: str = ""
    guessed: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def read(path: Path, place: str | None = None) -> Iterator[Page | Skipped]:
    """The pages of a file or folder, by name; what cannot be read comes as `Skipped`, with the reason.

    Parameters
    ----------
    path: a saved HTML page; a text file, which may begin with lines `URL: ...`, `Title: ...`, `Published: ...`,
        `Language: ...` and an empty line; a CSV file with a column `text` and, if known, `url`, `title`, `published`,
        `language`; or a folder of such files (searched through, hidden files and links left out).
    place: how to call it; without one, by its name.
    """
    place = place or path.name or str(path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink()
                       and not any(part.startswith(".") for part in p.relative_to(path).parts))
        if not files:
            yield Skipped(place, "an empty folder")
        for file in files[:MAX_FILES]:
            yield from read(file, f"{place}/{file.relative_to(path).as_posix()}")
        if len(files) > MAX_FILES:
            yield Skipped(place, f"has {len(files):,} files; only the first {MAX_FILES:,} were read")
        return
    try:
        suffix = path.suffix.lower()
        if suffix not in HTML | TEXT | TABLE:
            raise Refused(f"no page: its name must end in {', '.join(sorted(HTML | TEXT | TABLE))}")
        raw = _bytes(path)
        if suffix in TABLE:
            yield from _rows(raw, place)
        else:
            yield page(raw, place) if suffix in HTML else plain(raw, place)
    except Refused as refusal:
        yield Skipped(place, str(refusal))
    except OSError as error:
        yield Skipped(place, f"cannot be read: {error.strerror}")


def page(raw: bytes, place: str, url: str = "", charset: str | None = None) -> Page:
    """An HTML page's main text with title, date and language.

    Parameters
    ----------
    raw, place: its bytes, and how to call it.
    url: its address, where known; otherwise the one that the page itself names.
    charset: the encoding that the server named.

    Raises
    ------
    Refused: too large, too deep, too many elements, entity declarations, compressed, or without a main text.
    """
    import trafilatura

    html, notes = decode(raw, charset)
    check(html)
    html = _NOT_TEXT.sub("\ufffd", re.sub(r"\A\s*<\?xml[^>]*>", "", html, count=1))
    tree = trafilatura.load_html(html)
    if tree is None:
        raise Refused("no HTML")
    _check_width(tree)
    # They say nothing about the text, and cost the extractor its time.
    for element in reversed(list(tree.iter("span", "font"))):
        element.drop_tag()
    _check_width(tree)  # what was inside them now stands side by side
    for element in tree.iter():
        for part in ("text", "tail"):
            if (words := getattr(element, part)) and not words.isascii():
                setattr(element, part, words.translate(_JOINERS))
    url = url or _own_address(html, tree)
    # What is one quadratic step to the extractor is bounded above; what it raises on odd trees is the page's fault.
    try:
        found = trafilatura.bare_extraction(copy.deepcopy(tree), url=url or None, include_comments=False,
                                            with_metadata=False, max_tree_size=None)
        about = trafilatura.extract_metadata(copy.deepcopy(tree), default_url=url or None)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise Refused(f"its main text cannot be found ({type(error).__name__})") from error
    if found is None or not found.text:
        raise Refused("no main text found; save the article's text as a .txt file")
    text = _tidy(found.text.translate(_JOINERS_BACK).replace("\n", "\n\n"))
    published, weak = _published(html, url)
    title, site = line((about.title or "").translate(_JOINERS_BACK)), line(about.sitename or "")
    made = Page(place, text, url, title, published, "", site, ("published",) if weak else (), tuple(notes))
    declared = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    return _finished(made, declared)


def _check_width(tree: HtmlElement) -> None:
    widest = max((len(element) for element in tree.iter()), default=0)
    if widest > MAX_SIBLINGS:
        raise Refused(f"{widest:,} elements side by side; at most {MAX_SIBLINGS:,} are read")


def check(html: str) -> None:
    """Refuse what no news page is, before a parser sees it: one pass, no recursion.

    Raises
    ------
    Refused: entity declarations, more than `MAX_ELEMENTS` elements, or more than `MAX_DEPTH` inside each other.
    """
    if _ENTITIES.search(html, 0, 100_000):
        raise Refused("declares entities of its own (XML external entities, or a bomb of them); no news page does")
    open_tags: dict[str, int] = {}
    depth = deepest = elements = 0
    for tag in _TAG.finditer(html):
        name = (tag[3] or "").lower()
        if not name or name in _VOID:
            elements += bool(name or tag[1])
            continue
        if tag[2]:
            if open_tags.get(name):
                open_tags[name] -= 1
                depth -= name not in _IMPLIED
            continue
        elements += 1
        open_tags[name] = open_tags.get(name, 0) + 1
        depth += name not in _IMPLIED
        deepest = max(deepest, depth)
    # The implied ones can nest as well, but not unless something that counts stands between them, or libxml2 ends them.
    if deepest > MAX_DEPTH:
        raise Refused(f"{deepest:,} elements inside each other; at most {MAX_DEPTH:,} are read")
    if elements > MAX_ELEMENTS:
        raise Refused(f"{elements:,} elements; at most {MAX_ELEMENTS:,} are read")


def decode(raw: bytes, charset: str | None = None) -> tuple[str, list[str]]:
    """A page's bytes as text, and what to tell of it.

    The byte order mark decides, then UTF-8 if the bytes are UTF-8 beyond ASCII, then the server's word, then the page's
    own; else UTF-8 with U+FFFD in the place of what is none, which is told.
    """
    if len(raw) > MAX_BYTES:
        raise Refused(f"{len(raw):,} bytes; at most {MAX_BYTES:,} are read")
    for magic, name in _PACKED:
        if raw.startswith(magic):
            raise Refused(f"compressed ({name}); unpack it first")
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return _told(raw[len(mark):], name)
    found = _DECLARED.search(raw, 0, 8192)
    declared = charset or (found[1].decode("ascii") if found else "")
    codec = _CODECS.get(declared.lower().strip(" \"'"), "")
    try:
        if codec != "iso2022_jp":  # its bytes are ASCII, and so UTF-8, but mean something else
            return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    # A page whose declaration could be read is no UTF-16.
    if codec and codec not in ("utf-8", "utf-16-le", "utf-16-be"):
        return _told(raw, codec)
    text, notes = _told(raw, "utf-8")
    if declared and not codec:
        notes.append(f"names an unknown encoding, {declared!r}")
    return text, notes


def _told(raw: bytes, codec: str) -> tuple[str, list[str]]:
    try:
        return raw.decode(codec), []
    except UnicodeDecodeError:
        text = raw.decode(codec, errors="replace")
        lost = text.count("\ufffd")
        return text, [f"not all of it is {codec.upper()}: {lost:,} character{'s' * (lost != 1)} lost (shown as \ufffd)"]


def line(text: str) -> str:
    """Text on one line, without white space at its ends, of bounded length."""
    return " ".join(_NOT_TEXT.sub(" ", text).split())[:MAX_LINE].rstrip()


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)  # not `stat`: what is said there need not be what is read
    if len(raw) > MAX_BYTES:
        raise Refused(f"more than {MAX_BYTES:,} bytes; at most that many are read")
    return raw


def _tidy(text: str) -> str:
    text = _NOT_TEXT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > MAX_TEXT:
        raise Refused(f"a text of {len(text):,} characters; at most {MAX_TEXT:,} are read")
    return text.strip()


def plain(raw: bytes, place: str, url: str = "", charset: str | None = None) -> Page:
    """A text file, with its head if it has one. Takes and raises what `page` does."""
    text, notes = decode(raw, charset)
    text = _tidy(text)
    lines = text.split("\n")
    known = {}
    for i, each in enumerate(lines):
        found = _HEAD.fullmatch(each.strip())
        if not found:
            if known and not each.strip():  # a head ends with an empty line; without one, it is the text's own
                text = "\n".join(lines[i:]).strip()
                break
            known = {}
            break
        known[next(name for name, words in COLUMNS.items() if found[1].lower() in words)] = found[2]
    return _described(place, text, {**known, **({"url": url} if url else {})}, notes)


def _rows(raw: bytes, place: str) -> Iterator[Page | Skipped]:
    """A CSV's rows, a page each."""
    text, notes = decode(raw)
    text = text.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    limit = csv.field_size_limit(sys.maxsize)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = [name.strip().lower() for name in next(rows, [])]
        at = {field: next((header.index(word) for word in words if word in header), None)
              for field, words in COLUMNS.items()}
        if at["text"] is None:
            raise Refused("must have a column `text` (and may have url, title, published, language)")
        for number, row in enumerate(rows, start=1):
            if number > MAX_FILES:
                yield Skipped(place, f"has more than {MAX_FILES:,} rows; only those were read")
                return
            if not row:
                continue
            known = {field: row[i] for field, i in at.items() if i is not None and i < len(row)}
            where = f"{place}, row {number}"
            try:
                yield _described(where, _tidy(known.pop("text", "")), known, notes)
            except Refused as refusal:
                yield Skipped(where, str(refusal))
    except csv.Error as error:
        raise Refused(f"must be CSV: {error} (line {rows.line_num})") from error
    finally:
        csv.field_size_limit(limit)


def _described(place: str, text: str, known: dict[str, str], notes: list[str]) -> Page:
    """A text with what its file says about it; what is said but cannot be used is told."""
    notes = list(notes)
    url = known.get("url", "").strip()
    if url and not (_ADDRESS.fullmatch(url) and url.isprintable()):
        notes.append(f"its address is none: {line(url)[:60]!r}")
        url = ""
    published = known.get("published", "").strip()
    if published and not _date(published[:10]):
        notes.append(f"its date is none, or before 2000: {line(published)[:60]!r}")
        published = ""
    declared = known.get("language", "").strip()
    made = Page(place, text, url, line(known.get("title", "")), published[:10], notes=tuple(notes))
    return _finished(made, declared)


def _finished(made: Page, declared: str) -> Page:
    """The page with its language, or a refusal where there is no text."""
    if sum(map(str.isalpha, made.text[: 50 * MIN_TEXT])) < MIN_TEXT:
        raise Refused("no text, or nearly none")
    language, sure = language_of(made.text)
    said = declared.replace("_", "-").split("-")[0].lower()
    said = _TAGS.get(said, said)
    if not sure and said == language.split("-")[0]:
        sure = True
    notes = made.notes
    if said and said != language.split("-")[0]:
        notes = (*notes, f"says of itself that its language is {line(declared)[:20]!r}")
        sure = False
    return replace(made, language=language, guessed=made.guessed if sure else (*made.guessed, "language"), notes=notes)


def language_of(text: str) -> tuple[str, bool]:
    """A text's language (BCP 47; Serbian with its script, as in the record), and whether that is sure.

    >>> language_of("The convention was opened for signature in Hanoi on Saturday, the ministry said.")
    ('en', True)
    """
    code, probability = _identifier().classify(text[:20_000])
    if code == "sr":
        cyrillic = sum("\u0400" <= c <= "\u04ff" for c in text[:20_000])
        code = "sr-Cyrl" if cyrillic * 2 > sum(map(str.isalpha, text[:20_000])) else "sr-Latn"
    return _TAGS.get(code, code), probability >= _CERTAIN


@cache
def _identifier():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _published(html: str, url: str) -> tuple[str, bool]:
    """The date of publication, and whether it is a guess: markup and address are believed, the text's own dates not."""
    from htmldate import find_date

    for extensive in (False, True):
        try:
            found = find_date(html, extensive_search=extensive, original_date=True, url=url or None,
                              min_date="2000-01-01")
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
            found = None
        if found and _date(found):
            return found, extensive
    return "", False


def _date(text: str) -> bool:
    from datetime import date

    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)) and date.fromisoformat(text).year >= 2000
    except ValueError:
        return False


def _own_address(html: str, tree: HtmlElement) -> str:
    """The address that a saved page names: as its saver wrote it down, or as it calls itself."""
    if (found := _SAVED_FROM.search(html, 0, 20_000)) and found[1].isprintable():
        return found[1]
    for path in ('//link[@rel="canonical"]/@href', '//meta[@property="og:url"]/@content'):
        for value in tree.xpath(path):
            if _ADDRESS.fullmatch(value.strip()) and value.strip().isprintable():
                return value.strip()
    return ""
