"""The rendered API with a faulty tenant: real sockets, real TLS, real name resolution.

Every fault leads to the same response, a 503 within a limited time. One line is logged, and the API
recovers as soon as the tenant does.
"""

import base64
import importlib
import json
import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..support.clocks import RunningClock
from ..support.environ import user_environ
from ..support.faulty_tenant import (
    FaultyTenant,
    NameServer,
    gzip_bomb,
    http_response,
    isolated_command,
    nested_gzip_bomb,
    send_all,
    send_and_reset,
    send_and_stall,
    send_nothing,
    send_slowly,
)
from ..support.paths import TEMPLATE
from ..support.waiting import wait_for_fetches

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(
        sys.platform == "win32", reason="Windows cannot hold a port that refuses connections"
    ),
]

AUDIENCE = "https://api.test"
LOGGER = "messages_api.auth.key_cache"

CauseFault = Callable[[FaultyTenant], object]
Jwk = dict[str, object]

# The longest time until the response, in seconds: what the rules allow, and a margin for a busy
# machine.
MARGIN = 0.5
IMMEDIATE = 1 + MARGIN
CONNECT_TIMEOUT = 3 + MARGIN
READ_TIMEOUT = 5 + MARGIN
FETCH_TIMEOUT = 10 + MARGIN


@dataclass(frozen=True)
class Fault:
    """A fault of the tenant and its effects."""

    name: str
    cause: CauseFault
    seconds: float  # that a request may take
    reason: str  # in the log, as a regular expression

    @property
    def is_slow(self) -> bool:
        return self.seconds > IMMEDIATE


def respond(status: int, body: bytes = b"", *headers: str) -> CauseFault:
    return lambda tenant: tenant.respond_with(send_all(http_response(status, body, *headers)))


def respond_with_bytes(data: bytes) -> CauseFault:
    return lambda tenant: tenant.respond_with(send_all(data))


def stall_after(data: bytes) -> CauseFault:
    return lambda tenant: tenant.respond_with(send_and_stall(data))


def respond_slowly(first: bytes, *pieces: bytes) -> CauseFault:
    return lambda tenant: tenant.respond_with(send_slowly(first, pieces))


def send_jwks_byte_by_byte(tenant: FaultyTenant) -> None:
    body = tenant.jwks
    head = http_response(200, body).removesuffix(body)
    tenant.respond_with(send_slowly(head, [bytes([byte]) for byte in body]))


