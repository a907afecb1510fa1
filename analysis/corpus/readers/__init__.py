"""Readers of archives, one module a format; `READERS` finds them by the name that the command line knows.

A new format is a module with a `READER` (see `analysis.corpus.model.Reader`) and a line here.
"""

from __future__ import annotations

from analysis.corpus.model import Reader
from analysis.corpus.readers import gdelt_articles, gdelt_quotes, media_cloud, quotebank, warc

READERS: dict[str, Reader] = {reader.name: reader for reader in (
    media_cloud.READER, gdelt_articles.READER, gdelt_quotes.READER, quotebank.READER, quotebank.ARTICLE_READER,
    warc.READER)}
