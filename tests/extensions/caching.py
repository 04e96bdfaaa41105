"""Flask-Caching."""

from flask import Flask
from flask_caching import Cache

from .views import add_views


def add_endpoints(app: Flask) -> None:
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})
    add_views(app, cache.cached(timeout=60))
