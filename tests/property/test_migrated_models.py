"""Random processes that are deployed again and again while they run, and migrated to the newest version: whatever they
are doing, that changes nothing that the reference could tell."""

from __future__ import annotations

from random import Random

import pytest

from tests.property.generate import generate
from tests.property.render import files
from tests.property.run import Run

MODELS = 60
SHARE_OF_POSTGRESQL = 5


class MigratingRun(Run):
    """A run whose instances are migrated every now and then, by the generated plan."""

    def disturb(self) -> None:
        super().disturb()
        if self.random.random() < 0.3:
            self.migrate()

    def migrate(self) -> None:
        """Deploy the model once more, and migrate the whole tree, each instance for itself."""
        self.trace.append("migrate")
        self.engine.deployments.deploy(files(self.model))
        newest = {each.key: each.id for each in self.engine.queries.process_definitions.list({"latestVersion": True})}
        tree = self.engine.queries.historic_process_instances.list({"rootProcessInstanceId": str(self.root_id)})
        for instance in tree:
            if instance.ended_at is None:
                plan = self.engine.migrations.generate(instance.definition_id, newest[instance.definition_key])
                self.engine.migrations.execute(plan, [instance.id])
        self.compare()
        self.agree([str(violation) for violation in self.engine.check()])


def agrees(url: str, number: int) -> None:
    run = MigratingRun(url, generate(number), Random(f"migration {number}"))
    try:
        run.go()
    except BaseException:
        print(f"model {number}\n{run.story()}")
        raise
    finally:
        run.close()


@pytest.mark.parametrize("number", range(MODELS))
def test_on_sqlite_migration_changes_nothing(sqlite_for_all: str, number: int) -> None:
    agrees(sqlite_for_all, number)


@pytest.mark.parametrize("number", range(0, MODELS, SHARE_OF_POSTGRESQL))
def test_on_postgresql_migration_changes_nothing(postgres_for_all: str, number: int) -> None:
    agrees(postgres_for_all, number)
