"""The output of `flask auth0 explain`: every rule, the result, and the list of endpoints."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from flask.views import MethodView
from jwt.utils import base64url_decode
from local_auth0 import Tenant
from local_auth0.identity import SigningKey
from messages_api.auth import optional_auth, requires_any_scope, requires_claim

from ..support.api import AUDIENCE, Mint

MakeToken = Callable[[Tenant], str]
"""Returns the token to explain."""

ExpectedLines = Callable[[str], Iterable[str]]
"""Returns the lines that explain a token."""

HOUR = 3600
KEY_ID = "the key ID of the tenant"
UNKNOWN = SigningKey()

HEADER = ("alg", "crit", "b64", "typ", "kid")
CLAIMS = ("exp", "nbf", "iat", "aud", "sub", "cnf")
OTHER_CLAIMS = ("azp", "client_id", "gty", "scope", "permissions")
SHAPE = "✓ It has three segments and at most 16384 characters."
SIGNATURE = "✓ Its signature matches the tenant's signing key (kid)."

AS_ISSUED = "-> send an access token exactly as Auth0 issued it"
SET_CLOCK = "-> set the clock of this machine, which is behind the tenant's"
SAME_DOMAIN = "-> use the same domain in the client and in AUTH0_DOMAIN"
THIS_AUDIENCE = (
    "-> use an access token (not an ID token) for exactly this audience, including any trailing"
    " slash"
)
NOT_RS256 = [
    "✗ The token must be signed with RS256.",
    'alg is "HS256"',
    "-> select RS256 on the API's Settings tab in Auth0",
]
NOT_JSON = "✗ The token's header and payload must be JSON objects."
NOT_A_JWT = (
    "✗ The token is not a signed JWT of three segments: request the audience of this API to get"
    " one."
)
REQUEST_AUDIENCE = (
    "-> request the audience of this API; for an encrypted token, turn off encryption in Auth0"
)


def mint_with_claims(
    scope: str | None = None, permissions: list[str] | None = None, **claims: object
) -> MakeToken:
    """Make a token of the tenant with these claims; a value can be a callable that returns it."""

    def mint(tenant: Tenant) -> str:
        given = {name: value() if callable(value) else value for name, value in claims.items()}
        return str(tenant.token(scope, permissions, **given))

    return mint


def seconds_from_now(seconds: float) -> Callable[[], int]:
    """Return a time relative to now."""
    return lambda: int(time.time() + seconds)


def valid_claims(tenant: Tenant) -> dict[str, object]:
    now = int(time.time())
    return {"iss": tenant.issuer, "sub": "auth0|ann", "aud": AUDIENCE, "iat": now, "exp": now + 60}


def mint_with_header(header: dict[str, object] | bytes) -> MakeToken:
    """Make a token with this header, signed with the tenant's key, whose ID replaces KEY_ID."""

    def sign(tenant: Tenant) -> str:
        own = {"kid": tenant.signing_key.kid}
        named = header | own if isinstance(header, dict) and "kid" in header else header
        return str(tenant.signing_key.sign(named, valid_claims(tenant)))

    return sign


def mint_with_payload(payload: bytes) -> MakeToken:
    return lambda tenant: str(
        tenant.signing_key.sign({"alg": "RS256", "kid": tenant.signing_key.kid}, payload)
    )


def replace_signature(signature: str) -> MakeToken:
    return lambda tenant: f"{tenant.token().rpartition('.')[0]}.{signature}"


def mint_with_unknown_key(tenant: Tenant) -> str:
    header = {"alg": "RS256", "typ": "JWT", "kid": UNKNOWN.kid}
    return str(UNKNOWN.sign(header, valid_claims(tenant)))


def mint_as_another_tenant(_: Tenant) -> str:
    claims = {
        "iss": "https://other.test/",
        "sub": "ann",
        "aud": AUDIENCE,
        "exp": seconds_from_now(HOUR)(),
    }
    return str(UNKNOWN.sign({"alg": "RS256", "typ": "JWT", "kid": UNKNOWN.kid}, claims))


