"""The rendered API and a tenant that misbehaves: real sockets, real TLS, real names.

Whatever the tenant does, the response is the same 503 and comes in time, one line is logged, and
the API recovers as soon as the tenant does.
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

from ..support.environ import user_environ
from ..support.faulty_tenant import (
    FaultyTenant,
    NameServer,
    dripping,
    gzip_bomb,
    http,
    in_own_namespace,
    nested_gzip_bomb,
    reset,
    silence,
    stalled,
    whole,
)
from ..support.paths import TEMPLATE

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(
        sys.platform == "win32", reason="Windows cannot hold a port that refuses connections"
    ),
]

AUDIENCE = "https://api.test"
LOGGER = "messages_api.auth.key_cache"

Arrange = Callable[[FaultyTenant], object]
Jwk = dict[str, object]

# Seconds until the answer, at most: what the fault may take by the rules, and what a busy machine
# may take on top.
MARGIN = 0.5
AT_ONCE = 1 + MARGIN
CONNECT = 3 + MARGIN
READ = 5 + MARGIN
WHOLE = 10 + MARGIN


@dataclass(frozen=True)
class Fault:
    """What the tenant does, how long a request may wait because of it, why the fetch failed."""

    name: str
    arrange: Arrange
    seconds: float
    reason: str

    @property
    def is_slow(self) -> bool:
        return self.seconds > AT_ONCE


def says(status: int, body: bytes = b"", *headers: str) -> Arrange:
    return lambda tenant: tenant.answer(whole(http(status, body, *headers)))


def sends(data: bytes) -> Arrange:
    return lambda tenant: tenant.answer(whole(data))


def stalls_after(data: bytes) -> Arrange:
    return lambda tenant: tenant.answer(stalled(data))


def drips(at_once: bytes, *drops: bytes) -> Arrange:
    return lambda tenant: tenant.answer(dripping(at_once, drops))


def drips_the_key_set(tenant: FaultyTenant) -> None:
    body = tenant.key_set
    drops = [bytes([byte]) for byte in body]
    tenant.answer(dripping(http(200, body).removesuffix(body), drops))


def half_of_the_key_set(tenant: FaultyTenant) -> bytes:
    """Under the length of the whole."""
    body = tenant.key_set
    return http(200, body)[: -len(body) // 2]


def drips_tls(tenant: FaultyTenant) -> None:
    """The first record of the handshake is announced, and its bytes come one by one."""

    def conduct(connection: Any, ended: threading.Event) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        while not ended.wait(1):
            connection.sendall(b"\x03")

    tenant.conduct(conduct)


def speaks_plain_http(tenant: FaultyTenant) -> None:
    answer = http(200, tenant.key_set)
    tenant.conduct(lambda connection, _: connection.sendall(answer))


def answers_names_by(reply: Callable[[bytes], bytes | None]) -> Arrange:
    def arrange(tenant: FaultyTenant) -> None:
        assert tenant.names is not None
        tenant.names.reply = reply

    return arrange


GIVEN_UP = "no response after 10 s, given up"
TOO_LATE = f"(FetchError: the response did not arrive within 10 s|{GIVEN_UP})"
TOO_LARGE = "FetchError: the response is larger than 65536 bytes"
UNUSABLE = "NoUsableKey: the JWKS has no usable RS256 key"
NOT_JSON = "FetchError: the response is not a JSON object"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n"
GZIP = b"Content-Encoding: gzip\r\n"

FAULTS = [
    # There is no connection.
    Fault("connection refused", FaultyTenant.refuse, AT_ONCE, "ConnectionError: .+"),
    Fault("connection never made", FaultyTenant.plug, CONNECT, "ConnectTimeout: .+"),
    # There is no TLS, or not the tenant's.
    Fault("accepted, then silent", lambda t: t.conduct(silence), CONNECT, "ReadTimeout: .+"),
    Fault("TLS by the byte", drips_tls, CONNECT, "ReadTimeout: .+"),
    Fault(
        "closed at once", lambda t: t.conduct(lambda *_: None), AT_ONCE, "(SSL|Connection)Error: .+"
    ),
    Fault("plain HTTP", speaks_plain_http, AT_ONCE, "SSLError: .+"),
    Fault("another CA", lambda t: t.certify(trustme.CA(), "localhost", 9), AT_ONCE, "SSLError: .+"),
    Fault(
        "another host", lambda t: t.certify(t.authority, "t.example", 9), AT_ONCE, "SSLError: .+"
    ),
    Fault("expired", lambda t: t.certify(t.authority, "localhost", -1), AT_ONCE, "SSLError: .+"),
    # The answer does not come, or not in time.
    Fault("silent", stalls_after(b""), READ, "ReadTimeout: .+"),
    Fault("silent within the headers", stalls_after(HEAD), READ, "ReadTimeout: .+"),
    Fault("silent within the body", stalls_after(HEAD + b'\r\n{"keys'), READ, ".*Timeout.*: .+"),
    Fault("headers by the byte", drips(HEAD, b"x"), WHOLE, GIVEN_UP),
    Fault("body by the byte", drips_the_key_set, WHOLE, TOO_LATE),
    Fault(
        "gzip by the byte",
        drips(HEAD + GZIP + b"\r\n\x1f\x8b\x08\x08" + bytes(6), b"x"),
        WHOLE,
        TOO_LATE,
    ),
    Fault("always to be continued", drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), WHOLE, GIVEN_UP),
    # The answer ends too soon.
    Fault("body cut", lambda t: sends(half_of_the_key_set(t))(t), AT_ONCE, "ProtocolError: .+"),
    Fault(
        "reset within the body",
        lambda t: t.answer(reset(half_of_the_key_set(t))),
        AT_ONCE,
        "ProtocolError: .+",
    ),
    # The answer is another one.
    Fault("not HTTP", sends(b"\x1b[31mSSH-2.0\r\n\r\n"), AT_ONCE, "ConnectionError: .+"),
    Fault("a header of 100 KB", sends(HEAD + b"x" * 10**5), AT_ONCE, "ConnectionError: .+"),
    Fault("201", lambda t: says(201, t.key_set)(t), AT_ONCE, "FetchError: .+ 201, not 200"),
    Fault("204", says(204), AT_ONCE, "FetchError: .+ 204, not 200"),
    Fault(
        "302",
        lambda t: says(302, t.key_set, f"Location: https://{t.domain}/")(t),
        AT_ONCE,
        "FetchError: .+ 302, not 200",
    ),
    Fault("404", says(404), AT_ONCE, "FetchError: .+ 404, not 200"),
    Fault("429", says(429, b"", "Retry-After: 3600"), AT_ONCE, "FetchError: .+ 429, not 200"),
    Fault("500", lambda t: says(500, t.key_set)(t), AT_ONCE, "FetchError: .+ 500, not 200"),
    Fault("no body", says(200), AT_ONCE, NOT_JSON),
    Fault("HTML", says(200, b"<!doctype html><p>Sorry"), AT_ONCE, NOT_JSON),
    Fault("JSON cut", lambda t: says(200, t.key_set[:-9])(t), AT_ONCE, NOT_JSON),
    Fault("JSON in no UTF", says(200, b'{"keys": "\xff"}'), AT_ONCE, NOT_JSON),
    Fault("nested JSON", says(200, b"[" * 60_000), AT_ONCE, NOT_JSON),
    Fault("a number of 60 KB", says(200, b"1" * 60_000), AT_ONCE, NOT_JSON),
    Fault("10 MB", says(200, b" " * 10**7), AT_ONCE, TOO_LARGE),
    Fault("gzip bomb", says(200, gzip_bomb(), GZIP.decode().strip()), AT_ONCE, TOO_LARGE),
    Fault(
        "gzip bomb in gzip",
        says(200, nested_gzip_bomb(), "Content-Encoding: gzip, gzip"),
        AT_ONCE,
        TOO_LARGE,
    ),
    Fault("gzip that is none", says(200, b"{}", GZIP.decode().strip()), AT_ONCE, NOT_JSON),
    # There is no usable key.
    Fault("keys: null", says(200, b'{"keys": null}'), AT_ONCE, UNUSABLE),
    Fault("keys: {}", says(200, b'{"keys": {}}'), AT_ONCE, UNUSABLE),
    Fault("keys: []", says(200, b'{"keys": []}'), AT_ONCE, UNUSABLE),
    Fault("a list", says(200, b"[]"), AT_ONCE, NOT_JSON),
    Fault("null", says(200, b"null"), AT_ONCE, NOT_JSON),
]

# With these the tenant is well, and a name server beside it is not.
NAME_FAULTS = [
    Fault(
        "no such name", answers_names_by(NameServer.no_such_name), AT_ONCE, "ConnectionError: .+"
    ),
    Fault("silent name server", answers_names_by(NameServer.nothing), WHOLE, GIVEN_UP),
]


class Clock:
    """The real time, which can be put forward by hand. Seconds."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def skip(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass(frozen=True)
