"""Any proof gets the response that the oracle expects: a 200 or a 401, never anything else."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ...support.api import AUDIENCE
from ...support.dpop import GROUPS
from ...support.dpop.expected import read_challenges
from ...support.dpop.oracle import Oracle
from ...support.dpop.proofs import PUBLIC_URL, Request, World, ath, send
from ...support.dpop_api import make_app
from ...support.hostile.case import ABSENT

pytestmark = pytest.mark.slow

examples = settings(
    max_examples=100,
    derandomize=True,  # a failure recurs until it is fixed
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Target:
    """The rendered app, and the oracle that knows the key of its tenant."""

    client: FlaskClient
    world: World
    oracle: Oracle

    def compare(self, request: Request) -> None:
        """Compare the API's response with the oracle's verdict."""
        accepted = self.oracle.accepts(request, required=True)
        event("accepted" if accepted else "rejected")

        response = self.client.open(
            request.target, method=request.method, environ_overrides=request.environ
        )

        assert response.status_code == (200 if accepted else 401), (request, response.text)
        assert len(read_challenges(response.headers)) == (not accepted)
        assert response.is_json


@pytest.fixture(scope="module")
def target(package: Any, world: World) -> Target:
    tenant, key = world.tenant, world.tenant.signing_key
    keys = {key.kid: key.private_key.public_key()}
    oracle = Oracle(tenant.issuer, AUDIENCE, keys, PUBLIC_URL)
    return Target(make_app(package, world, "required").test_client(), world, oracle)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ANYTHING = JSON | st.just(ABSENT)
NUMBERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ")

HEADER_MEMBERS = {
    "typ": st.sampled_from(["dpop+jwt", "DPoP+JWT", "JWT", "application/dpop+jwt"]) | ANYTHING,
    "alg": st.sampled_from(["ES256", "RS256", "none", "HS256", "ES384"]) | ANYTHING,
    "jwk": ANYTHING,
    "crit": ANYTHING,
    "b64": ANYTHING,
    "kid": st.text(),
    "note": ANYTHING,
}
JWK_MEMBERS = {
    "kty": st.sampled_from(["EC", "RSA", "oct"]) | ANYTHING,
    "crv": st.sampled_from(["P-256", "P-384"]) | ANYTHING,
    **dict.fromkeys("xyned", NUMBERS | ANYTHING),
    "use": st.sampled_from(["sig", "enc"]),
    "alg": st.sampled_from(["ES256", "RS256"]),
    "key_ops": st.lists(st.sampled_from(["verify", "sign", "encrypt"])),
    "kid": ANYTHING,
    "note": ANYTHING,
}


def _from_now(seconds: float) -> Callable[[str], float]:
    return lambda _: int(time.time()) + seconds


# Far enough from the limits that the duration of the test does not matter.
TIMES = st.integers(-290, 25) | st.integers(-(10**6), -310) | st.integers(40, 10**6)
CLAIM_MEMBERS = {
    "htm": st.sampled_from(["GET", "get", "POST"]) | ANYTHING,
    "htu": st.sampled_from([f"{PUBLIC_URL}/private", f"{PUBLIC_URL}/other"]) | ANYTHING,
    "iat": TIMES.map(_from_now) | ANYTHING,
    "jti": st.text(min_size=1, max_size=300) | ANYTHING,
    "ath": st.sampled_from([ath, lambda token: ath(token)[:-1], lambda _: ath("a")]) | ANYTHING,
    "nonce": ANYTHING,
    "note": ANYTHING,
}


def changed(members: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Change up to two of these members."""
    return st.lists(st.sampled_from(sorted(members)), max_size=2).flatmap(
        lambda names: st.fixed_dictionaries({name: members[name] for name in names})
    )


@pytest.mark.parametrize("group", GROUPS)
def test_oracle_agrees_with_the_corpus(target: Target, group: str) -> None:
    requests = [(case, case.build(target.world)) for case in GROUPS[group]]

    verdicts = {
        case.name: (target.oracle.accepts(request, required=False), case.outcome.status == 200)
        for case, request in requests
    }

    assert {name: each for name, each in verdicts.items() if each[0] != each[1]} == {}


