"""The DPoP header, the segments of a proof and their JSON, and signatures."""

import hashlib
import hmac
import uuid
from collections.abc import Callable
from itertools import product

from ..hostile.builders import to_noncanonical
from .expected import INVALID_PROOF, OK, Case, Outcome
from .keys import Jwk, Sign, base64url, der_signer, ec_key, thumbprint
from .proofs import Build, EditJson, Request, World, WriteProof, send

DEEP = 2_500
"""Brackets within brackets: fewer characters than the limit of the header, deeper than recursion goes."""


def _raw(name: str, text: str, outcome: Outcome = INVALID_PROOF) -> Case:
    """Send this header, in which {0} is the proof and {1} the access token."""
    return Case(name, send(proof=lambda token, proof: text.format(proof, token)), outcome)


def _write(name: str, write: WriteProof, outcome: Outcome = INVALID_PROOF) -> Case:
    return Case(name, send(write=write), outcome)


HEADER = (
    Case("absent", send(proof=lambda *_: None), INVALID_PROOF),
    _raw("empty", ""),
    _raw("a space", " "),
    _raw("a tab", "\t"),
    _raw("a comma", ","),
    _raw("a dot", "."),
    _raw("two dots", ".."),
    _raw("a word", "abc"),
    _raw("null", "null"),
    _raw("three words", "a.b.c"),
    _raw("twice", "{0},{0}"),
    _raw("twice, with a space", "{0}, {0}"),
    _raw("an empty one before", ",{0}"),
    _raw("an empty one after", "{0},"),
    _raw("another one after", "{0},a.b.c"),
    _raw("twice, with a space between", "{0} {0}"),
    _raw("twice, with a line feed between", "{0}\n{0}"),
    _raw("twice, with a semicolon between", "{0};{0}"),
    _raw("twice, without anything between", "{0}{0}"),
    _raw("in quotes", '"{0}"'),
    _raw("with its scheme", "DPoP {0}"),
    _raw("as a parameter", "proof={0}"),
    _raw("a trailing line feed", "{0}\n"),
    _raw("a trailing NUL", "{0}\0"),
    _raw("a leading no-break space", "\xa0{0}"),
    _raw("not ASCII", "\xe9\xff.\x80.a"),
    _raw("the access token", "{1}"),
    _raw("the access token after it", "{0}.{1}"),
)


def _sized(length: int) -> Build:
    """Send a proof of exactly this many characters. Spaces after a JSON object are allowed."""

    def build(world: World) -> Request:
        for header, note in product(("", "a", "ab"), repeat=2):
            claims = {"note": note, "jti": str(uuid.uuid4())}
            empty = send({"note": header}, claims)(world).proof or ""
            room = (length - len(empty)) * 3 // 4
            padded = send({"note": header}, claims, edit_payload=_pad(room))(world)
            if len(padded.proof or "") == length:
                return padded
        raise AssertionError(length)

    return build


def _pad(room: int) -> EditJson:
    return lambda text: text + b" " * room


SIZE = (
    *(Case(f"{length} characters", _sized(length), OK) for length in (8_190, 8_191, 8_192)),
    *(
        Case(f"{length} characters", _sized(length), INVALID_PROOF)
        for length in (8_193, 8_194, 16_000)
    ),
    _raw("8,193 characters of one segment", "A" * 8_193),
    _raw("16,000 dots", "." * 16_000),
    _raw("16,000 characters before it", "A" * 16_000 + "{0}"),
)


def _insert(index: int, text: str) -> WriteProof:
    """Insert a string into a segment."""

    def write(*segments: str) -> str:
        changed = list(segments)
        changed[index] = changed[index][:8] + text + changed[index][8:]
        return ".".join(changed)

    return write


def _pad_segment(index: int) -> WriteProof:
    """Add the padding that base64 has."""

    def write(*segments: str) -> str:
        changed = list(segments)
        changed[index] += "=" * (-len(changed[index]) % 4 or 4)
        return ".".join(changed)

    return write


