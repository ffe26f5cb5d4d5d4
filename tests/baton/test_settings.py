"""Settings: environment over file over defaults, and nothing unknown or nonsensical gets through."""

from __future__ import annotations

from pathlib import Path

import pytest

from baton.settings import KNOWN, InvalidSetting, Settings, load, shown

NO_FILE = Path("there-is-no-such-file.toml")


def test_defaults_need_neither_environment_nor_file() -> None:
    loaded = load({}, NO_FILE)
    assert loaded.settings == Settings()
    assert loaded.settings.database_url == "sqlite:///baton.db"
    assert set(loaded.origins.values()) == {"default"}


def test_environment_wins_over_file_and_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "baton.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\njob_runner = false\n')
    loaded = load({"BATON_PORT": "9001", "HOME": "/root"}, file)
    assert (loaded.settings.port, loaded.settings.host, loaded.settings.job_runner) == (9001, "0.0.0.0", False)
    assert loaded.settings.history_level == "full"
    assert loaded.origins["port"] == "BATON_PORT"
    assert loaded.origins["host"] == str(file)
    assert loaded.origins["history_level"] == "default"


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "baton.toml"
    file.write_text('database_url = "postgresql://ada:secret@db/baton"\n')
    assert load({}, file).settings.database_url == "postgresql://ada:secret@db/baton"


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("BATON_PRT", "1", "BATON_PRT is not a setting. Did you mean BATON_PORT?"),
        ("BATON_ZZZZ", "1", "BATON_ZZZZ is not a setting. See `baton config show` for all of them."),
        ("BATON_PORT", "eighty", "BATON_PORT cannot be 'eighty'. Write a whole number from 0 to 65535."),
        ("BATON_PORT", "65536", "BATON_PORT cannot be '65536'. Write a whole number from 0 to 65535."),
        ("BATON_PORT", "-1", "BATON_PORT cannot be '-1'. Write a whole number from 0 to 65535."),
        ("BATON_HOST", "", "BATON_HOST cannot be ''. Write a text."),
        ("BATON_JOB_RUNNER", "maybe", "BATON_JOB_RUNNER cannot be 'maybe'. Write on or off."),
        ("BATON_HISTORY_LEVEL", "all", "BATON_HISTORY_LEVEL cannot be 'all'. Write one of none, activity"),
        ("BATON_DATABASE_URL", "mysql://x/y", "BATON_DATABASE_URL cannot be 'mysql://x/y'. Write a URL like sqlite"),
        ("BATON_URL", "localhost:8080", "BATON_URL cannot be 'localhost:8080'. Write a URL like http://"),
    ],
)
def test_an_unusable_variable_is_refused_with_what_to_write(variable: str, text: str, message: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        load({variable: text}, NO_FILE)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("prot = 1", "prot in baton.toml is not a setting. Did you mean port?"),
        ("port = 1.5", "port in baton.toml cannot be '1.5'."),
        ("port", "baton.toml cannot be read: "),
    ],
)
def test_an_unusable_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("baton.toml").write_text(content)
    with pytest.raises(InvalidSetting) as refused:
        load({})
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "value"), [("on", True), ("TRUE", True), ("1", True), ("off", False), ("No", False), ("0", False)]
)
def test_switches_read_the_usual_words(text: str, value: bool) -> None:
    assert load({"BATON_HISTORY_TIME_TO_LIVE_REQUIRED": text}, NO_FILE).settings.history_time_to_live_required is value


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("HISTORY_TIME_TO_LIVE", "30", "30"),
        ("HISTORY_TIME_TO_LIVE", "P30D", "30"),
        ("HISTORY_TIME_TO_LIVE", "none", "none"),
        ("HISTORY_CLEANUP_WINDOW", "22:00-06:00", "22:00-06:00"),
        (
            "BATCH_HISTORY_TIMES_TO_LIVE",
            "set-variables=3, x=P4D",
            ("set-variables=3", "x=P4D"),
        ),
        ("HISTORY_CLEANUP_ZONE", "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_retention_is_read(name: str, text: str, value: object) -> None:
    assert getattr(load({f"BATON_{name}": text}, NO_FILE).settings, name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HISTORY_TIME_TO_LIVE", "P1M"),
        ("HISTORY_TIME_TO_LIVE", "-1"),
        ("HISTORY_TIME_TO_LIVE", "30D"),
        ("HISTORY_CLEANUP_WINDOW", "22-06"),
        ("HISTORY_CLEANUP_WINDOW", "22:00-24:00"),
        ("BATCH_HISTORY_TIMES_TO_LIVE", "set-variables"),
        ("BATCH_HISTORY_TIMES_TO_LIVE", "set-variables=none"),
        ("HISTORY_REMOVAL_STRATEGY", "never"),
        ("HISTORY_CLEANUP_ZONE", "Berlin"),
        ("HISTORY_CLEANUP_BATCH_SIZE", "501"),
    ],
)
def test_retention_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        load({f"BATON_{name}": text}, NO_FILE)


def test_a_printed_database_url_hides_its_password() -> None:
    assert shown("postgresql://ada:p@ss:w@db/baton") == "postgresql://ada:***@db/baton"
    assert shown("postgresql://ada@db/baton") == "postgresql://ada@db/baton"
    assert shown("sqlite:///baton.db") == "sqlite:///baton.db"
    assert shown(True) == "on"


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    for known in KNOWN:
        assert f"| `{known.variable}` | `{shown(known.default)}` | {known.meaning} |" in page
