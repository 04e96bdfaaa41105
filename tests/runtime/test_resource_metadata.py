"""Protected resource metadata (RFC 9728) for every kind of audience."""

import pytest
from flask import Flask
from messages_api import auth, create_app

from ..support.api import view_returning

WELL_KNOWN = "/.well-known/oauth-protected-resource"


def make_metadata_app(audience: str, public_url: str) -> Flask:
    domains = "tenant.eu.auth0.com, login.a.test"
    environ = {"AUTH0_DOMAIN": domains, "AUTH0_AUDIENCE": audience, "PUBLIC_URL": public_url}
    app = create_app(environ)
    app.add_url_rule("/show", "show", auth.requires_any_scope("b", "a")(view_returning("")))
    app.add_url_rule("/other", "other", auth.requires_permission("c")(view_returning("")))
    return app


@pytest.mark.parametrize(
    ("audience", "public_url", "path"),
    [
        ("https://api.test", "https://api.test", WELL_KNOWN),
        ("https://api.test/", "https://api.test/", WELL_KNOWN),
        ("https://api.test/v1/x", "https://api.test/v1", f"{WELL_KNOWN}/v1/x"),
        ("https://api.test/a%20b/", "https://api.test", f"{WELL_KNOWN}/a%20b/"),
    ],
)
def test_challenge_has_the_url_of_the_metadata(audience: str, public_url: str, path: str) -> None:
    client = make_metadata_app(audience, public_url).test_client()

    rejected, metadata = client.get("/show"), client.get(path)

    url = f"https://api.test{path}"
    assert rejected.headers["WWW-Authenticate"] == (
        f'Bearer realm="api", scope="b", resource_metadata="{url}"'
    )
    assert metadata.headers["Cache-Control"] == "public, max-age=3600"
    assert metadata.json is not None
    assert metadata.json | {"resource_name": ""} == {
        "resource": audience,
        "resource_name": "",
        "authorization_servers": ["https://tenant.eu.auth0.com/", "https://login.a.test/"],
        "bearer_methods_supported": ["header"],
        "scopes_supported": sorted({"a", "b", *metadata.json["scopes_supported"]}),
    }
    assert "c" not in metadata.json["scopes_supported"]


@pytest.mark.parametrize(
    ("audience", "public_url"),
    [
        ("https://api.test", ""),
        ("https://api.test.evil", "https://api.test"),
        ("https://api.test/v10", "https://api.test/v1"),
        ("https://api.test", "https://api.test/v1"),
        ("https://api.test?a", "https://api.test"),
        ("urn:api", "https://api.test"),
        ("http://localhost:3010", "http://localhost:3010"),
    ],
)
def test_audience_that_is_not_the_api_has_no_metadata(audience: str, public_url: str) -> None:
    client = make_metadata_app(audience, public_url).test_client()

    assert client.get(WELL_KNOWN).status_code == 404
    assert "resource_metadata" not in client.get("/show").headers["WWW-Authenticate"]
