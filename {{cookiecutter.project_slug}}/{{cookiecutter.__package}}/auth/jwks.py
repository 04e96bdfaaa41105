"""Fetches the tenant's JSON Web Key Set (JWKS) within strict limits, and reads its usable keys."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress

import requests
from jose import jwk
from jose.backends.base import Key
from jose.utils import base64_to_long
from urllib3.exceptions import DecodeError

SigningKey = Key  # verify(message: bytes, signature: bytes) -> bool
FETCH_TIME = 10.0  # seconds that a whole fetch may take

_MAX_BYTES = 64 * 1024
_RSA_BITS = range(2048, 8192 + 1)


class FetchError(Exception):
    """The tenant's response cannot be used, for the reason in the message."""


class NoUsableKey(FetchError):
    """The JWKS has no key for RS256 signatures."""


def fetch_keys(url: str, seconds: float = FETCH_TIME) -> dict[str, SigningKey]:
    """Return the usable keys of a JWKS (RFC 7517, 5) by key ID. Raises what `fetch` raises."""
    status, document, _ = fetch(url, seconds=seconds)
    if status != 200:
        raise FetchError(f"the response has status {status}, not 200")
    if document is None:
        raise FetchError("the response is not a JSON object")
    return read_keys(document)


def fetch(
    url: str, sent: Mapping[str, str] | None = None, seconds: float = FETCH_TIME
) -> tuple[int, dict[str, object] | None, Mapping[str, str]]:
    """GET a URL, or POST JSON to it. Return the response: status, JSON object (or None), headers.

    Raises FetchError for a body above 64 KiB or after `seconds`. Without a response, it raises
    RequestException, rarely another exception. It does not limit the time for DNS and headers.
    """
    deadline = time.monotonic() + seconds
    with _request(url, sent) as response:
        body = bytearray()
        try:
            # read1 returns what has arrived; iter_content would wait for a whole chunk.
            while chunk := response.raw.read1(4096, decode_content=True):
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise FetchError(f"the response is larger than {_MAX_BYTES} bytes")
                if time.monotonic() > deadline:
                    raise FetchError(f"the response did not arrive within {seconds:g} s")
            document = json.loads(body)
        except (DecodeError, ValueError, RecursionError):
            document = None
    return response.status_code, document if isinstance(document, dict) else None, response.headers


def _request(url: str, sent: Mapping[str, str] | None) -> requests.Response:
    try:
        return requests.request(
            "GET" if sent is None else "POST",
            url,
            json=sent,
            timeout=(3.0, 5.0),  # to connect, and between two receives
            stream=True,
            allow_redirects=False,
            auth=lambda prepared: prepared,  # otherwise requests sends a password from ~/.netrc
        )
    except ValueError as error:  # its message may contain the proxy's password
        text = "HTTPS_PROXY is malformed, or names SOCKS without PySocks"
        raise requests.exceptions.InvalidURL(text) from error


def read_keys(document: Mapping[str, object]) -> dict[str, SigningKey]:
    """Return only the usable keys of a JWKS, by key ID. Raises NoUsableKey if there are none."""
    entries = document.get("keys")
    keys: dict[str, SigningKey] = {}
    for entry in entries if isinstance(entries, list) else ():
        if key := _read_key(entry):
            keys.setdefault(entry["kid"], key)
    if not keys:
        raise NoUsableKey("the JWKS has no usable RS256 key")
    return keys


def _read_key(entry: object) -> SigningKey | None:
    """Build a verification key from only `kty`, `n` and `e` (RFC 7517 section 4)."""
    names = ("kty", "kid", "n", "e")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in names):
        return None
    if entry["kty"] != "RSA" or not is_for_signatures(entry, "RS256"):
        return None
    with suppress(ValueError):
        modulus, exponent = map(base64_to_long, (entry["n"], entry["e"]))
        if modulus.bit_length() in _RSA_BITS and exponent < 2**32:  # a larger one is slow
            return jwk.construct({name: entry[name] for name in ("kty", "n", "e")}, "RS256")
    return None


def is_for_signatures(key: Mapping[str, object], algorithm: str) -> bool:
    """Whether a key is for an algorithm and without its private part `d` (RFC 7517 section 4)."""
    operations = key.get("key_ops", ["verify"])
    can_verify = isinstance(operations, list) and "verify" in operations and "d" not in key
    return can_verify and key.get("alg", algorithm) == algorithm and key.get("use", "sig") == "sig"
