"""Shares and their intervals: how a count becomes a proportion that says how uncertain it is, in clusters too.

Intervals are Wilson's score intervals at 95 % (Wilson 1927, JASA 22:209-212), from statsmodels.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

CONFIDENCE = 0.95


def wilson(count, total) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share and Wilson interval (each 0-1) of counts out of totals; NaN where a total is 0."""
    count, total = np.broadcast_arrays(np.asarray(count, dtype="float64"), np.asarray(total, dtype="float64"))
    low, high, share = (np.full(count.shape, np.nan) for _ in range(3))
    some = total > 0
    share[some] = count[some] / total[some]
    low[some], high[some] = proportion_confint(count[some], total[some], alpha=1 - CONFIDENCE, method="wilson")
    # Rounding can leave 0 of n with a bound just above 0, and an error bar of negative length cannot be drawn.
    return share, np.fmin(low, share), np.fmax(high, share)


def add_share(table: pd.DataFrame, count: str, total, effective=None) -> pd.DataFrame:
    """The table with `share`, `share_low` and `share_high` (0-1) of column `count` in `total` put right behind it.

    effective: where the cases come in clusters, their effective number (see `effective`), at which the interval is taken.
    """
    at = table.columns.get_loc(count) + 1
    share, low, high = wilson(table[count], total)
    if effective is not None:
        _, low, high = wilson(np.nan_to_num(share) * effective, effective)
    before, after = table.iloc[:, :at], table.iloc[:, at:]
    added = pd.DataFrame({"share": share, "share_low": low, "share_high": high}, index=table.index)
    return pd.concat([before, added, after], axis=1)


def design_effect(count: np.ndarray, size: np.ndarray) -> float:
    """By how much the variance of a share grows because its cases come in clusters.

    Rao and Scott 1992, Biometrics 48:577-585: the share's variance as a ratio of cluster totals, over the binomial one;
    cases divided by it are the effective number. Where no variance can be seen (all cases alike, or one cluster) it is
    the largest possible: that of clusters which say the same throughout (Kish 1965).

    Parameters
    ----------
    count, size: arrays, for each cluster its cases that count and all its cases (at least 1).

    Returns
    -------
    float; NaN without a cluster.

    >>> round(design_effect(np.array([1, 0, 1, 0]), np.array([1, 1, 1, 1])), 3)  # clusters of one: n / (n - 1)
    1.333
    >>> round(design_effect(np.array([5, 0, 5, 0]), np.array([5, 5, 5, 5])), 3)
    6.667
    """
    n, m = size.sum(), len(size)
    if not n:
        return float("nan")
    share = count.sum() / n
    if m < 2 or share in (0, 1):
        return float((size**2).sum() / n)
    variance = m / (m - 1) * ((count - share * size) ** 2).sum() / n**2
    return float(variance / (share * (1 - share) / n))


def effective(count: np.ndarray, size: np.ndarray) -> float:
    """The effective number of cases; clusters that vary less than chance would make them are taken as chance's."""
    return float(size.sum() / max(design_effect(count, size), 1)) if size.sum() else 0.0
