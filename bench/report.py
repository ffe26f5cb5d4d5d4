"""What was measured as text: the table on the terminal, the page `docs/benchmarks.md`, and JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.contender import Row
from bench.due import Delay
from bench.idle import Idle
from bench.parsing import Parsed

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
RIVAL, TUNED_RIVAL, DURABLE_RIVAL = RIVALS = "SpiffWorkflow", "SpiffWorkflow, spec shared", "DBOS"
COLUMNS = (
    "workload", "n", "database", "engine", "callers",
    "instances/s", "steps/s", "p50 ms", "p99 ms", "SQL/step", "x Spiff", "x shared", "x DBOS",
)  # fmt: skip
WIDTHS = (8, 7, 10, 26, 7, 11, 9, 9, 9, 8, 7, 8, 6)


@dataclass(frozen=True)
class Goal:
    """A number that was promised beside the one that was measured; `at_most` tells on which side of it to be."""

    text: str
    wanted: float
    measured: float
    unit: str
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the promise holds."""
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted

    def cells(self) -> tuple[str, str, str, str]:
        """Text, wanted, measured, verdict."""
        sign = "≤" if self.at_most else "≥"
        shown = _number(self.measured)
        return self.text, f"{sign} {self.wanted:g} {self.unit}", f"{shown} {self.unit}", "yes" if self.reached else "NO"


@dataclass
class Report:
    """Everything one run has measured."""

    effort: str
    rows: list[Row] = field(default_factory=list)
    parsed: list[Parsed] = field(default_factory=list)
    idle: Idle | None = None
    delays: list[Delay] = field(default_factory=list)

    def goals(self) -> list[Goal]:
        """The promises that this run has measured."""
        goals: list[Goal | None] = [
            self._faster("W1", 3),
            self._faster("W3", 8),
            self._more_durable("Baton", 10),
            self._more_durable("Baton, Celery", 2),
            *(self._flat("W5", database) for database in ("sqlite", "postgresql")),
            *(self._flat("W6", database) for database in ("sqlite", "postgresql")),
        ]
        for delay in self.delays:
            text = f"{delay.what} due to begun, idle, {delay.database}, {delay.hands}"
            goals.append(Goal(f"{text}: p50", 50, delay.p50, "ms", at_most=True))
            goals.append(Goal("... p99", 500, delay.p99, "ms", at_most=True))
        for parsed in self.parsed:
            limit = 5 if parsed.elements <= 60 else 1000
            goals.append(Goal(f"reading {parsed.elements:,} elements", limit, parsed.milliseconds, "ms", at_most=True))
            if parsed.elements > 60:
                goals.append(Goal("... peak memory of the process", 150, parsed.megabytes, "MB", at_most=True))
        if self.idle:
            goals.append(Goal("`baton serve`: first answer", 1.5, self.idle.seconds, "s", at_most=True))
            goals.append(Goal("`baton serve`: idle memory", 120, self.idle.megabytes, "MB", at_most=True))
        return [goal for goal in goals if goal]

    def times_rival(self, row: Row, rival: str = RIVAL) -> float | None:
        """How many times as many steps per second as the best of the rival's rows in the same place."""
        if row.contender in RIVALS:
            return None
        place = (row.workload, row.size, row.database, rival)
        rivals = [
            other.steps_per_second
            for other in self.rows
            if (other.workload, other.size, other.database, other.contender) == place
        ]
        return row.steps_per_second / max(rivals) if rivals else None

    def cells(self, row: Row) -> list[str]:
        """A row as the texts of the columns."""
        ratios = (self.times_rival(row, rival) for rival in RIVALS)
        return [
            row.workload,
            "" if row.size is None else f"{row.size:,}",
            row.database,
            row.contender,
            str(row.callers),
            "" if row.instances_per_second is None else _number(row.instances_per_second),
            _number(row.steps_per_second),
            *("" if time is None else f"{time:.2f}" for time in (row.p50, row.p99)),
            "" if row.statements_per_step is None else f"{row.statements_per_step:.1f}",
            *("" if ratio is None else f"{ratio:.1f}" for ratio in ratios),
        ]

    def markdown(self) -> str:
        """Both tables and what they were measured on."""
        goals = _table(("goal", "wanted", "measured", "reached"), (goal.cells() for goal in self.goals()))
        rows = _table(COLUMNS, map(self.cells, self.rows), right_from=4)
        return f"{self._circumstances()}\n\n{goals}\n\n{rows}\n"

    def write_page(self) -> None:
        """Puts the tables between the marks in `docs/benchmarks.md`."""
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{self.markdown()}\n{END}{after}", encoding="utf-8")

    def write_json(self, path: Path) -> None:
        """All numbers, with the ratios and goals."""
        rows = [asdict(row) | {"times": {rival: self.times_rival(row, rival) for rival in RIVALS}} for row in self.rows]
        goals = [asdict(goal) | {"reached": goal.reached} for goal in self.goals()]
        content = {
            "circumstances": self._circumstances(),
            "goals": goals,
            "rows": rows,
            "parsing": [asdict(parsed) for parsed in self.parsed],
            "delays": [asdict(delay) for delay in self.delays],
            "idle": asdict(self.idle) if self.idle else None,
        }
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")

    def _circumstances(self) -> str:
        day = datetime.now(UTC).date().isoformat()
        return (
            f"Measured on {day} with {self.effort} on {os.cpu_count()} cores ({_processor()}), "
            f"{platform.system()}, Python {platform.python_version()}, SpiffWorkflow {version('SpiffWorkflow')}, "
            f"DBOS {version('dbos')}."
        )

    def _faster(self, workload: str, wanted: float) -> Goal | None:
        place = self._find(workload, None, "postgresql", "Baton", 16)
        times = self.times_rival(place) if place else None
        text = f"{workload}, PostgreSQL, 16 callers: steps/s beside SpiffWorkflow's best"
        return None if times is None else Goal(text, wanted, times, "x")

    def _more_durable(self, contender: str, at_once: int) -> Goal | None:
        place = self._find("W4", None, "postgresql", contender, at_once)
        times = self.times_rival(place, DURABLE_RIVAL) if place else None
        text = f"W4, PostgreSQL, {contender}: durable steps/s beside DBOS's best"
        return None if times is None else Goal(text, 5, times, "x")

    def _flat(self, workload: str, database: str) -> Goal | None:
        sizes = sorted({row.size for row in self.rows if row.workload == workload and row.size is not None})
        if len(sizes) < 2:
            return None
        few, many = (self._find(workload, size, database, "Baton", 1) for size in (sizes[0], sizes[-1]))
        if few is None or many is None or few.p50 is None or many.p50 is None:
            return None
        text = f"{workload}, {database}: median click at {sizes[-1]:,} beside that at {sizes[0]:,}"
        return Goal(text, 1.3, many.p50 / few.p50, "x", at_most=True)

    def _find(self, workload: str, size: int | None, database: str, contender: str, callers: int) -> Row | None:
        place = (workload, size, database, contender, callers)
        return next((row for row in self.rows if astuple(row)[: len(place)] == place), None)


def aligned(cells: Sequence[str]) -> str:
    """A line of the table on the terminal."""
    return "  ".join(
        f"{cell:<{width}}" if column in (0, 2, 3) else f"{cell:>{width}}"
        for column, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )


def _table(head: Sequence[str], lines: Iterable[Sequence[str]], right_from: int = 1) -> str:
    rule = ["---" if column < right_from else "---:" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
