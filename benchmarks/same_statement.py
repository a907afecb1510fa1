"""How long `same_statement` takes on 50,000 attributions, beside a bare scikit-learn pipeline that only groups the gists.

Run `python benchmarks/same_statement.py`: it prints medians, and exits with 1 if the limit is broken.
"""

from __future__ import annotations

import gc
import platform
import resource
import statistics
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also where the package is not installed

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import sklearn  # noqa: E402
from scipy.sparse import hstack  # noqa: E402
from sklearn.cluster import AgglomerativeClustering  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402

from analysis import Dataset, load_dataset  # noqa: E402
from analysis.echoes import same_statement  # noqa: E402
from analysis.echoes.statements import THRESHOLD  # noqa: E402

ATTRIBUTIONS = 50_000
LIMIT = 1.5
RUNS = 3
SEED = 20251025


def reworded(data: Dataset, attributions: int) -> Dataset:
    """The record over and over, in each copy one word of five of every gist put in for another of the record's."""
    rng = np.random.default_rng(SEED)
    words = np.array(sorted({word for gist in data.attributions["gist"] for word in gist.split()}))

    def other(gist: str) -> str:
        kept = np.array(gist.split(), dtype=object)
        at = rng.random(len(kept)) < 0.2
        kept[at] = rng.choice(words, at.sum())
        return " ".join(kept)

    articles, said = [], []
    for i in range(-(-attributions // len(data.attributions))):
        articles.append(data.articles.assign(**{c: f"{i}-" + data.articles[c] for c in ("article_id", "url")}))
        more = data.attributions.assign(
            **{c: f"{i}-" + data.attributions[c] for c in ("attribution_id", "article_id")})
        said.append(more.assign(gist=more["gist"].map(other)) if i else more)
    return replace(data, articles=pd.concat(articles, ignore_index=True),
                   attributions=pd.concat(said, ignore_index=True).head(attributions))


def bare(data: Dataset) -> int:
    """Two TF-IDF matrices side by side, and each source's gists grouped by average linkage; returns the groups."""
    node = data.sources["outlet_id"].fillna(data.sources["source_id"]).set_axis(data.sources["source_id"])
    said = data.attributions.assign(node=data.attributions["source_id"].map(node)).drop_duplicates(["node", "gist"])
    vectors = hstack([TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options).fit_transform(said["gist"])
                      for options in ({"stop_words": "english"}, {"analyzer": "char_wb", "ngram_range": (3, 5)})])
    vectors = (vectors / np.sqrt(2)).tocsr()
    cluster = AgglomerativeClustering(n_clusters=None, metric="precomputed", linkage="average",
                                      distance_threshold=1 - THRESHOLD)
    groups = 0
    for rows in said.reset_index(drop=True).groupby("node").indices.values():
        part = vectors[rows]
        groups += cluster.fit(1 - (part @ part.T).toarray()).n_clusters_ if len(rows) > 1 else 1
    return groups


def seconds(call) -> float:
    gc.collect()
    begin = perf_counter()
    call()
    return perf_counter() - begin


def main() -> int:
    print(f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, {platform.machine()}")
    data = reworded(load_dataset(), ATTRIBUTIONS)
    said = data.attributions
    print(f"{len(said):,} attributions, {said['gist'].nunique():,} different gists, at most "
          f"{said['source_id'].value_counts().iloc[0]:,} of one source")
    same_statement(data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    # Interleaved, so that a busy machine slows both alike.
    runs = [(seconds(lambda: same_statement(data)), seconds(lambda: bare(data))) for _ in range(RUNS)]
    ours, peer = map(statistics.median, zip(*runs))
    print(f"same_statement {ours:6.1f} s, {peak:.1f} GiB at its peak; bare {peer:6.1f} s; {ours / peer:.2f} x bare "
          f"(limit {LIMIT}; medians of {RUNS} interleaved runs)")
    return int(ours / peer > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
