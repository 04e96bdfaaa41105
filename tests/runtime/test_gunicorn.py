"""gunicorn.conf.py in detail: the length of tokens, the path, and the check of settings."""

import pytest

from ..support.serving import Api

pytestmark = pytest.mark.slow


def test_overlong_token_is_rejected_by_the_api(api: Api) -> None:
    with api.served(workers=1) as server:
        response = server.get("/api/private", Authorization=f"Bearer {'A' * 17_000}")

    assert response.status_code == 401
    assert "The token is longer than 16384 characters." in response.text


def test_script_name_header_does_not_move_the_api(api: Api) -> None:
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