class Answer:
    """What the API answered, and how many seconds that took."""

    status: int
    body: dict[str, str]
    retry_after: str | None
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What is seen of one fault.

    In this order: the answer to a first request and to one right after it; the answer when the
    tenant is well and the seconds of Retry-After are over; the answer when the keys have come to
    the end of their time and the tenant is faulty again.
    """

    first: Answer
    again: Answer
    connections: int  # made by these two
    recovered: Answer
    kept: Answer
    grown: int  # MB of memory that the first took, at its peak
    lines: list[str]  # logged until it recovered
    later_lines: list[str]
    is_token_logged: bool  # by anyone, at any level


class Site:
    """The rendered API and its surroundings: a CA that it trusts, the tenant's key, the log."""

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

    def client(self, domain: str, clock: Clock) -> Any:
        """A client of an app whose keys are kept by this clock, and are not fetched yet."""
        app = self._create_app({"AUTH0_DOMAIN": domain, "AUTH0_AUDIENCE": AUDIENCE})
        keys = self._signing_keys(f"https://{domain}/.well-known/jwks.json", clock)
        app.extensions["auth0"] = self._verifier({f"https://{domain}/": keys}, AUDIENCE)
        return app.test_client()

    def token(self, domain: str, kid: object = None, key: Any = None) -> str:
        """A token of the tenant, good if its key ID and key are."""
        claims = {"iss": f"https://{domain}/", "aud": AUDIENCE, "sub": "ann", "exp": 2**40}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid if kid is None else kid}
        token: str = (key or self.key).sign(header, claims)
        return token

    def lines(self, domain: str) -> list[logging.LogRecord]:
        """What the keeper of the keys has logged of this tenant, good news left out."""
        return [
            record
            for record in self.records
            if record.name == LOGGER
            and record.levelno > logging.INFO
            and f"https://{domain}/" in record.getMessage()
        ]

    def has_logged(self, *texts: str) -> bool:
        """Whether one of the texts stands anywhere in the log, at any level, by anyone."""
        log = "\n".join(logging.Formatter().format(record) for record in self.records)
        return any(text in log for text in texts)


