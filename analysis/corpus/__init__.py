"""Archives in the field's own formats: read, attributed and written as tables that the analysis functions take.

One machine or a cluster, the same tables; start with `python -m analysis corpus` or `corpus.build`.
"""
