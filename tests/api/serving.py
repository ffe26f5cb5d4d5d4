"""A real HTTP server over a fresh engine, on threads of the test's own process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from api import create_blueprint
from engine import Engine


@contextmanager
def served(database_url: str) -> Iterator[str]:
    """The base URL of a server over a fresh engine."""
    engine = Engine.open(database_url)
    engine.upgrade()
    app = Flask("served")
    app.register_blueprint(create_blueprint(engine))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/engine-rest"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        engine.close()
