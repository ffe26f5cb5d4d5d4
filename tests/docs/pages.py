"""Which pages are made, by what, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.docs import lifecycles, permissions, supported_elements
from tests.docs.pictures import page_with_pictures

FOLDER = Path(__file__).parents[2] / "docs"


def _drawn(page: Path) -> str:
    return page_with_pictures(page.read_text())


PAGES: Mapping[str, Callable[[], str]] = {
    "lifecycles.md": lifecycles.page,
    "permissions.md": permissions.page,
    "supported-elements.md": supported_elements.page,
    **{f"bpmn/{page.name}": partial(_drawn, page) for page in sorted((FOLDER / "bpmn").glob("*.md"))},
}
