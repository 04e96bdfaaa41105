"""Functions that build the requests of the hostile corpus and their tokens."""

import base64
import json
import time
from collections.abc import Callable

from local_auth0.identity import base64url

from ..api import AUDIENCE
from .case import (
    ABSENT,
    BuildEnviron,
    Case,
    Duplicate,
    EditJson,
    Environ,
    Keys,
    Members,
    RawJson,
    Sign,
    WriteInput,
    WriteToken,
)
from .expected import Expected
from .signing import sign_as_tenant


def from_now(seconds: float) -> Callable[[Keys], float]:
    """Return a NumericDate, relative to now. Whole seconds stay whole."""
    return lambda _: int(time.time()) + seconds


def of_tenant(text: str) -> Callable[[Keys], str]:
    """Return the string with `{issuer}`, `{domain}`, `{port}` and `{kid}` of the tenant."""
    return lambda keys: text.format(
        issuer=keys.tenant.issuer,
        domain=keys.tenant.domain,
        port=keys.tenant.domain.partition(":")[2],
        kid=keys.tenant.signing_key.kid,
    )


def utf8(text: str) -> str:
    """Return the string as WSGI decodes it if the client sends UTF-8."""
    return text.encode().decode("latin-1")


def send_token(
    header: Members | None = None,
    claims: Members | None = None,
    *,
    edit_header: EditJson = bytes,
    edit_payload: EditJson = bytes,
    write_input: WriteInput = "{}.{}".format,
    sign: Sign = sign_as_tenant,
    write_token: WriteToken = "{}.{}.{}".format,
) -> BuildEnviron:
    """Send a valid token with these changes to its members, its JSON, its signature or segments."""

    def build(keys: Keys) -> Environ:
        valid_header = {"alg": "RS256", "typ": "JWT", "kid": keys.tenant.signing_key.kid}
        valid_claims = {
            "iss": keys.tenant.issuer,
            "sub": "local-client@clients",
            "aud": AUDIENCE,
            "iat": from_now(0),
            "exp": from_now(3600),
            "azp": "local-client",
            "scope": "read:messages",
            "permissions": ["read:messages"],
        }
        text = write_input(
            base64url(edit_header(_write_json(keys, {**valid_header, **(header or {})}))),
            base64url(edit_payload(_write_json(keys, {**valid_claims, **(claims or {})}))),
        )
        signature = base64url(sign(keys, text.encode()))
        first, _, second = text.partition(".")
        sent = f"Bearer {write_token(first, second, signature)}"
        return {"HTTP_AUTHORIZATION": sent.encode().decode("latin-1")}

    return build


def _write_json(keys: Keys, members: Members) -> bytes:
    """Write a JSON object, which may be invalid."""

    def write(value: object) -> str:
        made = value(keys) if callable(value) else value
        return made.text if isinstance(made, RawJson) else json.dumps(made)

    pairs = []
    for name, value in members.items():
        if isinstance(value, Duplicate):
            pairs += [f"{json.dumps(name)}: {write(each)}" for each in (value.first, value.last)]
        elif value is not ABSENT:
            pairs.append(f"{json.dumps(name)}: {write(value)}")
    return ("{" + ", ".join(pairs) + "}").encode()


def with_header(**members: object) -> BuildEnviron:
    """Send a token with these members in its JOSE header, correctly signed."""
    return send_token(members)


def with_claims(**members: object) -> BuildEnviron:
    """Send a token with these claims, correctly signed."""
    return send_token(None, members)


def with_segments(write_token: WriteToken) -> BuildEnviron:
    """Send a valid token, changed after it was signed."""
    return send_token(write_token=write_token)


def with_signing_input(write_input: WriteInput) -> BuildEnviron:
    """Send a token whose segments are written differently, correctly signed."""
    return send_token(write_input=write_input)


def with_signature(sign: Sign) -> BuildEnviron:
    """Send a valid token with this signature."""
    return send_token(sign=sign)


def with_signature_bytes(change: EditJson) -> BuildEnviron:
    """Send a valid token with the bytes of its signature changed."""
    return with_signature(lambda keys, text: change(sign_as_tenant(keys, text)))


