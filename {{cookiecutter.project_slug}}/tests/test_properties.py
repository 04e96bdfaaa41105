"""Whatever is sent, a refusal comes back, in JSON and with a challenge. Never a fault."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from {{ cookiecutter.__package }} import create_app

from .conftest import AUDIENCE, trusted_tenant
from local_auth0 import Tenant

quick = settings(
    max_examples=100,
    derandomize=True,  # a failure comes back until it is mended
    deadline=None,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def tenant(tenant_folder: Path) -> Iterator[Tenant]:
    """One tenant for all examples."""
    with trusted_tenant(tenant_folder) as tenant:
        yield tenant


@pytest.fixture(scope="module")
def client(tenant: Tenant) -> FlaskClient:
    app = create_app({"AUTH0_DOMAIN": tenant.domain, "AUTH0_AUDIENCE": AUDIENCE})
    return app.test_client()


def assert_refused(client: FlaskClient, authorization: str) -> None:
    answer = client.get("/api/private", environ_overrides={"HTTP_AUTHORIZATION": authorization})

    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json.keys() == {"code", "description"}
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="api"')


@quick
@given(st.binary(max_size=100), st.sampled_from(["", "Bearer ", "Bearer a.b."]))
def test_any_bytes_are_refused(client: FlaskClient, value: bytes, before: str) -> None:
    assert_refused(client, before + value.decode("latin-1"))


@quick
@given(st.data())
def test_any_change_of_the_signed_text_is_refused(
    client: FlaskClient, tenant: Tenant, data: st.DataObject
) -> None:
    token = tenant.token()
    place = data.draw(st.integers(0, token.rindex(".")))
    letter = data.draw(st.sampled_from("AQgwaz09-_.=+ \x00é").filter(lambda it: it != token[place]))

    assert_refused(client, f"Bearer {token[:place]}{letter}{token[place + 1 :]}")


@quick
@given(JSON)
def test_any_json_as_a_header_is_refused(
    client: FlaskClient, tenant: Tenant, header: object
) -> None:
    signed = tenant.signing_key.sign(json.dumps(header).encode(), {})

    assert_refused(client, f"Bearer {signed}")


@quick
@given(JSON)
def test_any_json_as_claims_is_refused(client: FlaskClient, tenant: Tenant, claims: object) -> None:
    header = {"alg": "RS256", "kid": tenant.signing_key.kid}

    assert_refused(client, f"Bearer {tenant.signing_key.sign(header, json.dumps(claims).encode())}")
