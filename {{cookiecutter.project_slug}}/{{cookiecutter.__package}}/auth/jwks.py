"""The tenant's JSON Web Key Set (JWKS): fetched within strict limits, read for its usable keys.

How long keys are used, and when they are fetched again: see `key_cache.py`.
"""

import json
import time

import requests
from jose import jwk
from jose.backends.base import Key
from jose.utils import base64_to_long

SigningKey = Key  # verify(message: bytes, signature: bytes) -> bool
FETCH_TIME = 10.0  # seconds that a whole fetch may take

_CONNECT_READ_TIMEOUTS = (3.0, 5.0)
_MAX_BYTES = 64 * 1024
_CHUNK_BYTES = 4 * 1024
_RSA_BITS = range(2048, 8192 + 1)


class FetchError(Exception):
    """The response is not a usable JWKS; the message says why."""


class NoUsableKey(FetchError):
    """The JWKS has no key for RS256 signatures."""


def fetch_keys(url: str, seconds: float = FETCH_TIME) -> dict[str, SigningKey]:
    """Fetch the JWKS (RFC 7517 section 5) and return its usable keys by key ID.

    Raises FetchError unless it gets a 200 with at most 64 KiB, decompressed; RequestException, rarely
    others, without a response. Callers need a limit of their own for slow headers and name servers.
    """
    deadline = time.monotonic() + seconds
    with _get(url) as response:
        if response.status_code != 200:
            raise FetchError(f"the response has status {response.status_code}, not 200")
        body = bytearray()
        # read1 returns what has arrived; iter_content would wait for a whole chunk.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > _MAX_BYTES:
                raise FetchError(f"the JWKS is larger than {_MAX_BYTES} bytes")
            if time.monotonic() > deadline:
                raise FetchError(f"the JWKS did not arrive within {seconds:g} s")
    return read_keys(json.loads(body))


def _get(url: str) -> requests.Response:
    try:
        return requests.get(
            url,
            timeout=_CONNECT_READ_TIMEOUTS,
            stream=True,
            allow_redirects=False,
            auth=lambda prepared: prepared,  # otherwise requests sends a password from ~/.netrc
        )
    except requests.exceptions.InvalidURL:  # its message has the URL, and any password in it
        raise FetchError("the proxy's address is malformed: check HTTPS_PROXY") from None


def read_keys(document: object) -> dict[str, SigningKey]:
    """Return the usable keys of a JWKS by key ID, without the others; NoUsableKey if none is left."""
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, SigningKey] = {}
    for entry in entries if isinstance(entries, list) else ():
        key = _read_key(entry)
        if key is not None:
            keys.setdefault(entry["kid"], key)
    if not keys:
        raise NoUsableKey("the JWKS has no usable RS256 key")
    return keys


def _read_key(entry: object) -> SigningKey | None:
    """Build a verification key from only `kty`, `n` and `e` (RFC 7517 section 4)."""
    if not isinstance(entry, dict) or not _is_for_rs256_signatures(entry):
        return None
    modulus, exponent = entry.get("n"), entry.get("e")
    if not isinstance(modulus, str) or not isinstance(exponent, str):
        return None
    try:
        if base64_to_long(modulus).bit_length() not in _RSA_BITS:
            return None
        return jwk.construct({"kty": "RSA", "n": modulus, "e": exponent}, "RS256")
    except ValueError:
        return None


def _is_for_rs256_signatures(entry: dict[str, object]) -> bool:
    """A key with its private part `d` is public knowledge: anyone who reads the JWKS can sign."""
    key_ops = entry.get("key_ops", ["verify"])
    return (
        entry.get("kty") == "RSA"
        and isinstance(entry.get("kid"), str)
        and entry.get("alg", "RS256") == "RS256"
        and entry.get("use", "sig") == "sig"
        and isinstance(key_ops, list)
        and "verify" in key_ops
        and "d" not in entry
    )
