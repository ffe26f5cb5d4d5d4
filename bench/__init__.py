"""Benchmarks: Baton beside SpiffWorkflow on the same databases, parsing, and start-up; `python -m bench`."""
