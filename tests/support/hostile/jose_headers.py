"""Members of the JOSE header: alg, crit, b64, typ, kid, and embedded keys."""

import zlib

from cryptography.hazmat.primitives import hashes

from .builders import decode_base64url, of_tenant, send_token, with_claims, with_header
from .case import ABSENT, Case, Keys, Members, RawJson
from .expected import (
    NO_KEY_ID,
    NOT_JSON_OBJECTS,
    NOT_SIGNED_JWT,
    OK,
    UNKNOWN_EXTENSION,
    UNKNOWN_KEY,
    WRONG_ALGORITHM,
    WRONG_SIGNATURE,
    WRONG_TYPE,
)
from .signing import (
    DER,
    PEM,
    PKCS1,
    PKCS1_PEM,
    PSS,
    SSH,
    sign_with_ecdsa,
    sign_with_eddsa,
    sign_with_hmac,
    sign_with_rsa,
    sign_with_unknown_key,
)

ALG = (
    *(
        Case(text, with_header(alg=RawJson(text)), WRONG_ALGORITHM)
        for text in (
            *("null", "true", "false", "0", "1", "-1", "256", "1.5", "NaN", "Infinity"),
            *("{}", "[]", '["RS256"]', '[["RS256"]]', '["none", "RS256"]', '{"RS256": 1}'),
            *('"none"', '"None"', '"nOnE"', '"NONE"', '"null"', '""', '" "', '"R"', '"S256"'),
            *('"HS256"', '"HS384"', '"HS512"', '"RS384"', '"RS512"', '"PS256"', '"PS384"'),
            *('"PS512"', '"ES256"', '"ES256K"', '"ES384"', '"ES512"', '"EdDSA"', '"Ed25519"'),
            *('"RSA-OAEP"', '"RSA1_5"', '"dir"', '"A256KW"', '"ML-DSA-44"', '"RS1"', '"HS1"'),
            *('"rs256"', '"Rs256"', '"RS256 "', '" RS256"', '"RS256\\u0000"', '"RS256\\n"'),
            *('"RS-256"', '"RS256,none"', '"RS2560"', '"RS256RS256"', '"SHA256withRSA"'),
            *('"\\uff32S256"', '"RS\\u0662\\u0665\\u0666"', '"RS256\\ud800"', '"R\\u017f256"'),
        )
    ),
    Case("absent", with_header(alg=ABSENT), WRONG_ALGORITHM),
    Case("ALG instead of alg", with_header(alg=ABSENT, ALG="RS256"), WRONG_ALGORITHM),
    Case("ALG and alg", with_header(ALG="none", Alg="HS256"), OK),
    Case("only in the payload", send_token({"alg": ABSENT}, {"alg": "RS256"}), WRONG_ALGORITHM),
    Case("none in the payload", with_claims(alg="none"), OK),
    Case("spelled with escapes", with_header(alg=RawJson('"\\u0052\\u005325\\u0036"')), OK),
    Case(
        "none, with an empty signature",
        send_token({"alg": "none"}, write_token=lambda h, p, _: f"{h}.{p}."),
        NOT_SIGNED_JWT,
    ),
    Case(
        "none, without a third segment",
        send_token({"alg": "none"}, write_token=lambda h, p, _: f"{h}.{p}"),
        NOT_SIGNED_JWT,
    ),
    Case(
        "none, with a signature of one byte",
        send_token({"alg": "none"}, write_token=lambda h, p, _: f"{h}.{p}.AA"),
        WRONG_ALGORITHM,
    ),
    *(
        Case(name, send_token({"alg": name.partition(" ")[0]}, sign=sign), WRONG_ALGORITHM)
        for name, sign in {
            "HS256 with the public key as PEM": sign_with_hmac(PEM),
            "HS256 with the public key as PKCS 1 PEM": sign_with_hmac(PKCS1_PEM),
            "HS256 with the public key as PEM without its line feed": sign_with_hmac(
                lambda key: PEM(key).strip()
            ),
            "HS256 with the public key as DER": sign_with_hmac(DER),
            "HS256 with the public key as OpenSSH": sign_with_hmac(SSH),
            "HS256 with the modulus": sign_with_hmac(lambda key: decode_base64url(key.jwk["n"])),
            "HS256 with the modulus, encoded": sign_with_hmac(lambda key: key.jwk["n"].encode()),
            "HS256 with the key ID": sign_with_hmac(lambda key: key.kid.encode()),
            "HS256 with an empty secret": sign_with_hmac(lambda _: b""),
            "HS384 with the public key as PEM": sign_with_hmac(PEM, "sha384"),
            "HS512 with the public key as PEM": sign_with_hmac(PEM, "sha512"),
            "RS384 and its signature": sign_with_rsa(PKCS1, hashes.SHA384()),
            "RS512 and its signature": sign_with_rsa(PKCS1, hashes.SHA512()),
            "PS256 and its signature": sign_with_rsa(PSS, hashes.SHA256()),
            "ES256 and its signature": sign_with_ecdsa,
            "EdDSA and its signature": sign_with_eddsa,
        }.items()
    ),
)

