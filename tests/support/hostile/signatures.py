"""Signatures by other keys, over other bytes, with other algorithms, and altered ones."""

import hashlib

from cryptography.hazmat.primitives import hashes
from local_auth0.identity import base64url

from .builders import (
    add_member,
    decode_base64url,
    replace_by,
    send_token,
    with_claims,
    with_header,
    with_segments,
    with_signature,
    with_signature_bytes,
    with_signature_number,
    with_signature_of,
    with_signature_over,
)
from .case import Case
from .expected import NOT_JSON_OBJECTS, OK, WRONG_ISSUER, WRONG_SIGNATURE
from .signing import (
    DER,
    LONG_PSS,
    PEM,
    PKCS1,
    PSS,
    sign_with_ecdsa,
    sign_with_eddsa,
    sign_with_hmac,
    sign_with_rsa,
    sign_with_second_key,
    sign_with_unknown_key,
)


def _with_another_subject(payload: str) -> str:
    return base64url(add_member(b'"sub": "auth0|ann"')(decode_base64url(payload)))


SIGNATURE = (
    Case(
        "by the second key, with its kid",
        send_token({"kid": lambda keys: keys.second.kid}, sign=sign_with_second_key),
        OK,
    ),
    Case("by the second key", with_signature(sign_with_second_key), WRONG_SIGNATURE),
    Case(
        "by the first key, with the kid of the second",
        with_header(kid=lambda keys: keys.second.kid),
        WRONG_SIGNATURE,
    ),
    Case("by an unknown key", with_signature(sign_with_unknown_key), WRONG_SIGNATURE),
    Case("of another payload", with_signature_of(with_claims(sub="auth0|ann")), WRONG_SIGNATURE),
    Case("of another header", with_signature_of(with_header(typ="at+jwt")), WRONG_SIGNATURE),
    Case("over the header", with_signature_over(lambda text: text.split(b".")[0]), WRONG_SIGNATURE),
    Case(
        "over the payload", with_signature_over(lambda text: text.split(b".")[1]), WRONG_SIGNATURE
    ),
    Case("over a trailing dot", with_signature_over(lambda text: text + b"."), WRONG_SIGNATURE),
    Case(
        "over the segments without a dot",
        with_signature_over(lambda text: text.replace(b".", b"")),
        WRONG_SIGNATURE,
    ),
    Case(
        "over a trailing line feed", with_signature_over(lambda text: text + b"\n"), WRONG_SIGNATURE
    ),
    Case("over lowercase", with_signature_over(bytes.lower), WRONG_SIGNATURE),
    Case(
        "over the digest",
        with_signature_over(lambda text: hashlib.sha256(text).digest()),
        WRONG_SIGNATURE,
    ),
    Case("over an empty string", with_signature_over(replace_by(b"")), WRONG_SIGNATURE),
    Case(
        "payload replaced by one with another subject",
        with_segments(lambda h, p, s: f"{h}.{_with_another_subject(p)}.{s}"),
        WRONG_SIGNATURE,
    ),
    Case("payload replaced by {}", with_segments(lambda h, _, s: f"{h}.e30.{s}"), WRONG_ISSUER),
    Case(
        "payload replaced by non-JSON",
        with_segments(lambda h, _, s: f"{h}.QUJD.{s}"),
        NOT_JSON_OBJECTS,
    ),
    Case("without its last byte", with_signature_bytes(lambda s: s[:-1]), WRONG_SIGNATURE),
    Case("without its last two bytes", with_signature_bytes(lambda s: s[:-2]), WRONG_SIGNATURE),
    Case("without its first byte", with_signature_bytes(lambda s: s[1:]), WRONG_SIGNATURE),
    Case("its first half", with_signature_bytes(lambda s: s[:128]), WRONG_SIGNATURE),
    Case("its first byte", with_signature_bytes(lambda s: s[:1]), WRONG_SIGNATURE),
    Case("a trailing zero byte", with_signature_bytes(lambda s: s + b"\0"), WRONG_SIGNATURE),
    Case("a leading zero byte", with_signature_bytes(lambda s: b"\0" + s), WRONG_SIGNATURE),
    Case("three trailing bytes", with_signature_bytes(lambda s: s + b"abc"), WRONG_SIGNATURE),
    Case("twice", with_signature_bytes(lambda s: s + s), WRONG_SIGNATURE),
    Case("backwards", with_signature_bytes(lambda s: s[::-1]), WRONG_SIGNATURE),
    Case(
        "inverted", with_signature_bytes(lambda s: bytes(255 - byte for byte in s)), WRONG_SIGNATURE
    ),
    Case(
        "its first bit changed",
        with_signature_bytes(lambda s: bytes([s[0] ^ 128]) + s[1:]),
        WRONG_SIGNATURE,
    ),
    Case(
        "its last bit changed",
        with_signature_bytes(lambda s: s[:-1] + bytes([s[-1] ^ 1])),
        WRONG_SIGNATURE,
    ),
    Case("256 zeros", with_signature_bytes(replace_by(bytes(256))), WRONG_SIGNATURE),
    Case("256 bytes of ones", with_signature_bytes(replace_by(b"\xff" * 256)), WRONG_SIGNATURE),
    Case("the number 1", with_signature_bytes(replace_by(bytes(255) + b"\1")), WRONG_SIGNATURE),
    Case("the modulus", with_signature_number(lambda _, n: n), WRONG_SIGNATURE),
    Case("the modulus minus 1", with_signature_number(lambda _, n: n - 1), WRONG_SIGNATURE),
    Case("plus the modulus", with_signature_number(lambda s, n: s + n), WRONG_SIGNATURE),
    Case("negative", with_signature_number(lambda s, n: n - s), WRONG_SIGNATURE),
    Case(
        "the digest", with_signature(lambda _, text: hashlib.sha256(text).digest()), WRONG_SIGNATURE
    ),
    Case("by SHA-384", with_signature(sign_with_rsa(PKCS1, hashes.SHA384())), WRONG_SIGNATURE),
    Case("by SHA-512", with_signature(sign_with_rsa(PKCS1, hashes.SHA512())), WRONG_SIGNATURE),
    Case("by PSS", with_signature(sign_with_rsa(PSS, hashes.SHA256())), WRONG_SIGNATURE),
    Case(
        "by PSS with the longest salt",
        with_signature(sign_with_rsa(LONG_PSS, hashes.SHA256())),
        WRONG_SIGNATURE,
    ),
    Case(
        "by HMAC with the public key as PEM", with_signature(sign_with_hmac(PEM)), WRONG_SIGNATURE
    ),
    Case(
        "by HMAC with the public key as DER", with_signature(sign_with_hmac(DER)), WRONG_SIGNATURE
    ),
    Case(
        "by HMAC with an empty secret",
        with_signature(sign_with_hmac(lambda _: b"")),
        WRONG_SIGNATURE,
    ),
    Case("by ECDSA", with_signature(sign_with_ecdsa), WRONG_SIGNATURE),
    Case("by EdDSA", with_signature(sign_with_eddsa), WRONG_SIGNATURE),
)
