"""An endpoint that nobody has decided on is not served."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue

from {{ cookiecutter.__package }}.auth import (
    public,
    refuse_undecided,
    requires_auth,
)
from {{ cookiecutter.__package }}.auth.decided import UndecidedEndpoint

View = Callable[[], ResponseReturnValue]


@pytest.fixture
def show() -> View:
    """A view that nobody has decided on yet."""

    def show() -> ResponseReturnValue:
        return {"shown": True}

    return show


def test_an_app_with_an_undecided_endpoint_does_not_start(app: Flask, show: View) -> None:
    app.add_url_rule("/show", view_func=show)

    with pytest.raises(UndecidedEndpoint) as error:
        refuse_undecided(app)

    assert str(error.value) == (
        "The endpoint 'show' does not say who may call it. Put one of these right above the view"
        " and below the route: @requires_auth, @requires_scope(…), @requires_permission(…), or"
        " @public to let anyone in; public(blueprint) lets anyone into all of a blueprint."
    )


def test_the_app_itself_checks_its_routes(environ: dict[str, str]) -> None:
    code = (
        "import os;"
        "from {{ cookiecutter.__package }} import create_app, routes;"
        "routes.api.get('/undecided', endpoint='undecided')(lambda: '');"
        "create_app(os.environ)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "UndecidedEndpoint: The endpoint 'api.undecided' does not say" in done.stderr


def test_a_decorator_above_the_route_decides_nothing(app: Flask, show: View) -> None:
    requires_auth(app.get("/above")(show))

    with pytest.raises(UndecidedEndpoint):
        refuse_undecided(app)


def test_an_endpoint_added_later_is_refused(
    app: Flask, client: FlaskClient, show: View, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_url_rule("/show", view_func=show)

    assert client.get("/show").status_code == 500
    assert "The endpoint 'show' does not say who may call it." in caplog.text


def test_the_api_has_no_static_files(app: Flask) -> None:
    assert "static" not in app.view_functions


def test_a_whole_blueprint_may_be_public(app: Flask, client: FlaskClient, show: View) -> None:
    pages = public(Blueprint("pages", __name__))
    pages.get("/open")(show)
    pages.get("/closed", endpoint="closed")(requires_auth(lambda: "closed"))
    app.register_blueprint(pages)
    app.register_blueprint(pages, name="again", url_prefix="/again")

    refuse_undecided(app)

    for prefix in ("", "/again"):
        assert client.get(f"{prefix}/open").status_code == 200
        assert client.get(f"{prefix}/closed").status_code == 401


def test_a_public_blueprint_opens_no_view_whose_decorator_stands_above_the_route(
    app: Flask, show: View
) -> None:
    pages = public(Blueprint("pages", __name__))
    requires_auth(pages.get("/show")(show))
    app.register_blueprint(pages)

    with pytest.raises(UndecidedEndpoint, match=r"'pages\.show'"):
        refuse_undecided(app)


def test_a_public_blueprint_opens_no_other(app: Flask, show: View) -> None:
    outer, inner = public(Blueprint("outer", __name__)), Blueprint("inner", __name__)
    inner.get("/inner")(show)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)

    with pytest.raises(UndecidedEndpoint, match=r"'outer\.inner\.show'"):
        refuse_undecided(app)