def truncated_jwks(tenant: FaultyTenant) -> bytes:
    """Return a response with half of its body, and the Content-Length of the whole body."""
    body = tenant.jwks
    return http_response(200, body)[: -len(body) // 2]


def send_handshake_byte_by_byte(tenant: FaultyTenant) -> None:
    """Send the start of the first TLS record, then its bytes one by one."""

    def handle(connection: Any, ended: threading.Event) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        while not ended.wait(1):
            connection.sendall(b"\x03")

    tenant.handle_with(handle)


def respond_without_tls(tenant: FaultyTenant) -> None:
    response = http_response(200, tenant.jwks)
    tenant.handle_with(lambda connection, _: connection.sendall(response))


def reply_to_name_queries(reply: Callable[[bytes], bytes | None]) -> CauseFault:
    def cause(tenant: FaultyTenant) -> None:
        assert tenant.name_server is not None
        tenant.name_server.reply = reply

    return cause


GIVEN_UP = "no response after 10 s, given up"
TOO_LATE = f"(FetchError: the response did not arrive within 10 s|{GIVEN_UP})"
TOO_LARGE = "FetchError: the response is larger than 65536 bytes"
UNUSABLE = "NoUsableKey: the JWKS has no usable RS256 key"
NOT_JSON = "FetchError: the response is not a JSON object"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n"
GZIP = b"Content-Encoding: gzip\r\n"

FAULTS = [
    # No connection is established.
    Fault("connection refused", FaultyTenant.refuse_connections, IMMEDIATE, "ConnectionError: .+"),
    Fault(
        "connection not accepted",
        FaultyTenant.fill_backlog,
        CONNECT_TIMEOUT,
        "ConnectTimeout: .+",
    ),
    # The TLS handshake fails.
    Fault(
        "no handshake", lambda t: t.handle_with(send_nothing), CONNECT_TIMEOUT, "ReadTimeout: .+"
    ),
    Fault(
        "handshake byte by byte", send_handshake_byte_by_byte, CONNECT_TIMEOUT, "ReadTimeout: .+"
    ),
    Fault(
        "connection closed",
        lambda t: t.handle_with(lambda *_: None),
        IMMEDIATE,
        "(SSL|Connection)Error: .+",
    ),
    Fault("plain HTTP", respond_without_tls, IMMEDIATE, "SSLError: .+"),
    Fault(
        "unknown CA",
        lambda t: t.change_certificate(trustme.CA(), "localhost", 9),
        IMMEDIATE,
        "SSLError: .+",
    ),
    Fault(
        "certificate for another host",
        lambda t: t.change_certificate(t.authority, "t.example", 9),
        IMMEDIATE,
        "SSLError: .+",
    ),
    Fault(
        "expired certificate",
        lambda t: t.change_certificate(t.authority, "localhost", -1),
        IMMEDIATE,
        "SSLError: .+",
    ),
    # The response never arrives, or too late.
    Fault("no response", stall_after(b""), READ_TIMEOUT, "ReadTimeout: .+"),
    Fault("stalled in the headers", stall_after(HEAD), READ_TIMEOUT, "ReadTimeout: .+"),
    Fault(
        "stalled in the body",
        stall_after(HEAD + b'\r\n{"keys'),
        READ_TIMEOUT,
        ".*Timeout.*: .+",
    ),
    Fault("headers byte by byte", respond_slowly(HEAD, b"x"), FETCH_TIMEOUT, GIVEN_UP),
    Fault("body byte by byte", send_jwks_byte_by_byte, FETCH_TIMEOUT, TOO_LATE),
    Fault(
        "gzip byte by byte",
        respond_slowly(HEAD + GZIP + b"\r\n\x1f\x8b\x08\x08" + bytes(6), b"x"),
        FETCH_TIMEOUT,
        TOO_LATE,
    ),
    Fault(
        "endless 100 Continue",
        respond_slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        FETCH_TIMEOUT,
        GIVEN_UP,
    ),
    # The response ends too early.
    Fault(
        "truncated body",
        lambda t: respond_with_bytes(truncated_jwks(t))(t),
        IMMEDIATE,
        "ProtocolError: .+",
    ),
    Fault(
        "reset in the body",
        lambda t: t.respond_with(send_and_reset(truncated_jwks(t))),
        IMMEDIATE,
        "ProtocolError: .+",
    ),
    # The response is not the expected one.
    Fault(
        "not HTTP",
        respond_with_bytes(b"\x1b[31mSSH-2.0\r\n\r\n"),
        IMMEDIATE,
        "ConnectionError: .+",
    ),
    Fault(
        "header of 100 KB",
        respond_with_bytes(HEAD + b"x" * 10**5),
        IMMEDIATE,
        "ConnectionError: .+",
    ),
    Fault("201", lambda t: respond(201, t.jwks)(t), IMMEDIATE, "FetchError: .+ 201, not 200"),
    Fault("204", respond(204), IMMEDIATE, "FetchError: .+ 204, not 200"),
    Fault(
        "302",
        lambda t: respond(302, t.jwks, f"Location: https://{t.domain}/")(t),
        IMMEDIATE,
        "FetchError: .+ 302, not 200",
    ),
    Fault("404", respond(404), IMMEDIATE, "FetchError: .+ 404, not 200"),
    Fault("429", respond(429, b"", "Retry-After: 3600"), IMMEDIATE, "FetchError: .+ 429, not 200"),
    Fault("500", lambda t: respond(500, t.jwks)(t), IMMEDIATE, "FetchError: .+ 500, not 200"),
    Fault("empty body", respond(200), IMMEDIATE, NOT_JSON),
    Fault("HTML", respond(200, b"<!doctype html><p>Sorry"), IMMEDIATE, NOT_JSON),
    Fault("truncated JSON", lambda t: respond(200, t.jwks[:-9])(t), IMMEDIATE, NOT_JSON),
    Fault("JSON that is not UTF-8", respond(200, b'{"keys": "\xff"}'), IMMEDIATE, NOT_JSON),
    Fault("deeply nested JSON", respond(200, b"[" * 60_000), IMMEDIATE, NOT_JSON),
    Fault("number of 60 KB", respond(200, b"1" * 60_000), IMMEDIATE, NOT_JSON),
    Fault("10 MB", respond(200, b" " * 10**7), IMMEDIATE, TOO_LARGE),
    Fault("gzip bomb", respond(200, gzip_bomb(), GZIP.decode().strip()), IMMEDIATE, TOO_LARGE),
    Fault(
        "gzip bomb in gzip",
        respond(200, nested_gzip_bomb(), "Content-Encoding: gzip, gzip"),
        IMMEDIATE,
        TOO_LARGE,
    ),
    Fault("invalid gzip", respond(200, b"{}", GZIP.decode().strip()), IMMEDIATE, NOT_JSON),
    # The JWKS has no usable key.
    Fault("keys: null", respond(200, b'{"keys": null}'), IMMEDIATE, UNUSABLE),
    Fault("keys: {}", respond(200, b'{"keys": {}}'), IMMEDIATE, UNUSABLE),
    Fault("keys: []", respond(200, b'{"keys": []}'), IMMEDIATE, UNUSABLE),
    Fault("list", respond(200, b"[]"), IMMEDIATE, NOT_JSON),
    Fault("null", respond(200, b"null"), IMMEDIATE, NOT_JSON),
]

# Faults of the tenant's name server; the tenant itself responds properly.
NAME_FAULTS = [
    Fault(
        "unknown host name",
        reply_to_name_queries(NameServer.no_such_name),
        IMMEDIATE,
        "ConnectionError: .+",
    ),
    Fault(
        "unresponsive name server",
        reply_to_name_queries(NameServer.no_reply),
        FETCH_TIMEOUT,
        GIVEN_UP,
    ),
]


@dataclass(frozen=True)
class ApiResponse:
    """A response of the API, and the seconds until it arrived."""

    status: int
    body: dict[str, str]
    retry_after: str | None
    seconds: float


@dataclass(frozen=True)
class FaultOutcome:
    """The API's responses before, during and after a fault, in this order."""

    first: ApiResponse
    second: ApiResponse  # right after the first
    connections: int  # to the tenant, by these two
    recovered: ApiResponse  # after Retry-After, with the tenant responding properly
    with_cached_key: ApiResponse  # with keys at the end of their time to live and the fault again
    memory_growth: int  # of the process at its peak by the first request, in MB
    warnings: list[str]  # logged until the API recovered
    later_warnings: list[str]
    is_token_logged: bool  # by any logger, at any level


class ApiUnderTest:
    """The rendered API with a CA that it trusts, the tenant's key, and everything it logs."""

    def __init__(self, place: Path) -> None:
        api = importlib.import_module("messages_api")
        tokens = importlib.import_module("messages_api.auth.tokens")
        keys = importlib.import_module("messages_api.auth.key_cache")
        self.new_key = importlib.import_module("local_auth0.identity").SigningKey
        self._create_app, self._verifier = api.create_app, tokens.TokenVerifier
        self._signing_keys = keys.SigningKeys
        self.authority = trustme.CA()
        self.ca_file = place / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca_file)
        self.key = self.new_key()
        self.records: list[logging.LogRecord] = []

    def client(self, domain: str, clock: RunningClock) -> Any:
        """Make a client of an app whose key cache is empty and uses this clock."""
        app = self._create_app({"AUTH0_DOMAIN": domain, "AUTH0_AUDIENCE": AUDIENCE})
        keys = self._signing_keys(f"https://{domain}/.well-known/jwks.json", clock)
        app.extensions["auth0"] = self._verifier({f"https://{domain}/": keys}, AUDIENCE)
        return app.test_client()

    def token(self, domain: str, kid: object = None, key: Any = None) -> str:
        """Sign a token with this key ID and key, by default those of the tenant."""
        claims = {"iss": f"https://{domain}/", "aud": AUDIENCE, "sub": "ann", "exp": 2**40}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid if kid is None else kid}
        token: str = (key or self.key).sign(header, claims)
        return token

    def warnings(self, domain: str) -> list[logging.LogRecord]:
        """Return what the key cache has logged about this tenant above INFO."""
        return [
            record
            for record in self.records
            if record.name == LOGGER
            and record.levelno > logging.INFO
            and f"https://{domain}/" in record.getMessage()
        ]

    def has_logged(self, *texts: str) -> bool:
        """Return whether the log contains one of these strings, from any logger at any level."""
        log = "\n".join(logging.Formatter().format(record) for record in self.records)
        return any(text in log for text in texts)


