"""The kit's assertions explain themselves like those of tests."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.core.kit")