EXTENSION = (
    *(
        Case(f"{member} {text}", with_header(**{member: RawJson(text)}), UNKNOWN_EXTENSION)
        for member in ("crit", "b64")
        for text in (
            *("null", "true", "false", "0", "1", '""', '"exp"', "[]", "{}", '["exp"]'),
            *('["b64"]', '["alg"]', '["unheard-of"]', "[null]", '{"exp": 1}'),
        )
    ),
    Case("both, as in RFC 7797", with_header(crit=["b64"], b64=False), UNKNOWN_EXTENSION),
    Case("crit and the member that it names", with_header(crit=["exp"], exp=1), UNKNOWN_EXTENSION),
    Case("Crit and B64", with_header(Crit=["exp"], B64=False), OK),
    Case("crit and b64 in the payload", with_claims(crit=["exp"], b64=False), OK),
    Case("unknown members", with_header(note=[{"a": None}], nonce="n", exp=0, aud=1), OK),
    Case("cty JWT", with_header(cty="JWT"), OK),
    Case("cty null", with_header(cty=None), OK),
    Case("a JWE's members", with_header(enc="A256GCM", epk={}, apu="", p2c=10**9), OK),
    Case("zip with a plain payload", with_header(zip="DEF"), OK),
    Case(
        "zip with a compressed payload",
        send_token({"zip": "DEF"}, edit_payload=lambda valid: zlib.compress(valid, wbits=-15)),
        NOT_JSON_OBJECTS,
    ),
)

TYP = (
    *(
        Case(typ, with_header(typ=typ), OK)
        for typ in (
            *("JWT", "jwt", "Jwt", "at+jwt", "AT+JWT", "at+JWT", "application/jwt"),
            *("application/at+jwt", "APPLICATION/JWT", "Application/AT+jwt"),
        )
    ),
    Case("absent", with_header(typ=ABSENT), OK),
    Case("TYP instead of typ", with_header(typ=ABSENT, TYP="id+jwt"), OK),
    Case("spelled with an escape", with_header(typ=RawJson('"\\u004aWT"')), OK),
    *(
        Case(text, with_header(typ=RawJson(text)), WRONG_TYPE)
        for text in (
            *("null", "true", "false", "0", "1", "NaN", '""', '" "', "[]", "{}", '["JWT"]'),
            *('{"JWT": 1}', '[["JWT"]]', '["at+jwt", "JWT"]', '{"typ": "JWT"}'),
            *('"JWS"', '"JWE"', '"JOSE"', '"JOSE+JSON"', '"none"', '"Bearer"', '"JW"', '"WT"'),
            *('"id+jwt"', '"dpop+jwt"', '"logout+jwt"', '"secevent+jwt"', '"rt+jwt"', '"sd+jwt"'),
            *('"token-introspection+jwt"', '"oauth-authz-req+jwt"', '"client-assertion+jwt"'),
            *('"JWT "', '" JWT"', '"JWT\\u0000"', '"JWT\\n"', '"JWT;a=b"', '"JWT, JWT"', '"+jwt"'),
            *('"at jwt"', '"at+"', '"at"', '"at+at+jwt"', '"atjwt"', '"at%2Bjwt"', '"at-jwt"'),
            *('"application/"', '"application"', '"application/application/jwt"', '"/jwt"'),
            *('"application//jwt"', '"application/ jwt"', '"text/jwt"', '"*/*"', '"*"'),
            *('"applications/jwt"', '"application/id+jwt"', '"application/json"', '"jwt/jwt"'),
            *('"\\uff2aWT"', '"J\\u200bWT"', '"\\ud800JWT"', '"appl\\u0130cation/jwt"'),
        )
    ),
)