def get_private(client: Any, token: str) -> ApiResponse:
    started = time.monotonic()
    response = client.get("/api/private", headers={"Authorization": f"Bearer {token}"})
    seconds = time.monotonic() - started
    retry_after = response.headers.get("Retry-After")
    return ApiResponse(response.status_code, response.json, retry_after, seconds)


def run_fault(
    api: ApiUnderTest, fault: Fault, name_server: NameServer | None = None
) -> Callable[[], FaultOutcome]:
    """Send requests before, during and after a fault.

    Return a function to call once all fetches have ended: they may still log something.
    """
    host = "tenant.example" if name_server else "localhost"
    clock = RunningClock()
    with FaultyTenant(api.authority, host, name_server) as tenant:
        tenant.keys = [api.key.jwk]
        tenant.respond_properly()
        client, token = api.client(tenant.domain, clock), api.token(tenant.domain)

        fault.cause(tenant)
        peak = peak_memory()
        first = get_private(client, token)
        growth = peak_memory() - peak
        second = get_private(client, token)
        connections = tenant.connections

        tenant.respond_properly()
        clock.jump(int(first.retry_after or 10))
        recovered = get_private(client, token)

        wait_for_warning(api, tenant.domain)
        if fault.is_slow:
            time.sleep(0.1)  # until a fetch that was given up has ended as well
        warnings = len(api.warnings(tenant.domain))
        fault.cause(tenant)
        clock.jump(600)
        with_cached_key = get_private(client, token)

    def outcome() -> FaultOutcome:
        logged = [record.getMessage() for record in api.warnings(tenant.domain)]
        prefix = f"The signing keys could not be fetched from https://{tenant.domain}"
        reasons = [line.removeprefix(f"{prefix}/.well-known/jwks.json: ") for line in logged]
        return FaultOutcome(
            *(first, second, connections, recovered, with_cached_key, growth),
            warnings=reasons[:warnings],
            later_warnings=reasons[warnings:],
            is_token_logged=api.has_logged(*token.split(".")[1:]),
        )

    return outcome