def expected_explanation(result: str = "", **instead: str | list[str]) -> ExpectedLines:
    """Return the expected lines: one for each valid member of the token, and the result.

    `result` is the status and code of a rejection. `instead` has lines by the name of a member
    or of the signature. With `header` or `payload`, no lines about its members are expected.
    """
    verdict = f"✗ Result: the API responds with {result}." if result else ""

    def lines(token: str) -> Iterator[str]:
        yield SHAPE
        head, payload, _ = token.split(".")
        for part, names, segment in (("header", HEADER, head), ("payload", CLAIMS, payload)):
            if part in instead:
                yield from not_json_lines(token)
                break
            members = json.loads(base64url_decode(segment))
            valid = {name: valid_line(name, members[name]) for name in members}
            if part == "payload":
                names, valid = ("iss", "signature", *names), valid | {"signature": SIGNATURE}
            for name in names:
                replaced = instead.get(name, valid.get(name, []))
                yield from [replaced] if isinstance(replaced, str) else replaced
            if part == "payload":
                shown = [name for name in OTHER_CLAIMS if name in members]
                yield from (f"- {name} is {json.dumps(members[name])}." for name in shown)
        yield verdict or "✓ Result: the API accepts the token."

    return lines


def not_json_lines(token: str) -> list[str]:
    """Return the lines about a token whose header or payload is not JSON."""
    return [NOT_JSON, f"characters: {len(token)}; segments: 3", AS_ISSUED]


def valid_line(name: str, value: object) -> str:
    ago = ""
    if name in ("exp", "nbf", "iat") and isinstance(value, int):
        ahead = round(value - time.time())
        ago = f", {timedelta(seconds=abs(ahead))} {'ago' if ahead <= 0 else 'ahead'}"
    return f"✓ {name} is {json.dumps(value)}{ago}."


def not_a_jwt_lines(characters: int, segments: int) -> ExpectedLines:
    return lambda _: [
        NOT_A_JWT,
        f"characters: {characters}; segments: {segments}",
        REQUEST_AUDIENCE,
        "✗ Result: the API responds with 401 invalid_header.",
    ]


A_JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
EMPTY = (
    "There is a placeholder or an empty variable, such as undefined or null, instead of the token."
)
QUOTED = "The token has characters that no JWT has, such as quotes."
TWICE = "The Authorization header has the word Bearer more than once."

MISTAKES: dict[str, tuple[str, str, str]] = {
    "variable without a value": (
        "undefined",
        'it is "undefined"',
        EMPTY,
    ),
    "promise": (
        "[object Promise]",
        'it begins with "[object Pr" and ends with "ise]"',
        EMPTY,
    ),
    "placeholder": (
        "Bearer <YOUR_TOKEN>",
        'it is "<YOUR_TOKEN>"',
        EMPTY,
    ),
    "quoted token": (
        f'Authorization: Bearer "{A_JWT}"',
        'it begins with "\\"eyJhbGciO" and ends with "XJl\\""',
        QUOTED,
    ),
    "bytes of Python": (
        f"b'{A_JWT}'",
        'it begins with "b\'eyJhbGci" and ends with "XJl\'"',
        QUOTED,
    ),
    "quoted opaque token": (
        "'GJ8gP-fgLzOmRvhX1wtQ2Bq'",
        'it begins with "\'GJ8gP-fgL" and ends with "2Bq\'"',
        QUOTED,
    ),
    "two schemes": (
        f"Bearer bearer {A_JWT}",
        'it begins with "bearer eyJ" and ends with "dXJl"',
        TWICE,
    ),
    "two headers": (
        f"Bearer {A_JWT}, Bearer {A_JWT}",
        'it begins with "eyJhbGciOi" and ends with "dXJl"',
        TWICE,
    ),
}
"""Mistakes of clients: the header, how the output shows it, and the description."""

