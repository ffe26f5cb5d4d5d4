"""The pages that are made from the code say what the code does now."""

from __future__ import annotations

import pytest

from tests.docs.pages import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_page_is_up_to_date(name):
    assert (FOLDER / name).read_text() == PAGES[name](), f"docs/{name} is out of date; run: python -m tests.docs"
