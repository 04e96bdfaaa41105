"""Settings of the feature `dpop`, and what other parts of the API make of it: CORS and metadata."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from click import ClickException
from local_auth0 import Tenant

from ...support.api import AUDIENCE
from ...support.dpop.expected import METADATA
from ...support.dpop.proofs import World
from ...support.dpop_api import make_app

ORIGIN = "https://app.test"
PASSWORD = "s3cret"  # noqa: S105  # of a server that does not exist


@pytest.fixture(scope="module")
def world(tenant_folder: Path) -> World:
    """A tenant that is not running: no request here needs its keys."""
    return World(Tenant(tenant_folder, 1, AUDIENCE))


@pytest.mark.parametrize(
    ("mode", "members"),
    [
        ("allowed", {"dpop_signing_alg_values_supported": ["ES256", "RS256"]}),
        (
            "required",
            {
                "dpop_signing_alg_values_supported": ["ES256", "RS256"],
                "dpop_bound_access_tokens_required": True,
            },
        ),
    ],
)
def test_resource_metadata_has_the_members_for_dpop(
    package: Any, world: World, mode: str, members: dict[str, object]
) -> None:
    client = make_app(package, world, mode).test_client()

    document = client.get(METADATA.removeprefix("https://api.test")).json or {}

    assert {name: value for name, value in document.items() if "dpop" in name} == members
    assert document["bearer_methods_supported"] == ["header"]


def test_dpop_is_allowed_unless_it_is_set(package: Any, world: World) -> None:
    environ = {"AUTH0_DOMAIN": world.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}

    app = package.create_app(environ | {"PUBLIC_URL": "https://api.test"})
    challenges = app.test_client().get("/api/private").headers.getlist("WWW-Authenticate")

    assert [challenge.split()[0] for challenge in challenges] == ["Bearer", "DPoP"]


@pytest.mark.parametrize("mode", ["allowed", "required"])
@pytest.mark.parametrize("others", ["", "X-Note", "*"])
def test_preflight_allows_the_dpop_header(
    package: Any, world: World, mode: str, others: str
) -> None:
    settings = {"CORS_ORIGINS": ORIGIN} | ({"CORS_ALLOW_HEADERS": others} if others else {})
    client = make_app(package, world, mode, **settings).test_client()
    asked = {"Access-Control-Request-Method": "GET", "Origin": ORIGIN}

    response = client.options(
        "/private", headers=asked | {"Access-Control-Request-Headers": "authorization,dpop"}
    )

    allowed = response.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert response.status_code == 200
    assert {"authorization", "dpop"} <= {*allowed}


def test_browser_may_read_the_challenges(package: Any, world: World) -> None:
    client = make_app(package, world, "allowed", CORS_ORIGINS=ORIGIN).test_client()

    response = client.get("/private", headers={"Origin": ORIGIN})

    assert "WWW-Authenticate" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "settings",
    [
        {"PUBLIC_URL": ""},
        {"PUBLIC_URL": " "},
        {"PUBLIC_URL": "http://api.test"},
        {"PUBLIC_URL": "https://api.test?a"},
        {"PUBLIC_URL": "https://api.test/#a"},
        {"PUBLIC_URL": "https://api.test/é"},
        {"PUBLIC_URL": "https://api.test:https/"},
        {"PUBLIC_URL": "https://a@api.test/"},
        {"DPOP": ""},
        {"DPOP": "off"},
        {"DPOP": "no"},
        {"DPOP": "false"},
        {"DPOP": "Required"},
        {"DPOP": "required,allowed"},
        *(
            {"DPOP_REPLAY_URL": url}
            for url in (
                "localhost",
                "localhost:6379",
                "http://localhost",
                "redis://",
                "redis:localhost",
                "redis://localhost:port",
                "redis://localhost:0",
                "redis://localhost:65536",
                "redis://localhost/database",
                "redis://localhost redis://localhost",
                "memory://",
                "unix://",
            )
        ),
    ],
    ids=lambda settings: "-".join(*settings.items()),
)
def test_malformed_setting_stops_the_start(
    package: Any, world: World, settings: dict[str, str]
) -> None:
    (name,) = settings

    with pytest.raises(ClickException, match=f"^{name} is ") as raised:
        make_app(package, world, **{"mode": "allowed", **settings})

    assert "\n" not in raised.value.message


def test_missing_public_url_stops_the_start(package: Any, world: World) -> None:
    environ = {"AUTH0_DOMAIN": world.tenant.domain, "AUTH0_AUDIENCE": AUDIENCE}

    with pytest.raises(ClickException, match=r"^PUBLIC_URL is ''"):
        package.create_app(environ)


def test_error_does_not_show_the_password_of_redis(package: Any, world: World) -> None:
    url = f"redis://:{PASSWORD}@localhost:port"

    with pytest.raises(ClickException) as raised:
        make_app(package, world, "allowed", DPOP_REPLAY_URL=url)

    assert PASSWORD not in raised.value.message


@pytest.mark.parametrize(
    ("workers", "url", "warns"),
    [
        ({}, "", True),
        ({"WEB_CONCURRENCY": "2"}, "", True),
        ({"WEB_CONCURRENCY": ""}, "", True),
        ({"WEB_CONCURRENCY": "1"}, "", False),
        ({}, "redis://127.0.0.1", False),
        ({"WEB_CONCURRENCY": "8"}, "redis://127.0.0.1", False),
    ],
)
def test_check_warns_of_workers_that_share_no_proofs(
    package: Any, world: World, workers: dict[str, str], url: str, warns: bool
) -> None:
    check = importlib.import_module(f"{package.__name__}.cli.dpop").check
    app = make_app(package, world, "allowed")
    app.config["DPOP_REPLAY_URL"] = url

    lines = list(check(app, workers))

    assert [line.passed for line in lines] == [False] * warns
    assert all("DPOP_REPLAY_URL" in line.hint for line in lines)
