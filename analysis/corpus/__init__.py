"""Archives in the field's own formats: read, attributed and written as tables that the analysis functions take.

One machine or a cluster, the same tables; start with `python -m analysis corpus` or `corpus.build`.
"""

from analysis.corpus.archive import in_memory, load
from analysis.corpus.job import Built, CorpusError, Job, build, prepare
from analysis.corpus.workers import cluster
from analysis.corpus.readers import READERS

__all__ = ["READERS", "Built", "CorpusError", "Job", "build", "cluster", "in_memory", "load", "prepare"]
