"""The JOSE header of a proof, and its key (jwk)."""

import base64
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric import ec

from ..hostile.case import ABSENT, RawJson
from .claims import NOT_STRINGS
from .expected import INVALID_PROOF, OK, Case, Outcome
from .keys import ClientKey, base64url, ec_key, odd_rsa_key, rsa_key, thumbprint
from .proofs import Request, World, send

P384, P521, SECP256K1 = ec_key(ec.SECP384R1()), ec_key(ec.SECP521R1()), ec_key(ec.SECP256K1())


def _signs_itself(primes: int, e: int = 65537) -> Callable[[World], ClientKey]:
    """Return a key only when it is needed: it takes long to make."""
    return lambda _: odd_rsa_key(primes, e)


def _rsa(world: World) -> ClientKey:
    return world.rsa


def _header(name: str, value: object, outcome: Outcome = INVALID_PROOF) -> Case:
    shown = value.text if isinstance(value, RawJson) else repr(value)
    label = "absent" if value is ABSENT else shown[:60]
    return Case(f"{name} {label}", send({name: value}), outcome)


TYP = (
    *(
        _header("typ", value)
        for value in (
            *(ABSENT, "", "DPoP+JWT", "dpop+JWT", "DPOP+JWT", "at+jwt", "JWT", "jwt", "dpop"),
            *(
                "application/dpop+jwt",
                "dpop+jwt ",
                " dpop+jwt",
                "dpop+jwt\n",
                "dpop+jwt;a=b",
                "dpop-jwt",
            ),
            *("id+jwt", "dpop+jws", "dpop+jwtx"),
            *map(RawJson, NOT_STRINGS),
            RawJson('["dpop+jwt"]'),
        )
    ),
    Case("TYP instead", send({"typ": ABSENT, "TYP": "dpop+jwt"}), INVALID_PROOF),
)

ALG = (
    *(
        _header("alg", value)
        for value in (
            *(
                ABSENT,
                "",
                "none",
                "None",
                "NONE",
                "HS256",
                "HS384",
                "HS512",
                "es256",
                "ES384",
                "ES512",
            ),
            *(
                "ES256K",
                "EdDSA",
                "Ed25519",
                "PS256",
                "RS384",
                "RS512",
                "ES256 ",
                " ES256",
                "ES256\n",
            ),
            *("ES25", "S256", "ES256 RS256", "ES256,RS256", "RSA-OAEP", "ECDH-ES", "dir"),
            *map(RawJson, NOT_STRINGS),
            RawJson('["ES256"]'),
            RawJson(r'"\ud800"'),
        )
    ),
    Case("none without a signature", send({"alg": "none"}, write="{0}.{1}.".format), INVALID_PROOF),
    Case("none with an empty signature", send({"alg": "none"}, sign=lambda _: b""), INVALID_PROOF),
    Case("RS256 with an EC key", send({"alg": "RS256"}), INVALID_PROOF),
    Case("ES256 with an RSA key", send({"alg": "ES256"}, key=_rsa), INVALID_PROOF),
    Case("PS256 with an RSA key", send({"alg": "PS256"}, key=_rsa), INVALID_PROOF),
    Case("RS512 with an RSA key", send({"alg": "RS512"}, key=_rsa), INVALID_PROOF),
    Case("ES256 with P-384", send(key=P384), INVALID_PROOF),
    Case("ES384 with P-384", send({"alg": "ES384"}, key=P384), INVALID_PROOF),
    Case("ES256 with P-521", send(key=P521), INVALID_PROOF),
    Case("ES256 with secp256k1", send(key=SECP256K1), INVALID_PROOF),
    Case("ES256 with P-384 called P-256", send(key=P384, jwk={"crv": "P-256"}), INVALID_PROOF),
    Case("ES256 with P-256 called P-384", send(jwk={"crv": "P-384"}), INVALID_PROOF),
    Case("RS256 with an RSA key", send(key=_rsa), OK),
    Case("ES256 with P-256", send(), OK),
)

EXTENSION = (
    *(
        _header("crit", RawJson(text))
        for text in ("[]", '["b64"]', '["exp"]', '["typ"]', "null", '"a"', "{}", "true", "1")
    ),
    Case("crit and b64", send({"crit": ["b64"], "b64": False}), INVALID_PROOF),
    Case("b64 false without crit", send({"b64": False}), INVALID_PROOF),
    Case("unknown members", send({"a": "b", "": None, "nested": {"a": [1]}}), OK),
    *(
        Case(f"{name}, which is not used", send({name: value}), OK)
        for name, value in {
            "kid": "a",
            "jku": "https://evil.test/jwks.json",
            "x5u": "https://evil.test/certificate.pem",
            "x5c": ["MIIB"],
            "cty": "json",
        }.items()
    ),
)

