"""gunicorn.conf.py in detail: the response to a long token, the path, and the check of .env."""

import pytest

from ..support.serving import Api

pytestmark = pytest.mark.slow


def test_token_that_is_too_long_gets_the_response_of_the_api(api: Api) -> None:
    with api.served(workers=1) as server:
        response = server.get("/api/private", Authorization=f"Bearer {'A' * 17_000}")

    assert response.status_code == 401
    assert "The token is longer than 16384 characters." in response.text


def test_request_does_not_move_the_api_to_another_path(api: Api) -> None:
    with api.served(workers=1) as server:
        response = server.get("/api/public", SCRIPT_NAME="/api")

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("3010", ""),
        (
            "99999",
            "Error: PORT is '99999': expected a whole number from 1 to 65535, such as '3010'.\n",
        ),
    ],
)
def test_settings_in_env_file_can_be_checked(api: Api, port: str, message: str) -> None:
    (api.copy() / ".env").write_text(f"PORT={port}\n")

    assert api.run("--check-config") == (1 if message else 0, message)
