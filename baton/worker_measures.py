"""What Prometheus scrapes of a Celery worker: the counts of all its processes, from the one that watches over them.

The processes write their counts into files of a folder, which outlive them; so do those of handlers that count with
prometheus_client themselves.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

log = logging.getLogger("baton")


def count_in_files() -> None:
    """From now on, also in processes that are forked, counts are kept in files.

    Comes before the first import of prometheus_client, which decides then.
    """
    if _FOLDER not in os.environ:
        owner, folder = os.getpid(), tempfile.mkdtemp(prefix="baton-metrics-")
        os.environ[_FOLDER] = folder

        def remove() -> None:
            if os.getpid() == owner:
                shutil.rmtree(folder, ignore_errors=True)

        atexit.register(remove)


def serve_counts(host: str, port: int) -> None:
    """Answer Prometheus on a thread; a port that cannot be had costs the measures, not the work."""
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    try:
        start_http_server(port, host, registry)
    except OSError as reason:
        log.error("No measures are served at %s port %d: %s", host, port, reason)  # noqa: TRY400 - the trace says no more
