"""How a hostile case is written down: the answers that there are, and what builds a request.

The cases themselves are tables in `hostile_cases.py`; `test_hostile.py` sends them to the API.
"""

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .conftest import AUDIENCE
from local_auth0 import Tenant
from local_auth0.identity import SigningKey, base64url


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request must get. A 200 has neither code nor description nor challenge."""

    status: int
    code: str = ""
    description: str = ""
    challenge: str | None = None
    names_scopes: bool = False


BARE = 'Bearer realm="api"'


def _no_token(code: str, description: str) -> Answer:
    return Answer(401, code, description, BARE, names_scopes=True)


def _bad_token(code: str, description: str) -> Answer:
    error = f'{BARE}, error="invalid_token", error_description="{description}"'
    return Answer(401, code, description, error)


def _bad_header(description: str) -> Answer:
    return _bad_token("invalid_header", description)


def _bad_claim(description: str) -> Answer:
    return _bad_token("invalid_claims", description)


OK = Answer(200)

MISSING = _no_token(
    "authorization_header_missing",
    "The Authorization header is missing: send 'Authorization: Bearer <access token>'.",
)
NO_BEARER = _no_token("invalid_header", "The Authorization header must use the Bearer scheme.")
NO_TOKEN = _no_token("invalid_header", "The Authorization header has no token after the scheme.")

TOO_LONG = _bad_header("The token is longer than 16384 characters.")
NO_JWT = _bad_header(
    "The token is not a signed JWT of three segments. A client that requests no audience gets"
    " an opaque token: request the audience of this API."
)
NO_BASE64 = _bad_header("The token is not base64url-encoded.")
NO_OBJECT = _bad_header("The token's header and payload must be JSON objects.")
BAD_ALG = _bad_header("The token must be signed with RS256.")
BAD_CRIT = _bad_header(
    "The token's header has an extension (crit, b64) that this API does not support."
)
BAD_TYP = _bad_header("The token's type (typ) must be JWT or at+jwt.")
NO_KID = _bad_header("The token's header has no key ID (kid).")
UNKNOWN_KID = _bad_header("The tenant has no signing key with this key ID (kid).")
BAD_SIGNATURE = _bad_header("The token's signature does not match the tenant's signing key.")

NO_EXP = _bad_claim("The token has no expiry (exp), or one that is not a number.")
EXPIRED = _bad_token("token_expired", "The token has expired.")
BAD_NBF = _bad_claim("The token's not-before time (nbf) is not a number.")
NBF_AHEAD = _bad_claim("The token is not valid yet (nbf).")
BAD_IAT = _bad_claim("The token's issue time (iat) is not a number.")
IAT_AHEAD = _bad_claim("The token was issued in the future (iat).")
BAD_ISS = _bad_token("invalid_issuer", "The token was issued by another tenant (iss).")
BAD_AUD = _bad_token("invalid_audience", "The token was issued for another audience (aud).")
NO_SUB = _bad_claim("The token has no subject (sub).")
BOUND = _bad_claim("The token is bound to a key (cnf); this API accepts only plain bearer tokens.")


def _insufficient(kind: str, *, names_scopes: bool) -> Answer:
    description = f"The access token lacks a {kind} that this endpoint requires."
    error = f'{BARE}, error="insufficient_scope", error_description="{description}"'
    return Answer(403, "insufficient_scope", description, error, names_scopes)


LACKS_SCOPE = _insufficient("scope", names_scopes=True)
LACKS_PERMISSION = _insufficient("permission", names_scopes=False)


PRIVATE = "/api/private"
SCOPED = "/api/private-scoped"
PERMITTED = "/permitted"
"""An endpoint of the test's own: it asks for the permission `read:messages`."""


@dataclass(frozen=True, slots=True)
class Forge:
    """What tokens are made of. `other` is in the tenant's key set too, `stranger` is in none."""

    tenant: Tenant
    other: SigningKey
    stranger: SigningKey


Environ = dict[str, str]
Build = Callable[[Forge], Environ]
"""Makes what the request adds to its WSGI environment, mostly an Authorization header."""