CASES: dict[str, tuple[MakeToken, ExpectedLines]] = {
    "token of a machine": (
        mint_with_claims("read:messages write:messages"),
        expected_explanation(),
    ),
    "token of a user": (
        mint_with_claims("openid", ["read:messages"], user="auth0|ann"),
        expected_explanation(),
    ),
    "valid token with unusual times and subject": (
        mint_with_claims(sub="x\x1b[31m\u202e", azp=None, nbf=seconds_from_now(-HOUR), exp=1e300),
        expected_explanation(),
    ),
    "opaque token": (lambda _: "GJ8gP-fgLzOmRvhX1wtQ2Bq", not_a_jwt_lines(23, 1)),
    "encrypted token": (
        lambda _: "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn",
        not_a_jwt_lines(58, 5),
    ),
    "token cut off": (
        lambda tenant: tenant.token().rpartition(".")[0],
        not_a_jwt_lines(357, 2),
    ),
    "token that is too long": (
        lambda _: "a" * 16_385,
        lambda _: [
            "✗ The token is longer than 16384 characters.",
            "characters: 16385; segments: 1",
            "-> assign fewer permissions",
            "✗ Result: the API responds with 401 invalid_header.",
        ],
    ),
    "ID token": (
        mint_with_claims(user="auth0|ann", aud="local-client", azp=None, nonce="n-0S6"),
        expected_explanation(
            aud=[
                "✗ The token was issued for another audience (aud).",
                'aud is "local-client"',
                'expected: "https://api.test"',
                THIS_AUDIENCE,
            ],
            result="401 invalid_audience",
        ),
    ),
    "token of another tenant": (
        mint_as_another_tenant,
        expected_explanation(
            iss=[
                "✗ The token was issued by another tenant (iss).",
                'iss is "https://other.test/"',
                'expected: "https://DOMAIN/"',
                SAME_DOMAIN,
            ],
            signature=[],
            result="401 invalid_issuer",
        ),
    ),
    "token of an unknown key": (
        mint_with_unknown_key,
        expected_explanation(
            signature=[
                "✗ The tenant has no signing key with this key ID (kid).",
                'kid is "KID"',
                "-> get a new token: keys can be revoked",
            ],
            result="401 invalid_header",
        ),
    ),
    "token for other audiences": (
        mint_with_claims("read:messages", aud=["https://other.test", "https://more.test"]),
        expected_explanation(
            aud=[
                "✗ The token was issued for another audience (aud).",
                'aud is ["https://other.test", "https://more.test"]',
                'expected: "https://api.test"',
                THIS_AUDIENCE,
            ],
            result="401 invalid_audience",
        ),
    ),
    "token signed with HS256 without a key ID": (
        mint_with_header({"alg": "HS256", "typ": "JWT"}),
        expected_explanation(
            alg=NOT_RS256,
            kid=["✗ The token's header has no key ID (kid).", "kid is missing", AS_ISSUED],
            signature=[],
            result="401 invalid_header",
        ),
    ),
    "token signed with HS256 with a key ID": (
        mint_with_header({"alg": "HS256", "kid": KEY_ID}),
        expected_explanation(alg=NOT_RS256, signature=[], result="401 invalid_header"),
    ),
    "expired token": (
        mint_with_claims(
            "read:messages", exp=seconds_from_now(-1.5 * HOUR - 30), iat=seconds_from_now(-2 * HOUR)
        ),
        expected_explanation(
            exp=[
                "✗ The token has expired.",
                "exp is TIME, 1:30:SS ago",
                "-> get a new one; set the clock",
            ],
            result="401 token_expired",
        ),
    ),
    "token from the future": (
        mint_with_claims(
            iat=seconds_from_now(3 * HOUR + 30),
            nbf=seconds_from_now(72 * HOUR + 30),
            exp=seconds_from_now(96 * HOUR),
        ),
        expected_explanation(
            nbf=[
                "✗ The token is not valid yet (nbf).",
                "nbf is TIME, 3 days, 0:00:SS ahead",
                SET_CLOCK,
            ],
            iat=[
                "✗ The token was issued in the future (iat).",
                "iat is TIME, 3:00:SS ahead",
                SET_CLOCK,
            ],
            result="401 invalid_claims",
        ),
    ),
    "token whose claims are all invalid": (
        mint_with_claims(
            exp="soon",
            nbf=[],
            iat=True,
            iss="https://other.test/",
            aud=["a"] * 500,
            sub="",
            cnf={"jkt": "x"},
        ),
        expected_explanation(
            exp=[
                "✗ The token has no expiry (exp), or one that is not a number.",
                'exp is "soon"',
                AS_ISSUED,
            ],
            nbf=[
                "✗ The token's not-before time (nbf) is not a number.",
                "nbf is []",
                AS_ISSUED,
            ],
            iat=["✗ The token's issue time (iat) is not a number.", "iat is true", AS_ISSUED],
            iss=[
                "✗ The token was issued by another tenant (iss).",
                'iss is "https://other.test/"',
                'expected: "https://DOMAIN/"',
                SAME_DOMAIN,
            ],
            signature=[],
            aud=[
                "✗ The token was issued for another audience (aud).",
                f"aud is {json.dumps(['a'] * 500)[:1000]}...",
                'expected: "https://api.test"',
                THIS_AUDIENCE,
            ],
            sub=["✗ The token has no subject (sub).", 'sub is ""', AS_ISSUED],
            cnf=[
                "✗ The token is bound to a key (cnf) in a way that this API does not support.",
                'cnf is {"jkt": "x"}',
                "-> request the token without DPoP and without mTLS",
            ],
            result="401 invalid_issuer",
        ),
    ),
    "token without claims": (
        mint_with_payload(b"{}"),
        expected_explanation(
            exp=[
                "✗ The token has no expiry (exp), or one that is not a number.",
                "exp is missing",
                AS_ISSUED,
            ],
            iss=[
                "✗ The token was issued by another tenant (iss).",
                "iss is missing",
                'expected: "https://DOMAIN/"',
                SAME_DOMAIN,
            ],
            signature=[],
            aud=[
                "✗ The token was issued for another audience (aud).",
                "aud is missing",
                'expected: "https://api.test"',
                THIS_AUDIENCE,
            ],
            sub=["✗ The token has no subject (sub).", "sub is missing", AS_ISSUED],
            result="401 invalid_issuer",
        ),
    ),
    "token with only an issuer": (
        lambda tenant: mint_with_payload(json.dumps({"iss": tenant.issuer}).encode())(tenant),
        expected_explanation(
            exp=[
                "✗ The token has no expiry (exp), or one that is not a number.",
                "exp is missing",
                AS_ISSUED,
            ],
            aud=[
                "✗ The token was issued for another audience (aud).",
                "aud is missing",
                'expected: "https://api.test"',
                THIS_AUDIENCE,
            ],
            sub=["✗ The token has no subject (sub).", "sub is missing", AS_ISSUED],
            result="401 invalid_claims",
        ),
    ),
    "token of another type": (
        mint_with_header({"alg": "RS256", "typ": "logout+jwt", "b64": False, "kid": KEY_ID}),
        expected_explanation(
            b64=[
                "✗ The token's header has an unknown extension (crit, b64).",
                "b64 is false",
                AS_ISSUED,
            ],
            typ=[
                "✗ The token's type (typ) must be JWT or at+jwt.",
                'typ is "logout+jwt"',
                AS_ISSUED,
            ],
            result="401 invalid_header",
        ),
    ),
    "header that is not JSON": (
        mint_with_header(b"not JSON"),
        expected_explanation(header=[], result="401 invalid_header"),
    ),
    "payload that is nested too deeply": (
        mint_with_payload(b"[" * 2000),
        expected_explanation(payload=[], result="401 invalid_header"),
    ),
    "changed token": (
        replace_signature("AAAA"),
        expected_explanation(
            signature=[
                "✗ The token's signature does not match the tenant's signing key.",
                AS_ISSUED,
            ],
            result="401 invalid_header",
        ),
    ),
    "signature that is not base64url": (
        replace_signature("AAAAA"),
        expected_explanation(
            signature=["✗ The token is not base64url-encoded.", AS_ISSUED],
            result="401 invalid_header",
        ),
    ),
}


