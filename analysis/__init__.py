"""Media coverage of the UN Convention against Cybercrime: which countries' media covered it, and who quoted whom.

Start with ``load_dataset()``; then one module answers one question and carries its name.
"""

from importlib.metadata import version

from analysis.dataset import Dataset, DatasetError, Fault, load_dataset

__version__ = version("hanoi-coverage")
__all__ = ["Dataset", "DatasetError", "Fault", "load_dataset"]
