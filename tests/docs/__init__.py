"""The pages of the documentation that are made from the code: `python -m tests.docs` writes them, a test compares."""