def with_signature_number(change: Callable[[int, int], int]) -> BuildEnviron:
    """Send a valid token with its signature changed as a number, given the key's modulus."""

    def sign(keys: Keys, text: bytes) -> bytes:
        modulus = keys.tenant.signing_key.private_key.public_key().public_numbers().n
        number = change(int.from_bytes(sign_as_tenant(keys, text)), modulus)
        return number.to_bytes((number.bit_length() + 7) // 8)

    return with_signature(sign)


def with_signature_over(change: EditJson) -> BuildEnviron:
    """Send a valid token with the tenant's signature over other bytes."""
    return with_signature(lambda keys, text: sign_as_tenant(keys, change(text)))


def with_signature_of(build: BuildEnviron) -> BuildEnviron:
    """Send a valid token with the signature of another valid token."""

    def sign(keys: Keys, _: bytes) -> bytes:
        return decode_base64url(build(keys)["HTTP_AUTHORIZATION"].rpartition(".")[2])

    return with_signature(sign)


def with_authorization(text: str) -> BuildEnviron:
    """Send this Authorization header. Each character is one byte (WSGI's latin-1)."""
    return lambda _: {"HTTP_AUTHORIZATION": text}


def with_valid_token(text: str) -> BuildEnviron:
    """Send this Authorization header, in which `{0}` is a valid token."""
    return with_environ(HTTP_AUTHORIZATION=text)


def with_environ(**variables: str) -> BuildEnviron:
    """Send these WSGI variables, in which `{0}` is a valid token."""

    def build(keys: Keys) -> Environ:
        return {name: text.format(_valid_token(keys)) for name, text in variables.items()}

    return build


def _valid_token(keys: Keys) -> str:
    return send_token()(keys)["HTTP_AUTHORIZATION"].removeprefix("Bearer ")


def send_nested_token(keys: Keys) -> Environ:
    """Send a valid token whose payload is a valid token."""
    inner = _valid_token(keys).encode()
    return send_token({"cty": "JWT"}, edit_payload=replace_by(inner))(keys)


def with_length(length: int) -> BuildEnviron:
    """Send a valid token of this many characters. Spaces after a JSON object are allowed."""

    def build(keys: Keys) -> Environ:
        sent = (_send_padded(keys, note, length) for note in ("", "a", "aa"))
        return {"HTTP_AUTHORIZATION": next(text for text in sent if len(text) == length + 7)}

    return build


def _send_padded(keys: Keys, note: str, length: int) -> str:
    empty = send_token({"note": note}, edit_payload=replace_by(b""))(keys)["HTTP_AUTHORIZATION"]
    room = (length - len(empty.removeprefix("Bearer "))) * 3 // 4
    full = send_token({"note": note}, edit_payload=lambda valid: valid.ljust(room))
    return full(keys)["HTTP_AUTHORIZATION"]


def with_separator(separator: str) -> BuildEnviron:
    """Send a valid token with another separator instead of its dots."""
    return with_segments(lambda h, p, s: separator.join((h, p, s)))


def in_both_segments(name: str, edit: EditJson, expected: Expected) -> tuple[Case, Case]:
    """Return two cases: the JSON of the header and of the payload have the same rules."""
    return (
        Case(f"header: {name}", send_token(edit_header=edit), expected),
        Case(f"payload: {name}", send_token(edit_payload=edit), expected),
    )


def insert_text(text: str) -> dict[str, BuildEnviron]:
    """Insert a string into each segment. The signature covers the changed segments."""

    def insert(segment: str) -> str:
        return f"{segment[:8]}{text}{segment[8:]}"

    return {
        "header": with_signing_input(lambda h, p: f"{insert(h)}.{p}"),
        "payload": with_signing_input(lambda h, p: f"{h}.{insert(p)}"),
        "signature": with_segments(lambda h, p, s: f"{h}.{p}.{insert(s)}"),
    }


def add_member(member: bytes) -> EditJson:
    """Add a member to a JSON object, as it is written here."""
    return lambda valid: valid[:-1] + b", " + member + b"}"


def replace_by(text: bytes) -> EditJson:
    """Replace all bytes of the JSON."""
    return lambda _: text


def surround_json(before: bytes, after: bytes) -> EditJson:
    """Add bytes before and after the JSON."""
    return lambda valid: before + valid + after


def pad_to(remainder: int) -> EditJson:
    """Add spaces until the length modulo three is this remainder."""
    return lambda valid: valid + b" " * ((remainder - len(valid)) % 3)


def encode_as(encoding: str) -> EditJson:
    """Encode the JSON with another encoding than UTF-8."""
    return lambda valid: valid.decode().encode(encoding)


def decode_base64url(segment: str) -> bytes:
    """Decode a segment of a token."""
    return base64.urlsafe_b64decode(segment + "==")


def to_plain_base64(segment: str) -> str:
    """Write the segment with the alphabet of plain base64; the result must differ."""
    assert "-" in segment
    assert "_" in segment
    return segment.replace("-", "+").replace("_", "/")


def to_noncanonical(segment: str, step: int) -> str:
    """Write the same bytes differently: the unused bits of the last character are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    written = segment[:-1] + alphabet[alphabet.index(segment[-1]) + step]
    assert decode_base64url(written) == decode_base64url(segment)
    return written


def noncanonical_segments(remainder: int, step: int) -> dict[str, BuildEnviron]:
    """Sign segments that decode to a valid header and payload but are not canonical."""
    pad = pad_to(remainder)
    return {
        "header": send_token(
            edit_header=pad, write_input=lambda h, p: f"{to_noncanonical(h, step)}.{p}"
        ),
        "payload": send_token(
            edit_payload=pad, write_input=lambda h, p: f"{h}.{to_noncanonical(p, step)}"
        ),
    }


def with_noncanonical_signature(step: int) -> BuildEnviron:
    """Send a valid token whose signature is not canonical base64url."""
    return with_segments(lambda h, p, s: f"{h}.{p}.{to_noncanonical(s, step)}")
