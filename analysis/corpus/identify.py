"""Who an archive's outlets and speakers are: identifiers that depend neither on the order nor on the part they come in.

An outlet is its domain, or one of the record whose names are used; a speaker is one of that record, or what the format
identifies it by, or its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.attribution.names import Names
from analysis.dataset import DATA, Dataset, load_dataset
from analysis.intake.outlets import by_domain, host_of, match_host, slug

# Between the parts of a key; it stands in no name, for readers replace control characters.
SEPARATOR = "\x1f"
NO_OUTLET = "outlet-unknown"
NO_SPEAKER = "speaker-unknown"
_PLAIN_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_WORD = re.compile(r"[A-Za-z0-9]+")
_HEX = np.frombuffer(b"".join(b"%02x" % i for i in range(256)), dtype="S2")
ID_BYTES = 10  # 80 bits: of 200 million addresses two share one with a chance of 2 in 100 million


@dataclass(frozen=True)
class Known:
    """The record whose outlets and sources an archive's are matched with."""

    data: Dataset

    @cached_property
    def domains(self) -> dict[str, tuple[str, ...]]:
        return by_domain(self.data.outlets)

    @cached_property
    def outlet_ids(self) -> frozenset[str]:
        return frozenset(self.data.outlets["outlet_id"])

    @cached_property
    def source_ids(self) -> frozenset[str]:
        return frozenset(self.data.sources["source_id"])

    @cached_property
    def names(self) -> Names:
        """Its names in texts."""
        return Names.of(self.data)

    @cached_property
    def outlet_names(self) -> dict[str, str]:
        """The identifier of each outlet's name, in lower case, where only one has it."""
        rows = [(name.lower(), row.outlet_id) for row in self.data.outlets.itertuples()
                for name in [row.name, *row.native_names]]
        names = pd.DataFrame(rows, columns=["name", "outlet_id"]).drop_duplicates()
        names = names[~names["name"].duplicated(keep=False)]
        return dict(zip(names["name"], names["outlet_id"]))

    def outlet(self, host: str, name: str) -> tuple[str, str]:
        """The identifier and the domain of an outlet, from a host and the name that the format gives it ("": none)."""
        # Most hosts stand there as they are meant; others are taken apart as an address's.
        host = host.removeprefix("www.") if _PLAIN_HOST.fullmatch(host) else host_of(f"http://{host}/")
        found = match_host(host, self.domains)
        if len(found.outlet_ids) == 1:
            return found.outlet_ids[0], found.domain
        domain = found.domain
        if domain:
            exact = "-" not in domain and len(domain) <= 60  # then no other domain has this identifier
            return self._new(domain, slug(domain), exact, self.outlet_ids), domain
        if name:
            return self.outlet_named(name), ""
        return NO_OUTLET, ""

    def outlet_named(self, name: str) -> str:
        """The identifier of an outlet of which only the name is known, such as one that relays."""
        if name in self.outlet_ids:
            return name
        return self.outlet_names.get(name.lower()) or self._new(name, slug(name))

    def source(self, speaker: str, speaker_id: str, known: str) -> str:
        """The identifier of a source, from its name, what the format identifies it by, and the record's identifier."""
        if known in self.source_ids or known in self.outlet_ids:
            return known
        if _WORD.fullmatch(speaker_id) and speaker_id.lower() not in self._taken:
            return speaker_id.lower()
        if speaker or speaker_id:  # of several candidates, which the format leaves undecided, all are part of the name
            return self._new(f"{speaker}{SEPARATOR}{speaker_id}", slug(speaker))
        return NO_SPEAKER

    @cached_property
    def _taken(self) -> frozenset[str]:
        return self.source_ids | self.outlet_ids

    @staticmethod
    def _new(what: str, readable: str, exact: bool = False, taken: frozenset[str] = frozenset()) -> str:
        """A readable identifier; where that could be somebody else's too, with a part that could not."""
        if exact and readable and readable not in taken:
            return readable
        part = blake2b(what.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
        return f"{readable[:50].rstrip('-')}-{part}" if readable else f"x-{part}"


@lru_cache(maxsize=4)
def known(folder: Path = DATA) -> Known:
    """The record of a folder, read once a process."""
    return Known(load_dataset(folder))


def hosts(addresses: pa.Array | pa.ChunkedArray) -> pa.Array:
    """What stands where an address or domain has its host; `Known.outlet` makes it one. Null of null."""
    if isinstance(addresses, pa.ChunkedArray):
        addresses = addresses.combine_chunks()
    parts = pc.split_pattern(addresses, "/", max_splits=3)  # "http:", "", host, path; or host, path
    web = _begin(addresses, "http://", "https://")
    if not web.all():  # some are domains, or have a scheme in capitals, for which it takes ten times as long to look
        web = _begin(addresses, "http://", "https://", ignore_case=True)
    at = parts.offsets[:-1].to_numpy() + 2 * web
    return parts.values.take(pa.array(at, mask=addresses.is_null().to_numpy(zero_copy_only=False)))


def _begin(texts: pa.Array, *beginnings: str, ignore_case: bool = False) -> np.ndarray:
    """Whether texts begin with one of these; False of null."""
    found = (pc.starts_with(texts, beginning, ignore_case=ignore_case) for beginning in beginnings)
    return pc.fill_null(pc.or_(*found), False).to_numpy(zero_copy_only=False)


def joined(first: pa.Array | pa.ChunkedArray, *others: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """The rows of several columns of text as one dictionary, its values the parts joined by `SEPARATOR`."""
    if all(column.null_count == len(column) for column in others):  # then only what differs need be joined
        found = _encoded(pc.fill_null(first, ""))
        parts = pc.binary_join_element_wise(found.dictionary, *[""] * len(others), SEPARATOR)
        return pa.DictionaryArray.from_arrays(found.indices, parts)
    return _encoded(pc.binary_join_element_wise(*(pc.fill_null(column, "") for column in (first, *others)), SEPARATOR))


def _encoded(texts: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    return (texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts).dictionary_encode()


def keys(addresses: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """What identifies each address: the first 64 bits of its BLAKE2b hash, and the 16 that follow."""
    digests = b"".join([blake2b(url, digest_size=ID_BYTES).digest()
                        for url in addresses.cast(pa.binary()).to_pylist()])
    digests = np.frombuffer(digests, dtype=np.dtype([("high", ">u8"), ("low", ">u2")]))
    return digests["high"].astype(np.uint64), digests["low"].astype(np.uint16)


def article_ids(high: np.ndarray, low: np.ndarray) -> pa.Array:
    """`keys` as identifiers of 20 hexadecimal digits."""
    digests = np.empty(len(high), dtype=np.dtype([("high", ">u8"), ("low", ">u2")]))
    digests["high"], digests["low"] = high, low
    digits = _HEX[np.frombuffer(digests.tobytes(), dtype=np.uint8)]
    offsets = np.arange(len(high) + 1, dtype=np.int32) * (2 * ID_BYTES)
    return pa.StringArray.from_buffers(len(high), pa.py_buffer(offsets), pa.py_buffer(digits.tobytes()))