def peak_memory() -> int:
    """Return the largest amount of memory that this process has used, in MB."""
    import resource  # not at the top: Windows has no such module

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)


def wait_for_warning(api: ApiUnderTest, domain: str) -> None:
    """Wait up to 2 s for a warning, which may be logged a little after the response."""
    deadline = time.monotonic() + 2
    while not api.warnings(domain) and time.monotonic() < deadline:
        time.sleep(0.01)


def print_name_outcomes(place: Path) -> None:
    """Run the faults of a name server, and print the outcomes as JSON.

    Runs in a separate process, because the name server listens on 127.0.0.1:53.
    """
    outcomes = {}
    with open_api(place) as api:
        for fault in NAME_FAULTS:
            name_server = NameServer()
            outcome = run_fault(api, fault, name_server)
            wait_for_fetches()
            name_server.close()
            outcomes[fault.name] = asdict(outcome())
    print(json.dumps(outcomes))


@contextmanager
def open_api(place: Path) -> Iterator[ApiUnderTest]:
    """Make the API trust the CA through the environment, and record everything that is logged."""
    api = ApiUnderTest(place)
    handler, root = RecordingHandler(api.records), logging.getLogger()
    level = root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(api.ca_file))
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "localhost,tenant.example,tenant.invalid")
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            yield api
        finally:
            root.removeHandler(handler)
            root.setLevel(level)


