"""Passwords: hashed with argon2id (RFC 9106), and what a good one must be."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from engine.errors import BadRequest

LONGEST: Final = 1024
"""Characters of a password that are looked at; longer ones are refused."""


@dataclass(frozen=True)
class Hashing:
    """How costly it is to try a password: memory in KiB, passes over it, and how many are tried at the same time.

    The defaults are those that OWASP's Password Storage Cheat Sheet names first for argon2id.
    """

    memory_kib: int = 19 * 1024
    passes: int = 2
    at_once: int = 4


class Passwords:
    """Makes hashes of passwords and compares passwords with them. Threads may share it."""

    def __init__(self, hashing: Hashing) -> None:
        self._hasher = PasswordHasher(
            time_cost=hashing.passes, memory_cost=hashing.memory_kib, parallelism=1, type=Type.ID
        )
        self._turn = threading.BoundedSemaphore(hashing.at_once)

    def hash(self, password: str) -> str:
        """The hash to keep. Raises BadRequest for what cannot be a password."""
        if not password or len(password) > LONGEST:
            raise BadRequest(f"A password has 1 to {LONGEST} characters")
        with self._turn:
            return self._hasher.hash(_bytes(password))

    def matches(self, password: str, hash: str | None) -> bool:
        """Is it the password of that hash? Takes the same time when there is no hash to compare with."""
        compared = self._nobody if hash is None else hash
        try:
            with self._turn:
                self._hasher.verify(compared, _bytes(password[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
        return hash is not None and len(password) <= LONGEST

    def is_outdated(self, hash: str) -> bool:
        """Was it made in another way than hashes are made now?"""
        return self._hasher.check_needs_rehash(hash)

    @cached_property
    def _nobody(self) -> str:
        return self.hash(secrets.token_hex())


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


# ---------------------------------------------------------------- what a good one must be


@dataclass(frozen=True)
class PasswordRule:
    """One rule of a policy, named as in Camunda (manual, "Password Policy")."""

    name: str
    parameter: dict[str, str]
    holds: Callable[[str, Sequence[str]], bool] = field(repr=False)


def _counts(text: str, wanted: Callable[[str], bool]) -> int:
    return sum(1 for character in text if wanted(character))


def _is_free_of(password: str, about: Sequence[str]) -> bool:
    return not any(len(each) > 1 and each.lower() in password.lower() for each in about)


PASSWORD_RULES: Final = (
    PasswordRule("PASSWORD_POLICY_USER_DATA", {}, _is_free_of),
    PasswordRule("PASSWORD_POLICY_LENGTH", {"minLength": "10"}, lambda text, _: len(text) >= 10),
    PasswordRule("PASSWORD_POLICY_LOWERCASE", {"minLowerCase": "1"}, lambda text, _: _counts(text, str.islower) >= 1),
    PasswordRule("PASSWORD_POLICY_UPPERCASE", {"minUpperCase": "1"}, lambda text, _: _counts(text, str.isupper) >= 1),
    PasswordRule("PASSWORD_POLICY_DIGIT", {"minDigit": "1"}, lambda text, _: _counts(text, str.isdigit) >= 1),
    PasswordRule(
        "PASSWORD_POLICY_SPECIAL_CHARACTER",
        {"minSpecial": "1"},
        lambda text, _: _counts(text, lambda each: not each.isalnum()) >= 1,
    ),
)
"""The rules of Camunda's default policy."""
