"""The web app for people: the pages and files that a browser is given; all data it reads over REST."""

from tasklist.app import create_web_blueprint
from tasklist.pages import create_pages_blueprint

__all__ = ["create_pages_blueprint", "create_web_blueprint"]
