"""`python -m bench`: measures everything in one go and prints one table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from bench import idle, parsing
from bench.baton_facade import Facade
from bench.baton_rest import Rest
from bench.contender import Contender
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
DATABASES = ("sqlite", "postgresql")
OTHERS = ("parse", "start")


def main() -> None:
    """Measures what was asked for."""
    arguments = _arguments()
    report = Report(f"`python -m bench{' --quick' if arguments.quick else ''}`")
    effort = Effort.quick() if arguments.quick else Effort.full()
    print(aligned(COLUMNS))
    with _databases(arguments.database) as fresh_database:
        # Workload by workload, so that rivals are measured within the same minutes.
        for workload in (name for name in WORKLOADS if name in arguments.workload):
            for database in arguments.database:
                for name in arguments.contender:
                    if name == "rest" and workload not in OVER_REST:
                        continue
                    with closing(CONTENDERS[name](fresh_database(database))) as contender:
                        for row in WORKLOADS[workload](Bench(contender, database, effort)):
                            report.rows.append(row)
                            print(aligned(report.cells(row)), flush=True)
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


@contextmanager
def _databases(kinds: list[str]) -> Iterator[Callable[[str], str]]:
    """Gives out URLs of empty databases; PostgreSQL runs with its default settings for durability."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-bench-")))
        cluster = stack.enter_context(private_cluster(durable=True)) if "postgresql" in kinds else None
        numbers = count(1)

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
        ("workload", (*WORKLOADS, *OTHERS)),
        ("database", DATABASES),
        ("contender", tuple(CONTENDERS)),
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
