"""Which release of Baton this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def product_version() -> str:
    """The version of this distribution; "0" when it runs without being installed."""
    try:
        return version("batonflow")
    except PackageNotFoundError:
        return "0"
