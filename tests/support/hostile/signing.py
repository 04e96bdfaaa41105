"""Functions that sign: with RS256 as the tenant does, with other keys, and with other algorithms."""

import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from local_auth0.identity import SigningKey

from .case import Keys, Sign

PKCS1 = padding.PKCS1v15()
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
LONG_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)

ReadKey = Callable[[SigningKey], bytes]


def _public_key_as(encoding: Encoding, form: PublicFormat) -> ReadKey:
    return lambda key: key.private_key.public_key().public_bytes(encoding, form)


PEM = _public_key_as(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PKCS1_PEM = _public_key_as(Encoding.PEM, PublicFormat.PKCS1)
DER = _public_key_as(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SSH = _public_key_as(Encoding.OpenSSH, PublicFormat.OpenSSH)


def sign_as_tenant(keys: Keys, text: bytes) -> bytes:
    """Sign with RS256 and the key whose ID is in the header."""
    return _sign_rs256(keys.tenant.signing_key, text)


def sign_with_second_key(keys: Keys, text: bytes) -> bytes:
    """Sign with RS256 and the second key of the JWKS."""
    return _sign_rs256(keys.second, text)


def sign_with_unknown_key(keys: Keys, text: bytes) -> bytes:
    """Sign with RS256 and a key that is not in the JWKS."""
    return _sign_rs256(keys.unknown, text)


def _sign_rs256(key: SigningKey, text: bytes) -> bytes:
    return key.private_key.sign(text, PKCS1, hashes.SHA256())


def sign_with_rsa(scheme: padding.AsymmetricPadding, algorithm: hashes.HashAlgorithm) -> Sign:
    """Sign with the tenant's key, but not with RS256."""
    return lambda keys, text: keys.tenant.signing_key.private_key.sign(text, scheme, algorithm)


def sign_with_ecdsa(_: Keys, text: bytes) -> bytes:
    """Sign with ES256 and a new key."""
    signature = ec.generate_private_key(ec.SECP256R1()).sign(text, ec.ECDSA(hashes.SHA256()))
    return b"".join(number.to_bytes(32) for number in decode_dss_signature(signature))


def sign_with_eddsa(_: Keys, text: bytes) -> bytes:
    """Sign with EdDSA and a new key."""
    return ed25519.Ed25519PrivateKey.generate().sign(text)


def sign_with_hmac(read_secret: ReadKey, digest: str = "sha256") -> Sign:
    """Sign with HMAC and a secret that is public, such as the tenant's public key."""
    return lambda keys, text: hmac.digest(read_secret(keys.tenant.signing_key), text, digest)