SEGMENTS = (
    _write("without the signature", "{0}.{1}".format),
    _write("with an empty signature", "{0}.{1}.".format),
    _write("an empty header", ".{1}.{2}".format),
    _write("an empty payload", "{0}..{2}".format),
    _write("four segments", "{0}.{1}.{2}.{2}".format),
    _write("a trailing dot", "{0}.{1}.{2}.".format),
    _write("a leading dot", ".{0}.{1}.{2}".format),
    _write("five segments", "{0}.{1}.{2}.a.a".format),
    _write("commas for dots", "{0},{1},{2}".format),
    *(
        _write(f"{name} in the {segment}", _insert(index, text))
        for index, segment in enumerate(("header", "payload", "signature"))
        for name, text in {
            "a space": " ",
            "padding": "=",
            "a line feed": "\n",
            "a plus sign": "+",
            "a slash": "/",
            "an exclamation mark": "!",
            "a NUL": "\0",
            "a letter of Latin-1": "\xe9",
        }.items()
    ),
    *(
        _write(f"padding after the {segment}", _pad_segment(index))
        for index, segment in enumerate(("header", "payload", "signature"))
    ),
    _write("a signature that is not canonical", lambda h, p, s: f"{h}.{p}.{to_noncanonical(s, 1)}"),
    _write("JSON serialization", '{{"protected":"{0}","payload":"{1}","signature":"{2}"}}'.format),
)


def _json(name: str, text: bytes) -> tuple[Case, Case]:
    return (
        Case(f"header: {name}", send(edit_header=lambda _: text), INVALID_PROOF),
        Case(f"payload: {name}", send(edit_payload=lambda _: text), INVALID_PROOF),
    )


def _edited(name: str, edit: EditJson, outcome: Outcome = INVALID_PROOF) -> tuple[Case, Case]:
    return (
        Case(f"header: {name}", send(edit_header=edit), outcome),
        Case(f"payload: {name}", send(edit_payload=edit), outcome),
    )


JSON = (
    *_json("null", b"null"),
    *_json("true", b"true"),
    *_json("a number", b"1"),
    *_json("NaN", b"NaN"),
    *_json("a string", b'"a"'),
    *_json("a list", b"[]"),
    *_json("a space", b" "),
    *_json("not JSON", b"abc"),
    *_json("not UTF-8", b'{"a": "\xff"}'),
    *_json("a NUL", b"\0"),
    *_json("lists within lists", b"[" * DEEP),
    *_json("lists within lists, closed", b"[" * DEEP + b"]" * DEEP),
    *_json("objects within objects", b'{"a":' * 1_000 + b"1" + b"}" * 1_000),
    *_json("a number of 5,000 digits", b'{"a": ' + b"1" * 5_000 + b"}"),
    *_edited("in a list", lambda text: b"[" + text + b"]"),
    *_edited("text after it", lambda text: text + b"a"),
    *_edited("two objects", lambda text: text + text),
    *_edited("a trailing comma", lambda text: text[:-1] + b",}"),
    *_edited("single quotes", lambda text: text.replace(b'"', b"'")),
    *_edited("a comment", lambda text: text + b"// a"),
    *_edited("a byte order mark", lambda text: b"\xef\xbb\xbf" + text),
    *_edited("UTF-16", lambda text: text.decode().encode("utf-16")),
    *_edited("compressed", lambda text: b"\x1f\x8b" + text),
    *_edited("white space around it", lambda text: b"\n\t " + text + b" \r\n", OK),
)


def _deep(part: str, name: str, before: str, after: str) -> Case:
    """Write a member as brackets within brackets, which some parsers only find when they use it."""
    text = f', "{name}": {before * DEEP}{after * DEEP}}}'.encode()

    def edit(valid: bytes) -> bytes:
        return valid[:-1] + text

    build = send(edit_header=edit) if part == "header" else send(edit_payload=edit)
    return Case(f"{name} in the {part}: {before}{after} within another", build, INVALID_PROOF)


BOMBS = (
    *(_deep("header", name, "[", "]") for name in ("jwk", "typ", "alg", "crit", "note")),
    *(_deep("payload", name, "[", "]") for name in ("htm", "htu", "iat", "jti", "ath", "note")),
)


def _signed(name: str, sign: Sign, outcome: Outcome = INVALID_PROOF) -> Case:
    return Case(name, send(sign=sign), outcome)


