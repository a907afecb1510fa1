"""A draft: the rows that a machine proposes for pages, as small tables that a person corrects, and the pages' texts.

Files beside each other: `draft.csv` (a row a statement), `draft.articles.csv`, `draft.outlets.csv`,
`draft.sources.csv`, `draft.texts.json`. They hold text of articles and stay local; only coded facts go into the tables.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import transaction
from analysis.dataset import DATA, Dataset, DatasetError, Fault, load_dataset
from analysis.intake import duplicates, outlets, pages
from analysis.intake.fetch import Fetcher, Policy
from analysis.intake.pages import Page, Skipped

if TYPE_CHECKING:
    from analysis.attribution import Attribution

# What a person says of a row. WRITTEN is what `accept` makes of ACCEPT, so that nothing is written twice.
UNDECIDED, ACCEPT, REJECT, WRITTEN = "", "accept", "reject", "written"
DECISIONS = (UNDECIDED, ACCEPT, REJECT, WRITTEN)

# Columns of the record's tables keep their names; `article` ties a draft's rows together (its number in the draft).
ARTICLES = ("article", "decision", "place", "title", "url", "outlet_id", "language", "published", "genre", "subject",
            "frames", "tone", "wire", "read", "guessed", "note")
ATTRIBUTIONS = ("article", "decision", "source", "source_id", "form", "stance", "via", "gist", "sentence", "note",
                "source_span", "cue_span", "content_spans", "via_spans", "sentence_span")
OUTLETS = ("decision", "outlet_id", "name", "native_names", "domains", "country", "kind", "owner", "coded", "guessed",
           "note")
SOURCES = ("decision", "source_id", "name", "native_names", "kind", "role", "affiliation", "country", "sector",
           "outlet_id", "guessed", "note")
COLUMNS = {"articles": ARTICLES, "attributions": ATTRIBUTIONS, "outlets": OUTLETS, "sources": SOURCES}

ALIKE = 80  # rapidfuzz's token_sort_ratio, of 100: from here on a known name is mentioned beside a new one
MAX_SENTENCE = 1_000

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_KEPT = re.compile(r"'+[=+\-@\t\r]")
_SPAN = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})")
_NEW = "new-"

Span = tuple[int, int]
Extract = Callable[..., "list[Attribution]"]


@dataclass(repr=False, eq=False)
class Draft:
    """Proposed rows, to be corrected in place; all cells are str, "" where there is nothing.

    `articles`, `attributions`, `outlets`, `sources`: DataFrames with the columns in `COLUMNS`; the last two hold what
    the record's tables do not have yet. `texts`: the text of each article, by its `article`; spans count its
    characters. `skipped`: what was not drafted, and why.
    """

    articles: pd.DataFrame
    attributions: pd.DataFrame
    outlets: pd.DataFrame
    sources: pd.DataFrame
    texts: dict[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    name: str = "draft.csv"

    def __repr__(self) -> str:
        return (f"Draft({len(self.articles):,} articles, {len(self.attributions):,} statements, "
                f"{len(self.outlets):,} new outlets, {len(self.sources):,} new sources, {len(self.skipped):,} skipped)")

    def statements(self, article: str) -> pd.DataFrame:
        """The rows of `attributions` of one article."""
        return self.attributions[self.attributions["article"] == article]

    def file_of(self, table: str) -> str:
        """The name of the file in which a table is saved."""
        stem = self.name.removesuffix(".csv")
        return f"{stem}.csv" if table == "attributions" else f"{stem}.{table}.csv"

    def save(self, path: str | Path, *, overwrite: bool = True) -> None:
        """Save the draft as `path` (it ends in .csv) and its companions beside it, all or none.

        Raises
        ------
        FileExistsError: one of them is there, and `overwrite` is False.
        OSError, ValueError: they cannot be written; the name does not end in .csv.
        """
        path = Path(path)
        if path.suffix != ".csv":
            raise ValueError(f"a draft's name must end in .csv, not {path.name!r}")
        self.name = path.name
        files = {self.file_of(table): _to_csv(getattr(self, table), COLUMNS[table]) for table in COLUMNS}
        files[f"{path.stem}.texts.json"] = json.dumps(self.texts, ensure_ascii=False, indent=0).encode() + b"\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not overwrite and (there := sorted(name for name in files if (path.parent / name).exists())):
            raise FileExistsError(f"{there[0]} exists, perhaps with somebody's decisions in it")
        transaction.replace(path.parent, files)


def load(path: str | Path) -> Draft:
    """A draft from its files, as saved or as a spreadsheet made of them; empty rows are left out.

    Raises
    ------
    DatasetError: every fault of form, each with file, line and column.
    """
    path = Path(path)
    stem = path.name.removesuffix(".csv")
    made = Draft(**{table: pd.DataFrame() for table in COLUMNS}, name=path.name)
    faults: list[Fault] = []
    for table, columns in COLUMNS.items():
        name = made.file_of(table)
        setattr(made, table, _from_csv(path.parent / name, name, columns, faults))
    texts_name = f"{stem}.texts.json"
    try:
        texts = json.loads(transaction.current(path.parent, texts_name).read_text(encoding="utf-8"))
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise ValueError
        made.texts = texts
    except FileNotFoundError:
        faults.append(Fault(texts_name, 0, "", "", "missing file"))
    except OSError as error:
        faults.append(Fault(texts_name, 0, "", "", f"cannot be read: {error.strerror}"))
    except (ValueError, RecursionError):
        faults.append(Fault(texts_name, 0, "", "", "must be a JSON object of texts"))
    if faults:
        raise DatasetError(faults)
    return made


def draft(sources: str | Path | Iterable[str | Path], folder: str | Path | None = None, *,
          policy: Policy | None = None, again: bool = False, remember: bool = True, extract: Extract | None = None,
          progress: Callable[[str], None] | None = None) -> Draft:
    """Read pages and propose their rows.

    Parameters
    ----------
    sources: files, folders (see `pages.read`) and http(s) addresses (fetched under `policy`, see `fetch.Policy`).
    folder: the record that the rows are for; without one, the bundled `data/`.
    again: draft pages whose address the record has already, too.
    remember: keep fingerprints of the texts in the folder, so that later drafts tell near-duplicates.
    extract: who says what in a text; without one, `analysis.attribution.extract` with the record's names.
    progress: called with the name of each page.

    Returns
    -------
    Draft: everything undecided. Whatever a coder has to judge (genre, subject, frames, tone, stance, gist, kinds and
        owners of what is new) is empty.

    Raises
    ------
    DatasetError: the record itself has faults.
    """
    folder = Path(folder) if folder is not None else DATA
    data = load_dataset(folder)
    if isinstance(sources, str | Path):
        sources = [sources]
    drafter = _Drafter(data, extract or _extractor(data), again)
    known, problem = duplicates.remembered(folder)
    drafter.known = duplicates.Index(known)
    if problem:
        drafter.skipped.append(Skipped(duplicates.FINGERPRINTS, problem))
    for found in _read(sources, policy or Policy()):
        if progress:
            progress(found.place)
        if isinstance(found, Skipped):
            drafter.skipped.append(found)
        else:
            drafter.add(found)
    if remember and drafter.fresh:
        try:
            duplicates.remember(folder, {**known, **drafter.fresh})
        except OSError as error:
            reason = f"cannot be written ({error.strerror or error}); later drafts will not compare these texts"
            drafter.skipped.append(Skipped(duplicates.FINGERPRINTS, reason))
    return drafter.made()


def _read(sources: Iterable[str | Path], policy: Policy) -> Iterator[Page | Skipped]:
    fetcher = Fetcher(policy)
    for source in sources:
        text = str(source)
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", text):
            try:
                got = fetcher.get(text)
                if got.kind == "text/plain":
                    yield pages.plain(got.body, text, got.url, got.charset)
                else:
                    yield pages.page(got.body, text, got.url, got.charset)
            except pages.Refused as refusal:
                yield Skipped(text, str(refusal))
        elif not (path := Path(source)).exists():
            yield Skipped(path.name or text, "no such file or folder, and no http or https address")
        else:
            yield from pages.read(path)


def _extractor(data: Dataset) -> Extract:
    from analysis import attribution

    names, languages = attribution.Names.of(data), set(attribution.available())

    def extract(text: str, language: str) -> list[Attribution] | None:
        code = language.split("-")[0]
        return attribution.extract(text, code, names) if code in languages else None

    return extract


class _Drafter:
    """A draft in the making."""

    def __init__(self, data: Dataset, extract: Extract, again: bool):
        self.extract, self.again = extract, again
        self.rows: dict[str, list[dict[str, str]]] = {table: [] for table in COLUMNS}
        self.texts: dict[str, str] = {}
        self.skipped: list[Skipped] = []
        self.domains = outlets.by_domain(data.outlets)
        self.outlets = data.outlets.set_index("outlet_id")
        self.source_of = {row.source_id: row.source_id for row in data.sources.itertuples()}
        # A statement of an outlet is filed under the source that is this outlet.
        by_outlet = data.sources.dropna(subset=["outlet_id"]).sort_values("source_id", ascending=False)
        self.source_of |= dict(zip(by_outlet["outlet_id"], by_outlet["source_id"]))
        self.source_of |= {source_id: source_id for source_id in data.sources["source_id"]}
        self.names = [(name, row.source_id) for row in data.sources.sort_values("source_id").itertuples()
                      for name in (row.name, *row.native_names)]
        self.addresses = duplicates.known_addresses(zip(data.articles["article_id"], data.articles["url"]))
        self.proposed: dict[tuple[str, str], str] = {}  # (table, what) to identifier
        self.taken = {*self.outlets.index, *data.sources["source_id"]}
        self.known = duplicates.Index()
        self.alike: dict[str, str] = {}
        self.fresh: dict[str, duplicates.Known] = {}
        self.here: dict[str, str] = {}  # normalised addresses in this draft

    def add(self, page: Page) -> None:
        """Propose the rows of one page, or say why not."""
        notes = list(page.notes)
        address = duplicates.normalised(page.url) if page.url else ""
        if address in self.addresses and not self.again:
            reason = f"in the record already: {self.addresses[address]} has this address"
            self.skipped.append(Skipped(page.place, reason))
            return
        if address and address in self.here:
            self.skipped.append(Skipped(page.place, f"the same address as {self.here[address]}"))
            return
        if address in self.addresses:
            notes.append(f"in the record already, as {self.addresses[address]}")
        article = str(len(self.rows["articles"]) + 1)
        key = address or page.place
        if address:
            self.here[address] = page.place
        notes += self._alike(page, key)
        if not page.url:
            notes.append("has no address; one must be given")
        outlet_id, about = self._outlet(page)
        notes += about
        statements = self.extract(page.text, language=page.language)
        if statements is None:
            notes.append(f"there are no rules for language {page.language!r}: its statements must be added by hand")
        self.texts[article] = page.text
        self.rows["articles"].append(_row(
            ARTICLES, article=article, place=page.place, title=page.title, url=page.url, outlet_id=outlet_id,
            language=page.language, published=page.published, read="full", note="; ".join(notes),
            guessed=";".join(page.guessed)))
        for statement in statements or []:
            self._statement(article, page.text, statement)

    def made(self) -> Draft:
        tables = {table: pd.DataFrame(self.rows[table], columns=list(columns), dtype=object)
                  for table, columns in COLUMNS.items()}
        return Draft(**tables, texts=self.texts, skipped=tuple(self.skipped))

    def _alike(self, page: Page, key: str) -> list[str]:
        """A word on the most similar text of this draft and of earlier ones. The page's own earlier draft is none."""
        mine = duplicates.sketch(page.text)
        found = self.known.nearest(mine, but=key)
        self.fresh[key] = duplicates.Known(page.url or page.place, mine)
        self.known.add(key, self.fresh[key])
        return [f"nearly the same text as {found[0]} (about {found[1]:.0%} alike)"] if found else []

    def _outlet(self, page: Page) -> tuple[str, list[str]]:
        """The page's outlet: a known one, a proposed one, or none, with a word on what a person must decide."""
        if not page.url:
            return "", ["its outlet must be given"]
        match = outlets.match(page.url, self.domains)
        if len(match.outlet_ids) == 1:
            return match.outlet_ids[0], []
        if match.outlet_ids:
            return "", [f"its domain belongs to several outlets, choose one: {', '.join(match.outlet_ids)}"]
        if not match.domain:
            return "", ["its address has no domain"]
        if ("domain", match.domain) not in self.proposed:
            name = page.site or match.domain
            country = outlets.guessed_country(match.domain)
            # The plain domain names an outlet as the record does, where its own name cannot.
            identifier = self._free(outlets.slug(name) or outlets.slug(match.domain), match.domain)
            self.proposed["domain", match.domain] = self.proposed["outlets", name] = identifier
            native = name if not name.isascii() and outlets.slug(name) == "" else ""
            self.rows["outlets"].append(_row(
                OUTLETS, outlet_id=identifier, name=match.domain if native else name, native_names=native,
                domains=match.domain, country=country, coded="yes",
                guessed=";".join(["name", *(["country"] if country else [])])))
        return self.proposed["domain", match.domain], ["a new outlet, see the proposed one"]

    def _free(self, identifier: str, other: str) -> str:
        """An identifier that nobody has: the one given, or another made from it."""
        numbered = (f"{identifier or _NEW.strip('-')}-{n}" for n in count(2))
        free = next(c for c in chain([identifier, outlets.slug(other)], numbered) if c and c not in self.taken)
        self.taken.add(free)
        return free

    def _statement(self, article: str, text: str, found: Attribution) -> None:
        notes: list[str] = []
        via = [self._relay(text[slice(*span)], known) for span, known in
               zip(found.via, [*found.via_ids, *[None] * len(found.via)])]
        source_id, note = self._source(found)
        notes += note
        sentence = _sentence(text, found)
        self.rows["attributions"].append(_row(
            ATTRIBUTIONS, article=article, source=pages.line(found.source_text), source_id=source_id, form=found.form,
            via=";".join(dict.fromkeys(via)), sentence=pages.line(text[slice(*sentence)][:MAX_SENTENCE]),
            note="; ".join(notes), source_span=spans_to_text([found.source] if found.source else []),
            cue_span=spans_to_text([found.cue] if found.cue else []), content_spans=spans_to_text(found.content),
            via_spans=spans_to_text(found.via), sentence_span=spans_to_text([sentence])))

    def _relay(self, words: str, known: str | None) -> str:
        """The outlet of a relay: a known one, or a proposed one."""
        if known in self.outlets.index:
            return known
        name = pages.line(words).strip(" ,.;:")[:200]
        return self._propose("outlets", name, known, lambda key: _row(
            OUTLETS, outlet_id=key, **_named(name), coded="no", guessed="name"))

    def _source(self, found: Attribution) -> tuple[str, list[str]]:
        """The source of a statement: a known one, a proposed one, or "" where the text names nobody."""
        known = found.source_id
        if known in self.source_of:
            return self.source_of[known], []
        if known in self.outlets.index:  # an outlet that nobody has cited yet
            outlet = self.outlets.loc[known]
            self._propose("sources", outlet["name"], known, lambda key: _row(
                SOURCES, source_id=known, name=outlet["name"], kind="outlet", role="news outlet",
                affiliation=outlet["name"], country=_text(outlet["country"]), sector="media", outlet_id=known,
                guessed="role;sector"))
            return known, []
        name = pages.line(found.source_text)[:200]
        if not name:
            return "", ["names no source"]
        note = [f"like the known {alike}"] if (alike := self._alike_name(name)) else []
        return self._propose("sources", name, None, lambda key: _row(
            SOURCES, source_id=key, **_named(name), guessed="name", note="; ".join(note))), note

    def _propose(self, table: str, name: str, known: str | None, row: Callable[[str], dict[str, str]]) -> str:
        """The identifier of something new, proposed once. Of one name, an outlet and a source are one body."""
        if (table, name) not in self.proposed:
            other = self.proposed.get(("sources" if table == "outlets" else "outlets", name))
            identifier = known or other
            if not identifier:
                made = outlets.slug(name)
                if not made:
                    made = f"{_NEW}{1 + sum(value.startswith(_NEW) for value in set(self.proposed.values()))}"
                identifier = self._free(made, f"{made} 2")
            self.proposed[table, name] = identifier
            self.rows[table].append(row(identifier))
        return self.proposed[table, name]

    def _alike_name(self, name: str) -> str:
        from rapidfuzz import fuzz, process, utils

        if name not in self.alike:
            found = process.extractOne(name, [known for known, _ in self.names], scorer=fuzz.token_sort_ratio,
                                       processor=utils.default_process, score_cutoff=ALIKE)
            self.alike[name] = f"{self.names[found[2]][1]} ({found[0]})" if found and len(name) > 3 else ""
        return self.alike[name]


