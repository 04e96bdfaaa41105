"""Protected resource metadata: where clients learn how to get a token."""

from flask.testing import FlaskClient

from {{ cookiecutter.__package }} import auth, create_app

from ..conftest import responding

PATH = "/.well-known/oauth-protected-resource/v1"


def make_client(public_url: str) -> FlaskClient:
    settings = {"AUTH0_DOMAIN": "a.test, b.test", "AUTH0_AUDIENCE": "https://api.test/v1"}
    app = create_app(settings | {"PUBLIC_URL": public_url})
    app.add_url_rule("/show", "show", auth.requires_scope("a")(responding("")))
    return app.test_client()


def test_challenge_has_the_url_of_the_metadata() -> None:
    client = make_client("https://api.test")

    challenge, metadata = client.get("/show").headers["WWW-Authenticate"], client.get(PATH).json

    assert challenge == f'Bearer realm="api", scope="a", resource_metadata="https://api.test{PATH}"'
    assert metadata is not None
    assert metadata["resource"] == "https://api.test/v1"
    assert metadata["authorization_servers"] == ["https://a.test/", "https://b.test/"]
    assert "a" in metadata["scopes_supported"]


def test_audience_that_is_not_the_api_has_no_metadata() -> None:
    client = make_client("https://other.test")

    assert client.get(PATH).status_code == 404
    assert "resource_metadata" not in client.get("/show").headers["WWW-Authenticate"]