D = base64url(b"\1" * 32)
PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
OCT = {"kty": "oct", "k": D}
OKP = {"kty": "OKP", "crv": "Ed25519", "x": D}

PRIVATE = (
    *(
        Case(f"{kind}: {name} {shown}", send(key=key, jwk={name: value}), INVALID_PROOF)
        for kind, key in (("EC", None), ("RSA", _rsa))
        for name in PRIVATE_MEMBERS
        for shown, value in (("", D), ("null", None), ("empty", ""))
    ),
    Case(
        "an RSA key with all", send(key=_rsa, jwk=dict.fromkeys(PRIVATE_MEMBERS, D)), INVALID_PROOF
    ),
)

SYMMETRIC = (
    *(
        Case(
            f"{alg} with a symmetric key",
            send({"alg": alg, "jwk": OCT}, bind=thumbprint(OCT)),
            INVALID_PROOF,
        )
        for alg in ("HS256", "ES256", "RS256", "none")
    ),
    Case(
        "EdDSA with Ed25519",
        send({"alg": "EdDSA", "jwk": OKP}, bind=thumbprint(OKP)),
        INVALID_PROOF,
    ),
    Case("ES256 with Ed25519", send({"jwk": OKP}, bind=thumbprint(OKP)), INVALID_PROOF),
)


def _jwk(
    name: str, jwk: Mapping[str, object], outcome: Outcome = INVALID_PROOF, *, rsa: bool = False
) -> Case:
    return Case(name, send(key=_rsa if rsa else None, jwk=jwk), outcome)


def _not_jwks() -> tuple[Case, ...]:
    texts = (*NOT_STRINGS, '"a"', '[{"kty": "EC"}]', '{"kty": "EC"}', '{"kty": {}}', '{"keys": []}')
    return (
        Case("absent", send({"jwk": ABSENT}), INVALID_PROOF),
        *(Case(text[:40], send({"jwk": RawJson(text)}), INVALID_PROOF) for text in texts),
        Case(
            "JWK instead",
            lambda world: send({"jwk": ABSENT, "JWK": world.ec.jwk})(world),
            INVALID_PROOF,
        ),
        Case(
            "a list of the key", lambda world: send({"jwk": [world.ec.jwk]})(world), INVALID_PROOF
        ),
        Case(
            "a JWKS with the key",
            lambda world: send({"jwk": {"keys": [world.ec.jwk]}}, bind=thumbprint(world.ec.jwk))(
                world
            ),
            INVALID_PROOF,
        ),
    )


ODD_VALUES: dict[str, object] = {
    "absent": ABSENT,
    "null": None,
    "true": True,
    "a number": 1,
    "a list": ["a"],
    "an object": {"a": "b"},
    "empty": "",
    "a space": " ",
    "not ASCII": "é" * 43,
    "a lone surrogate": "\ud800" * 43,
    "fullwidth": "\uff21" * 43,
    "plain base64": "+/" * 21 + "A",
    "one character": "A",
    "zero": base64url(bytes(32)),
    "31 bytes": base64url(b"\1" * 31),
    "33 bytes": base64url(b"\1" * 33),
    "33 bytes, the first of them zero": base64url(bytes(1) + b"\1" * 32),
    "64 bytes": base64url(b"\1" * 64),
    "5,000 characters": "A" * 5_000,
    "above the field": base64url(b"\xff" * 32),
}


def _edited(name: str, member: str, edit: Callable[[str], object], *, rsa: bool = False) -> Case:
    """Send the right member, written differently; the token is bound to it as it is written."""

    def build(world: World) -> Request:
        key = world.rsa if rsa else world.ec
        return send(key=key, jwk={member: edit(str(key.jwk[member]))})(world)

    return Case(f"{member} {name}", build, INVALID_PROOF)


