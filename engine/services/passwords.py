"""Passwords: hashed with argon2id (RFC 9106), and what a good one must be."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
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


CAMUNDA_RULES: Final = (
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

_NAME: Final = 4
"""Characters from which on a part of a name is looked for: shorter ones are in many words."""
_ROWS: Final = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "asdfghjkl", "1q2w3e4r5t6y7u8i")
"""What people type one after the other; forwards, backwards and again and again."""
_COMMON = """
    account admin administrator baseball baton batman camunda changeme changeit computer default dragon football guest
    hello iloveyou internet letmein login manager master michael monkey operaton passphrase password passwort pokemon
    princess qwerty root samsung secret shadow starwars sunshine superman superuser system temporary test trustno user
    welcome whatever
"""
_WORDS: Final = frozenset(_COMMON.split())
"""What is all of a password but for a few digits and signs in most lists of those that were found out."""
_ALIKE: Final = str.maketrans("01345@$!", "oleasasi")


def _is_no_name(password: str, about: Sequence[str]) -> bool:
    names = {part.lower() for each in about for part in (each, each.partition("@")[0])}
    found = password.lower()
    return not any(found == name or (len(name) >= _NAME and name in found) for name in names)


def _is_uncommon(password: str, _: Sequence[str]) -> bool:
    found = password.lower()
    if len(set(found)) < _NAME or any(found in row * 4 or found in row[::-1] * 4 for row in _ROWS):
        return False
    ends = "".join(each for each in map(chr, range(33, 127)) if not each.isalpha())
    return not {found.strip(ends), found.rstrip(ends).translate(_ALIKE), found.translate(_ALIKE)} & _WORDS


PLAIN_RULES: Final = (
    PasswordRule("PASSWORD_POLICY_LENGTH", {"minLength": "10"}, lambda text, _: len(text) >= 10),
    PasswordRule("PASSWORD_POLICY_USER_DATA", {}, _is_no_name),
    PasswordRule("PASSWORD_POLICY_COMMON", {}, _is_uncommon),
)
"""Length, and nothing that is tried first; of what kinds of characters is up to people (NIST SP 800-63B, 3.1.1.2)."""

PASSWORD_POLICIES: Final[Mapping[str, Sequence[PasswordRule]]] = {
    "plain": PLAIN_RULES,
    "camunda": CAMUNDA_RULES,
    "off": (),
}
"""The policies by name."""
