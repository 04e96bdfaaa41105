"""What makes a tenant itself: its certificate authority and its signing keys."""

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def base64url(data: bytes) -> str:
    """RFC 7515 section 2: base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class SigningKey:
    """An RS256 key pair, named by a digest of its modulus."""

    private_key: rsa.RSAPrivateKey

    @classmethod
    def generate(cls, bits: int = 2048) -> "SigningKey":
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=bits))

    @property
    def kid(self) -> str:
        return base64url(hashlib.sha256(self._modulus).digest())[:21]

    @property
    def jwk(self) -> dict[str, str]:
        """The public half (RFC 7517), as it stands in the key set."""
        n, e = base64url(self._modulus), base64url((65537).to_bytes(3))
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e}

    def sign(
        self, header: bytes | Mapping[str, object], payload: bytes | Mapping[str, object]
    ) -> str:
        """Return a signed JWT of any header and payload, true or not; bytes go in as they are."""
        parts = [
            part if isinstance(part, bytes) else json.dumps(part).encode()
            for part in (header, payload)
        ]
        text = ".".join(base64url(part) for part in parts)
        signature = self.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64url(signature)}"

    @property
    def _modulus(self) -> bytes:
        n = self.private_key.public_key().public_numbers().n
        return n.to_bytes((n.bit_length() + 7) // 8)


def prepare_folder(folder: Path) -> None:
    """Make the folder with a certificate for loopback and a signing key, unless it is there.

    The CA's own key is thrown away, so trusting the CA trusts this one certificate and no other.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(made / "ca.pem")
    server = authority.issue_cert("localhost", "127.0.0.1")
    server.private_key_and_cert_chain_pem.write_to_path(made / "server.pem")
    pem = SigningKey.generate().private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (made / "signing-key.pem").write_bytes(pem)
    os.rename(made, folder)


def load_signing_key(folder: Path) -> SigningKey:
    """Read the signing key of a prepared folder."""
    pem = (folder / "signing-key.pem").read_bytes()
    private_key = serialization.load_pem_private_key(
        pem,
        password=None,
        unsafe_skip_rsa_key_validation=True,  # it is our own, and every test loads it
    )
    assert isinstance(private_key, rsa.RSAPrivateKey)
    return SigningKey(private_key)
