"""Which pages are made, by what, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs import lifecycles, supported_elements

FOLDER = Path(__file__).parents[2] / "docs"

PAGES: Mapping[str, Callable[[], str]] = {
    "lifecycles.md": lifecycles.page,
    "supported-elements.md": supported_elements.page,
}
