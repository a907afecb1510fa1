"""Archives in each documented form give the same rows; of broken ones, only what is broken is set aside, and told."""

import bz2
import csv
import gzip
import io
import json
import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from analysis.corpus.model import ARTICLES, MAX_GIST, MAX_TITLE, STATEMENTS, Split
from analysis.corpus.readers import READERS, fields, quotebank, records, speech, warc
from analysis.intake import pages

DATA = Path(__file__).parent / "data" / "corpus"


class Read:
    """What a reader gives of a file (or some bytes), put together and checked for its form."""

    def __init__(self, name, path, splits=None):
        self.articles, self.statements, self.rejects, self.counts = [], [], [], {}
        for split in splits or [Split(path)]:
            for batch in READERS[name].read(split):
                assert batch.articles.schema == ARTICLES and batch.statements.schema == STATEMENTS
                batch.articles.validate(full=True)
                batch.statements.validate(full=True)
                self.articles += batch.articles.to_pylist()
                self.statements += batch.statements.to_pylist()
                self.rejects += batch.rejects
                assert all(batch.counts.values())
                for what, number in batch.counts.items():
                    self.counts[what] = self.counts.get(what, 0) + number
        assert {(s["record"], s["url"]) for s in self.statements} <= {(a["record"], a["url"]) for a in self.articles}
        assert all(reject.file == path.name and reject.reason for reject in self.rejects)

    @property
    def told(self):
        return [(reject.position, reject.unit, reject.reason) for reject in self.rejects]

    def column(self, name, of="articles"):
        return [row[name] for row in getattr(self, of)]


@pytest.fixture
def read(tmp_path):
    def read(name, raw, file="archive", splits=None):
        if isinstance(raw, Path):
            return Read(name, raw)
        path = tmp_path / file
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        return Read(name, path, splits and READERS[name].split(path, splits))
    return read


def without_record(rows):
    return [{name: value for name, value in row.items() if name != "record"} for row in rows]


def lines_of(name):
    return (DATA / name).read_bytes().splitlines(keepends=True)


def offsets(parts, start=0):
    return [start + sum(map(len, parts[:i])) for i in range(len(parts))]


# --- all readers ---

@pytest.mark.parametrize("name", READERS)
def test_a_reader_says_what_its_format_lacks(name):
    package = json.loads((Path(__file__).parents[1] / "data" / "datapackage.json").read_text(encoding="utf-8"))
    columns = {f"{r['name']}.{f['name']}" for r in package["resources"] for f in r["schema"]["fields"]}
    reader = READERS[name]
    assert reader.name == name and reader.title and all(s.startswith(".") for s in reader.suffixes)
    assert set(reader.lacks) <= columns and len(set(reader.lacks)) == len(reader.lacks)
    assert {"articles.tone", "articles.frames", "articles.genre", "attributions.stance", "outlets.kind"} <= set(
        reader.lacks)
    assert reader.whole != (name == "quotebank") and reader.dates == ("latest" if name == "quotebank" else "earliest")


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"\xff\xfe\x00\x01" * 20, b"{}", b"[", b"\x1f\x8b\x08", b"BZh9",
                                 b"\n\n\n", b'"', b"{" * 5000, b"x" * 200_000, bytes(range(256)) * 50])
def test_nonsense_is_told_and_never_raises(name, raw, read):
    found = read(name, raw)
    assert found.articles == [] and found.statements == []
    assert found.rejects or not raw.strip(b"\0\n") or raw == b"{}" or name == "warc" and not raw.strip()


# --- Media Cloud ---