def _by(name: str, change: EditJson, *, rsa: bool = False) -> Case:
    """Change the bytes of the right signature."""

    def build(world: World) -> Request:
        key = world.rsa if rsa else world.ec
        return send(key=key, sign=lambda text: change(key.sign(text)))(world)

    return Case(f"{'RSA: ' if rsa else ''}{name}", build, INVALID_PROOF)


DER_JWK, DER_SIGN = der_signer()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256."""

CHANGES = {
    "without its last byte": lambda s: s[:-1],
    "without its first byte": lambda s: s[1:],
    "its first half": lambda s: s[: len(s) // 2],
    "its first byte": lambda s: s[:1],
    "a trailing zero byte": lambda s: s + b"\0",
    "a leading zero byte": lambda s: b"\0" + s,
    "twice": lambda s: s + s,
    "backwards": lambda s: s[::-1],
    "zeros": lambda s: bytes(len(s)),
    "ones": lambda s: b"\xff" * len(s),
    "its first bit changed": lambda s: bytes([s[0] ^ 128]) + s[1:],
    "its last bit changed": lambda s: s[:-1] + bytes([s[-1] ^ 1]),
}


def _half(s: bytes, r: int | None = None, last: int | None = None) -> bytes:
    first, second = int.from_bytes(s[:32]), int.from_bytes(s[32:])
    numbers = (first if r is None else r, second if last is None else last)
    return b"".join(number.to_bytes(32) for number in numbers)


SIGNATURE = (
    _signed("by another key", ec_key().sign),
    Case("by an RSA key", lambda world: send(sign=world.rsa.sign)(world), INVALID_PROOF),
    _signed("the digest", lambda text: hashlib.sha256(text).digest()),
    _signed("HMAC with an empty secret", lambda text: hmac.digest(b"", text, "sha256")),
    *(_by(name, change) for name, change in CHANGES.items()),
    *(_by(name, change, rsa=True) for name, change in CHANGES.items()),
    Case(
        "DER",
        send(jwk=DER_JWK, sign=DER_SIGN),
        INVALID_PROOF,
    ),
    _by("r is zero", lambda s: _half(s, r=0)),
    _by("s is zero", lambda s: _half(s, last=0)),
    _by("r is the order", lambda s: _half(s, r=ORDER)),
    _by("s is the order", lambda s: _half(s, last=ORDER)),
    _by("r and s swapped", lambda s: s[32:] + s[:32]),
    Case(
        "over the payload",
        lambda world: send(sign=lambda text: world.ec.sign(text.split(b".")[1]))(world),
        INVALID_PROOF,
    ),
    Case(
        "over the digest",
        lambda world: send(sign=lambda text: world.ec.sign(hashlib.sha256(text).digest()))(world),
        INVALID_PROOF,
    ),
    _write("another payload", lambda h, _, s: f"{h}.{base64url(b'{}')}.{s}"),
    _write("another header", lambda _, p, s: f"{base64url(b'{}')}.{p}.{s}"),
)


def _thumbprint(change: Callable[[str], str]) -> Callable[[Jwk], str]:
    return lambda jwk: change(thumbprint(jwk))


BINDING = (
    Case("to another key", send(bind=thumbprint(ec_key().jwk)), INVALID_PROOF),
    Case("to an RSA key", lambda world: send(bind=thumbprint(world.rsa.jwk))(world), INVALID_PROOF),
    Case(
        "to the key of another proof",
        lambda world: send(key=ec_key(), bind=thumbprint(world.ec.jwk))(world),
        INVALID_PROOF,
    ),
    *(
        Case(name, send(bind=_thumbprint(change)), INVALID_PROOF)
        for name, change in {
            "without its last character": lambda text: text[:-1],
            "its first half": lambda text: text[:21],
            "its first character": lambda text: text[:1],
            "padded": lambda text: text + "=",
            "one more character": lambda text: text + "A",
            "in other case": str.swapcase,
            "a leading space": lambda text: " " + text,
            "not canonical": lambda text: to_noncanonical(text, 1),
            "not ASCII": lambda text: text[:-1] + "é",
        }.items()
    ),
)
