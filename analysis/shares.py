"""Shares and their intervals: how a count becomes a proportion that says how uncertain it is.

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


def add_share(table: pd.DataFrame, count: str, total) -> pd.DataFrame:
    """The table with `share`, `share_low` and `share_high` (0-1) of column `count` in `total` put right behind it."""
    at = table.columns.get_loc(count) + 1
    share = dict(zip(("share", "share_low", "share_high"), wilson(table[count], total)))
    before, after = table.iloc[:, :at], table.iloc[:, at:]
    return pd.concat([before, pd.DataFrame(share, index=table.index), after], axis=1)
