"""Draw the pairs of statements that tests/data/statement_pairs.csv holds a person's answers to, for labelling.

    .venv/bin/python tools/sample_statement_pairs.py > pairs.csv

The population: all pairs of statements of one source in the bundled record. Strata: the most quoted source against all
others, by bins of a plain similarity (mean of the TF-IDF cosines of words and of character n-grams), which needs no
threshold; within each, pairs are drawn without replacement with a fixed seed, and dealt in turn to the half on which
the threshold is chosen and the half on which it is judged. Weight = pairs in the stratum / pairs drawn.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from analysis import Dataset, load_dataset

BINS = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.55, 0.75, 1.01]
DRAWN = [40, 32, 30, 30, 28, 24, 16, 8]  # from each bin of either block: more where most pairs are
MORE = 80  # from either block's lowest bin, drawn last: most pairs are there, and a few alike weigh heavily
SEED = 20251025


def population(data: Dataset) -> pd.DataFrame:
    """All pairs of statements of one source: `a` and `b` (attribution_id), `gist_a`, `gist_b`, `stratum`."""
    node = data.sources.assign(node=data.sources["outlet_id"].fillna(data.sources["source_id"]))
    said = data.attributions.merge(node[["source_id", "node"]], on="source_id")
    said = said.sort_values("attribution_id", ignore_index=True)
    blocks = [rows.to_numpy() for rows in said.groupby("node").groups.values()]
    first, second = np.concatenate([rows[np.column_stack(np.triu_indices(len(rows), k=1))] for rows in blocks]).T
    similar = 0
    for options in ({"stop_words": "english"}, {"analyzer": "char_wb", "ngram_range": (3, 5)}):
        model = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", **options).fit(sorted(set(said["gist"])))
        matrix = model.transform(said["gist"])
        similar = similar + np.asarray(matrix[first].multiply(matrix[second]).sum(axis=1)).ravel() / 2
    most = said["node"].value_counts().index[0]
    stratum = np.digitize(similar, BINS) - 1 + len(DRAWN) * (said["node"].to_numpy()[first] != most)
    ids, gists = said["attribution_id"].to_numpy(), said["gist"].to_numpy()
    return pd.DataFrame({"a": ids[first], "b": ids[second], "gist_a": gists[first], "gist_b": gists[second],
                         "stratum": stratum})


def draw(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs to label: `a`, `b`, `stratum`, `pairs` (in the stratum), `half`, `gist_a`, `gist_b`."""
    stratum = pairs["stratum"].to_numpy()
    rng = np.random.default_rng(SEED)
    drawn, taken = [], set()
    rounds = [(number, DRAWN[number % len(DRAWN)]) for number in range(2 * len(DRAWN))]
    for number, size in [*rounds, (0, MORE), (len(DRAWN), MORE)]:
        inside = np.flatnonzero(stratum == number)
        free = inside[~np.isin(inside, list(taken))]
        at = rng.choice(free, size=min(size, len(free)), replace=False)
        taken.update(at.tolist())
        half = np.where(np.arange(len(at)) % 2, "held out", "tune")
        drawn.append(pairs.iloc[at].assign(pairs=len(inside), half=half))
    return pd.concat(drawn, ignore_index=True)[["a", "b", "stratum", "pairs", "half", "gist_a", "gist_b"]]


if __name__ == "__main__":
    draw(population(load_dataset())).to_csv(sys.stdout, index=False, lineterminator="\n")
