"""The rendered API, its tenant, callers with every kind of token, and functions that make views.

`expected_status` is the oracle: it computes the status for each caller without the API's code.
"""

import importlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView, View

AUDIENCE = "https://api.test"
BODY = "a private body"

ViewFunction = Callable[..., Any]
Declared = Collection[tuple[str, str]]
"""Decorators, each with the scope, permission or group that it requires."""

KINDS = {
    "requires_scope": "scope",
    "requires_any_scope": "scope",
    "requires_permission": "permission",
    "requires_any_permission": "permission",
    "requires_claim": "claim",
}
"""By decorator: the kind of claim that it checks."""

OPEN = ("public", "optional_auth")
DECORATORS = (*OPEN, "requires_auth", *KINDS)


@dataclass(frozen=True)
class Caller:
    """A client: the token that it sends, and the scopes, permissions and claims in the token."""

    credential: str
    grants: frozenset[tuple[str, str]] = frozenset()


ANONYMOUS, MALFORMED, EXPIRED = map(Caller, ("none", "malformed", "expired"))
OFFLINE_DOMAIN = "localhost:1"
"""The domain of an unreachable tenant."""
UNVERIFIABLE = Caller("unverifiable")
"""Sends a valid token to an app whose tenant is unreachable."""


def holder_of(names: Collection[str], *kinds: str) -> Caller:
    """Return a caller with a valid token that has these names as scopes, or in other kinds."""
    grants = ((kind, name) for kind in kinds or ["scope"] for name in names)
    return Caller("valid", frozenset(grants))


def expected_status(declared: Declared, caller: Caller) -> int:
    """Return the expected status for a caller of an endpoint with these decorators."""
    names = {name for name, _ in declared}
    if names == {"public"}:
        return 200
    if caller.credential == "none":
        return 200 if names <= {*OPEN} else 401
    if caller.credential in ("malformed", "expired"):
        return 401
    if caller.credential == "unverifiable":
        return 503
    needed = {(KINDS[name], value) for name, value in declared if name in KINDS}
    return 200 if needed <= caller.grants else 403


PROFILES: dict[str, Declared] = {
    "anyone": [("public", "")],
    "token holders": [("requires_auth", "")],
    "holders of a": [("requires_scope", "a")],
    "holders of a and b": [("requires_scope", "a"), ("requires_scope", "b")],
}
PROBES = (ANONYMOUS, MALFORMED, EXPIRED, *map(holder_of, ("", "a", "b", "ab")))


@dataclass(frozen=True)
class World:
    """The package under test, its tenant, and the tokens that the tenant issued."""

    package: Any
    auth: Any
    tenant: Any
    _tokens: dict[tuple[Caller, bool], str] = field(default_factory=dict)

    def app(self, *, online: bool = True, **environ: str) -> Flask:
        """Create the rendered app. Its tenant is reachable only with `online`."""
        domain = self.tenant.domain if online else OFFLINE_DOMAIN
        settings = {"AUTH0_DOMAIN": domain, "AUTH0_AUDIENCE": AUDIENCE}
        app = self.package.create_app(settings | environ)
        assert isinstance(app, Flask)
        return app

    def decorator(self, name: str, required: str = "a") -> Any:
        """Return a decorator by its name; `required` is the scope, permission or group."""
        others = {"requires_claim": ["groups", "other"]}.get(name, ["other"] * ("any" in name))
        decorator = getattr(self.auth, name)
        return decorator(*others, required) if name in KINDS else decorator

    def headers(self, caller: Caller, *, online: bool = True) -> dict[str, str]:
        """Return the Authorization header of a caller, for an app with or without its tenant."""
        if caller.credential == "none":
            return {}
        key = caller, online and caller.credential != "unverifiable"
        if key not in self._tokens:
            grants = {
                k: sorted(n for kind, n in caller.grants if kind == k) for k in KINDS.values()
            }
            claims: dict[str, object] = {"exp": 1} if caller.credential == "expired" else {}
            claims |= {} if key[1] else {"iss": f"https://{OFFLINE_DOMAIN}/"}
            token = self.tenant.token(
                " ".join(grants["scope"]), grants["permission"], groups=grants["claim"], **claims
            )
            self._tokens[key] = "a.b" if caller.credential == "malformed" else token
        return {"Authorization": f"Bearer {self._tokens[key]}"}

    def status(self, app: Flask, caller: Caller, path: str, method: str, **more: str) -> int:
        """Call an endpoint and return the status. Only a 200 may contain the private body."""
        headers = self.headers(caller) | more
        response = app.test_client().open(path, method=method, headers=headers)
        assert (BODY in response.text) <= (response.status_code == 200)
        return response.status_code

    def who_may_call(
        self, app: Flask, path: str = "/x", method: str = "GET", **headers: str
    ) -> str:
        """Return the name of the matching profile, "status 500", or the statuses of all probes."""
        found = [self.status(app, probe, path, method, **headers) for probe in PROBES]
        for name, declared in PROFILES.items():
            if found == [expected_status(declared, probe) for probe in PROBES]:
                return name
        return "status 500" if set(found) == {500} else str(found)


@contextmanager
def start_world(folder: Path) -> Iterator[World]:
    """Start a tenant, trusted through the CA bundle in the environment."""
    tenant = importlib.import_module("local_auth0").Tenant(folder, 0, AUDIENCE)
    with tenant, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca_file))
        patch.setenv("NO_PROXY", "localhost")
        patch.setenv("no_proxy", "localhost")
        package = importlib.import_module("messages_api")
        yield World(package, importlib.import_module("messages_api.auth"), tenant)


def new_view() -> ViewFunction:
    """Make a new view or method: decorators change the function that they are applied to."""

    def show(*_: object) -> str:
        return BODY

    return show


async def show_async(*_: object) -> str:
    return BODY


def new_class(*bases: type, **members: object) -> Any:
    """Make a class-based view: a MethodView with `get`, unless bases or members are given."""
    if not (bases or members):
        members = {"get": new_view()}
    return type("Show", bases or (MethodView,), members)


def new_blueprint(target: object = None, name: str = "outer", path: str = "x") -> Blueprint:
    """Make a blueprint of a view, a class-based view or an inner blueprint."""
    blueprint = Blueprint(name, __name__)
    register(blueprint, target or new_view(), path)
    return blueprint


def register(scaffold: Flask | Blueprint, target: Any, name: str = "x") -> None:
    """Register a view or a class-based view at `/<name>`, or a blueprint."""
    if isinstance(target, Blueprint):
        scaffold.register_blueprint(target)
    else:
        is_class = isinstance(target, type) and issubclass(target, View)
        scaffold.add_url_rule(f"/{name}", name, target.as_view(name) if is_class else target)
