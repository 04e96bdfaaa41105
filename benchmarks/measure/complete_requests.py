"""Requests of complete apps: the rendered API as in production, and others without its features.

The rendered API logs each request as JSON, here to the null device, and CORS is configured. The
bare Flask app and the one with Authlib do neither.
"""

import logging
import logging.config
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from ..peers import authlib_resource_protector, this_template, this_template_new_tokens
from ..peers.plain_flask import protected_app
from .calls import request_call
from .stopwatch import time_in_turns
from .summaries import microseconds, ratio
from .testbed import Testbed
from .tokens import authorization

ORIGIN = "http://localhost:3000"
"""The origin of a single-page app."""


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Compare an open request with a bare Flask app, and a private one with Authlib."""
    rounds, valid = 30 if quick else 300, authorization(testbed.token)
    with json_log_to_null_device():
        api, new_tokens = (
            peer.make_app(testbed.domain, testbed.audience, ORIGIN)
            for peer in (this_template, this_template_new_tokens)
        )
        authlib = authlib_resource_protector.make_app(testbed.domain, testbed.audience)
        calls = {
            "open bare": request_call(protected_app(lambda _: {}), "/public", {}, 200),
            "open api": request_call(api, "/public", {}, 200),
            "private authlib": request_call(authlib, "/private", valid, 200),
            "private api": request_call(api, "/private", valid, 200),
            "private api, new tokens": request_call(new_tokens, "/private", valid, 200),
        }
        samples = time_in_turns(calls, rounds, slice_seconds=0.005)
    return {
        "us": {name: microseconds(times) for name, times in samples.items()},
        "open_to_bare": ratio(samples["open api"], samples["open bare"]),
        "private_to_authlib": ratio(samples["private api"], samples["private authlib"]),
    }


@contextmanager
def json_log_to_null_device() -> Iterator[None]:
    """Log as the rendered gunicorn.conf.py configures it, but to the null device."""
    handlers, level = logging.root.handlers[:], logging.root.level
    configuration = import_module("messages_api.request_logging").configuration({}, "json")
    logging.config.dictConfig(configuration)
    with open(os.devnull, "w", encoding="utf-8") as stream:
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(stream)
        yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