class RecordingHandler(logging.Handler):
    """Appends every record to a list."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@pytest.fixture(scope="module")
def faulty_api(
    api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiUnderTest]:
    """The API, for tests that use faulty tenants."""
    assert str(api_folder) in sys.path
    with open_api(tmp_path_factory.mktemp("faults")) as api:
        yield api


@pytest.fixture(scope="module")
def slow_outcomes(
    faulty_api: ApiUnderTest, api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, FaultOutcome]:
    """The outcomes of all slow faults, which run at the same time."""
    faults = [fault for fault in FAULTS if fault.is_slow]
    with ThreadPoolExecutor(len(faults) + 1) as pool:
        named = pool.submit(run_name_faults, api_folder, tmp_path_factory.mktemp("names"))
        futures = [pool.submit(run_fault, faulty_api, fault) for fault in faults]
    wait_for_fetches()
    outcomes = {fault.name: it.result()() for fault, it in zip(faults, futures, strict=True)}
    return outcomes | named.result()


def run_name_faults(api_folder: Path, place: Path) -> dict[str, FaultOutcome]:
    """Run `print_name_outcomes` in its own network; return {} if the system does not allow that."""
    if subprocess.run(isolated_command(place, "true"), capture_output=True).returncode:
        return {}
    call = f"print_name_outcomes(Path({str(place)!r}))"
    code = f"from pathlib import Path; from {__name__} import *; {call}"
    printed = subprocess.run(
        isolated_command(place, sys.executable, "-c", code),
        cwd=TEMPLATE,
        env=user_environ(PYTHONPATH=str(api_folder)),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return {name: read_outcome(outcome) for name, outcome in json.loads(printed.stdout).items()}


def read_outcome(read: dict[str, Any]) -> FaultOutcome:
    names = ("first", "second", "recovered", "with_cached_key")
    return FaultOutcome(**read | {name: ApiResponse(**read[name]) for name in names})


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(fault, id=fault.name, marks=[pytest.mark.slow] if fault.is_slow else [])
        for fault in FAULTS
    ]
    + [pytest.param(fault, id=fault.name, marks=pytest.mark.slow) for fault in NAME_FAULTS],
)
def fault(request: pytest.FixtureRequest) -> Fault:
    parameter = request.param
    assert isinstance(parameter, Fault)
    return parameter


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, faulty_api: ApiUnderTest, fault: Fault) -> FaultOutcome:
    if fault not in NAME_FAULTS and not fault.is_slow:
        outcome = run_fault(faulty_api, fault)
        wait_for_fetches()
        return outcome()
    outcomes: dict[str, FaultOutcome] = request.getfixturevalue("slow_outcomes")
    if fault.name not in outcomes:
        pytest.skip("this system does not allow a process its own network namespace")
    return outcomes[fault.name]


UNAVAILABLE = {
    "code": "keys_unavailable",
    "description": "The signing keys are temporarily unavailable.",
}


def test_fault_leads_to_503_with_retry_after(outcome: FaultOutcome) -> None:
    for response in (outcome.first, outcome.second):
        assert (response.status, response.body, response.retry_after) == (503, UNAVAILABLE, "1")


def test_request_waits_no_longer_than_the_fault_allows(
    outcome: FaultOutcome, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    record_property("seconds", outcome.first.seconds)
    print(f"{fault.name}: {outcome.first.seconds:.2f} s of {fault.seconds:g} s: {outcome.warnings}")

    assert outcome.first.seconds < fault.seconds


def test_next_request_neither_waits_nor_fetches(outcome: FaultOutcome) -> None:
    assert outcome.second.seconds < MARGIN
    assert outcome.connections <= 1


def test_failed_fetch_logs_one_line_with_the_reason(outcome: FaultOutcome, fault: Fault) -> None:
    assert len(outcome.warnings) == 1, outcome.warnings
    assert re.fullmatch(fault.reason, outcome.warnings[0])
    assert len(outcome.later_warnings) == 1, outcome.later_warnings
    assert all(line.isprintable() for line in (*outcome.warnings, *outcome.later_warnings))


def test_no_token_is_logged(outcome: FaultOutcome) -> None:
    assert not outcome.is_token_logged


def test_api_recovers_after_retry_after(outcome: FaultOutcome) -> None:
    assert outcome.recovered.status == 200
    assert outcome.recovered.seconds < IMMEDIATE


def test_cached_key_is_used_without_waiting(outcome: FaultOutcome) -> None:
    assert outcome.with_cached_key.status == 200
    assert outcome.with_cached_key.seconds < MARGIN


def test_compressed_response_does_not_fill_memory(outcome: FaultOutcome) -> None:
    assert outcome.memory_growth < 100


@pytest.mark.slow
def test_unknown_host_name_is_an_outage(faulty_api: ApiUnderTest) -> None:
    client = faulty_api.client("tenant.invalid", RunningClock())

    first, second = (get_private(client, faulty_api.token("tenant.invalid")) for _ in range(2))

    assert (first.status, first.body, second.status) == (503, UNAVAILABLE, 503)
    assert first.seconds < FETCH_TIMEOUT
    assert second.seconds < MARGIN
    wait_for_warning(faulty_api, "tenant.invalid")
    assert len(faulty_api.warnings("tenant.invalid")) == 1


@dataclass(frozen=True)
class UnusableKey:
    """A key that the API must not use. `jwk` makes it from a usable RSA key."""

    name: str
    jwk: Callable[[Jwk], object]
    kid: str | None = None  # in the header of a token; None: that of the RSA key


def without(jwk: Jwk, name: str) -> Jwk:
    """Return the key without one of its members."""
    return {member: value for member, value in jwk.items() if member != name}


def as_ec_key(jwk: Jwk) -> Jwk:
    """Return a new EC key with the key ID of this key."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (base64url(n.to_bytes(32)) for n in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": jwk["kid"], "alg": "ES256"}


