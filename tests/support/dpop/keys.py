"""Keys of clients, with bare `cryptography`: a public JWK, its thumbprint and signatures."""

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Jwk = Mapping[str, object]
Sign = Callable[[bytes], bytes]

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""The DigestInfo of SHA-256 in DER (RFC 8017 section 9.2)."""


def base64url(data: bytes) -> str:
    """Encode bytes as RFC 7515 section 2 does, without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def thumbprint(jwk: Jwk) -> str:
    """Return the thumbprint (RFC 7638) of the members as they are written, even if malformed."""
    required = {"EC": "crv kty x y", "RSA": "e kty n", "oct": "k kty", "OKP": "crv kty x"}
    names = required.get(str(jwk.get("kty")), "kty").split()
    text = json.dumps({name: jwk.get(name) for name in names}, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode()).digest())


@dataclass(frozen=True)
class ClientKey:
    """A key pair of a client."""

    alg: str
    jwk: Jwk
    sign: Sign


def ec_key(curve: ec.EllipticCurve | None = None, alg: str = "ES256") -> ClientKey:
    """Return a new key, for ES256 if no curve is given."""
    curve = curve or ec.SECP256R1()
    private, size = ec.generate_private_key(curve), (curve.key_size + 7) // 8
    point = private.public_key().public_numbers()
    names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
    jwk = {
        "kty": "EC",
        "crv": names.get(curve.name, curve.name),
        "x": base64url(point.x.to_bytes(size)),
        "y": base64url(point.y.to_bytes(size)),
    }

    def sign(text: bytes) -> bytes:
        numbers = decode_dss_signature(private.sign(text, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(size) for number in numbers)

    return ClientKey(alg, jwk, sign)


def der_signer() -> tuple[Jwk, Sign]:
    """Return a new key for ES256 whose signatures are in DER instead of RFC 7518 section 3.4."""
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_numbers()
    x, y = (base64url(number.to_bytes(32)) for number in (point.x, point.y))
    jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return jwk, lambda text: private.sign(text, ec.ECDSA(hashes.SHA256()))


def rsa_key(bits: int = 2048) -> ClientKey:
    """Return a new key for RS256."""
    private = rsa.generate_private_key(65537, bits)
    n = private.public_key().public_numbers().n
    return ClientKey(
        "RS256",
        rsa_jwk(n, 65537),
        lambda text: private.sign(text, padding.PKCS1v15(), hashes.SHA256()),
    )


def rsa_jwk(n: int, e: int) -> Jwk:
    """Return a public RSA key."""
    modulus, exponent = (number.to_bytes((number.bit_length() + 7) // 8) for number in (n, e))
    return {"kty": "RSA", "n": base64url(modulus), "e": base64url(exponent)}


def odd_rsa_key(primes: int, e: int = 65537) -> ClientKey:
    """Return a key of this many primes of 512 bits and any exponent, which signs correctly.

    The exponent 1 makes a signature that is the padded digest itself.
    """
    factors = small_primes()[:primes]
    n = math.prod(factors)

    def sign(text: bytes) -> bytes:
        size = (n.bit_length() + 7) // 8
        digest = SHA256_INFO + hashlib.sha256(text).digest()
        padded = b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest
        number = int.from_bytes(padded)
        result = 0
        for prime in factors:  # by the Chinese remainder theorem
            rest, inverse = n // prime, pow(n // prime, -1, prime)
            d = pow(e, -1, prime - 1) if math.gcd(e, prime - 1) == 1 else 1
            result += pow(number, d, prime) * rest * inverse
        return (result % n).to_bytes(size)

    return ClientKey("RS256", rsa_jwk(n, e), sign)


@cache
def small_primes() -> list[int]:
    """Return 17 different primes of 512 bits."""
    sizes = [1_024] * 9  # small on purpose
    keys = (rsa.generate_private_key(65537, size).private_numbers() for size in sizes)
    return [prime for key in keys for prime in (key.p, key.q)][:17]
