"""The pool: started late, shared by threads, bounded, recycled, closed without a trace."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from engine.expression import EvaluationError, ExpressionLimit, ScriptsUnavailable
from engine.scripting import ScriptPool
from engine.scripting import process as process_module
from tests.scripting.processes import PATIENT, descendants, idle, needs_proc

ENDLESS = "while (true);"


def test_no_process_is_started_before_the_first_script() -> None:
    with ScriptPool(PATIENT) as pool:
        assert idle(pool, "javascript") == idle(pool, "python") == []
        pool.run("javascript", "1", {}, {})
        assert len(idle(pool, "javascript")) == 1
        assert idle(pool, "python") == []


def test_a_process_runs_many_scripts(language: str) -> None:
    with ScriptPool(PATIENT) as pool:
        pool.run(language, "1", {}, {})
        [first] = idle(pool, language)
        for _ in range(5):
            pool.run(language, "1", {}, {})
        with pytest.raises(EvaluationError):
            pool.run(language, "nonsense", {}, {})
        assert idle(pool, language) == [first]
        assert first.runs == 7


def test_a_process_is_replaced_after_its_last_script() -> None:
    with ScriptPool(replace(PATIENT, runs_per_process=2)) as pool:
        seen = set()
        for _ in range(4):
            pool.run("javascript", "1", {}, {})
            seen.update(process._process.pid for process in idle(pool, "javascript"))
        assert len(seen) == 2
        assert idle(pool, "javascript") == []


def test_threads_share_the_processes(language: str) -> None:
    with ScriptPool(PATIENT) as pool, ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda n: pool.run(language, "n * 2", {"n": n}, {}).value, range(60)))
        assert results == [n * 2 for n in range(60)]
        assert 1 <= len(idle(pool, language)) <= pool.limits.processes


def test_a_crowd_of_endless_scripts_is_turned_away_and_the_pool_works_on() -> None:
    limits = replace(PATIENT, seconds=0.2, wall_seconds=5.0, processes=2, waiting=4, wait_seconds=0.05)
    errors: list[str] = []

    def run() -> None:
        try:
            pool.run("javascript", ENDLESS, {}, {})
        except ExpressionLimit as problem:
            errors.append(str(problem))

    with ScriptPool(limits) as pool:
        threads = [threading.Thread(target=run) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(errors) == 12
        assert sum("took longer" in error for error in errors) >= 2
        assert any("were busy for 0.05 s" in error or "wait to be run" in error for error in errors)
        assert pool.run("javascript", "1", {}, {}).value == 1


def test_closing_ends_the_processes_and_the_scripts_they_run(language: str) -> None:
    endless = {"javascript": ENDLESS, "python": "while True: pass"}[language]
    pool = ScriptPool(PATIENT)
    pool.run(language, "1", {}, {})
    [process] = idle(pool, language)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(pool.run, language, endless, {}, {})
        while idle(pool, language):
            pass
        pool.close()
        with pytest.raises(EvaluationError, match="it was killed by SIGKILL"):
            running.result()
    assert not process.alive
    with pytest.raises(ScriptsUnavailable, match="the engine was closed"):
        pool.run(language, "1", {}, {})
    pool.close()


@needs_proc
def test_nothing_is_left_of_a_closed_pool(language: str) -> None:
    with ScriptPool(PATIENT) as pool:
        pool.run(language, "1", {}, {})
        [process] = idle(pool, language)
        session = process._process.pid
        assert descendants(session)
    for _ in range(1000):
        if not descendants(session):
            return
        time.sleep(0.01)
    pytest.fail(f"{descendants(session)} outlived the pool")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_starts_processes_of_its_own() -> None:
    with ScriptPool(PATIENT) as pool:
        pool.run("javascript", "1", {}, {})
        [before] = idle(pool, "javascript")
        child = os.fork()
        if child == 0:
            try:
                value = pool.run("javascript", "2", {}, {}).value
                own = idle(pool, "javascript") != [before]
                pool.close()
                os._exit(0 if value == 2 and own else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert before.alive
        assert pool.run("javascript", "3", {}, {}).value == 3
        assert idle(pool, "javascript") == [before]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setitem(process_module._MODULES, language, ("no_such_module",))
    with ScriptPool(PATIENT) as pool:
        for use in (pool.check, lambda *given: pool.run(*given, {}, {})):
            with pytest.raises(ScriptsUnavailable, match=r"module no_such_module: pip install 'batonflow\[scripts\]'"):
                use(language, "1")


def test_a_process_that_does_not_start_is_an_error_and_takes_no_place() -> None:
    with ScriptPool(replace(PATIENT, processes=1, address_space_bytes=1 << 20)) as pool:
        for _ in range(2):
            with pytest.raises(ScriptsUnavailable, match="did not start: it"):
                pool.run("javascript", "1", {}, {})