def as_ed25519_key(jwk: Jwk) -> Jwk:
    """Return a new Ed25519 key with the key ID of this key."""
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    x = base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": jwk["kid"], "alg": "EdDSA"}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


UNUSABLE_KEYS = [
    # other key types
    UnusableKey("EC", as_ec_key),
    UnusableKey("OKP", as_ed25519_key),
    UnusableKey(
        "oct", lambda jwk: {"kty": "oct", "k": "c2VjcmV0", "kid": jwk["kid"], "alg": "HS256"}
    ),
    UnusableKey("no kty", lambda jwk: without(jwk, "kty")),
    # for other uses or algorithms
    UnusableKey("for encryption", lambda jwk: jwk | {"use": "enc"}),
    UnusableKey("for key wrapping", lambda jwk: jwk | {"alg": "RSA-OAEP"}),
    UnusableKey("for RS512", lambda jwk: jwk | {"alg": "RS512"}),
    UnusableKey("to encrypt", lambda jwk: without(jwk, "use") | {"key_ops": ["encrypt"]}),
    UnusableKey("to sign", lambda jwk: without(jwk, "use") | {"key_ops": ["sign"]}),
    # with malformed or unsafe members
    UnusableKey("private", lambda jwk: jwk | {"d": "AQAB"}),
    UnusableKey("no modulus", lambda jwk: without(jwk, "n")),
    UnusableKey("no exponent", lambda jwk: without(jwk, "e")),
    UnusableKey("modulus is a number", lambda jwk: jwk | {"n": 7}),
    UnusableKey("modulus is not base64", lambda jwk: jwk | {"n": "\u00fc" * 342}),
    UnusableKey("modulus of 100 bits", lambda jwk: jwk | {"n": "D" * 17}),
    UnusableKey("modulus of 8,202 bits", lambda jwk: jwk | {"n": "_" * 1367}),
    UnusableKey("exponent of 0", lambda jwk: jwk | {"e": "AA"}),
    # without a valid key ID
    UnusableKey("no kid", lambda jwk: without(jwk, "kid")),
    UnusableKey("kid: 7", lambda jwk: jwk | {"kid": 7}, "7"),
    UnusableKey("kid: null", lambda jwk: jwk | {"kid": None}, "None"),
    UnusableKey("kid is a list", lambda jwk: jwk | {"kid": [jwk["kid"]]}),
    UnusableKey("kid is an object", lambda jwk: jwk | {"kid": {"kid": jwk["kid"]}}),
    # not an object
    UnusableKey("null", lambda _: None),
    UnusableKey("string", lambda jwk: jwk["kid"]),
    UnusableKey("list", lambda jwk: [jwk]),
]

every_unusable_key = pytest.mark.parametrize(
    "unusable", UNUSABLE_KEYS, ids=lambda unusable: unusable.name
)