def ask(client: Any, token: str) -> Answer:
    begun = time.monotonic()
    answer = client.get("/api/private", headers={"Authorization": f"Bearer {token}"})
    seconds = time.monotonic() - begun
    return Answer(answer.status_code, answer.json, answer.headers.get("Retry-After"), seconds)


def observe(site: Site, fault: Fault, names: NameServer | None = None) -> Callable[[], Outcome]:
    """Lead the API through a fault; what is returned is complete once all fetches have ended."""
    host = "tenant.example" if names else "localhost"
    clock = Clock()
    with FaultyTenant(site.authority, host, names) as tenant:
        tenant.keys = [site.key.jwk]
        tenant.be_well()
        client, token = site.client(tenant.domain, clock), site.token(tenant.domain)

        fault.arrange(tenant)
        peak = peak_of_memory()
        first = ask(client, token)
        grown = peak_of_memory() - peak
        again = ask(client, token)
        connections = tenant.connections

        tenant.be_well()
        clock.skip(int(first.retry_after or 10))
        recovered = ask(client, token)

        wait_until_logged(site, tenant.domain)
        if fault.is_slow:
            time.sleep(0.1)  # until a fetch that was given up has ended as well
        lines = len(site.lines(tenant.domain))
        fault.arrange(tenant)
        clock.skip(600)
        kept = ask(client, token)

    def outcome() -> Outcome:
        logged = [record.getMessage() for record in site.lines(tenant.domain)]
        about = f"The signing keys could not be fetched from https://{tenant.domain}"
        reasons = [line.removeprefix(f"{about}/.well-known/jwks.json: ") for line in logged]
        return Outcome(
            *(first, again, connections, recovered, kept, grown),
            lines=reasons[:lines],
            later_lines=reasons[lines:],
            is_token_logged=site.has_logged(*token.split(".")[1:]),
        )

    return outcome


