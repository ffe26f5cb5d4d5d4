"""The settings: read from `BATON_*` environment variables, else from `baton.toml`, else the defaults below."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "BATON_"
FILE = Path("baton.toml")
DEFAULT = "default"
FOR_TESTS = frozenset({"BATON_FAILPOINTS"})
"""Variables that no setting stands behind: `engine.failpoints` reads its own."""
REMOVAL_STRATEGIES = ("end", "start", "none")
HISTORY_LEVELS = ("none", "activity", "audit", "full")
LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warning", "error")
DATABASES = ("sqlite", "postgresql")
BROKERS = ("redis", "rediss", "amqp", "amqps")
NONE = "none"
"""An empty list, as it is written and shown."""
MEGABYTE = 1024 * 1024
HOUR = 3600

T = TypeVar("T")


class InvalidSetting(Exception):
    """A setting that is unknown or has a value that cannot be used; the message says which and what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.message = message
        self.hint = hint


def _text(value: str) -> str:
    if not value:
        raise ValueError("a text")
    return value


def _switch(value: str) -> bool:
    match value.lower():
        case "on" | "true" | "yes" | "1":
            return True
        case "off" | "false" | "no" | "0":
            return False
    raise ValueError("on or off")


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isdecimal() or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value.lower()

    return read


def _database_url(value: str) -> str:
    if value.partition(":")[0].partition("+")[0] not in DATABASES:
        raise ValueError("a URL like sqlite:///baton.db or postgresql://user:password@host/database")
    return value


def _broker_url(value: str) -> str:
    if value != NONE and value.partition("://")[0] not in BROKERS:
        raise ValueError("a URL like redis://host:6379/0 or amqp://user:password@host/, or none")
    return value


def _server_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("a URL like http://127.0.0.1:8080/engine-rest")
    return value.rstrip("/")


def _maybe(value: str) -> str:
    return NONE if value.lower() == NONE else _text(value)


def _issuer(value: str) -> str:
    if value.lower() != NONE and not value.startswith(("https://", "http://")):
        raise ValueError("the address of the provider, such as https://login.example.org/realms/staff, or none")
    return _maybe(value)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error:
        raise ValueError("a regular expression") from None
    return _text(value)


def _names(value: str) -> tuple[str, ...]:
    return () if value == NONE else tuple(each.strip() for each in value.split(",") if each.strip())


def _days(value: str) -> str:
    """A number of days, as such or as an ISO 8601 duration; or none."""
    if value.lower() == NONE:
        return NONE
    if re.fullmatch(r"P?[0-9]{1,5}D?", value) is None or value.startswith("P") != value.endswith("D"):
        raise ValueError("a number of days, such as 30 or P30D, or none")
    return value.strip("PD")


def _days_by_name(value: str) -> tuple[str, ...]:
    found = _names(value)
    for each in found:
        name, _, days = each.partition("=")
        if not name or _days(days or "?") == NONE:
            raise ValueError("names with numbers of days, such as set-variables=3,instance-deletion=30")
    return found


def _window(value: str) -> str:
    if value.lower() == NONE:
        return NONE
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]", value) is None:
        raise ValueError("two times of day, such as 22:00-06:00, or none")
    return value


def _maybe_time_zone(value: str) -> str:
    return NONE if value.lower() == NONE else _time_zone(value)


def _seconds(most: int, least: float = 0.05) -> Callable[[str], float]:
    def read(value: str) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1
        if not least <= seconds <= most:
            raise ValueError(f"a number of seconds from {least:g} to {most}")
        return seconds

    return read


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("the name of a time zone, such as Europe/Berlin") from None
    return value