@dataclass(frozen=True)
class JwksResults:
    """The API's responses to tokens, and the warnings that it logs, with one JWKS."""

    statuses: list[int]
    codes: list[str | None]
    warnings: list[str]


def try_jwks(
    faulty_api: ApiUnderTest, keys: list[object], *signers: tuple[str, Any]
) -> JwksResults:
    """Serve these keys, and send the API a token for each key ID and signing key."""
    with FaultyTenant(faulty_api.authority) as tenant:
        tenant.keys = keys
        tenant.respond_properly()
        client = faulty_api.client(tenant.domain, RunningClock())
        tokens = [faulty_api.token(tenant.domain, *signer) for signer in signers]
        responses = [get_private(client, token) for token in tokens]
    wait_for_fetches()
    return JwksResults(
        [response.status for response in responses],
        [response.body.get("code") for response in responses],
        [record.getMessage() for record in faulty_api.warnings(tenant.domain)],
    )


@pytest.fixture(scope="module")
def other_key(faulty_api: ApiUnderTest) -> Any:
    """An RSA key of 2,048 bits, other than the tenant's."""
    return faulty_api.new_key()


@pytest.mark.parametrize("comes_first", [True, False], ids=["first", "last"])
@every_unusable_key
def test_unusable_key_is_skipped_and_others_are_used(
    faulty_api: ApiUnderTest, other_key: Any, unusable: UnusableKey, comes_first: bool
) -> None:
    key = faulty_api.key
    keys = [unusable.jwk(other_key.jwk), key.jwk]

    results = try_jwks(
        faulty_api,
        keys if comes_first else keys[::-1],
        *((key.kid, key), (unusable.kid or other_key.kid, other_key), (key.kid, key)),
    )

    assert results == JwksResults([200, 401, 200], [None, "invalid_header", None], [])


@every_unusable_key
def test_jwks_without_a_usable_key_is_a_failed_fetch(
    faulty_api: ApiUnderTest, other_key: Any, unusable: UnusableKey
) -> None:
    signer = (unusable.kid or other_key.kid, other_key)

    results = try_jwks(faulty_api, [unusable.jwk(other_key.jwk)], signer)

    assert (results.statuses, results.codes) == ([503], ["keys_unavailable"])
    assert [line.endswith(UNUSABLE) for line in results.warnings] == [True]


@pytest.mark.parametrize("bits", [1024, 2040])
def test_short_key_is_not_used(faulty_api: ApiUnderTest, bits: int) -> None:
    key, short = faulty_api.key, faulty_api.new_key(rsa.generate_private_key(65537, bits))

    both_keys = try_jwks(faulty_api, [short.jwk, key.jwk], (short.kid, short), (key.kid, key))
    only_short = try_jwks(faulty_api, [short.jwk], (short.kid, short))

    assert (both_keys.statuses, only_short.statuses) == ([401, 200], [503])


def test_first_of_two_keys_with_one_id_is_used(faulty_api: ApiUnderTest, other_key: Any) -> None:
    kid = faulty_api.key.kid
    keys = [faulty_api.key.jwk, other_key.jwk | {"kid": kid}]
    signers = ((kid, faulty_api.key), (kid, other_key))

    assert try_jwks(faulty_api, keys, *signers).statuses == [200, 401]
    assert try_jwks(faulty_api, keys[::-1], *signers).statuses == [401, 200]


def test_unusable_key_does_not_hide_another_of_its_id(
    faulty_api: ApiUnderTest, other_key: Any
) -> None:
    kid = faulty_api.key.kid
    keys = [other_key.jwk | {"kid": kid, "use": "enc"}, faulty_api.key.jwk]

    results = try_jwks(faulty_api, keys, (kid, faulty_api.key))

    assert results.statuses == [200]


def test_each_of_a_hundred_keys_verifies_its_own_tokens(
    faulty_api: ApiUnderTest, other_key: Any
) -> None:
    key = faulty_api.key
    others = [other_key.jwk | {"kid": f"key-{number}"} for number in range(99)]

    results = try_jwks(
        faulty_api,
        [*others, key.jwk],
        *(("key-0", other_key), ("key-98", other_key), (key.kid, key), ("key-5", key)),
    )

    assert results.statuses == [200, 200, 200, 401]
