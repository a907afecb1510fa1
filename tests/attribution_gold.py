"""Gold sentences of attribution: the markup read (tests/attribution/README.md), predictions scored, misses shown.

    python tests/attribution_gold.py en                    # F1 of tests/attribution/en.txt, and every miss
    python tests/attribution_gold.py all                   # a table of the scores of all languages
    python tests/attribution_gold.py all --write           # the same, put into analysis/attribution/languages/README.md
    python tests/attribution_gold.py en --corpus FILE.jsonl --half tune   # the same for a corpus, a line a document:
        {"doc", "text", "attributions": [{"source": [[start, end], ...], "content": [...], "form"}]}

A prediction is right when its content overlaps a gold content with an intersection over union of 0.5 or more, and its
source overlaps that attribution's source (or both have none). `--half`: the documents whose name's SHA-256 is even
(tune) or odd (check): look at the misses of the first only. `--pred FILE` also writes the predictions as JSON lines.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.attribution import Attribution, available, extract  # noqa: E402
from analysis.attribution.languages import language  # noqa: E402

FOLDER = Path(__file__).with_name("attribution")
README = Path(__file__).resolve().parent.parent / "analysis" / "attribution" / "languages" / "README.md"
BEGIN, END = "<!-- scores -->", "<!-- end of scores -->"
MIN_OVERLAP = 0.5
_MARK = re.compile(r"\{([scqv])(\d+)([a-z]?)(?:=([^|{}]*))?\||\}|\\n")
_ROLES = {"s": "source", "c": "cue", "q": "content", "v": "via"}


@dataclass
class Gold:
    """One attribution of the gold: spans of each role, and the name expected where it is not the source's words."""

    source: list[tuple[int, int]] = field(default_factory=list)
    cue: list[tuple[int, int]] = field(default_factory=list)
    content: list[tuple[int, int]] = field(default_factory=list)
    via: list[tuple[int, int]] = field(default_factory=list)
    name: str | None = None
    form: str | None = None


@dataclass
class Item:
    """A text with its gold attributions ([] for a negative), and the construction that it shows."""

    name: str
    text: str
    gold: list[Gold]
    construction: str = ""


def parse(line: str, name: str = "", construction: str = "") -> Item:
    """One line of markup. Raises ValueError where it is broken."""
    text, position = "", 0
    found: dict[int, Gold] = {}
    via: dict[int, list[tuple[str, tuple[int, int]]]] = {}
    stack: list[tuple[str, int, str, int]] = []
    for mark in _MARK.finditer(line):
        text += line[position:mark.start()]
        position = mark.end()
        if mark[0] == "\\n":
            text += "\n"
        elif mark[0] == "}":
            if not stack:
                raise ValueError(f"{name}: a brace closes nothing: {line}")
            role, number, letter, start = stack.pop()
            span = (start, len(text))
            if start == len(text):
                raise ValueError(f"{name}: an empty span: {line}")
            if role == "v":
                via.setdefault(number, []).append((letter, span))
            else:
                getattr(found.setdefault(number, Gold()), _ROLES[role]).append(span)
        else:
            stack.append((mark[1], int(mark[2]), mark[3], len(text)))
            if mark[4] is not None:
                found.setdefault(int(mark[2]), Gold()).name = mark[4]
    text += line[position:]
    if stack or "{" in text or "}" in text:
        raise ValueError(f"{name}: a brace is not closed, or its role is unknown: {line}")
    for number, spans in via.items():
        found.setdefault(number, Gold()).via = [span for _, span in sorted(spans)]
    if sorted(found) != list(range(1, len(found) + 1)) or not all(gold.content for gold in found.values()):
        raise ValueError(f"{name}: numbers begin at 1 and leave none out, and each has a content (q): {line}")
    for gold in found.values():
        gold.content.sort()
    return Item(name, text, [found[number] for number in sorted(found)], construction)


