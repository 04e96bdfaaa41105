"""The certificate and the signing keys of a tenant."""

import base64
import json
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class SigningKey:
    """An RS256 key pair, generated unless it is given. `jwk` is its public half (RFC 7517)."""

    def __init__(self, private_key: rsa.RSAPrivateKey | None = None) -> None:
        self.private_key = private_key or rsa.generate_private_key(65537, 2048)
        n = self.private_key.public_key().public_numbers().n
        modulus = n.to_bytes(self.private_key.key_size // 8)
        self.kid = base64url(modulus[:32])
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "e": "AQAB"}
        self.jwk["n"] = base64url(modulus)

    def sign(self, header: object, payload: object) -> str:
        """Return a signed JWT. Header and payload are JSON values, or bytes to use unchanged."""
        parts = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in (header, payload)]
        text = ".".join(map(base64url, parts))
        signature = self.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64url(signature)}"


def base64url(data: bytes) -> str:
    """RFC 7515 section 2: base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def load_signing_key(folder: Path) -> SigningKey:
    """Read the signing key in a folder. Create it, and a certificate for loopback, if needed."""
    file = folder / "signing-key.pem"
    if not file.exists():
        folder.mkdir(0o700, exist_ok=True)
        # The CA's own key is not kept, so trusting the CA trusts only this certificate.
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        server = authority.issue_cert("localhost", "127.0.0.1")
        server.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        pem = SigningKey().private_key.private_bytes(encoding, form, serialization.NoEncryption())
        file.write_bytes(pem)
    pem = file.read_bytes()  # written above, so validation is not needed
    key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return SigningKey(key)
