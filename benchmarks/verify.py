"""What verifying a token costs, in multiples of the one RS256 check that nobody can do without."""

from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .peers import PEERS, Verifier, name_of, ours
from .site import Site, Tenant, refused_tokens, user_token
from .stopwatch import Call, Pace, alternate, microseconds, ratio

RAW = "raw"


def measure(site: Site, quick: bool) -> dict[str, object]:
    """Time every peer's verifier, warm, and this template's with tokens that it refuses."""
    pace = Pace.of(quick, rounds=400, seconds_per_slice=0.005)
    token = site.token
    makers = {name_of(peer): peer.make_verifier for peer in PEERS}
    verifiers = {
        name: make(site.domain, site.audience) for name, make in makers.items() if make is not None
    }
    accepted = {name: _accepting(verify, token) for name, verify in verifiers.items()}
    refusing = ours.make_verifier(site.domain, site.audience)
    refusing(token)
    refused = {
        name: _refusing(refusing, bad_token, site.rejection)
        for name, bad_token in refused_tokens(site.tenant).items()
    }
    calls = {RAW: raw_check(site.tenant), **accepted}
    calls |= {f"refused {name}": call for name, call in refused.items()}
    taken = alternate(calls, pace.rounds, pace.seconds_per_slice)
    return {
        "titles": {name_of(peer): peer.TITLE for peer in PEERS if name_of(peer) in verifiers},
        "token_chars": len(token),
        "raw_us": microseconds(taken[RAW]),
        "to_raw": {name: ratio(taken[name], taken[RAW]) for name in accepted},
        "us": {name: microseconds(taken[name]) for name in accepted},
        "refused": {
            name: {
                "to_raw": ratio(taken[f"refused {name}"], taken[RAW]),
                "to_accepted": ratio(taken[f"refused {name}"], taken[name_of(ours)]),
                "us": microseconds(taken[f"refused {name}"]),
            }
            for name in refused
        },
    }


def raw_check(tenant: Tenant) -> Call:
    """Return the call that checks the signature of a user's token (RFC 7518 section 3.3) alone."""
    message, _, signature = user_token(tenant).rpartition(".")
    signed, signature_bytes = message.encode(), urlsafe_b64decode(signature + "==")
    key = tenant.signing_key.private_key.public_key()
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    return lambda: key.verify(signature_bytes, signed, scheme, digest)


def _accepting(verify: Verifier, token: str) -> Call:
    if verify(token) is None:
        raise RuntimeError(f"{verify!r} refuses a good token, so its time would mean nothing.")
    return lambda: verify(token)


def _refusing(verify: Verifier, token: str, refusal: type[Exception]) -> Call:
    """Return the call that ends with the refusal caught, as the app's error handler does it."""

    def call() -> None:
        try:
            verify(token)
        except refusal:
            return
        raise RuntimeError("A bad token was taken, so the time of refusing it means nothing.")

    return call
