"""`python -m bench`: measures everything in one go and prints one table."""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from bench import due, durable, idle, parsing
from bench.baton_durable import Baton
from bench.baton_facade import Facade
from bench.baton_rest import Rest
from bench.contender import Contender, Row
from bench.dbos_durable import Dbos
from bench.hands import Hands, by_celery, embedded
from bench.report import COLUMNS, Report, aligned
from bench.spiff import Spiff
from bench.workloads import WORKLOADS, Bench, Effort
from tests.postgres import private_cluster

OVER_REST = ("W1", "W3")
CONTENDERS: dict[str, Callable[[str], Contender]] = {
    "spiff": partial(Spiff, shared_spec=False),
    "spiff-shared": partial(Spiff, shared_spec=True),
    "baton": Facade,
    "rest": Rest,
}
DURABLE: dict[str, tuple[durable.OpenDurable, Sequence[int]]] = {
    "dbos": (Dbos, (4, 8, 16)),
    "baton": (partial(Baton, "Baton", embedded), (10,)),
    "celery": (partial(Baton, "Baton, Celery", by_celery), (2,)),
}
DUE: dict[str, tuple[str, Hands, int]] = {"baton": ("Baton", embedded, 10), "celery": ("Baton, Celery", by_celery, 1)}
DATABASES = ("sqlite", "postgresql")
STEPS = (*sorted((*WORKLOADS, "W4")), "timers")
OTHERS = ("due", "parse", "start")


def main() -> None:
    """Measures what was asked for."""
    arguments = _arguments()
    report = Report(f"`python -m bench{' --quick' if arguments.quick else ''}`")
    effort = Effort.quick() if arguments.quick else Effort.full()
    print(aligned(COLUMNS))
    with _databases(arguments.database) as fresh_database:
        for row in _rows(arguments, effort, fresh_database):
            report.rows.append(row)
            print(aligned(report.cells(row)), flush=True)
        if "due" in arguments.workload:
            report.delays += _delays(arguments, effort, fresh_database)
        if "parse" in arguments.workload:
            report.parsed += [parsing.measure(elements) for elements in (60, 10_000)]
        if "start" in arguments.workload:
            report.idle = idle.measure(fresh_database("sqlite"))
    print()
    for goal in report.goals():
        text, wanted, measured, reached = goal.cells()
        print(f"{text:<75}{wanted:>12}{measured:>14}   {reached}")
    if arguments.json:
        report.write_json(arguments.json)
    if arguments.write:
        report.write_page()


def _rows(arguments: argparse.Namespace, effort: Effort, fresh_database: Callable[[str], str]) -> Iterator[Row]:
    """Workload by workload, so that rivals are measured within the same minutes."""
    for workload, database in itertools.product(STEPS, arguments.database):
        if workload not in arguments.workload:
            continue
        if workload == "W4":
            for name in (name for name in DURABLE if name in arguments.contender):
                if name == "dbos" and database == "sqlite":
                    continue  # a few dozen steps per second: DBOS offers SQLite for trying it out
                open_contender, tried = DURABLE[name]
                for at_once in tried:
                    yield durable.measure(open_contender, fresh_database(database), database, at_once, effort)
        elif workload == "timers":
            yield due.timers(fresh_database(database), database, effort)
        else:
            for name in (name for name in CONTENDERS if name in arguments.contender):
                if name != "rest" or workload in OVER_REST:
                    with closing(CONTENDERS[name](fresh_database(database))) as contender:
                        yield from WORKLOADS[workload](Bench(contender, database, effort))


def _delays(arguments: argparse.Namespace, effort: Effort, fresh_database: Callable[[str], str]) -> Iterator[due.Delay]:
    for database, name in itertools.product(arguments.database, DUE):
        if name in arguments.contender:
            shown, hands, at_once = DUE[name]
            yield from due.delays(shown, hands, at_once, fresh_database(database), database, effort)


@contextmanager
def _databases(kinds: list[str]) -> Iterator[Callable[[str], str]]:
    """Gives out URLs of empty databases; PostgreSQL runs with its default settings for durability."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-bench-")))
        cluster = stack.enter_context(private_cluster(durable=True)) if "postgresql" in kinds else None
        numbers = itertools.count(1)

        def fresh(kind: str) -> str:
            name = f"bench{next(numbers)}"
            if kind == "postgresql" and cluster:
                return cluster.create_database(name)
            return f"sqlite:///{folder / name}.db"

        yield fresh


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: a look, not numbers to publish")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/benchmarks.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE")
    for name, choices in (
        ("workload", (*STEPS, *OTHERS)),
        ("database", DATABASES),
        ("contender", tuple(dict.fromkeys((*CONTENDERS, *DURABLE)))),
    ):
        parser.add_argument(
            f"--{name}",
            choices=choices,
            nargs="+",
            default=list(choices),
            metavar="NAME",
            help=f"of {', '.join(choices)}",
        )
    return parser.parse_args()


if __name__ == "__main__":
    main()
