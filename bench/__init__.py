"""Benchmarks: Baton beside SpiffWorkflow and DBOS on the same databases, parsing, and start-up; `python -m bench`."""