@examples
@given(changed(HEADER_MEMBERS), changed(CLAIM_MEMBERS))
def test_any_member_of_a_proof(
    target: Target, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    target.compare(send(header, {"jti": str(uuid.uuid4()), **claims})(target.world))


@examples
@given(changed(JWK_MEMBERS), st.booleans())
def test_any_member_of_a_key(target: Target, jwk: dict[str, Any], is_rsa: bool) -> None:
    key = target.world.rsa if is_rsa else target.world.ec

    target.compare(send(key=key, jwk=jwk)(target.world))


@examples
@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_any_dpop_header(target: Target, text: str) -> None:
    target.compare(send(proof=lambda *_: text)(target.world))


@examples
@given(st.integers(0, 2), st.binary(max_size=60), st.integers(0, 400), st.integers(0, 60))
def test_any_bytes_within_a_proof(
    target: Target, segment: int, data: bytes, start: int, removed: int
) -> None:
    def edit(text: bytes) -> bytes:
        return text[:start] + data + text[start + removed :]

    def sign(text: bytes) -> bytes:
        signature = target.world.ec.sign(text)
        return edit(signature) if segment == 2 else signature

    target.compare(
        send(
            edit_header=edit if segment == 0 else bytes,
            edit_payload=edit if segment == 1 else bytes,
            sign=sign,
        )(target.world)
    )


@examples
@given(st.binary(max_size=100), st.binary(max_size=100))
def test_any_header_and_payload(target: Target, header: bytes, payload: bytes) -> None:
    target.compare(send(edit_header=lambda _: header, edit_payload=lambda _: payload)(target.world))


@examples
@given(JSON, JSON)
def test_any_json_as_header_and_payload(target: Target, header: object, payload: object) -> None:
    target.compare(
        send(
            edit_header=lambda _: json.dumps(header).encode(),
            edit_payload=lambda _: json.dumps(payload).encode(),
        )(target.world)
    )


@examples
@given(JSON)
def test_any_confirmation(target: Target, cnf: Any) -> None:
    target.compare(send(cnf=cnf)(target.world))


SEGMENTS = (
    *("a", "b", "A", "~", ".", "..", "%2E", "%2e%2E", "%61", "%7e", "%7E", "%2F", "%2f", "%25"),
    *("%3F", "%23", "%C3%A9", "%c3%a9", "", ";", ":", "@", "!$&'()*+,="),
)
PIECES = st.lists(st.sampled_from(SEGMENTS), max_size=4)


@examples
@given(
    st.sampled_from(["https", "HTTPS", "hTTps", "http"]),
    st.sampled_from(["api.test", "API.TEST", "Api.tesT", "api.test.", "evil.test", "a@api.test"]),
    st.sampled_from(["", ":", ":443", ":8443", ":80"]),
    PIECES,
    st.sampled_from(["", "?", "?a=b", "#", "#a", "?a#b", "?/../c"]),
)
def test_any_url_of_a_proof(
    target: Target, scheme: str, host: str, port: str, pieces: list[str], rest: str
) -> None:
    path = "/".join(["/private" if not pieces else "/a", *pieces, *([".."] * len(pieces))])
    for end in ("", "/../private"):
        target.compare(send(url=f"{scheme}://{host}{port}{path}{end}{rest}")(target.world))


@examples
@given(PIECES.filter(lambda pieces: not {".", "..", "%2E", "%2e%2E", ""} & {*pieces}), PIECES)
def test_any_path_of_a_request(target: Target, sent: list[str], proven: list[str]) -> None:
    path = "/".join(["/files/a", *sent])
    for other in (sent, proven):
        url = "/".join([f"{PUBLIC_URL}/files/a", *other])
        target.compare(send(target=path, url=url)(target.world))


@examples
@given(st.text(max_size=40))
def test_any_text_as_the_url_of_a_proof(target: Target, text: str) -> None:
    for url in (text, f"{PUBLIC_URL}{text}", f"{PUBLIC_URL}/private{text}"):
        target.compare(send(url=url)(target.world))


@examples
@given(st.integers(0, 2), st.data())
def test_any_changed_character(target: Target, segment: int, data: st.DataObject) -> None:
    request = send()(target.world)
    segments = (request.proof or "").split(".")
    index = data.draw(st.integers(0, len(segments[segment]) - 1))
    letter = data.draw(st.sampled_from("Aa0-_.=+/ ,\xe9"))
    segments[segment] = segments[segment][:index] + letter + segments[segment][index + 1 :]

    target.compare(
        Request(request.authorization, ".".join(segments), request.method, request.target)
    )