def peak_of_memory() -> int:
    """MB that this process has had at its peak."""
    import resource  # not at the top: Windows has no such module

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)


def wait_until_logged(site: Site, domain: str) -> None:
    """Wait for a line of the log, which may come a little behind the answer."""
    deadline = time.monotonic() + 2
    while not site.lines(domain) and time.monotonic() < deadline:
        time.sleep(0.01)


def wait_for_fetches() -> None:
    """Wait until no fetch is under way; with the tenants gone that is soon."""
    for thread in threading.enumerate():
        if thread.name == "auth0-keys":
            thread.join(10)


def observe_names(place: Path) -> None:
    """Lead the API through the faults of a name server, and print the outcomes as JSON.

    This is run as a process of its own, since it needs 127.0.0.1:53 for itself.
    """
    outcomes = {}
    with surroundings(place) as site:
        for fault in NAME_FAULTS:
            names = NameServer()
            complete = observe(site, fault, names)
            wait_for_fetches()
            names.close()
            outcomes[fault.name] = asdict(complete())
    print(json.dumps(outcomes))


@contextmanager
def surroundings(place: Path) -> Iterator[Site]:
    """Have the API trust the CA by the environment, and listen to everything that is logged."""
    site = Site(place)
    listener, root = Listener(site.records), logging.getLogger()
    level = root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(site.ca_file))
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "localhost,tenant.example,tenant.invalid")
        root.addHandler(listener)
        root.setLevel(logging.DEBUG)
        try:
            yield site
        finally:
            root.removeHandler(listener)
            root.setLevel(level)