Members = Mapping[str, object]
Edit = Callable[[bytes], bytes]
"""From a good header's or payload's JSON to what the token shall hold instead."""
Spell = Callable[[str, str], str]
"""From the encoded header and payload to the text that is signed."""
Shape = Callable[[str, str, str], str]
"""From the three segments of a good token to the text that is sent."""
Sign = Callable[[Forge, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """One request, and the one answer that it must get."""

    name: str
    build: Build
    answer: Answer
    path: str = PRIVATE


@dataclass(frozen=True, slots=True)
class Json:
    """A member's value as it shall stand in the JSON, allowed there or not."""

    text: str


@dataclass(frozen=True, slots=True)
class Twice:
    """A member that stands in the JSON twice: Python's reader takes the last."""

    first: object
    last: object


ABSENT = object()
"""A member that is left out. None is JSON's null."""


def at(seconds: float) -> Callable[[Forge], float]:
    """A time, counted from now; whole seconds stay whole."""
    return lambda _: int(time.time()) + seconds


def of(text: str) -> Callable[[Forge], str]:
    """A text in which `{issuer}`, `{domain}`, `{port}` and `{kid}` are the tenant's."""
    return lambda forge: text.format(
        issuer=forge.tenant.issuer,
        domain=forge.tenant.domain,
        port=forge.tenant.domain.partition(":")[2],
        kid=forge.tenant.signing_key.kid,
    )


def by_tenant(forge: Forge, text: bytes) -> bytes:
    """RS256 with the key whose ID stands in the header."""
    return sign_with(forge.tenant.signing_key, text)


def sign_with(key: SigningKey, text: bytes) -> bytes:
    return key.private_key.sign(text, padding.PKCS1v15(), hashes.SHA256())


def token(
    header: Members | None = None,
    claims: Members | None = None,
    *,
    edit_header: Edit = bytes,
    edit_payload: Edit = bytes,
    spell: Spell = "{}.{}".format,
    sign: Sign = by_tenant,
    shape: Shape = "{}.{}.{}".format,
) -> Build:
    """Send a token that is good but for what is given: members, then bytes, then text."""

    def build(forge: Forge) -> Environ:
        jose = {"alg": "RS256", "typ": "JWT", "kid": forge.tenant.signing_key.kid}
        good = {
            "iss": forge.tenant.issuer,
            "sub": "local-client@clients",
            "aud": AUDIENCE,
            "iat": at(0),
            "exp": at(3600),
            "azp": "local-client",
            "scope": "read:messages",
            "permissions": ["read:messages"],
        }
        text = spell(
            base64url(edit_header(_write(forge, {**jose, **(header or {})}))),
            base64url(edit_payload(_write(forge, {**good, **(claims or {})}))),
        )
        signature = base64url(sign(forge, text.encode()))
        head, _, payload = text.partition(".")
        sent = f"Bearer {shape(head, payload, signature)}"
        return {"HTTP_AUTHORIZATION": sent.encode().decode("latin-1")}

    return build


def _write(forge: Forge, members: Members) -> bytes:
    """Write a JSON object, which need not be good JSON."""

    def text(value: object) -> str:
        made = value(forge) if callable(value) else value
        return made.text if isinstance(made, Json) else json.dumps(made)

    pairs = []
    for name, value in members.items():
        if isinstance(value, Twice):
            pairs += [f"{json.dumps(name)}: {text(each)}" for each in (value.first, value.last)]
        elif value is not ABSENT:
            pairs.append(f"{json.dumps(name)}: {text(value)}")
    return ("{" + ", ".join(pairs) + "}").encode()


def header(**members: object) -> Build:
    """Send a token with another JOSE header, and a good signature over it."""
    return token(members)


def claims(**members: object) -> Build:
    """Send a token with other claims, and a good signature over them."""
    return token(None, members)


def shape(change: Shape) -> Build:
    """Send a good token, changed after it was signed."""
    return token(shape=change)


def signed(sign: Sign) -> Build:
    """Send a good token but for its signature."""
    return token(sign=sign)


def spelled(spell: Spell) -> Build:
    """Send a token whose segments are written in another way, and a good signature over them."""
    return token(spell=spell)


def value(text: str) -> Build:
    """Send this Authorization header. Each character is one byte on the wire (WSGI's latin-1)."""
    return lambda _: {"HTTP_AUTHORIZATION": text}


def form(text: str) -> Build:
    """Send this Authorization header, with a good token in the place of `{0}`."""
    return environ(HTTP_AUTHORIZATION=text)


def utf8(text: str) -> str:
    """The text as it arrives when a client sends it in UTF-8."""
    return text.encode().decode("latin-1")


def environ(**variables: str) -> Build:
    """Send these WSGI variables, with a good token in the place of `{0}`."""

    def build(forge: Forge) -> Environ:
        good = token()(forge)["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
        return {name: text.format(good) for name, text in variables.items()}

    return build


def edited(name: str, edit: Edit, answer: Answer) -> tuple[Case, Case]:
    """Two cases: what must be true of the JOSE header's JSON is true of the payload's."""
    return (
        Case(f"header: {name}", token(edit_header=edit), answer),
        Case(f"payload: {name}", token(edit_payload=edit), answer),
    )


def more(member: bytes) -> Edit:
    """Add a member to a JSON object, as it is written here."""
    return lambda good: good[:-1] + b", " + member + b"}"


def instead(text: bytes) -> Edit:
    """Take this for the JSON."""
    return lambda _: text


def between(before: bytes, behind: bytes) -> Edit:
    """Put something before and behind the JSON."""
    return lambda good: before + good + behind


def filled(rest: int) -> Edit:
    """Add blanks until the length divided by three leaves this rest."""
    return lambda good: good + b" " * ((rest - len(good)) % 3)


def recoded(encoding: str) -> Edit:
    """Write the JSON in another encoding than UTF-8."""
    return lambda good: good.decode().encode(encoding)


def sized(length: int) -> Build:
    """Send a good token of just so many characters: blanks behind a JSON object do no harm."""

    def build(forge: Forge) -> Environ:
        sent = (_sized(forge, note, length) for note in ("", "a", "aa"))
        return {"HTTP_AUTHORIZATION": next(text for text in sent if len(text) == length + 7)}

    return build


def _sized(forge: Forge, note: str, length: int) -> str:
    empty = token({"note": note}, edit_payload=instead(b""))(forge)["HTTP_AUTHORIZATION"]
    room = (length - len(empty.removeprefix("Bearer "))) * 3 // 4
    full = token({"note": note}, edit_payload=lambda good: good.ljust(room))
    return full(forge)["HTTP_AUTHORIZATION"]


def nested(forge: Forge) -> Environ:
    """Send a good token whose payload is a good token."""
    inner = token()(forge)["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    return token({"cty": "JWT"}, edit_payload=instead(inner.encode()))(forge)


def with_odd(text: str) -> dict[str, Build]:
    """Put a text into each segment; the signature is over the segments as they are then."""

    def odd(segment: str) -> str:
        return f"{segment[:8]}{text}{segment[8:]}"

    return {
        "header": spelled(lambda h, p: f"{odd(h)}.{p}"),
        "payload": spelled(lambda h, p: f"{h}.{odd(p)}"),
        "signature": shape(lambda h, p, s: f"{h}.{p}.{odd(s)}"),
    }


def joined_by(dot: str) -> Build:
    """Send a good token with something else for its dots."""
    return shape(lambda h, p, s: dot.join((h, p, s)))


def other_alphabet(segment: str) -> str:
    """Write the segment in plain base64, which must be another text."""
    assert "-" in segment
    assert "_" in segment
    return segment.replace("-", "+").replace("_", "/")


def twin(segment: str, step: int) -> str:
    """Write the same bytes in another way: the last character's spare bits are not zero."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    written = segment[:-1] + letters[letters.index(segment[-1]) + step]
    assert decoded(written) == decoded(segment)
    return written


def with_twin(rest: int, step: int) -> dict[str, Build]:
    """Sign a header and a payload of such lengths, and so that they decode as good ones do."""
    fill = filled(rest)
    return {
        "header": token(edit_header=fill, spell=lambda h, p: f"{twin(h, step)}.{p}"),
        "payload": token(edit_payload=fill, spell=lambda h, p: f"{h}.{twin(p, step)}"),
    }


def with_signature_twin(step: int) -> Build:
    """Send a good token whose signature is spelled in another way."""
    return shape(lambda h, p, s: f"{h}.{p}.{twin(s, step)}")


def decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "==")


def changed(change: Edit) -> Build:
    """Send a good token, its signature changed as bytes."""
    return signed(lambda forge, text: change(by_tenant(forge, text)))


def over(change: Edit) -> Build:
    """Send a good token with the tenant's signature over another text."""
    return signed(lambda forge, text: by_tenant(forge, change(text)))


def reckoned(change: Callable[[int, int], int]) -> Build:
    """Send a good token, its signature changed as a number, given the modulus of the key."""

    def sign(forge: Forge, text: bytes) -> bytes:
        modulus = forge.tenant.signing_key.private_key.public_key().public_numbers().n
        number = change(int.from_bytes(by_tenant(forge, text)), modulus)
        return number.to_bytes((number.bit_length() + 7) // 8)

    return signed(sign)


def signature_of(good: Build) -> Build:
    """Send a good token with the signature of another good token."""

    def sign(forge: Forge, _: bytes) -> bytes:
        return decoded(good(forge)["HTTP_AUTHORIZATION"].rpartition(".")[2])

    return signed(sign)


def by_other(forge: Forge, text: bytes) -> bytes:
    """RS256 with the tenant's other key."""
    return sign_with(forge.other, text)


def by_stranger(forge: Forge, text: bytes) -> bytes:
    """RS256 with a key that the tenant does not have."""
    return sign_with(forge.stranger, text)


def with_rsa(scheme: padding.AsymmetricPadding, algorithm: hashes.HashAlgorithm) -> Sign:
    """The tenant's key, but not RS256."""
    return lambda forge, text: forge.tenant.signing_key.private_key.sign(text, scheme, algorithm)


def with_ecdsa(_: Forge, text: bytes) -> bytes:
    """ES256 with a key of nobody."""
    made = ec.generate_private_key(ec.SECP256R1()).sign(text, ec.ECDSA(hashes.SHA256()))
    return b"".join(number.to_bytes(32) for number in decode_dss_signature(made))


def with_eddsa(_: Forge, text: bytes) -> bytes:
    """EdDSA with a key of nobody."""
    return ed25519.Ed25519PrivateKey.generate().sign(text)


def with_hmac(secret: Callable[[SigningKey], bytes], digest: str = "sha256") -> Sign:
    """HMAC; everybody knows what is public of the tenant's key, and could have signed so."""
    return lambda forge, text: hmac.digest(secret(forge.tenant.signing_key), text, digest)


def public(encoding: Encoding, form: PublicFormat) -> Callable[[SigningKey], bytes]:
    """The public key as a file has it."""
    return lambda key: key.private_key.public_key().public_bytes(encoding, form)
