"""Requests of complete apps: the rendered API as in production, and others without its features.

The rendered API logs each request as JSON, here to the null device, and CORS is configured. The
bare Flask app and the one with Authlib do neither.
"""

import logging
import logging.config
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module

from flask import Flask

from ..peers import authlib_resource_protector, this_template
from ..peers.plain_flask import protected_app
from .calls import RSA, request_call, rsa_call
from .stopwatch import TimedCall, time_in_turns
from .summaries import difference_ratio, microseconds, ratio
from .testbed import Testbed
from .tokens import authorization

ORIGIN = "http://localhost:3000"
"""The origin of a single-page app."""


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Compare open and private requests, and time an RSA verification as a part of a request."""
    rounds, valid = 30 if quick else 300, authorization(testbed.token)
    rsa = rsa_call(testbed.tenant)
    with json_log_to_null_device():
        api = this_template.make_app(testbed.domain, testbed.audience, ORIGIN)
        authlib = authlib_resource_protector.make_app(testbed.domain, testbed.audience)
        samples = time_in_turns(
            {
                RSA: rsa,
                "open bare": request_call(_bare_app(), "/public", {}, 200),
                "open api": request_call(api, "/public", {}, 200),
                "open api with token": request_call(api, "/public", valid, 200),
                "private authlib": request_call(authlib, "/private", valid, 200),
                "private api": request_call(api, "/private", valid, 200),
                "without rsa": request_call(_bare_app(), "/private", valid, 200),
                "with rsa": request_call(_bare_app(rsa), "/private", valid, 200),
            },
            rounds,
            slice_seconds=0.005,
        )
    return {
        "us": {name: microseconds(times) for name, times in samples.items()},
        "open_to_bare": ratio(samples["open api"], samples["open bare"]),
        "private_to_authlib": ratio(samples["private api"], samples["private authlib"]),
        "protection_to_rsa": difference_ratio(
            samples["private api"], samples["open api with token"], samples[RSA]
        ),
        "rsa_in_request_to_rsa": difference_ratio(
            samples["with rsa"], samples["without rsa"], samples[RSA]
        ),
    }


def _bare_app(call: TimedCall = lambda: None) -> Flask:
    """Make a Flask app whose private endpoint makes a call, and accepts every token."""

    def verify(token: str) -> Mapping[str, object]:
        call()
        return {"sub": token[:8]}

    return protected_app(verify)


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