def _named(name: str) -> dict[str, str]:
    """A name in the column where it belongs: the usual English one is for a person to give, where it is in no Latin
    script."""
    return {"name": name} if outlets.slug(name) else {"native_names": name.replace(";", ",")}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _row(columns: Sequence[str], **cells: str) -> dict[str, str]:
    return {column: cells.get(column, "") for column in columns}


def spans_to_text(spans: Iterable[Span]) -> str:
    """Spans as a cell, in a form that no spreadsheet takes for a number, a date or a time.

    >>> spans_to_text([(3, 12), (20, 31)])
    '3..12;20..31'
    """
    return ";".join(f"{start}..{end}" for start, end in spans)


def spans_of(cell: str, length: int) -> list[Span]:
    """The spans that a cell tells; what is none, or outside a text of that length, is left out.

    >>> spans_of("3..12;20..31", 25)
    [(3, 12)]
    """
    found = [_SPAN.fullmatch(part.strip()) for part in cell.split(";")]
    spans = [(int(match[1]), int(match[2])) for match in found if match]
    return [(start, end) for start, end in spans if start < end <= length]


def _sentence(text: str, found: Attribution) -> Span:
    """The sentences in which a statement and its source stand, from the first to the last of its parts."""
    parts = [span for span in (found.source, found.cue, *found.content, *found.via) if span]
    start, end = min(span[0] for span in parts), max(span[1] for span in parts)
    ends = re.compile(r"[.!?。！？؟।۔…]['\"”’»)\]]*(?=\s|$)|[。！？]|\n")
    before = max(0, start - MAX_SENTENCE)
    last = [match.end() for match in ends.finditer(text, before, start)]
    begin = last[-1] if last else before
    after = ends.search(text, max(start, end - 2), min(len(text), end + MAX_SENTENCE))
    stop = max(end, after.end() if after else min(len(text), end + MAX_SENTENCE))
    while begin < start and text[begin].isspace():
        begin += 1
    while stop > end and text[stop - 1].isspace():
        stop -= 1
    return begin, stop


