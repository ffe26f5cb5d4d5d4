"""What a good password is."""

from __future__ import annotations

import pytest

from engine import PASSWORD_POLICIES

ADA = ("ada", "Augusta Ada", "Lovelace", "countess@example.org")


def broken(policy: str, password: str) -> set[str]:
    rules = PASSWORD_POLICIES[policy]
    return {rule.name.removeprefix("PASSWORD_POLICY_") for rule in rules if not rule.holds(password, ADA)}


@pytest.mark.parametrize(
    "password",
    [
        "enchantress",
        "correct horse battery",
        "adagio for strings",
        "nur kleine buchstaben",
        "UPPER CASE ONLY",
        "80 91 14 07 22",
        "пароль для Ады",
        "a secret between us",
        "x" + "é" * 3 + "yz12345",
    ],
)
def test_long_ones_that_are_not_tried_first_will_do(password: str) -> None:
    assert broken("plain", password) == set()


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("nine char", {"LENGTH"}),
        ("", {"LENGTH", "COMMON"}),
        ("ada", {"LENGTH", "USER_DATA", "COMMON"}),
        ("augusta ada", {"USER_DATA"}),
        ("my LoveLace 7", {"USER_DATA"}),
        ("the Countess", {"USER_DATA"}),
        ("password123", {"COMMON"}),
        ("P@ssw0rd2026!", {"COMMON"}),
        ("!!admin!!2026", {"COMMON"}),
        ("baton-12345", {"COMMON"}),
        ("1234567890", {"COMMON"}),
        ("0987654321", {"COMMON"}),
        ("890123456789", {"COMMON"}),
        ("abcdefghijkl", {"COMMON"}),
        ("qwertyuiop", {"COMMON"}),
        ("aaaaaaaaaaaa", {"COMMON"}),
        ("1212121212", {"COMMON"}),
    ],
)
def test_what_is_tried_first_is_refused(password: str, rules: set[str]) -> None:
    assert broken("plain", password) == rules


def test_a_policy_may_be_off() -> None:
    assert broken("off", "") == set()