KID = (
    *(
        Case(text, with_header(kid=RawJson(text)), NO_KEY_ID)
        for text in (
            *("null", "true", "false", "0", "1", "-1", "1.5", "NaN", "Infinity", '""'),
            *("[]", "{}", '["a"]', '{"a": 1}', "[[]]", "[null]"),
        )
    ),
    Case("absent", with_header(kid=ABSENT), NO_KEY_ID),
    Case("in a list", with_header(kid=lambda keys: [keys.tenant.signing_key.kid]), NO_KEY_ID),
    Case(
        "in an object",
        with_header(kid=lambda keys: {"kid": keys.tenant.signing_key.kid}),
        NO_KEY_ID,
    ),
    Case("KID instead of kid", with_header(kid=ABSENT, KID=of_tenant("{kid}")), NO_KEY_ID),
    Case(
        "only in the payload", send_token({"kid": ABSENT}, {"kid": of_tenant("{kid}")}), NO_KEY_ID
    ),
    Case("another in the payload", with_claims(kid="made-up"), OK),
    Case("KID and kid", with_header(KID="made-up"), OK),
    *(
        Case(name, with_header(kid=kid), UNKNOWN_KEY)
        for name, kid in {
            "made up": "made-up",
            "a space": " ",
            "one character shorter": lambda keys: keys.tenant.signing_key.kid[:-1],
            "one character longer": of_tenant("{kid}A"),
            "a trailing space": of_tenant("{kid} "),
            "a leading space": of_tenant(" {kid}"),
            "a trailing line feed": of_tenant("{kid}\n"),
            "a trailing NUL": of_tenant("{kid}\0"),
            "in uppercase": lambda keys: keys.tenant.signing_key.kid.upper(),
            "in lowercase": lambda keys: keys.tenant.signing_key.kid.lower(),
            "twice": of_tenant("{kid}{kid}"),
            "both, separated by a comma": lambda keys: (
                f"{keys.tenant.signing_key.kid},{keys.second.kid}"
            ),
            "an unknown key's": lambda keys: keys.unknown.kid,
            "10,000 letters": "k" * 10_000,
            "a path": "../../../../../../dev/null",
            "a file": "file:///etc/passwd",
            "a URL": "https://evil.test/key.pem",
            "the URL of the JWKS": of_tenant("{issuer}.well-known/jwks.json"),
            "SQL": "' UNION SELECT 'secret' --",
            "a command": "$(id) | `id`; id",
            "a format": "%s%n%(kid)s",
            "NUL": "\0",
            "a lone surrogate": "\ud800",
            "swapped surrogates": "\udc00\ud800",
            "an emoji": "\U0001f511",
            "CR LF and a header": "\r\nSet-Cookie: a=b",
            "a quote and a parameter": '", error="none',
            "an attribute": "__class__",
            "a method": "get",
            "the string null": "null",
            "a number as a string": "0",
        }.items()
    ),
)


def _unknown_jwk(keys: Keys) -> dict[str, str]:
    return keys.unknown.jwk


EMBEDDED_KEYS: dict[str, Members] = {
    "jwk": {"jwk": _unknown_jwk},
    "jwk with the tenant's kid": {"jwk": lambda keys: {**keys.unknown.jwk, "kid": keys.second.kid}},
    "jku": {"jku": "https://evil.test/.well-known/jwks.json"},
    "jku that resembles the tenant's": {
        "jku": of_tenant("{issuer}.well-known/jwks.json@evil.test/")
    },
    "x5u": {"x5u": "https://evil.test/certificate.pem"},
    "x5c": {"x5c": ["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"]},
    "x5t": {"x5t": "dGhlIHN0cmFuZ2Vy", "x5t#S256": "dGhlIHN0cmFuZ2Vy"},
}

EMBEDDED = (
    *(
        Case(f"{name}, signed by the tenant", with_header(**members), OK)
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(
            f"{name}, signed by that key",
            send_token(members, sign=sign_with_unknown_key),
            WRONG_SIGNATURE,
        )
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(
            f"{name}, signed by that key, with its kid",
            send_token(
                {**members, "kid": lambda keys: keys.unknown.kid}, sign=sign_with_unknown_key
            ),
            UNKNOWN_KEY,
        )
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(
            f"{name}, signed by that key, without a kid",
            send_token({**members, "kid": ABSENT}, sign=sign_with_unknown_key),
            NO_KEY_ID,
        )
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(f"{member} {text}", with_header(**{member: RawJson(text)}), OK)
        for member in ("jwk", "jku", "x5u", "x5c", "x5t")
        for text in ("null", "1", "[]", "{}")
    ),
    Case(
        "a secret as jwk, RS256",
        send_token({"jwk": {"kty": "oct", "k": ""}}, sign=sign_with_hmac(lambda _: b"")),
        WRONG_SIGNATURE,
    ),
    Case(
        "a secret as jwk, HS256",
        send_token(
            {"alg": "HS256", "jwk": {"kty": "oct", "k": ""}}, sign=sign_with_hmac(lambda _: b"")
        ),
        WRONG_ALGORITHM,
    ),
    Case(
        "jwk in the claims",
        send_token(None, {"jwk": _unknown_jwk}, sign=sign_with_unknown_key),
        WRONG_SIGNATURE,
    ),
)