class Listener(logging.Handler):
    """Keeps every record in a list."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@pytest.fixture(scope="module")
def site(api_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    assert str(api_folder) in sys.path
    with surroundings(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def slow_outcomes(
    site: Site, api_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Outcome]:
    """The outcomes of all faults that take their time, side by side."""
    faults = [fault for fault in FAULTS if fault.is_slow]
    with ThreadPoolExecutor(len(faults) + 1) as pool:
        named = pool.submit(name_outcomes, api_folder, tmp_path_factory.mktemp("names"))
        seen = [pool.submit(observe, site, fault) for fault in faults]
    wait_for_fetches()
    outcomes = {fault.name: s.result()() for fault, s in zip(faults, seen, strict=True)}
    return outcomes | named.result()


def name_outcomes(api_folder: Path, place: Path) -> dict[str, Outcome]:
    """What `observe_names` sees; nothing where a process cannot have a network of its own."""
    if subprocess.run(in_own_namespace(place, "true"), capture_output=True).returncode:
        return {}
    code = (
        f"from pathlib import Path; from {__name__} import *; observe_names(Path({str(place)!r}))"
    )
    seen = subprocess.run(
        in_own_namespace(place, sys.executable, "-c", code),
        cwd=TEMPLATE,
        env=user_environ(PYTHONPATH=str(api_folder)),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return {name: read_outcome(outcome) for name, outcome in json.loads(seen.stdout).items()}


def read_outcome(read: dict[str, Any]) -> Outcome:
    answers = {name: Answer(**read[name]) for name in ("first", "again", "recovered", "kept")}
    return Outcome(**read | answers)


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
def outcome(request: pytest.FixtureRequest, site: Site, fault: Fault) -> Outcome:
    if fault not in NAME_FAULTS and not fault.is_slow:
        complete = observe(site, fault)
        wait_for_fetches()
        return complete()
    outcomes: dict[str, Outcome] = request.getfixturevalue("slow_outcomes")
    if fault.name not in outcomes:
        pytest.skip("a process cannot have a network of its own here")
    return outcomes[fault.name]


UNAVAILABLE = {
    "code": "keys_unavailable",
    "description": "The signing keys are temporarily unavailable.",
}


def test_fault_leads_to_503_with_retry_after(outcome: Outcome) -> None:
    for answer in (outcome.first, outcome.again):
        assert (answer.status, answer.body, answer.retry_after) == (503, UNAVAILABLE, "1")


def test_request_waits_no_longer_than_the_fault_allows(
    outcome: Outcome, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    record_property("seconds", outcome.first.seconds)
    print(f"{fault.name}: {outcome.first.seconds:.2f} s of {fault.seconds:g} s: {outcome.lines}")

    assert outcome.first.seconds < fault.seconds


def test_next_request_neither_waits_nor_fetches(outcome: Outcome) -> None:
    assert outcome.again.seconds < MARGIN
    assert outcome.connections <= 1


def test_failed_fetch_logs_one_line_with_the_reason(outcome: Outcome, fault: Fault) -> None:
    assert len(outcome.lines) == 1, outcome.lines
    assert re.fullmatch(fault.reason, outcome.lines[0])
    assert len(outcome.later_lines) == 1, outcome.later_lines
    assert all(line.isprintable() for line in (*outcome.lines, *outcome.later_lines))


def test_no_token_is_logged(outcome: Outcome) -> None:
    assert not outcome.is_token_logged


def test_api_recovers_after_retry_after(outcome: Outcome) -> None:
    assert outcome.recovered.status == 200
    assert outcome.recovered.seconds < AT_ONCE


def test_cached_key_is_used_without_waiting(outcome: Outcome) -> None:
    assert outcome.kept.status == 200
    assert outcome.kept.seconds < MARGIN


def test_expanding_response_takes_no_memory(outcome: Outcome) -> None:
    assert outcome.grown < 100


@pytest.mark.slow
def test_unknown_host_name_is_an_outage(site: Site) -> None:
    client = site.client("tenant.invalid", Clock())

    first, again = (ask(client, site.token("tenant.invalid")) for _ in range(2))

    assert (first.status, first.body, again.status) == (503, UNAVAILABLE, 503)
    assert first.seconds < WHOLE
    assert again.seconds < MARGIN
    wait_until_logged(site, "tenant.invalid")
    assert len(site.lines("tenant.invalid")) == 1


@dataclass(frozen=True)
class OddKey:
    """A key that is not to be used. `jwk` makes it from an RSA key that would be good."""

    name: str
    jwk: Callable[[Jwk], object]
    kid: str | None = None  # what a token names it by; the one of the RSA key if None


def without(jwk: Jwk, name: str) -> Jwk:
    return {member: value for member, value in jwk.items() if member != name}


def elliptic(jwk: Jwk) -> Jwk:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (base64url(n.to_bytes(32)) for n in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": jwk["kid"], "alg": "ES256"}


def edwards(jwk: Jwk) -> Jwk:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    x = base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": jwk["kid"], "alg": "EdDSA"}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


ODD_KEYS = [
    # of another kind
    OddKey("EC", elliptic),
    OddKey("OKP", edwards),
    OddKey("oct", lambda jwk: {"kty": "oct", "k": "c2VjcmV0", "kid": jwk["kid"], "alg": "HS256"}),
    OddKey("no kty", lambda jwk: without(jwk, "kty")),
    # for something else
    OddKey("for encryption", lambda jwk: jwk | {"use": "enc"}),
    OddKey("for key wrapping", lambda jwk: jwk | {"alg": "RSA-OAEP"}),
    OddKey("for RS512", lambda jwk: jwk | {"alg": "RS512"}),
    OddKey("to encrypt", lambda jwk: without(jwk, "use") | {"key_ops": ["encrypt"]}),
    OddKey("to sign", lambda jwk: without(jwk, "use") | {"key_ops": ["sign"]}),
    # not sound
    OddKey("private", lambda jwk: jwk | {"d": "AQAB"}),
    OddKey("no modulus", lambda jwk: without(jwk, "n")),
    OddKey("no exponent", lambda jwk: without(jwk, "e")),
    OddKey("a modulus that is a number", lambda jwk: jwk | {"n": 7}),
    OddKey("a modulus that is no base64", lambda jwk: jwk | {"n": "\u00fc" * 342}),
    OddKey("a modulus of 100 bits", lambda jwk: jwk | {"n": "D" * 17}),
    OddKey("a modulus of 8,202 bits", lambda jwk: jwk | {"n": "_" * 1367}),
    OddKey("an exponent of 0", lambda jwk: jwk | {"e": "AA"}),
    # without a name
    OddKey("no kid", lambda jwk: without(jwk, "kid")),
    OddKey("kid: 7", lambda jwk: jwk | {"kid": 7}, "7"),
    OddKey("kid: null", lambda jwk: jwk | {"kid": None}, "None"),
    OddKey("kid: a list", lambda jwk: jwk | {"kid": [jwk["kid"]]}),
    OddKey("kid: an object", lambda jwk: jwk | {"kid": {"kid": jwk["kid"]}}),
    # no key at all
    OddKey("null", lambda _: None),
    OddKey("text", lambda jwk: jwk["kid"]),
    OddKey("a list", lambda jwk: [jwk]),
]

every_odd_key = pytest.mark.parametrize("odd", ODD_KEYS, ids=lambda odd: odd.name)


@dataclass(frozen=True)
class Served:
    """What the API answers to the tokens of one key set."""

    statuses: list[int]
    codes: list[str | None]
    lines: list[str]


def serve(site: Site, keys: list[object], *signers: tuple[str, Any]) -> Served:
    """Ask the API beside a tenant with these keys, with a token for each key ID and signer."""
    with FaultyTenant(site.authority) as tenant:
        tenant.keys = keys
        tenant.be_well()
        client = site.client(tenant.domain, Clock())
        answers = [ask(client, site.token(tenant.domain, *signer)) for signer in signers]
    wait_for_fetches()
    return Served(
        [answer.status for answer in answers],
        [answer.body.get("code") for answer in answers],
        [record.getMessage() for record in site.lines(tenant.domain)],
    )


@pytest.fixture(scope="module")
def other(site: Site) -> Any:
    """An RSA key of 2,048 bits beside the tenant's own."""
    return site.new_key()


