"""Queries: what can be asked of the rows, as tables of filters and sort keys, and the reads that no filter fits."""