def run_explain(app: Flask, *arguments: str, stdin: bytes = b"") -> Result:
    return app.test_cli_runner().invoke(args=["auth0", "explain", *arguments], input=stdin)


@pytest.mark.parametrize(("make", "expected"), CASES.values(), ids=CASES)
def test_output_has_a_line_for_every_rule(
    app: Flask, tenant: Tenant, make: MakeToken, expected: ExpectedLines
) -> None:
    token = make(tenant)

    result = run_explain(app, token)

    lines, expected_lines = (
        [normalize_line(line, tenant) for line in lines]
        for lines in (result.output.splitlines(), expected(token))
    )
    assert lines[: len(expected_lines)] == expected_lines
    assert all("GET" in line for line in lines[len(expected_lines) :])
    assert result.exit_code == int("✗" in result.output)


@pytest.mark.parametrize(("header", "shown", "wrong"), MISTAKES.values(), ids=MISTAKES)
def test_mistake_of_a_client_is_described(app: Flask, header: str, shown: str, wrong: str) -> None:
    result = run_explain(app, header)

    first, _, third, *_ = result.output.splitlines()
    assert first == f"✗ {wrong}"
    assert third.strip() == shown
    assert "Result: the API responds with 401 invalid_header." in result.output
    assert A_JWT.partition(".")[0] not in result.output
    assert result.exit_code == 1


