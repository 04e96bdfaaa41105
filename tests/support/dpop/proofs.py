"""Proofs (RFC 9449) and the requests that carry them, with one thing changed or none."""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local_auth0 import Tenant

from ..hostile.case import ABSENT, RawJson
from .keys import ClientKey, Jwk, Sign, base64url, ec_key, rsa_key, thumbprint

PUBLIC_URL = "https://api.test"
PRIVATE = "/private"

Members = Mapping[str, object]
EditJson = Callable[[bytes], bytes]
WriteProof = Callable[[str, str, str], str]


@dataclass(frozen=True)
class World:
    """A tenant, and two keys of a client."""

    tenant: Tenant
    ec: ClientKey = field(default_factory=ec_key)
    rsa: ClientKey = field(default_factory=rsa_key)


@dataclass(frozen=True)
class Request:
    """A request as WSGI has it: several headers of one name are one, joined by commas."""

    authorization: str | None
    proof: str | None
    method: str = "GET"
    target: str = PRIVATE

    @property
    def environ(self) -> dict[str, str]:
        given = {"HTTP_AUTHORIZATION": self.authorization, "HTTP_DPOP": self.proof}
        return {name: value for name, value in given.items() if value is not None}


Build = Callable[[World], Request]


def ath(token: str) -> str:
    """Return the hash of an access token as it is in a proof."""
    return base64url(hashlib.sha256(token.encode()).digest())


def write_json(members: Members) -> bytes:
    """Write a JSON object, which may be invalid."""
    pairs = (
        f"{json.dumps(name)}: {value.text if isinstance(value, RawJson) else json.dumps(value)}"
        for name, value in members.items()
        if value is not ABSENT
    )
    return ("{" + ", ".join(pairs) + "}").encode()


def mint(world: World, claims: Members) -> str:
    """Return an access token of the tenant with these claims as well."""
    valid = {
        "iss": world.tenant.issuer,
        "sub": "local-client@clients",
        "aud": world.tenant.audience,
        "iat": int(time.time()),
        "exp": int(time.time()) + 3_600,
        "scope": "read:messages",
    }
    header = {"alg": "RS256", "typ": "JWT", "kid": world.tenant.signing_key.kid}
    return world.tenant.signing_key.sign(header, write_json({**valid, **claims}))


@dataclass(frozen=True)
class Proof:
    """A proof of a key. The fields change it: its members, their JSON, the signature, the segments.

    A callable among the claims is given the access token.
    """

    key: ClientKey
    header: Members = field(default_factory=dict)
    claims: Members = field(default_factory=dict)
    edit_header: EditJson = bytes
    edit_payload: EditJson = bytes
    sign: Sign | None = None
    write: WriteProof = "{}.{}.{}".format

    def of(self, token: str, method: str, url: str) -> str:
        """Write the proof for a request with an access token."""
        header = {"typ": "dpop+jwt", "alg": self.key.alg, "jwk": self.key.jwk, **self.header}
        valid = {
            "jti": str(uuid.uuid4()),
            "htm": method,
            "htu": url,
            "iat": int(time.time()),
            "ath": ath(token),
        }
        changed = {k: v(token) if callable(v) else v for k, v in self.claims.items()}
        texts = (
            self.edit_header(write_json(header)),
            self.edit_payload(write_json({**valid, **changed})),
        )
        signed = ".".join(map(base64url, texts))
        signature = (self.sign or self.key.sign)(signed.encode())
        first, second = signed.split(".")
        return self.write(first, second, base64url(signature))


def send(
    header: Members | None = None,
    claims: Members | None = None,
    *,
    key: ClientKey | Callable[[World], ClientKey] | None = None,
    jwk: Members | object = None,
    bind: str | Callable[[Jwk], str] | None = None,
    cnf: object = None,
    token_claims: Members | None = None,
    edit_header: EditJson = bytes,
    edit_payload: EditJson = bytes,
    sign: Sign | None = None,
    write: WriteProof = "{}.{}.{}".format,
    method: str = "GET",
    target: str = PRIVATE,
    scheme: str = "DPoP",
    url: str | None = None,
    authorization: Callable[[str, str], str | None] | None = None,
    proof: Callable[[str, str], str | None] | None = None,
) -> Build:
    """Send a bound token with its proof, correct but for the changes of the arguments.

    `jwk` changes members of the key in the proof, or replaces it. The token is bound to the key as it
    is in the proof, so that only the change can be the reason for a rejection, unless `bind` or `cnf`
    change that. `authorization` and `proof` map the token and the proof to the header.
    """

    def build(world: World) -> Request:
        used = world.ec if key is None else key if isinstance(key, ClientKey) else key(world)
        sent: object = used.jwk
        if isinstance(jwk, Mapping):
            sent = {k: v for k, v in {**used.jwk, **jwk}.items() if v is not ABSENT}
        elif jwk is not None:
            sent = jwk
        readable: Jwk = sent if isinstance(sent, Mapping) else used.jwk
        binding = bind(readable) if callable(bind) else bind or thumbprint(readable)
        confirmed = {"jkt": binding} if cnf is None else cnf
        token = mint(world, {"cnf": confirmed, **(token_claims or {})})
        made = Proof(
            used,
            {"jwk": sent, **(header or {})},
            claims or {},
            edit_header,
            edit_payload,
            sign,
            write,
        ).of(token, method, PUBLIC_URL + target.partition("?")[0] if url is None else url)
        return Request(
            authorization(token, made) if authorization else f"{scheme} {token}",
            proof(token, made) if proof else made,
            method,
            target,
        )

    return build
