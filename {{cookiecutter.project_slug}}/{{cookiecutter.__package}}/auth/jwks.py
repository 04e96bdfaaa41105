"""The tenant's JSON Web Key Set: fetched with every bound there is, read for its usable keys.

How long keys are kept, and when they are fetched again, is the business of `keys.py`.
"""

import json
import time

import requests
from jose import jwk
from jose.backends.base import Key
from jose.utils import base64_to_long

SigningKey = Key
"""One RS256 key of the tenant: `verify(message, signature)`, both bytes, says yes or no."""

FETCH_TIME = 10.0
"""Seconds that a whole fetch may take."""

_CONNECT_READ_TIMEOUTS = (3.0, 5.0)
_MAX_BYTES = 64 * 1024
_CHUNK_BYTES = 4 * 1024
_RSA_BITS = range(2048, 8192 + 1)


class FetchError(Exception):
    """The key set could not be had, or has no usable key; the text says why."""


class NoUsableKey(FetchError):
    """The key set is there, and none of its keys is for RS256 signatures."""


def fetch_keys(url: str, seconds: float = FETCH_TIME) -> dict[str, SigningKey]:
    """Fetch the key set (RFC 7517 section 5) and return its usable keys by key ID.

    Nothing but a direct 200 with at most 64 KiB of JSON, decompressed, is taken. `timeout` bounds
    each receive, not the whole: the clock here ends a dripping body, and neither dripping headers,
    sizes of chunks or trailers nor a silent name server, so a caller has to have its own.

    Raises:
        FetchError: the answer is not such a one.
        requests.RequestException, and in rare cases other exceptions of the libraries beneath:
            there is no answer. A caller takes any exception as a failed fetch.
    """
    deadline = time.monotonic() + seconds
    with _get(url) as response:
        if response.status_code != 200:
            raise FetchError(f"the answer's status is {response.status_code}, not 200")
        body = bytearray()
        # read1 gives what has come; iter_content would wait for a whole chunk, past the deadline.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > _MAX_BYTES:
                raise FetchError(f"the key set is larger than {_MAX_BYTES} bytes")
            if time.monotonic() > deadline:
                raise FetchError(f"the key set did not come within {seconds:g} s")
    return read_keys(json.loads(body))


def _get(url: str) -> requests.Response:
    try:
        return requests.get(
            url,
            timeout=_CONNECT_READ_TIMEOUTS,
            stream=True,
            allow_redirects=False,
            auth=lambda prepared: prepared,  # else requests sends a password that ~/.netrc holds
        )
    except requests.exceptions.InvalidURL:  # which says the URL, and a password with it
        raise FetchError("the proxy's address cannot be read: look at HTTPS_PROXY") from None


def read_keys(document: object) -> dict[str, SigningKey]:
    """Return the usable keys of a key set by key ID; one that is not usable spoils no other.

    Raises:
        NoUsableKey: no key is usable.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, SigningKey] = {}
    for entry in entries if isinstance(entries, list) else ():
        key = _read_key(entry)
        if key is not None:
            keys.setdefault(entry["kid"], key)
    if not keys:
        raise NoUsableKey("the key set has no usable RS256 key")
    return keys


def _read_key(entry: object) -> SigningKey | None:
    """Build one RS256 verification key from `kty`, `n` and `e` alone (RFC 7517 section 4)."""
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
    """A private key in a public place is no secret any more: `d` disqualifies a key."""
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