def _setting(default: T, read: Callable[[str], T], meaning: str, *, secret: bool = False) -> T:
    chosen: T = field(default=default, metadata={"read": read, "meaning": meaning, "secret": secret})
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be configured, with its default.

    The environment variable of a setting is its name in capitals after `BATON_`; in `baton.toml` it is the name itself.
    """

    database_url: str = _setting("sqlite:///baton.db", _database_url, "where everything is kept: SQLite or PostgreSQL")
    database_wait_seconds: float = _setting(
        60.0, _seconds(HOUR, least=0), "how long to wait at the start for a PostgreSQL that cannot be reached"
    )
    host: str = _setting("127.0.0.1", _text, "the address the server listens on")
    port: int = _setting(8080, _between(0, 65535), "the port the server listens on")
    threads: int = _setting(64, _between(1, 1000), "how many requests the server works on at the same time")
    event_streams: int = _setting(
        500,
        _between(0, 1000),
        "how many browsers are told of changes at once; each keeps a thread besides those, others ask now and then",
    )
    url: str = _setting("http://127.0.0.1:8080/engine-rest", _server_url, "the server that the command line talks to")
    job_runner: bool = _setting(True, _switch, "whether the server runs jobs by itself (see below)")
    broker_url: str = _setting(NONE, _broker_url, "the Redis or RabbitMQ that tells `baton worker` of jobs")
    worker_metrics_port: int = _setting(
        0, _between(0, 65535), "the port at which `baton worker` answers Prometheus; 0 for none"
    )
    handlers: tuple[str, ...] = _setting(
        (), _names, "modules with handlers, separated by commas, besides processes/*/handlers.py"
    )
    job_threads: int = _setting(10, _between(1, 1000), "how many handlers run at the same time in this process")
    sweep_seconds: float = _setting(5.0, _seconds(HOUR), "how often jobs are looked for that no bell has told of")
    lease_seconds: float = _setting(
        30.0, _seconds(HOUR), "how long the work of a process that died waits for another one"
    )
    handler_timeout_seconds: float = _setting(
        3600.0, _seconds(30 * 24 * HOUR), "how long a handler without a timeout may take until it gives a sign of life"
    )
    batch_jobs_per_seed: int = _setting(
        100, _between(1, 10_000), "how many jobs of a batch are made at once: other jobs wait behind so many at most"
    )
    batch_invocations_per_job: int = _setting(
        1, _between(1, 10_000), "to how many things one job of a batch does it, in one transaction"
    )
    http_allowed_hosts: tuple[str, ...] = _setting(
        (), _names, "hosts that the http connector may call, separated by commas; without any it is off"
    )
    scripts: bool = _setting(True, _switch, "whether scripts in JavaScript and Python may be deployed and run")
    time_zone: str = _setting("UTC", _time_zone, "the zone of timers and cycles whose texts name none")
    log_format: str = _setting("text", _one_of(*LOG_FORMATS), "how the log is written: for people or for machines")
    log_level: str = _setting("info", _one_of(*LOG_LEVELS), "what the log leaves out: all that matters less")
    auth: bool = _setting(True, _switch, "whether people and programs must sign in")
    admin_user: str = _setting(NONE, _maybe, "the administrator to make while there is none")
    admin_password: str = _setting(NONE, _maybe, "the password of that administrator", secret=True)
    session_idle_minutes: int = _setting(
        480, _between(1, 60 * 24 * 365), "how long one stays signed in without doing anything"
    )
    session_days: int = _setting(7, _between(1, 365), "how long one stays signed in at most")
    password_policy: str = _setting(
        "plain",
        _one_of("plain", "camunda", "off"),
        "what new passwords must be: long and not easily guessed, of all kinds of characters too, or anything",
    )
    id_pattern: str = _setting(
        "[a-zA-Z0-9]+(-admin)?", _pattern, "the regular expression for ids of new users, groups and tenants"
    )
    oidc_issuer: str = _setting(NONE, _issuer, "the identity provider (OpenID Connect) that people may sign in with")
    oidc_client_id: str = _setting(NONE, _maybe, "who this server is to that provider")
    oidc_client_secret: str = _setting(NONE, _maybe, "how it proves so, if it must", secret=True)
    oidc_audience: str = _setting(NONE, _maybe, "the audience of the provider's tokens that programs may show")
    oidc_scopes: str = _setting("openid profile email", _text, "what is asked of the provider")
    oidc_user_claim: str = _setting("preferred_username", _text, "the claim that holds the id of a user")
    oidc_groups_claim: str = _setting("groups", _text, "the claim that holds the groups of a user")
    oidc_groups: tuple[str, ...] = _setting(
        (), _names, "which of the provider's groups are which here: theirs=ours, separated by commas"
    )
    oidc_name: str = _setting("your organisation", _text, "what the sign-in page calls the provider")
    proxies: int = _setting(
        0, _between(0, 10), "how many reverse proxies stand before the server and say who asks (X-Forwarded-*)"
    )
    user: str = _setting(NONE, _maybe, "the user as whom the command line signs in")
    password: str = _setting(NONE, _maybe, "the password of that user", secret=True)
    token: str = _setting(NONE, _maybe, "the API token that the command line signs in with instead", secret=True)
    history_level: str = _setting("full", _one_of(*HISTORY_LEVELS), "how much history is kept")
    history_time_to_live_required: bool = _setting(
        False, _switch, "whether a process without historyTimeToLive is refused"
    )
    history_time_to_live: str = _setting(
        NONE, _days, "how many days the history of a process is kept whose model does not say it; none: for ever"
    )
    history_removal_strategy: str = _setting(
        "end", _one_of(*REMOVAL_STRATEGIES), "from when on those days count: start or end; none: nothing is old"
    )
    batch_history_time_to_live: str = _setting(NONE, _days, "how many days ended batches are kept; none: for ever")
    batch_history_times_to_live: tuple[str, ...] = _setting(
        (), _days_by_name, "the same for single types of batch: type=days, separated by commas"
    )
    history_cleanup: bool = _setting(True, _switch, "whether old history may be deleted by this process")
    history_cleanup_window: str = _setting(
        NONE, _window, "when old history is deleted each day, as in 22:00-06:00; none: only when somebody asks"
    )
    history_cleanup_zone: str = _setting(NONE, _maybe_time_zone, "the zone of that window; none: BATON_TIME_ZONE")
    history_cleanup_batch_size: int = _setting(
        500, _between(1, 500), "how many process instances are deleted in one transaction"
    )
    body_limit: int = _setting(2 * MEGABYTE, _between(1024, 1024 * MEGABYTE), "the largest JSON body, in bytes")
    upload_limit: int = _setting(
        16 * MEGABYTE, _between(1024, 1024 * MEGABYTE), "the largest upload, of a deployment or a file, in bytes"
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and for each name where its value comes from: a variable, a file or "default"."""

    settings: Settings
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What one setting is called, means and defaults to."""

    name: str
    variable: str
    meaning: str
    default: object
    secret: bool

    def show(self, settings: Settings) -> str:
        """Its value as it may be printed."""
        value = getattr(settings, self.name)
        return "***" if self.secret and value != NONE else shown(value)


KNOWN = tuple(
    Known(item.name, PREFIX + item.name.upper(), item.metadata["meaning"], item.default, item.metadata["secret"])
    for item in fields(Settings)
)


def load(environment: Mapping[str, str] | None = None, file: Path = FILE) -> Loaded:
    """Reads the settings; `environment` is the process's own unless given, and a missing `file` is an empty one.

    Raises InvalidSetting for an unknown name, in the environment as in the file, and for a value of the wrong kind.
    """
    readers = {item.name: item.metadata["read"] for item in fields(Settings)}
    found: dict[str, object] = {}
    origins = dict.fromkeys(readers, DEFAULT)
    for given in (*_from_file(file), *_from_environment(environment)):
        if given.name not in readers:
            raise InvalidSetting(f"{given.spelled} is not a setting.", _did_you_mean(given))
        try:
            found[given.name] = readers[given.name](given.text)
        except ValueError as wanted:
            raise InvalidSetting(f"{given.spelled} cannot be {given.text!r}.", f"Write {wanted}.") from None
        origins[given.name] = given.origin
    return Loaded(Settings(**found), origins)  # type: ignore[arg-type]


def shown(value: object) -> str:
    """A setting's value as it may be printed: switches as on and off, the password of a database URL hidden."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or NONE
    text = str(value)
    address, at, rest = text.rpartition("@")
    scheme, separator, account = address.partition("://")
    user, colon, _ = account.partition(":")
    return f"{scheme}{separator}{user}:***@{rest}" if at and colon else text


@dataclass(frozen=True, slots=True)
class _Given:
    name: str
    spelled: str
    origin: str
    text: str


def _from_environment(environment: Mapping[str, str] | None) -> list[_Given]:
    variables = os.environ if environment is None else environment
    return [
        _Given(variable.removeprefix(PREFIX).lower(), variable, variable, text)
        for variable, text in variables.items()
        if variable.startswith(PREFIX) and variable not in FOR_TESTS
    ]


def _from_file(file: Path) -> list[_Given]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        raise InvalidSetting(f"{file} cannot be read: {reason}.", "Write lines like port = 8080.") from None
    texts = {name: shown(value) if isinstance(value, bool | list) else str(value) for name, value in table.items()}
    return [_Given(name, f"{name} in {file}", str(file), text) for name, text in texts.items()]


def _did_you_mean(given: _Given) -> str:
    near = difflib.get_close_matches(given.name, [known.name for known in KNOWN], n=1)
    if not near:
        return "See `baton config show` for all of them."
    return f"Did you mean {PREFIX + near[0].upper() if given.origin == given.spelled else near[0]}?"
