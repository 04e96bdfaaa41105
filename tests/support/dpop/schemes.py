"""Schemes and tokens in every mixture: a bound token as a bearer token, a plain one with a proof."""

import time
from collections.abc import Callable

from ..hostile.case import ABSENT, RawJson
from .expected import (
    EXPIRED,
    INVALID_CLAIMS,
    INVALID_HEADER,
    INVALID_PROOF,
    MISSING,
    NO_TOKEN,
    OK,
    WRONG_AUDIENCE,
    WRONG_ISSUER,
    Case,
    Outcome,
)
from .keys import ec_key, thumbprint
from .proofs import Build, send

X5T = {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}
PLAIN = ABSENT
"""No `cnf` in the token."""

Write = Callable[[str, str], str | None]


def _header(text: str | None, proof: Write | None = None, cnf: object = None) -> Build:
    """Send this Authorization header, in which {0} is the access token and {1} the proof."""
    return send(
        authorization=lambda token, made: None if text is None else text.format(token, made),
        proof=proof,
        cnf=cnf,
    )


def _no_proof(*_: str) -> None:
    return None


SCHEME = (
    *(
        Case(f"scheme {scheme}", send(scheme=scheme), OK)
        for scheme in ("DPoP", "dpop", "DPOP", "dPOp")
    ),
    Case("two spaces", _header("DPoP  {0}"), OK),
    Case("white space around it", _header(" \tDPoP {0}\t "), OK),
    Case("absent", _header(None), MISSING, ""),
    Case("absent, and no proof", _header(None, _no_proof), MISSING, ""),
    Case("empty", _header(""), MISSING, ""),
    Case("a space", _header(" "), MISSING, ""),
    Case("without a token", _header("DPoP"), NO_TOKEN, ""),
    Case("a space without a token", _header("DPoP "), NO_TOKEN, ""),
    Case("without a scheme", _header("{0}"), NO_TOKEN, ""),
    Case("without a space", _header("DPoP{0}"), NO_TOKEN, ""),
    Case("a tab for the space", _header("DPoP\t{0}"), NO_TOKEN, ""),
    Case("a no-break space for the space", _header("DPoP\xa0{0}"), NO_TOKEN, ""),
    Case("a colon", _header("DPoP: {0}"), NO_TOKEN, ""),
    *(
        Case(f"scheme {scheme}", send(scheme=scheme), NO_TOKEN, "")
        for scheme in ("Basic", "DPoP-Bearer", "DPo", "DPoPP", "PoP", "MAC", "Token", "\uff24PoP")
    ),
    Case("both schemes in one", _header("DPoP {0}, Bearer {0}"), INVALID_HEADER),
    Case("DPoP twice", _header("DPoP {0}, DPoP {0}"), INVALID_HEADER),
    Case("the scheme twice", _header("DPoP DPoP {0}"), INVALID_HEADER),
    Case("both schemes before it", _header("DPoP Bearer {0}"), INVALID_HEADER),
    Case("in quotes", _header('DPoP "{0}"'), INVALID_HEADER),
    Case("null", _header("DPoP null"), INVALID_HEADER),
    Case("an opaque token", _header("DPoP abc"), INVALID_HEADER),
    Case("too long", _header("DPoP {0}" + "A" * 16_384), INVALID_HEADER),
    Case("the proof as the token", _header("DPoP {1}"), INVALID_HEADER),
    Case(
        "the proof as the token, and the token as the proof",
        _header("DPoP {1}", lambda t, _: t),
        INVALID_HEADER,
    ),
)

BEARER = (
    Case(
        "a bound token without a proof", _header("Bearer {0}", _no_proof), INVALID_CLAIMS, "Bearer"
    ),
    Case("a bound token with its proof", _header("Bearer {0}"), INVALID_CLAIMS, "Bearer"),
    Case("a bound token, in lower case", _header("bearer {0}"), INVALID_CLAIMS, "Bearer"),
    Case("the proof", _header("Bearer {1}"), INVALID_HEADER, "Bearer"),
    Case(
        "another key's binding",
        _header("Bearer {0}", None, {"jkt": thumbprint(ec_key().jwk)}),
        INVALID_CLAIMS,
        "Bearer",
    ),
    *(
        Case(
            f"another binding: {name}",
            _header("Bearer {0}", _no_proof, cnf),
            INVALID_CLAIMS,
            "Bearer",
        )
        for name, cnf in {"a certificate": X5T, "null": RawJson("null"), "empty": {}}.items()
    ),
)
"""With the scheme Bearer, which only `allowed` offers."""

PLAIN_BEARER = (
    Case("a plain token", _header("Bearer {0}", _no_proof, PLAIN), OK, "Bearer"),
    Case("a plain token with a proof", _header("Bearer {0}", None, PLAIN), OK, "Bearer"),
    Case(
        "a plain token with an empty proof",
        _header("Bearer {0}", lambda *_: "", PLAIN),
        OK,
        "Bearer",
    ),
    Case(
        "a plain token with a malformed proof",
        _header("Bearer {0}", lambda *_: "a", PLAIN),
        OK,
        "Bearer",
    ),
)
"""Accepted only if DPoP is allowed."""


def _cnf(name: str, cnf: object, outcome: Outcome = INVALID_CLAIMS) -> Case:
    return Case(name, send(cnf=cnf), outcome)


JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

CNF = (
    _cnf("a plain token", PLAIN),
    Case("a plain token without a proof", send(cnf=PLAIN, proof=_no_proof), INVALID_CLAIMS),
    _cnf("a certificate", X5T),
    _cnf("empty", {}),
    _cnf("null", RawJson("null")),
    _cnf("a key", {"jwk": ec_key().jwk}),
    _cnf("a key ID", {"kid": JKT}),
    _cnf("a URL", {"jku": "https://evil.test/jwks.json"}),
    _cnf("jkt in upper case", {"JKT": JKT}),
    *(
        _cnf(f"not an object: {value!r}", value)
        for value in (True, False, 0, 1, 1.5, "", JKT, [], ["jkt"], [JKT], [{"jkt": JKT}])
    ),
    *(
        _cnf(f"jkt not a string: {value!r}", {"jkt": value})
        for value in (None, True, 0, 1, 1.5, [], [JKT], {}, {JKT: JKT})
    ),
    Case("jkt empty", send(cnf={"jkt": ""}), INVALID_PROOF),
    Case("jkt of another key", send(cnf={"jkt": JKT}), INVALID_PROOF),
    Case("jkt not ASCII", send(cnf={"jkt": "é" * 43}), INVALID_PROOF),
    Case("jkt a lone surrogate", send(cnf={"jkt": "\ud800"}), INVALID_PROOF),
)

ORDER = (
    *(
        Case(f"{fault}, {other}", send(token_claims=claims, proof=proof), outcome)
        for fault, claims, outcome in (
            ("expired", {"exp": 1}, EXPIRED),
            ("another audience", {"aud": "https://other.test"}, WRONG_AUDIENCE),
            ("another issuer", {"iss": "https://other.test/"}, WRONG_ISSUER),
            ("no subject", {"sub": ""}, INVALID_CLAIMS),
            ("not valid yet", {"nbf": int(time.time()) + 3_600}, INVALID_CLAIMS),
        )
        for other, proof in {
            "a valid proof": None,
            "no proof": _no_proof,
            "a malformed proof": lambda *_: "a",
        }.items()
    ),
    Case("a token of another signature", _header("DPoP {0}A"), INVALID_HEADER),
)
