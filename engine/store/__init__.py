"""Rows to tables and back: what the core changed goes into SQLite or PostgreSQL in a handful of bulk statements.

The store knows rows and their ids, and nothing of BPMN.
"""