@pytest.fixture(scope="module")
def stories():
    with open(DATA / "media_cloud.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def story_rows(stories):
    return [{"url": s["url"], "site": s["media_url"], "outlet": None, "title": s["title"],
             "published": date.fromisoformat(s["publish_date"]) if s["publish_date"] else None,
             "language": s["language"], "country": None} for s in stories]


def test_media_cloud_stories_are_articles(read, stories):
    found = read("media-cloud", DATA / "media_cloud.csv")
    assert without_record(found.articles) == story_rows(stories)
    assert found.column("record") == list(range(2, len(stories) + 2))
    assert (found.statements, found.rejects, found.counts) == ([], [], {})


def epoch(stories):
    days = [date.fromisoformat(s["publish_date"]) if s["publish_date"] else None for s in stories]
    return [s | {"publish_date": day and (day - date(1970, 1, 1)).days * 86_400_000} for s, day in zip(stories, days)]


@pytest.mark.parametrize("made", [
    lambda s: gzip.compress((DATA / "media_cloud.csv").read_bytes()),
    lambda s: b"\xef\xbb\xbf" + (DATA / "media_cloud.csv").read_bytes().replace(b"\n", b"\r\n"),
    lambda s: json.dumps(s, indent=1),
    lambda s: json.dumps({"stories": s, "pagination_token": "bmV4dA=="}),
    lambda s: json.dumps({"pagination_token": "bmV4dA==", "stories": s[:9]}) + json.dumps({"stories": s[9:]}),
    lambda s: "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in s),
    lambda s: json.dumps(epoch(s)).replace("/", "\\/"),  # as pandas writes it
    lambda s: json.dumps([one | {"publish_date": one["publish_date"] and one["publish_date"] + " 08:30:00",
                                 "stories_id": 7, "metadata": {"geocoder": [{"tag": "]},{"}]}} for one in s]),
], ids=["gz", "excel", "list", "answer", "answers", "lines", "pandas", "old"])
def test_media_cloud_forms_give_the_same_articles(made, read, stories):
    found = read("media-cloud", made(stories))
    assert without_record(found.articles) == story_rows(stories) and found.rejects == []
    assert found.counts == {}


def test_a_name_that_is_more_than_the_domain_is_the_outlet_s(read):
    head = "media_name,media_url,publish_date,title,url\n"
    found = read("media-cloud", head + "New York Times,http://nytimes.com,2014-06-02,A,http://nytimes.com/1\n"
                                       "www.nytimes.com,http://nytimes.com/,2014-06-02,B,http://nytimes.com/2\n")
    assert found.column("outlet") == ["New York Times", None]
    assert found.column("site") == ["http://nytimes.com", "http://nytimes.com/"]


HEAD = "id,indexed_date,language,media_name,media_url,publish_date,title,url\n"


def story(n, title="t", url=None, day="2025-10-25", language="en"):
    return f"{n},2025-10-27,{language},a.org,a.org,{day},{title},{url or f'https://a.org/{n}'}\n"


def test_bad_rows_are_set_aside_by_their_line(read):
    rows = [HEAD, story(1, '"two\nlines"'), story(2, '"never closed'), story(3), "4,too,few\n", story(5) + "\n",
            story(6, url="ftp://a.org/6"), story(7, url=" "), HEAD, story(8, day="25/10/2025"),
            story(9, day="1066-10-14"), story(10, language="Klingonese"), story(11, '"also ""never"" closed'),
            story(12, '"""fine"""')]
    raw = "".join(rows).encode().replace(story(3).encode(), story(3, "caf\xe9").encode("latin-1"))
    found = read("media-cloud", raw)
    assert [int(url.rsplit("/")[-1]) for url in found.column("url")] == [1, 5, 8, 9, 10, 12]
    assert [(line, why) for line, _, why in found.told] == [
        (4, records.UNCLOSED), (5, "not UTF-8"), (6, "has 3 fields, the header 8"),
        (9, "its address (url) must be an http or https address without white space, is 'ftp://a.org/6'"),
        (10, "its address (url) must be an http or https address without white space, is ' '"),
        (15, records.UNCLOSED)]
    assert {unit for _, unit, _ in found.told} == {"line"}
    assert found.rejects[1].record == "3,2025-10-27,en,a.org,a.org,2025-10-25,caf\\udce9,https://a.org/3"
    assert found.counts == {fields.UNREADABLE_DATE: 2, fields.UNKNOWN_LANGUAGE: 1}
    assert found.column("title")[0] == "two lines" and found.column("title")[-1] == '"fine"'


def test_files_put_together_are_read_each_by_its_own_header(read):
    other = "url,title,publish_date,extra\nhttps://b.org/1,other,2025-10-26,x\n"
    found = read("media-cloud", HEAD + story(1) + other + HEAD + story(2))
    assert found.column("url") == ["https://a.org/1", "https://b.org/1", "https://a.org/2"] and found.rejects == []
    assert found.column("record") == [2, 4, 6]


@pytest.mark.parametrize(("raw", "why"), [
    (b"date,count\n2025-10-25,3\n", "the header has no column url, title, publish_date"),
    (HEAD.encode("utf-16"), "UTF-16; only UTF-8 is read: save it as that"),
    (b"<html>Sign in</html>", "the header has no column url, title, publish_date")])
def test_a_table_of_something_else_is_refused_once(raw, why, read):
    assert read("media-cloud", raw).told == [(1, "line", why)]


def test_a_cut_csv_gives_the_rows_before_the_cut(read, stories):
    packed = gzip.compress((DATA / "media_cloud.csv").read_bytes())
    found = read("media-cloud", packed[:-400])
    rows = story_rows(stories)
    assert 3 < len(found.articles) < len(rows) and without_record(found.articles) == rows[:len(found.articles)]
    assert [why for _, _, why in found.told] == ["the file ends within its gzip compression",
                                                 "a part of a record, where the file breaks off"]


# --- GDELT DOC 2.0 ---

LANGUAGES = {"English": "en", "Vietnamese": "vi", "Japanese": "ja", "Arabic": "ar", "Russian": "ru", "Chinese": "zh",
             "French": "fr", "German": "de", "Spanish": "es", "Portuguese": "pt", "Indonesian": "id", "Ukrainian": "uk",
             "Turkish": "tr", "Korean": "ko", "Bosnian": "bs", "Sinhalese": "si"}
COUNTRIES = {"Vietnam": "VN", "United Kingdom": "GB", "Japan": "JP", "Qatar": "QA", "Egypt": "EG", "Russia": "RU",
             "China": "CN", "France": "FR", "Germany": "DE", "Mexico": "MX", "Brazil": "BR", "Indonesia": "ID",
             "Malaysia": "MY", "Ukraine": "UA", "Turkey": "TR", "South Korea": "KR", "Bosnia-Herzegovina": "BA",
             "Cote dIvoire": "CI", "Sri Lanka": "LK", "Saudi Arabia": "SA", "Atlantis": None}


@pytest.fixture(scope="module")
def listed():
    return json.loads((DATA / "gdelt_articles.json").read_text(encoding="utf-8"))["articles"]


def listed_rows(listed):
    return [{"url": a["url"], "site": a["domain"], "outlet": None, "title": a["title"],
             "published": date(*(int(a["seendate"][i:j]) for i, j in ((0, 4), (4, 6), (6, 8)))),
             "language": LANGUAGES[a["language"]], "country": COUNTRIES[a["sourcecountry"]]} for a in listed]


def as_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("made", [
    lambda a: (DATA / "gdelt_articles.json").read_bytes(),
    lambda a: gzip.compress((DATA / "gdelt_articles.json").read_bytes()),
    lambda a: json.dumps({"articles": a}, ensure_ascii=False),
    lambda a: json.dumps({"articles": a[:7]}) + "\n{}\n" + json.dumps({"articles": a[7:]}, indent=2),
    lambda a: json.dumps(a), as_csv,
    lambda a: "\ufeff" + as_csv([{"": n, **one} for n, one in enumerate(a)]),  # as pandas writes it
], ids=["api", "gz", "one line", "answers", "client", "client csv", "pandas csv"])
def test_gdelt_articles_come_with_codes(made, read, listed):
    found = read("gdelt-articles", made(listed))
    assert without_record(found.articles) == listed_rows(listed) and found.rejects == []
    assert found.counts == {fields.UNKNOWN_COUNTRY: 1}


def test_gdelt_s_own_csv_has_less(read, listed):
    made = "\ufeff" + as_csv([{"URL": a["url"], "MobileURL": "", "Date": re.sub(
        r"(....)(..)(..)T(..)(..)(..)Z", r"\1-\2-\3 \4:\5:\6", a["seendate"]), "Title": a["title"]} for a in listed])
    found = read("gdelt-articles", made)
    expected = [row | {"site": None, "language": None, "country": None} for row in listed_rows(listed)]
    assert without_record(found.articles) == expected and found.rejects == [] and found.counts == {}


def test_positions_in_a_document_are_bytes(read, listed):
    raw = (DATA / "gdelt_articles.json").read_bytes()
    for place, one in zip(read("gdelt-articles", raw).column("record"), listed):
        assert raw[place:].startswith(b'{"url": "' + one["url"].encode())


def test_a_bad_record_in_a_document_does_not_spoil_the_others(read, listed):
    raw = (DATA / "gdelt_articles.json").read_bytes().splitlines(keepends=True)
    raw[3] = raw[3].replace(b'", "seendate', b' \\q \x07 \\u000b", "seendate')  # GDELT's titles have them
    raw[5] = raw[5].replace(b"hanoi", b"ha\xffnoi")
    raw[8] = b'{"url": "https://a.org/8", "title": "He said "no" to it"},\n'
    raw[11] = raw[11][:-30] + b"\n"  # its end is missing, and the comma
    raw[14] = raw[14].replace(b'"https://', b'"gopher://')
    raw[17] = b'"no object",\n'
    found = read("gdelt-articles", b"".join(raw))
    at = offsets(raw)
    expected = listed_rows(listed)
    expected[2]["title"] += " \\q"
    assert without_record(found.articles) == [e for n, e in enumerate(expected) if n not in (4, 7, 10, 13, 16)]
    assert [(place, why.split(":")[0]) for place, _, why in found.told] == [
        (at[5], "not UTF-8"), (at[8], "no JSON"), (at[11], "no JSON"),
        (at[14], "its address (url) must be an http or https address without white space, is 'gopher"),
        (at[17], "stands between objects, is none")]


@pytest.mark.parametrize("size", range(40, 400, 37))
def test_a_cut_document_gives_the_records_before_the_cut(size, read, listed):
    raw = (DATA / "gdelt_articles.json").read_bytes()[:-size]
    found = read("gdelt-articles", raw)
    whole = [n for n, one in enumerate(listed) if one["sourcecountry"].encode() + b'"}' in raw.split(
        one["url"].encode(), 1)[-1]]
    assert without_record(found.articles) == [listed_rows(listed)[n] for n in whole]
    assert len(found.rejects) == 1
    assert found.told[0][2] in (records.TORN, "the file ends within a list")


@pytest.mark.parametrize(("raw", "told"), [
    ("Please limit requests to one every 5 seconds or contact us.\n",
     [(1, "line", "the header has no column url, title")]),
    ("{}", []), ('{"articles": []}', []), ("[]", []),
    ('{\n "timeline": [{"series": "Volume"}]\n}', [(0, "byte", "a JSON document without a list (articles)")])])
def test_what_the_api_answers_instead_of_a_list(raw, told, read):
    found = read("gdelt-articles", raw)
    assert found.told == told and found.articles == []


def test_long_documents_are_read_in_parts(read, monkeypatch):
    made = [{"url": f"https://a.org/{n}", "title": "x" * 300} for n in range(12_000)]
    found = read("gdelt-articles", json.dumps({"articles": made}))
    assert found.column("url") == [one["url"] for one in made] and found.rejects == []


# --- GDELT's Global Quotation Graph ---

QUOTES = [  # speaker, known, via of each quotation in the file
    ("Vietnamese President Luong Cuong", "luong-cuong", None),
    ("UN Secretary-General António Guterres", "antonio-guterres", None), (None, None, None),
    ("Human Rights Watch", "human-rights-watch", None), ("a European diplomat", None, None),
    ("António Guterres", "antonio-guterres", ["vna"]), ("Luong Cuong", "luong-cuong", ["jiji-press"]),
    ("Chủ tịch nước Lương Cường", "luong-cuong", None),
    ("Tổng Thư ký Liên hợp quốc António Guterres", "antonio-guterres", None),
    ("アントニオ・グテーレス事務総長", "antonio-guterres", None),
    ("الأمين العام للأمم المتحدة أنطونيو غوتيريش", "antonio-guterres", None),
    ("президент Вьетнама Лыонг Кыонг", None, None),
    ("António Guterres", "antonio-guterres", None), ("Human Rights Watch", "human-rights-watch", None),
    ("Tirana Hassan von Human Rights Watch", "human-rights-watch", None),
    ("António Guterres", "antonio-guterres", None), ("António Guterres", "antonio-guterres", None),
    ("António Guterres", "antonio-guterres", None), (None, None, None), (None, None, None),
    ("Matt Thistlethwaite", "matt-thistlethwaite", None), (None, None, None), ("Nayelly Loya", "nayelly-loya", None)]
CODES = {"ENGLISH": "en", "en": "en", "eng": "en", "SPANISH": "es", "SINHALESE": "si", "BOSNIAN": "bs"}


def test_quotations_get_their_speakers_from_the_words_around_them(read):
    raw = lines_of("gdelt_quotes.gqg.json")
    found = read("gdelt-quotes", DATA / "gdelt_quotes.gqg.json")
    made = [json.loads(line) for line in raw]
    assert found.articles == [
        {"record": at, "url": one["url"], "site": None, "outlet": None, "title": one["title"],
         "published": date.fromisoformat(one["date"][:10]),
         "language": CODES.get(one["lang"]) or LANGUAGES[one["lang"].title()], "country": None}
        for at, one in zip(offsets(raw), made)]
    quoted = [(at, one["url"], quote["quote"]) for at, one in zip(offsets(raw), made) for quote in one["quotes"]]
    assert found.statements == [
        {"record": at, "url": url, "speaker": speaker, "speaker_id": None, "known": known, "form": "direct",
         "gist": gist, "via": via} for (at, url, gist), (speaker, known, via) in zip(quoted, QUOTES, strict=True)]
    assert found.rejects == []
    assert found.counts == {fields.NO_RULES: 2, speech.DESCRIBED: 2}


def test_the_graph_is_read_compressed_and_in_parts(read):
    raw = (DATA / "gdelt_quotes.gqg.json").read_bytes()
    whole = read("gdelt-quotes", raw)
    packed = read("gdelt-quotes", gzip.compress(raw))
    parts = read("gdelt-quotes", raw, splits=700)
    assert whole.statements == packed.statements == parts.statements
    assert whole.articles == packed.articles == parts.articles and whole.counts == parts.counts


def test_broken_quotations_do_not_spoil_their_article(read):
    raw = lines_of("gdelt_quotes.gqg.json")
    first = json.loads(raw[0])
    first["quotes"][1:1] = [None, {"pre": "x", "quote": " ", "post": ""}, {"quote": "no more", "pre": 5}]
    raw[0] = json.dumps(first).encode() + b"\n"
    raw[2] = raw[2][:-20] + b"\n"
    raw[4] = json.dumps({"url": "https://a.org/", "quotes": "none", "lang": "Elvish", "date": "soon"}).encode() + b"\n"
    raw[6] = json.dumps({"url": "https://a.org/x y"}).encode() + b"\n"
    raw[7] = json.dumps({"url": "https://a.org/", "lang": "Elvish", "date": "soon"}).encode() + b"\n"
    found, at = read("gdelt-quotes", b"".join(raw)), offsets(raw)
    assert found.told == [
        (at[0], "byte", "quotation 2 has no text"), (at[0], "byte", "quotation 3 has no text"),
        (at[2], "byte", found.told[2][2]), (at[4], "byte", "quotes must be a list, is text"),
        (at[6], "byte", fields.no_address("https://a.org/x y"))]
    assert found.told[2][2].startswith("no JSON")
    assert found.column("record") == [at[n] for n in range(len(raw)) if n not in (2, 4, 6)]
    assert [s["gist"] for s in found.statements if s["record"] == 0][1] == "no more"
    assert found.counts[fields.UNREADABLE_DATE] == found.counts[fields.UNKNOWN_LANGUAGE] == 1
    cut = read("gdelt-quotes", gzip.compress((DATA / "gdelt_quotes.gqg.json").read_bytes())[:-300])
    assert 3 < len(cut.articles) < 18 and [why for _, _, why in cut.told] == [
        "the file ends within its gzip compression", "a part of a record, where the file breaks off"]


@pytest.mark.parametrize(("text", "speaker"), [
    (("He said: “", "we sign", "”, as is known."), None),
    (("", "We sign,", "the minister said."), None),
    (("", "We sign,", "Officials said."), None),
    (("", "We sign,", "the Ministry of Finance of Ruritania said."), "the Ministry of Finance of Ruritania"),
    ((None, "We sign,", "said Ann Example."), "Ann Example"),
    (("Nothing here", "We sign", "is of any use."), None)])
def test_only_names_are_speakers(text, speaker):
    assert speech.speaker(*text, "en").name == speaker


# --- Quotebank ---

@pytest.fixture(scope="module")
def quotations():
    return [json.loads(line) for line in lines_of("quotebank.json")]


def quotation_rows(quotations, at):
    articles, statements = [], []
    for place, one in zip(at, quotations):
        for url in one["urls"]:
            articles.append({"record": place, "url": url, "site": None, "outlet": None, "title": None,
                             "published": date.fromisoformat(one["date"][:10]), "language": "en", "country": None})
            statements.append({"record": place, "url": url,
                               "speaker": None if one["speaker"] == "None" else one["speaker"],
                               "speaker_id": ";".join(one["qids"]) or None, "known": None, "form": "direct",
                               "gist": one["quotation"], "via": None})
    return articles, statements


@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
def test_a_quotation_is_a_statement_for_each_address(pack, read, quotations):
    found = read("quotebank", pack((DATA / "quotebank.json").read_bytes()))
    assert (found.articles, found.statements) == quotation_rows(quotations, offsets(lines_of("quotebank.json")))
    assert (found.rejects, found.counts) == ([], {})


def test_quotations_in_parts_are_the_same(read, quotations):
    parts = read("quotebank", (DATA / "quotebank.json").read_bytes(), splits=500)
    assert (parts.articles, parts.statements) == quotation_rows(quotations, offsets(lines_of("quotebank.json")))


def test_quotations_that_cannot_be_used_are_set_aside(read, quotations):
    made = [dict(one) for one in quotations[:9]]
    made[0] |= {"quotation": " \u0007half\ud800 of\nit \x85 ",
                "urls": ["http://a.org/1", "http://a.org/1", "http://b.org"]}
    made[1] |= {"quotation": " \n "}
    made[2] |= {"urls": []}
    made[3] |= {"urls": ["ftp://a.org/x", " HTTP://a.org/3 ", "http://a.org/a b", None, "http://a.org/" + "x" * 4000,
                         "http:///nowhere"]}
    made[4] |= {"speaker": None, "qids": None, "date": "yesterday"}
    made[5] |= {"quotation": "long " * 200, "date": None, "speaker": "S" * 300}
    made[6] |= {"date": "1492-10-12 00:00:00"}
    made[7] |= {"urls": "http://a.org/7"}
    del made[8]["quotation"]
    raw = [json.dumps(one).encode() + b"\n" for one in made]
    found, at = read("quotebank", b"".join(raw)), offsets(raw)
    assert [(s["record"], s["url"]) for s in found.statements] == [
        (at[0], "http://a.org/1"), (at[0], "http://b.org"), (at[3], "http://a.org/3"),
        *((at[n], url) for n in (4, 5, 6) for url in made[n]["urls"])]
    assert sorted(found.told) == sorted([
        (at[1], "byte", "has no quotation"), (at[8], "byte", "has no quotation"),
        (at[2], "byte", "has no address (urls)"),
        *((at[3], "byte", fields.no_address(made[3]["urls"][n])) for n in (0, 2, 3, 4, 5)),
        (at[7], "byte", "field urls must be a list, each item text, is text")])
    by_record = {s["record"]: s for s in found.statements}
    assert by_record[at[0]]["gist"] == "half\ufffd of it"
    assert (by_record[at[4]]["speaker"], by_record[at[4]]["speaker_id"]) == (None, None)
    assert by_record[at[5]]["gist"] == ("long " * 200)[:MAX_GIST].rstrip() and by_record[at[5]]["speaker"] == "S" * 200
    assert {a["published"] for a in found.articles if a["record"] in (at[4], at[5], at[6])} == {None}
    assert found.counts == {fields.UNREADABLE_DATE: 2}
    assert all(json.loads(r.record)["quoteID"] for r in found.rejects)


def test_texts_are_looked_at_by_their_bytes_as_by_patterns():
    """Each character that a pattern knows or that stands next to one, alone and among others, where it must be found."""
    among = ["http://a.example/q?x=1#y", "https://a.example", "http:///", "ftp://a", "http://?", ""]
    near = [*range(0x180), *range(0x1670, 0x1690), *range(0x1FF0, 0x2080), *range(0x2FF8, 0x3008), 0xFEFE, 0xFEFF,
            0xFFF8, 0xFFF9, 0xFFFF, 0x1F600]
    for c in map(chr, near):
        for texts in ([f"http://a{c}b"], [f"http://{c}b"], [*among, f"http://x/{c}"]) if not "a" <= c <= "z" else ([c],):
            array = pa.array(texts)
            assert quotebank._is_address(array).to_pylist() == [bool(re.search(fields._URL, t)) for t in texts], repr(c)
            assert quotebank._has_controls(array) == any(re.search(fields.CONTROLS, t) for t in texts), repr(c)
    for empty in (pa.array([], pa.string()), pa.array([None, ""]), pa.array(["\x01", "x"]).slice(1)):
        assert not quotebank._has_controls(empty)


def test_a_cut_year_of_quotations_gives_what_is_whole(read, quotations):
    raw = b"".join(lines_of("quotebank.json") * 100)
    found = read("quotebank", bz2.compress(raw, 1)[:-1_000])
    assert "the file ends within its bzip2 compression" in [why for _, _, why in found.told]
    assert 1000 < len(found.statements) < 3_600
    at = offsets(lines_of("quotebank.json"))
    assert found.statements[:36] == quotation_rows(quotations, at)[1]


def test_articles_of_quotebank_have_titles_and_an_order(read):
    raw = lines_of("quotebank_articles.json")
    found = read("quotebank-articles", bz2.compress(b"".join(raw)))
    made = [json.loads(line) for line in raw]
    assert [(a["record"], a["url"], a["title"], a["published"]) for a in found.articles] == [
        (at, one["url"], one["title"], date.fromisoformat(one["date"][:10])) for at, one in zip(offsets(raw), made)]
    assert {a["language"] for a in found.articles} == {"en"} and found.rejects == [] and found.counts == {}
    first = [s for s in found.statements if s["record"] == 0]  # by where they stand in the article
    assert [(s["speaker"], s["speaker_id"]) for s in first] == [
        ("António Guterres", "Q311440"), ("Michelle Bachelet", "Q320")]
    by_url = {s["url"]: s for s in found.statements if s["record"]}
    local = by_url["http://courier.example.com.au/news/un-treaty"]  # globally, it is nobody's
    assert (local["speaker"], local["speaker_id"], local["form"]) == ("Matt Thistlethwaite", "Q6789404", "direct")
    assert len(found.statements) == sum(len(one["quotations"]) for one in made)


def test_broken_articles_of_quotebank_are_set_aside(read):
    made = [json.loads(line) for line in lines_of("quotebank_articles.json")]
    made[1]["url"] = None
    made[2]["quotations"] = {"a": 1}
    made[3]["quotations"][:0] = ["text", {"quotation": None}]
    made[4]["names"] = [{"name": made[4]["quotations"][0]["localTopSpeaker"], "ids": ["Q1", "Q2"]}, 5]
    raw = [json.dumps(one).encode() + b"\n" for one in made]
    found, at = read("quotebank-articles", b"".join(raw)), offsets(raw)
    assert found.told == [(at[1], "byte", "has no address (url)"), (at[2], "byte", "quotations must be a list"),
                          (at[3], "byte", "quotation 1 has no text"), (at[3], "byte", "quotation 2 has no text")]
    assert found.column("record") == [at[n] for n in (0, 3, 4, 5, 6, 7)]
    assert [s["speaker_id"] for s in found.statements if s["record"] == at[4]] == ["Q1;Q2"]


def test_the_two_versions_of_quotebank_are_not_taken_for_each_other(read):
    found = read("quotebank", DATA / "quotebank_articles.json")
    assert found.told == [(0, "byte", "the article-centric version of Quotebank: read it as quotebank-articles")]
    raw = (DATA / "quotebank.json").read_bytes()
    assert read("quotebank-articles", raw, splits=500).told == [
        (0, "byte", "not the article-centric version of Quotebank: read it as quotebank")]


# --- WARC ---

@pytest.fixture(scope="module")
def parts():
    """The records of the web archive, as bytes."""
    raw = (DATA / "cc_news.warc").read_bytes()
    starts = [found.start() for found in re.finditer(rb"(?:(?<=\r\n\r\n)|^)WARC/1\.[01]\r\n", raw)]
    return [raw[start:stop] for start, stop in zip(starts, [*starts[1:], len(raw)])]


@pytest.fixture(scope="module")
def archive():
    return Read("warc", DATA / "cc_news.warc")


PAGES = [2, 3, 4, 5, 6, 7, 8, 9, 14, 15]  # the others are no pages
EMPTY = 12


def test_pages_are_articles(archive, parts):
    assert archive.column("record") == [offsets(parts)[n] for n in PAGES]
    row = dict(zip(["url", "outlet", "title", "published", "language"], zip(*[
        [a[c] for c in ("url", "outlet", "title", "published", "language")] for a in archive.articles])))
    assert row["language"] == ("en", "en", "vi", "ja", "ar", "fr", "hr", "en", "en", "en")
    assert row["outlet"] == ("Việt Nam News", "Reuters", "VnExpress", "時事通信", "الجزيرة", "RFI", "Kronika",
                             "The Example Courier", "ITWeb", None)
    assert row["title"][:4] == (
        "Convention against Cybercrime opens for signature in Hà Nội",
        "UN cybercrime convention opens for signature in Hanoi",
        "Lễ mở ký Công ước Hà Nội: 72 quốc gia đặt bút ký", "国連サイバー犯罪条約、ハノイで署名式")
    assert row["published"] == (*[date(2025, 10, 25)] * 6, date(2025, 10, 27), date(2025, 10, 26), date(2025, 10, 27),
                                None)
    assert row["url"][0] == "https://vietnamnews.vn/politics/convention-opens"


def test_pages_say_who_says_what_through_whom(archive, parts):
    at = offsets(parts)
    found = [(s["record"], s["speaker"], s["known"], s["form"], s["via"]) for s in archive.statements]
    assert found[:3] == [
        (at[2], "Luong Cuong", "luong-cuong", "direct", None),
        (at[2], "António Guterres", "antonio-guterres", "indirect", None),
        (at[2], "Luong Cuong", "luong-cuong", "indirect", ["jiji-press"])]
    assert (at[3], None, None, "indirect", None) in found  # diplomats
    assert (at[5], "アントニオ・グテーレス事務総長", "antonio-guterres", "direct", None) in found
    assert (at[7], "Human Rights Watch", "human-rights-watch", "indirect", ["afp"]) in found
    assert (at[9], "Olivia Example", None, "direct", ["reuters"]) in found
    assert (at[15], "Aminah Example", None, "direct", None) in found
    gists = [s["gist"] for s in archive.statements]
    assert gists[0] == "The convention bears the name of Hà Nội and the will of all who came here,"
    assert "条約は出発点にすぎない" in gists and not any("72 quốc gia đặt bút ký" in gist for gist in gists)
    assert not any(record == at[8] for record, *_ in found)  # a language without rules


def test_what_is_no_page_is_counted(archive, parts):
    assert archive.told == [(offsets(parts)[EMPTY], "byte", archive.told[0][2])]
    assert "no main text" in archive.told[0][2] and "courier.example.com.au/empty" in archive.rejects[0].record
    assert archive.counts == {warc.OTHER: 4, warc.NO_PAGE: 1, warc.NOT_OK: 1, warc.UNDATED: 1, fields.NO_RULES: 1,
                              speech.DESCRIBED: archive.counts[speech.DESCRIBED]}


def test_members_are_records(read, parts, archive):
    packed = [gzip.compress(part) for part in parts]
    found = read("warc", b"".join(packed))
    assert found.column("record") == [offsets(packed)[n] for n in PAGES]
    assert without_record(found.articles) == without_record(archive.articles)
    assert without_record(found.statements) == without_record(archive.statements)
    assert found.told[0][0] == offsets(packed)[EMPTY] and found.counts == archive.counts
    one = read("warc", gzip.compress(b"".join(parts)))
    assert one.column("record") == PAGES and without_record(one.articles) == without_record(archive.articles)
    padded = read("warc", b"".join(part + b"\0" * 7 for part in packed))
    assert without_record(padded.articles) == without_record(archive.articles) and len(padded.rejects) == 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("size", [1, 3_000])
def test_a_web_archive_is_split_where_records_begin(pack, size, tmp_path, parts, archive, monkeypatch):
    seen = []
    monkeypatch.setattr(warc, "_page", lambda record, counts: seen.append(record))
    path = tmp_path / "x.warc"
    packed = [pack(part) for part in parts]
    path.write_bytes(b"".join(packed))
    splits = warc.split(path, size)
    assert splits[0].start == 0 and splits[-1].stop == path.stat().st_size
    assert {split.start for split in splits} <= set(offsets(packed))
    assert len(splits) == len(parts) if size == 1 else 1 < len(splits) < len(parts)
    for split in splits:
        assert [batch.rejects for batch in warc.read(split)] == [[]]
    assert [record.position for record in seen] == offsets(packed)


def broken(parts, n, made):
    return [*parts[:n], made, *parts[n + 1:]]


def lengthened(part, by):
    return re.sub(rb"(Content-Length: )(\d+)", lambda m: m[1] + str(int(m[2]) + by).encode(), part, count=1)


@pytest.mark.parametrize(("spoil", "why"), [
    (lambda part: lengthened(part, 40), "Content-Length is wrong"),
    (lambda part: lengthened(part, -7), "Content-Length is wrong"),
    (lambda part: lengthened(part, 2_000), "Content-Length is wrong"),
    (lambda part: lengthened(part, 10**9), "Content-Length is wrong"),
    (lambda part: part.replace(b"Content-Length: ", b"Content-Length: x", 1), "no Content-Length that can be read"),
    (lambda part: part.replace(b"Content-Length", b"Content-Strength", 1), "has no Content-Length"),
    (lambda part: part.replace(b"WARC/1.0", b"WARK/1.0", 1), "no WARC record begins here"),
    (lambda part: part.replace(b"HTTP/1.1 200", b"HTTTP 200 200", 1).replace(b"h", b"h", 1), ""),
    (lambda part: part.replace(b"WARC-Target-URI: https:", b"WARC-Target-URI: about:", 1), "must be an http or https"),
], ids=["long", "short", "longer", "huge", "no number", "none", "no record", "http", "address"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda part: part], ids=["plain", "members", "one member"])
def test_a_broken_record_does_not_spoil_the_others(spoil, why, pack, request, read, parts, monkeypatch):
    monkeypatch.setattr(pages, "page", lambda raw, place, url, charset: pages.Page(place, "", url))
    monkeypatch.setattr(pages, "plain", pages.page)
    spoilt = broken(parts, 3, spoil(parts[3]))
    packed = [pack(part) for part in spoilt]
    whole = "one member" in request.node.name
    raw = gzip.compress(b"".join(packed)) if whole else b"".join(packed)
    found = read("warc", raw)
    at = list(range(len(parts))) if whole else offsets(packed)
    lost = [reject for reject in found.rejects if reject.position == at[3]]
    assert len(lost) == 1 and why in lost[0].reason and len(found.rejects) == 1
    urls = [re.search(rb"WARC-Target-URI: (\S+)", parts[n])[1].decode() for n in sorted({*PAGES, EMPTY}) if n != 3]
    assert found.column("url") == urls


def test_broken_compression_costs_one_record(read, parts, monkeypatch):
    monkeypatch.setattr(pages, "page", lambda raw, place, url, charset: pages.Page(place, "", url))
    monkeypatch.setattr(pages, "plain", pages.page)
    packed = [gzip.compress(part) for part in parts]
    urls = [re.search(rb"WARC-Target-URI: (\S+)", parts[n])[1].decode() for n in sorted({*PAGES, EMPTY})]
    spoilt = bytearray(packed[4])
    spoilt[len(spoilt) // 2] ^= 0xFF
    for made in (bytes(spoilt), packed[4][:-200], packed[4][:5], packed[4] + b"junk"):
        found = read("warc", b"".join(broken(packed, 4, made)))
        kept = made.startswith(packed[4])
        assert found.column("url") == [url for n, url in enumerate(urls) if kept or n != 2]
        assert [place for place, _, _ in found.told] == [offsets(packed)[4] + kept * len(packed[4])]
        assert "gzip" in found.told[0][2]
    for cut, kept in ((1, 8), (300, 7)):  # of a member, only the checksum is missing; or some of its record
        found = read("warc", b"".join(packed[:10])[:-cut])
        assert found.column("url") == urls[:kept] and len(found.rejects) == 1
        assert found.told[0] == (offsets(packed)[9] + (kept == 8), "byte", "the file ends within its gzip compression")
    found = read("warc", b"".join(parts[:10])[:-300])
    assert found.column("url") == urls[:7] and found.told[0][0] == offsets(parts)[9] and len(found.rejects) == 1


def answer(body, head="", status="200 OK", url="https://a.org/1", day="2025-10-26T00:00:00Z"):
    http = f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body
    return (f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {day}\r\n"
            f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n").encode() + (
        http + b"\r\n\r\n")


TEXT = ("<p>Seventy-two states put their names to the first United Nations convention against cybercrime in Hanoi.</p>"
        "<p>“It is a landmark,” said António Guterres.</p>")
HTML = f"<html><head><title>T</title></head><body><article>{TEXT}</article></body></html>".encode()


@pytest.mark.parametrize(("body", "head"), [
    (HTML, "Content-Type: text/html\r\n"), (HTML, ""),
    (gzip.compress(HTML), "Content-Type: text/html\r\nContent-Encoding: gzip\r\n"),
    (HTML, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n"),  # unpacked by the crawler
    (b"%x\r\n%s\r\n0\r\n\r\n" % (len(HTML), HTML), "Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n"),
    (HTML.decode().encode("utf-16"), "Content-Type: application/xhtml+xml\r\n")])
def test_bodies_are_read_as_they_are_stored(body, head, read):
    found = read("warc", answer(body, head) + answer(body, head, url="<https://a.org/2>"))
    assert found.column("url") == ["https://a.org/1", "https://a.org/2"] and found.rejects == []
    assert [s["known"] for s in found.statements] == ["antonio-guterres"] * 2


def test_a_page_that_cannot_be_read_is_set_aside(read, monkeypatch):
    deep = b"<html><body>" + b"<div>" * 300 + HTML + b"</body></html>"
    bomb = gzip.compress(b"<p>" + b"x" * (pages.MAX_BYTES + 10))
    raw = [answer(HTML), answer(deep, "Content-Type: text/html\r\n"),
           answer(bomb, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n"),
           answer(b"<html>" + b"y" * (warc.MAX_CONTENT + 10), "Content-Type: text/html\r\n"), answer(HTML)]
    found, at = read("warc", b"".join(raw)), offsets(raw)
    assert found.column("record") == [at[0], at[4]] and [place for place, _, _ in found.told] == at[1:4]
    assert "elements inside each other" in found.told[1 - 1][2] and "at most" in found.told[1][2]
    assert found.told[2][2].endswith(f"at most {warc.MAX_CONTENT:,} are read")

    def fails(*_):
        raise OSError("a library trips")
    monkeypatch.setattr(pages, "page", fails)
    assert read("warc", answer(HTML)).told == [(0, "byte", "its main text cannot be found (OSError)")]


def test_a_date_after_the_page_was_fetched_is_none(read):
    dated = HTML.replace(b"<title>", b'<meta property="article:published_time" content="2025-12-24"><title>')
    found = read("warc", answer(dated) + answer(dated, day="2025-12-24T01:00:00Z"))
    assert found.column("published") == [None, date(2025, 12, 24)] and found.counts == {warc.TOO_LATE: 1}


@pytest.mark.parametrize("raw", [b"BZh91AY", b"\xfd7zXZ\x00"])
def test_other_compression_is_refused(raw, read):
    assert "WARC is plain or gzip" in read("warc", raw).told[0][2]


# --- fields ---

@pytest.mark.parametrize(("value", "code"), [
    ("English", "en"), ("VIETNAMESE", "vi"), ("vie", "vi"), ("zh-TW", "zh-TW"), ("zh_hans", "zh-Hans"),
    ("ChineseT", "zh-Hant"), ("SCOTS_GAELIC", "gd"), ("NorwegianNynorsk", "no"), ("nb", "no"), ("tl", "fil"),
    ("iw", "he"), ("sh", "sr-Latn"), ("fre", "fr"), ("Sinhalese", "si"), ("Elvish", None), ("xx", None), ("und", None),
    ("english language", None)])
def test_languages_become_bcp_47(value, code):
    counts = fields.Counter()
    assert fields.language(value, counts) == code and +counts == ({} if code else {fields.UNKNOWN_LANGUAGE: 1})


@pytest.mark.parametrize(("name", "code"), [
    ("Vietnam", "VN"), ("Viet Nam", "VN"), ("United States", "US"), ("Congo", "CG"), ("Turkey", "TR"),
    ("Türkiye", "TR"), ("Democratic Republic of the Congo", "CD"), ("Bahamas, The", "BS"),
    ("Cote dIvoire", "CI"), ("Côte d’Ivoire", "CI"),
    ("South Korea", "KR"), ("North Korea", "KP"), ("Niger", "NE"), ("Georgia", "GE"), ("Kosovo", "XK"), ("Macau", "MO"),
    ("INT", None), ("Korea", None), ("Oceans", None), ("", None), (5, None)])
def test_countries_become_iso_3166(name, code):
    assert fields.country(name, fields.Counter()) == code


@pytest.mark.parametrize(("value", "day"), [
    ("2025-10-25", date(2025, 10, 25)), ("20251025T083000Z", date(2025, 10, 25)),
    ("20251025083000", date(2025, 10, 25)),
    ("2025-10-25T23:59:59+07:00", date(2025, 10, 25)), ("2025-02-30", None), ("202510251", None), ("1899-12-31", None),
    ("2101-01-01", None), ("25.10.2025", None), ("2025-10-251", None), ("", None)])
def test_days(value, day):
    assert fields.day(value) == day


@pytest.mark.parametrize("value", ["https://a.org/é?q=1#x", "http://[::1]/", "http://a.ir/می\u200cشود",
                                   "  https://a.org  ", "HTTPS://a.org/"])
def test_addresses(value):
    assert fields.address(value) == value.strip().replace("HTTPS", "https")


@pytest.mark.parametrize("value", ["", "a.org", "ftp://a.org", "https://", "https:///x", "http://a.org/\u202ex",
                                   "http://a.org/\ud800", "http://a.org/\n", "javascript:alert(1)", None, 5,
                                   "http://a.org/\u00a0x", "https://a.org/" + "x" * 4000])
def test_no_addresses(value):
    assert fields.address(value.strip(" ") if isinstance(value, str) else value) is None or value.endswith("\n")


def test_text_is_one_line():
    assert fields.text("  a\x00b\u2028c\ud800 \t d ", 100) == "a b c\ufffd d" and fields.text(" \n", 9) is None
    assert len(fields.text("x" * 9000, MAX_TITLE)) == MAX_TITLE and fields.text(7, 9) is None