# -- files --------------------------------------------------------------------------------------------------------


def kept(value: str) -> str:
    """A cell for a spreadsheet: an apostrophe before what it would take for a formula. `restored` undoes it.

    >>> kept("=1+1"), restored(kept("'=1+1"))
    ("'=1+1", "'=1+1")
    """
    return f"'{value}" if _FORMULA.match(value) else value


def restored(cell: str) -> str:
    """The value of a cell that `kept` made, or that a person typed."""
    return cell[1:] if _KEPT.match(cell) else cell


def _to_csv(table: pd.DataFrame, columns: Sequence[str]) -> bytes:
    out = io.StringIO()
    # All quoted: the csv module would leave a lone carriage return unquoted, and then read it as the end of a row.
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for row in table[list(columns)].itertuples(index=False):
        writer.writerow([kept(_NUL.sub("\ufffd", _text(value))) for value in row])
    return out.getvalue().encode()


_NUL = re.compile("[\x00\ud800-\udfff]")  # no CSV and no UTF-8 could hold them


def _from_csv(path: Path, name: str, columns: Sequence[str], faults: list[Fault]) -> pd.DataFrame:
    empty = pd.DataFrame(columns=list(columns), dtype=object)
    try:
        raw = transaction.current(path.parent, path.name).read_bytes()
    except FileNotFoundError:
        faults.append(Fault(name, 0, "", "", "missing file"))
        return empty
    except OSError as error:
        faults.append(Fault(name, 0, "", "", f"cannot be read: {error.strerror}"))
        return empty
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault(name, 0, "", "", "must be UTF-8 (save it as CSV UTF-8)"))
        return empty
    head = text.split("\n", 1)[0]
    limit = csv.field_size_limit(sys.maxsize)
    rows: list[list[str]] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=max(",;\t", key=head.count))
        header = next(reader, [])
        for column in columns:
            if header.count(column) != 1:
                faults.append(Fault(name, 1, column, "", f"must stand once, stands {header.count(column)} times"))
        for row in reader:
            if not any(row):
                continue
            if len(row) != len(header):
                rule = f"must have {len(header)} cells as the header has, has {len(row)}"
                faults.append(Fault(name, reader.line_num, "", ",".join(row), rule))
                row = (row + [""] * len(header))[: len(header)]
            rows.append(row)
    except csv.Error as error:
        faults.append(Fault(name, reader.line_num, "", "", f"must be CSV: {error}"))
        return empty
    finally:
        csv.field_size_limit(limit)
    if any(header.count(column) != 1 for column in columns):
        return empty
    table = pd.DataFrame([[restored(cell) for cell in row] for row in rows], columns=header, dtype=object)
    return table[list(columns)]
