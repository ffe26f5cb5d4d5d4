"""Tests of the pure core: a model, commands, and what became of the rows; no database."""