def read(code: str) -> list[Item]:
    """The items of tests/attribution/`code`.txt."""
    items, construction = [], ""
    lines = (FOLDER / f"{code}.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if line.startswith("##"):
            construction = line.strip("# ")
        elif line.strip() and not line.startswith("//"):
            items.append(parse(line.strip(), f"{code}.txt:{number}", construction))
    return items


def corpus(path: Path, half: str) -> list[Item]:
    """The documents of a corpus of the form above, or one half of them."""
    items = []
    for line in path.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        odd = int(hashlib.sha256(document["doc"].encode()).hexdigest(), 16) % 2
        if half == "all" or (half == "check") == bool(odd):
            gold = [Gold(**{role: [tuple(span) for span in a[role] or []] for role in ("source", "cue", "content")},
                         form=a["form"]) for a in document["attributions"]]
            items.append(Item(document["doc"], document["text"], gold))
    return items


def characters(spans) -> set[int]:
    return {at for start, end in spans or () for at in range(start, end)}


@dataclass
class Judged:
    """One text, judged: pairs of what agrees, what was found wrongly, what was missed."""

    item: Item
    right: list[tuple[Attribution, Gold]]
    wrong: list[Attribution]
    missed: list[Gold]


def judge(item: Item, predicted: list[Attribution]) -> Judged:
    """Match predictions with the gold, each gold once: the same content, the same source."""
    open_gold = list(item.gold)
    right, wrong = [], []
    for attribution in predicted:
        content = characters(attribution.content)
        source = characters([attribution.source] if attribution.source else [])
        best, share = None, 0.0
        for gold in open_gold:
            other, named = characters(gold.content), characters(gold.source)
            overlap = len(content & other) / len(content | other)
            if overlap >= MIN_OVERLAP and overlap > share and (source & named or not source and not named):
                best, share = gold, overlap
        if best is None:
            wrong.append(attribution)
        else:
            open_gold.remove(best)
            right.append((attribution, best))
    return Judged(item, right, wrong, open_gold)


def scores(judged: Sequence[Judged]) -> tuple[float, float, float]:
    """Precision, recall and F1 over all texts."""
    right = sum(len(one.right) for one in judged)
    predicted = right + sum(len(one.wrong) for one in judged)
    gold = right + sum(len(one.missed) for one in judged)
    precision, recall = right / max(predicted, 1), right / max(gold, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def report(judged: list[Judged], width: int = 160) -> None:
    """Every miss, and every prediction that is not in the gold, with the words around."""
    for one in judged:
        if not one.wrong and not one.missed:
            continue
        print(f"\n{one.item.name}  {one.item.construction}")
        if len(one.item.text) < 600:
            print(f"    {one.item.text!r}")
        show = lambda spans: " ... ".join(one.item.text[s:e][:width] for s, e in spans or ()) or "-"  # noqa: E731
        for gold in one.missed:
            print(f"  MISSED {gold.form or ''} source: {show(gold.source)} | cue: {show(gold.cue)} | "
                  f"{show(gold.content)}")
        for a in one.wrong:
            print(f"  WRONG  {a.form} source: {show([a.source] if a.source else [])} | cue: "
                  f"{show([a.cue] if a.cue else [])} | {show(a.content)}")


@lru_cache(maxsize=None)
def judged_gold(code: str) -> tuple[Judged, ...]:
    """The gold sentences of a language, judged."""
    return tuple(judge(item, extract(item.text, code)) for item in read(code))


def table() -> str:
    """The scores of every language's gold sentences as a Markdown table, by the languages' names."""
    rows = []
    for code in available():
        judged = judged_gold(code)
        precision, recall, f1 = scores(judged)
        items = [one.item for one in judged]
        rows.append(f"| {language(code).name} | {len(items)} | {sum(not item.gold for item in items)} | "
                    f"{sum(len(item.gold) for item in items)} | {precision:.2f} | {recall:.2f} | {f1:.2f} |")
    return "\n".join(["| language | texts | of them negatives | statements | precision | recall | F1 |",
                      "| --- | ---: | ---: | ---: | ---: | ---: | ---: |", *sorted(rows)])


def documented() -> str:
    """The table that the languages' README shows."""
    return README.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()


def document() -> None:
    """Write the table of scores into the languages' README."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    text = f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"
    README.write_text(text, encoding="utf-8", newline="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", help="code of the language: en, de, ...; or all")
    parser.add_argument("--corpus", type=Path, help="a corpus in JSON lines instead of the gold sentences")
    parser.add_argument("--half", choices=("tune", "check", "all"), default="all")
    parser.add_argument("--pred", type=Path, help="write the predictions to this file")
    parser.add_argument("--write", action="store_true", help="with all: put the table into the languages' README")
    parser.add_argument("--quiet", action="store_true", help="the scores only")
    options = parser.parse_args()
    if options.language == "all":
        if options.write:
            document()
        print(table())
        return 0
    items = corpus(options.corpus, options.half) if options.corpus else read(options.language)
    begin = perf_counter()
    predicted = [extract(item.text, options.language) for item in items]
    seconds = perf_counter() - begin
    judged = [judge(item, found) for item, found in zip(items, predicted)]
    if not options.quiet:
        report(judged)
    if options.pred:
        with options.pred.open("w", encoding="utf-8") as out:
            for item, found in zip(items, predicted):
                for a in found:
                    out.write(json.dumps({"doc": item.name, "source": a.source, "content": a.content}) + "\n")
    precision, recall, f1 = scores(judged)
    by_form = Counter(gold.form for one in judged for gold in one.item.gold if gold.form)
    print(f"\n{options.language}: {len(items)} texts, {sum(len(i.gold) for i in items)} attributions "
          f"{dict(by_form) or ''} precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f} ({seconds:.2f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
