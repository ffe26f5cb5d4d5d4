"""The private PostgreSQL cluster that the tests stand on."""

from __future__ import annotations

import sqlalchemy as sa

from tests.postgres import Cluster, private_cluster


def test_each_test_gets_an_empty_database_of_its_own(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert not sa.inspect(connection).has_table("mark")
        connection.execute(sa.text("CREATE TABLE mark (id INTEGER)"))
        assert sa.inspect(connection).has_table("mark")
    engine.dispose()


def test_the_next_test_does_not_see_it(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    assert not sa.inspect(engine).has_table("mark")
    engine.dispose()


def test_a_durable_cluster_keeps_fsync_on(postgres_cluster: Cluster) -> None:
    with private_cluster(durable=True) as cluster:
        engine = sa.create_engine(cluster.url())
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SHOW fsync")) == "on"
        engine.dispose()
