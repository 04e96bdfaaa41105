"""What makes a tenant itself: its certificate and its signing keys."""

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class SigningKey:
    """An RS256 key pair, new unless it is given. `jwk` is its public half (RFC 7517)."""

    def __init__(self, private_key: rsa.RSAPrivateKey | None = None) -> None:
        self.private_key = private_key or rsa.generate_private_key(65537, 2048)
        n = self.private_key.public_key().public_numbers().n
        modulus = n.to_bytes((n.bit_length() + 7) // 8)
        self.kid = base64url(hashlib.sha256(modulus).digest())
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "e": "AQAB"}
        self.jwk["n"] = base64url(modulus)

    def sign(
        self, header: bytes | Mapping[str, object], payload: bytes | Mapping[str, object]
    ) -> str:
        """Return a signed JWT of any header and payload; bytes need not be JSON."""
        parts = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in (header, payload)]
        text = ".".join(map(base64url, parts))
        signature = self.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64url(signature)}"


def base64url(data: bytes) -> str:
    """RFC 7515 section 2: base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def prepare_folder(folder: Path) -> None:
    """Create a certificate for loopback and a signing key, unless they exist.

    The CA's own key is not kept, so trusting the CA trusts only this certificate.
    """
    if folder.exists():
        return
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(made / "ca.pem")
    server = authority.issue_cert("localhost", "127.0.0.1")
    server.private_key_and_cert_chain_pem.write_to_path(made / "server.pem")
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = SigningKey().private_key.private_bytes(encoding, form, serialization.NoEncryption())
    (made / "signing-key.pem").write_bytes(pem)
    os.rename(made, folder)


def load_signing_key(folder: Path) -> SigningKey:
    """Read the signing key of a prepared folder, unchecked: it is ours, and checks take time."""
    pem = (folder / "signing-key.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return SigningKey(key)