def normalize_line(line: str, tenant: Tenant) -> str:
    text = line.strip().replace(tenant.domain, "DOMAIN").replace(UNKNOWN.kid, "KID")
    text = re.sub(r":[0-9]{2} (ago|ahead)", r":SS \1", text)
    text = re.sub(r"\b1[0-9]{9}\b", "TIME", text)
    # The test computes it some milliseconds after the command: a second, minute or day may differ.
    return re.sub(r"^(✓ \w+ is TIME), .* (ago|ahead)\.$", r"\1, DURATION \2.", text)


def test_endpoints_are_listed_with_missing_requirements(app: Flask, token: Mint) -> None:
    @requires_any_scope("read:items", "all:items")
    class Items(MethodView):
        def get(self) -> str:
            return ""

        @requires_claim("org_id", "org_1")
        def post(self) -> str:
            return ""

    app.add_url_rule("/items", view_func=Items.as_view("items"))
    app.add_url_rule("/open", "open", optional_auth(lambda: ""))

    output = run_explain(app, token("read:items")).output

    assert "It gives access to GET /items." in output
    assert "No access to POST /items, which requires the claim org_id=org_1." in output
    assert "/open" not in output


@pytest.mark.parametrize("before", [["Bearer"], ["Authorization:", "Bearer"], ["bearer", ""]])
def test_token_in_a_separate_argument_is_not_shown(
    app: Flask, token: Mint, before: list[str]
) -> None:
    sent = token(scope="read:messages")

    result = run_explain(app, *before, sent)

    assert result.exit_code == 0
    assert "Result: the API accepts the token." in result.output
    assert [segment for segment in sent.split(".") if segment[:20] in result.output] == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["check"], ["check", "--token"], ["explain", "--token"], ["explain", "--"]],
    ids=lambda arguments: " ".join(arguments) or "group",
)
def test_usage_errors_do_not_quote_the_token(app: Flask, token: Mint, arguments: list[str]) -> None:
    sent = f"--{token()}" if arguments[-1:] == ["--"] else token()
    arguments = [each for each in arguments if each != "--"]

    result = app.test_cli_runner().invoke(args=["auth0", *arguments, sent])

    assert result.exit_code == 2
    assert [segment for segment in sent.split(".") if segment[-20:] in result.output] == []


def test_empty_input_is_a_usage_error(app: Flask) -> None:
    result = run_explain(app, stdin=b"")

    assert result.exit_code == 2
    assert "There is no token: pass it as an argument or on standard input." in result.output