def _canonical_twin(value: str) -> str:
    """Write the same bytes differently: the unused bits of the last character are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return value[:-1] + alphabet[alphabet.index(value[-1]) + 1]


EDITS: dict[str, Callable[[str], object]] = {
    "without its last character": lambda value: value[:-1],
    "without its first character": lambda value: value[1:],
    "its first half": lambda value: value[: len(value) // 2],
    "one more character": lambda value: value + "A",
    "padded": lambda value: value + "=",
    "a trailing line feed": lambda value: value + "\n",
    "a leading space": lambda value: " " + value,
    "a space within": lambda value: value[:8] + " " + value[8:],
    "a character that is not base64url within": lambda value: value[:8] + "!" + value[8:],
    "a trailing NUL": lambda value: value + "\0",
    "a list of it": lambda value: [value],
}


def _leading_zero(value: str) -> str:
    return base64url(b"\0" + base64.urlsafe_b64decode(value + "=="))


ODD_KTY: tuple[object, ...] = ("ec", "RSA", "oct", "OKP", "", None, ["EC"], {}, 1)
ODD_CRV: tuple[object, ...] = ("p-256", "P-256 ", "P-521", "secp256r1", "", None, ["P-256"], {}, 1)

JWK = (
    *_not_jwks(),
    *(_jwk(f"kty {value!r}", {"kty": value}) for value in ODD_KTY),
    *(_jwk(f"kty {value!r} for RSA", {"kty": value}, rsa=True) for value in ("rsa", "EC", "oct")),
    *(_jwk(f"crv {value!r}", {"crv": value}) for value in ODD_CRV),
    _jwk("crv absent", {"crv": ABSENT}),
    *(
        _jwk(f"{member} {name}", {member: value})
        for member in "xy"
        for name, value in ODD_VALUES.items()
    ),
    *(_edited(name, member, edit) for member in "xy" for name, edit in EDITS.items()),
    *(_edited("not canonical", member, _canonical_twin) for member in "xy"),
    Case(
        "x and y swapped",
        lambda world: send(jwk={"x": world.ec.jwk["y"], "y": world.ec.jwk["x"]})(world),
        INVALID_PROOF,
    ),
    _jwk("the point at infinity", dict.fromkeys("xy", base64url(bytes(32)))),
    *(
        Case(f"public member {name}", send(jwk={name: value}), OK)
        for name, value in {"kid": "a", "alg": "ES256", "use": "sig", "note": {"a": 1}}.items()
    ),
)

RSA = (
    Case("1,024 bits", send(key=_signs_itself(2)), INVALID_PROOF),
    Case("1,536 bits", send(key=_signs_itself(3)), INVALID_PROOF),
    Case("2,040 bits", send(key=lambda _: rsa_key(2_040)), INVALID_PROOF),
    Case("2,560 bits", send(key=_signs_itself(5)), OK),
    Case("some 8,180 bits", send(key=_signs_itself(16)), OK),
    Case("some 8,690 bits", send(key=_signs_itself(17)), INVALID_PROOF),
    Case("exponent 1, signed correctly", send(key=_signs_itself(5, 1)), INVALID_PROOF),
    Case(
        "exponent 2^32 + 15, signed correctly",
        send(key=_signs_itself(5, 2**32 + 15)),
        INVALID_PROOF,
    ),
    *(
        _jwk(f"exponent {shown}", {"e": e}, rsa=True)
        for shown, e in {
            "0": "AA",
            "1": "AQ",
            "2": "Ag",
            "65536": "AQAA",
            "of 64 bytes": base64url(b"\xff" * 64),
            "absent": ABSENT,
            "a number": 65537,
            "null": None,
            "empty": "",
            "a list": ["AQAB"],
            "not ASCII": "é",
            "a lone surrogate": "\ud800",
        }.items()
    ),
    *(
        _jwk(f"modulus {shown}", {"n": n}, rsa=True)
        for shown, n in {
            "0": "AA",
            "1": "AQ",
            "even": base64url(b"\xff" * 255 + b"\xfe"),
            "absent": ABSENT,
            "a number": 2**2048 + 1,
            "null": None,
            "empty": "",
            "a list": ["AQAB"],
            "not ASCII": "é" * 342,
            "a lone surrogate": "\ud800" * 342,
        }.items()
    ),
    *(_edited(name, member, edit, rsa=True) for member in "ne" for name, edit in EDITS.items()),
    # RFC 7518 section 2: Base64urlUInt has no leading zeros.
    *(_edited("a leading zero byte", member, _leading_zero, rsa=True) for member in "ne"),
    *(
        _jwk(f"{name} {value!r}", {name: value}, rsa=True)
        for name, value in (
            ("use", "enc"),
            ("alg", "RS512"),
            ("alg", "RSA-OAEP"),
            ("alg", "PS256"),
            ("key_ops", ["encrypt"]),
        )
    ),
    *(
        Case(f"{name} {value!r}", send(key=_rsa, jwk={name: value}), OK)
        for name, value in {"use": "sig", "alg": "RS256", "key_ops": ["verify"], "kid": "a"}.items()
    ),
)
