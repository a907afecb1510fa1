"""The Dask cluster that an archive is built on: one on this machine, sized to it, or the user's own.

Nothing else of the package starts processes.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analysis.corpus.job import CorpusError

if TYPE_CHECKING:
    from distributed import Client

WAIT = 30  # seconds for a scheduler to answer
# How workers deal with memory. Dask has them give everything back at once, and to get it again from the system takes
# a third of their time, for they use the same amount over and over: here they keep what they have had, up to a limit.
# (glibc's mallopt(3), and Arrow's pool, which is to take from it; elsewhere the first two do nothing.)
MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25),
          "ARROW_DEFAULT_MEMORY_POOL": "system"}
_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"
# Nobody looks at the profile that Dask takes of a worker a hundred times a second: there is no dashboard.
_SETTINGS = {"distributed.worker.profile.enabled": False}


@contextmanager
def cluster(address: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """A client of a cluster; while it is open, the functions of `coverage` and `quoting` compute there, too.

    Parameters
    ----------
    address: of the user's scheduler (`tcp://host:8786`); without one, workers are started on this machine, each a
        process with one thread: as many as it has cores for this process, or `workers`, and its memory shared out.

    Raises
    ------
    CorpusError: where no scheduler answers at the address.
    """
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster

    if address is not None:
        try:
            client = Client(address, timeout=WAIT)
        except (OSError, ValueError) as error:
            raise CorpusError(f"no Dask scheduler answers at {address}: {error}") from None
        with client:
            yield client
        return
    number = workers or CPU_COUNT  # cores that this process may use, by its affinity and its container's limits
    # No dashboard: it would open a port, and needs packages of its own.
    # Its log is of workers that go when they are told to; what fails is raised.
    with (dask.config.set({**_SETTINGS, _ENVIRONMENT: {**dask.config.get(_ENVIRONMENT), **MEMORY}}),
          LocalCluster(n_workers=number, threads_per_worker=1, dashboard_address=None,
                       silence_logs=logging.CRITICAL) as local, Client(local) as client):
        client.run(_warm)
        yield client


def _warm() -> None:
    """What a worker needs for any archive, once, and not within its first task: imports, the bundled record, the list
    of public suffixes. They are no garbage to be looked for again."""
    import dask.dataframe  # noqa: F401

    import analysis.corpus.job  # noqa: F401
    import analysis.quoting  # noqa: F401
    from analysis.corpus.identify import known
    from analysis.dataset import DATA

    known(DATA).outlet("paper.example", "")
    gc.freeze()
