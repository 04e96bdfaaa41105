"""The time that DPoP (RFC 9449) adds to a request with a plain bearer token.

All proofs are made beforehand, a new one for each request, as clients send them.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask

from .calls import RSA, request_call, rsa_call
from .dpop_apps import PATH, URL, auth0_api_app, rendered_app
from .proofs import ALGORITHMS, make_key, make_proofs
from .stopwatch import TimedCall, time_in_turns
from .summaries import difference_ratio, microseconds, ratio
from .testbed import Testbed
from .tokens import authorization, user_token

_SLICE_SECONDS = 0.005
_PROOFS_PER_ROUND = 50  # no request takes less than 100 µs


def measure(testbed: Testbed, quick: bool) -> dict[str, object]:
    """Time requests with a plain token and with a bound one, to this template and to Auth0's SDK."""
    rounds = 10 if quick else 100
    keys = {algorithm: make_key(algorithm) for algorithm in ALGORITHMS}
    tokens = {
        algorithm: user_token(testbed.tenant, cnf={"jkt": key.thumbprint()})
        for algorithm, key in keys.items()
    }
    count = _PROOFS_PER_ROUND * (rounds + 3)  # three more rounds to warm up
    proofs = {
        algorithm: make_proofs(algorithm, key, tokens[algorithm], URL, count)
        for algorithm, key in keys.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        rendered = rendered_app(Path(folder), testbed.domain, testbed.audience)
    other = auth0_api_app(testbed.domain, testbed.audience)
    header = authorization(testbed.token)
    plain = {
        "this_template": request_call(rendered, PATH, header, 200),
        "auth0_api_python": request_call(other, PATH, header, 200),
    }
    bound = {
        "this_template": _bound_call(rendered, tokens["ES256"], proofs["ES256"]),
        "this_template_RS256": _bound_call(rendered, tokens["RS256"], proofs["RS256"]),
        "auth0_api_python": _bound_call(other, tokens["ES256"], proofs["ES256"]),
    }
    samples = time_in_turns(
        {
            RSA: rsa_call(testbed.tenant),
            "es256": _es256_call(),
            **{f"plain {name}": call for name, call in plain.items()},
            **{f"bound {name}": call for name, call in bound.items()},
        },
        rounds,
        _SLICE_SECONDS,
    )
    return {
        "rsa_us": microseconds(samples[RSA]),
        "es256_us": microseconds(samples["es256"]),
        "es256_to_rsa": ratio(samples["es256"], samples[RSA]),
        "plain_us": {name: microseconds(samples[f"plain {name}"]) for name in plain},
        "bound_us": {name: microseconds(samples[f"bound {name}"]) for name in bound},
        "added_to_rsa": {
            name: difference_ratio(
                samples[f"bound {name}"],
                samples[f"plain {name.removesuffix('_RS256')}"],
                samples[RSA],
            )
            for name in bound
        },
    }


def _bound_call(app: Flask, token: str, proofs: Sequence[str]) -> TimedCall:
    """Send a bound token, with the next of the proofs, in a request that is accepted."""
    client, unused = app.test_client(), iter(proofs)

    def call() -> None:
        headers = {"Authorization": f"DPoP {token}", "DPoP": next(unused)}
        status = client.get(PATH, headers=headers).status_code
        if status != 200:
            raise RuntimeError(f"{app.name} responds to a bound token with {status}.")

    call()
    return call


def _es256_call() -> TimedCall:
    """Verify an ES256 signature (RFC 7518 section 3.4) of 400 bytes, and nothing else."""
    key, message, scheme = ec.generate_private_key(ec.SECP256R1()), bytes(400), ec.ECDSA(SHA256())
    signature, public_key = key.sign(message, scheme), key.public_key()
    return lambda: public_key.verify(signature, message, scheme)
