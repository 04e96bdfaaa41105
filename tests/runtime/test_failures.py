"""The output of `flask auth0 check` for certificates that only Python 3.13 and newer reject.

These Pythons set VERIFY_X509_STRICT by default; here the handshakes set it on any Python.
"""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from messages_api.cli.failures import failure

Extensions = dict[x509.ExtensionType, bool]
"""The extensions of a certificate, and whether each is critical."""


def issue_certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority_key: ec.EllipticCurvePrivateKey,
    extensions: Extensions,
) -> bytes:
    """Issue a certificate of "Company CA" in PEM form."""
    issuer, subject = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("Company CA", name)
    )
    now, serial = datetime.now(UTC), x509.random_serial_number()
    period = (now - timedelta(1), now + timedelta(1))
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), serial, *period)
    for extension, critical in extensions.items():
        builder = builder.add_extension(extension, critical)
    return builder.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def handshake_error(
    folder: Path, *, is_ca_critical: bool, has_key_identifier: bool
) -> ssl.SSLError:
    """Return the error of a TLS handshake with a server whose CA is trusted.

    `is_ca_critical`: the CA's basic constraints are critical. `has_key_identifier`: the server's
    certificate has an Authority Key Identifier.
    """
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public_key = authority_key.public_key()
    authority: Extensions = {
        x509.BasicConstraints(ca=True, path_length=None): is_ca_critical,
        x509.KeyUsage(False, False, False, False, False, True, True, False, False): True,
        x509.SubjectKeyIdentifier.from_public_key(public_key): False,
    }
    server: Extensions = {x509.SubjectAlternativeName([x509.DNSName("localhost")]): False}
    if has_key_identifier:
        server[x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)] = False
    trusted = issue_certificate("Company CA", authority_key, authority_key, authority)
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(
        own + issue_certificate("localhost", key, authority_key, server)
    )
    client_context = ssl.create_default_context(cadata=trusted.decode())
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(folder / "server.pem")
    client, accepted = socket.socketpair()

    def accept() -> None:
        with accepted, suppress(OSError):
            server_context.wrap_socket(accepted, server_side=True).close()

    thread = threading.Thread(target=accept)
    thread.start()
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    with client, pytest.raises(ssl.SSLCertVerificationError) as error:
        client_context.wrap_socket(client, server_hostname="localhost")
    thread.join()
    return error.value


@pytest.mark.parametrize(
    ("certificates", "reason"),
    [
        ({"is_ca_critical": True, "has_key_identifier": False}, "Missing Authority Key Identifier"),
        (
            {"is_ca_critical": False, "has_key_identifier": True},
            "Basic Constraints of CA cert not marked critical",
        ),
    ],
    ids=["no key identifier", "constraints are not critical"],
)
def test_certificate_that_only_newer_pythons_reject_is_explained(
    tmp_path: Path, certificates: dict[str, bool], reason: str
) -> None:
    line = failure("localhost", handshake_error(tmp_path, **certificates))

    assert line.text == f"TLS handshake failed: {reason}."
    assert line.hint.endswith("; since Python 3.13 that CA must follow RFC 5280")