@pytest.mark.parametrize("comes_first", [True, False], ids=["before", "behind"])
@every_odd_key
def test_unusable_key_is_skipped_and_others_are_used(
    site: Site, other: Any, odd: OddKey, comes_first: bool
) -> None:
    keys = [odd.jwk(other.jwk), site.key.jwk]

    served = serve(
        site,
        keys if comes_first else keys[::-1],
        *((site.key.kid, site.key), (odd.kid or other.kid, other), (site.key.kid, site.key)),
    )

    assert served == Served([200, 401, 200], [None, "invalid_header", None], [])


@every_odd_key
def test_jwks_without_a_usable_key_is_a_failed_fetch(site: Site, other: Any, odd: OddKey) -> None:
    served = serve(site, [odd.jwk(other.jwk)], (odd.kid or other.kid, other))

    assert (served.statuses, served.codes) == ([503], ["keys_unavailable"])
    assert [line.endswith(UNUSABLE) for line in served.lines] == [True]


@pytest.mark.parametrize("bits", [1024, 2040])
def test_short_key_is_not_used(site: Site, bits: int) -> None:
    short = site.new_key(rsa.generate_private_key(65537, bits))

    beside = serve(site, [short.jwk, site.key.jwk], (short.kid, short), (site.key.kid, site.key))
    alone = serve(site, [short.jwk], (short.kid, short))

    assert (beside.statuses, alone.statuses) == ([401, 200], [503])


def test_first_of_two_keys_with_one_id_is_used(site: Site, other: Any) -> None:
    kid = site.key.kid
    keys = [site.key.jwk, other.jwk | {"kid": kid}]
    signers = ((kid, site.key), (kid, other))

    assert serve(site, keys, *signers).statuses == [200, 401]
    assert serve(site, keys[::-1], *signers).statuses == [401, 200]


def test_unusable_key_does_not_hide_another_of_its_id(site: Site, other: Any) -> None:
    kid = site.key.kid

    served = serve(site, [other.jwk | {"kid": kid, "use": "enc"}, site.key.jwk], (kid, site.key))

    assert served.statuses == [200]


def test_each_of_a_hundred_keys_verifies_its_own_tokens(site: Site, other: Any) -> None:
    keys = [other.jwk | {"kid": f"key-{number}"} for number in range(99)]

    served = serve(
        site,
        [*keys, site.key.jwk],
        *(("key-0", other), ("key-98", other), (site.key.kid, site.key), ("key-5", site.key)),
    )

    assert served.statuses == [200, 200, 200, 401]
