"""Registered claims: exp, nbf, iat, iss, aud, sub, cnf; and claims that are not checked."""

import time

from ..api import AUDIENCE
from .builders import from_now, of_tenant, send_token, with_claims, with_header, with_valid_token
from .case import ABSENT, OTHER_URL, Case, RawJson
from .expected import (
    EXPIRED,
    INVALID_EXPIRY,
    INVALID_ISSUED_AT,
    INVALID_NOT_BEFORE,
    ISSUED_IN_FUTURE,
    NO_SUBJECT,
    NOT_JSON_OBJECTS,
    NOT_YET_VALID,
    OK,
    SENDER_CONSTRAINED,
    WRONG_AUDIENCE,
    WRONG_ISSUER,
    WRONG_SCHEME,
    Expected,
)

NOT_NUMBERS = (
    *("null", "true", "false", "NaN", "Infinity", "-Infinity", "1e999", "-1e999"),
    *('""', '" "', '"0"', '"1"', '"-1"', '"1.5"', '"99999999999"', '"1_9999_999_999"', '"1e9"'),
    *('"0x7fffffff"', '"2099-01-01T00:00:00Z"', '"NaN"', '"Infinity"', '"tomorrow"'),
    *('"\u0661\u0669\u0669\u0669\u0669\u0669\u0669\u0669\u0669\u0669"', '"\\u00b2"'),
    *("[]", "[99999999999]", "[[]]", "{}", '{"exp": 99999999999}', "[0, 99999999999]"),
)
"""JSON values that are not a NumericDate, although some resemble one."""

PAST = {
    text: RawJson(text)
    for text in ("0", "1", "-1", "0.0", "-0", "-0.0", "0.5", "-1.5", "1e-999", "1e3", "-1e308")
} | {"minus 4,000 digits": RawJson("-" + "9" * 4000)}

FUTURE = {
    text: RawJson(text) for text in ("99999999999", "99999999999.5", "1E11", "1e+11", "1e308")
} | {"4,000 digits": RawJson("9" * 4000), "in milliseconds": lambda _: time.time() * 1000}


def _time_cases(claim: str, none: Expected, past: Expected, future: Expected) -> tuple[Case, ...]:
    return (
        *(Case(text, with_claims(**{claim: RawJson(text)}), none) for text in NOT_NUMBERS),
        *(Case(name, with_claims(**{claim: time}), past) for name, time in PAST.items()),
        *(Case(name, with_claims(**{claim: time}), future) for name, time in FUTURE.items()),
        Case("5,000 digits", with_claims(**{claim: RawJson("9" * 5000)}), NOT_JSON_OBJECTS),
    )


EXP = (
    *_time_cases("exp", none=INVALID_EXPIRY, past=EXPIRED, future=OK),
    Case("absent", with_claims(exp=ABSENT), INVALID_EXPIRY),
    Case("EXP instead of exp", with_claims(exp=ABSENT, EXP=from_now(60)), INVALID_EXPIRY),
    Case(
        "only in the JOSE header",
        send_token({"exp": from_now(60)}, {"exp": ABSENT}),
        INVALID_EXPIRY,
    ),
    Case("1 second ago", with_claims(exp=from_now(-1)), OK),
    Case("2 seconds ago", with_claims(exp=from_now(-2)), OK),
    Case("5 seconds ago", with_claims(exp=from_now(-5)), EXPIRED),
    Case("5 seconds ago, with a fraction", with_claims(exp=from_now(-5.5)), EXPIRED),
    Case("8 seconds ago", with_claims(exp=from_now(-8)), EXPIRED),
    Case("60 seconds ago", with_claims(exp=from_now(-60)), EXPIRED),
    Case("3 seconds ahead", with_claims(exp=from_now(3)), OK),
    Case("3 seconds ahead, with a fraction", with_claims(exp=from_now(3.5)), OK),
)

NBF = (
    *_time_cases("nbf", none=INVALID_NOT_BEFORE, past=OK, future=NOT_YET_VALID),
    Case("absent", with_claims(nbf=ABSENT), OK),
    Case("now", with_claims(nbf=from_now(0)), OK),
    Case("57 seconds ahead", with_claims(nbf=from_now(57)), OK),
    Case("57 seconds ahead, with a fraction", with_claims(nbf=from_now(57.5)), OK),
    Case("60 seconds ahead", with_claims(nbf=from_now(60)), OK),
    Case("64 seconds ahead", with_claims(nbf=from_now(64)), NOT_YET_VALID),
    Case("64 seconds ahead, with a fraction", with_claims(nbf=from_now(64.5)), NOT_YET_VALID),
    Case("after exp", with_claims(nbf=from_now(30), exp=from_now(20)), OK),
)

IAT = (
    *_time_cases("iat", none=INVALID_ISSUED_AT, past=OK, future=ISSUED_IN_FUTURE),
    Case("absent", with_claims(iat=ABSENT), OK),
    Case("now", with_claims(iat=from_now(0)), OK),
    Case("57 seconds ahead", with_claims(iat=from_now(57)), OK),
    Case("57 seconds ahead, with a fraction", with_claims(iat=from_now(57.5)), OK),
    Case("60 seconds ahead", with_claims(iat=from_now(60)), OK),
    Case("64 seconds ahead", with_claims(iat=from_now(64)), ISSUED_IN_FUTURE),
    Case("64 seconds ahead, with a fraction", with_claims(iat=from_now(64.5)), ISSUED_IN_FUTURE),
    Case("after exp", with_claims(iat=from_now(30), exp=from_now(20)), OK),
)

NOT_STRINGS = (
    *("null", "true", "false", "0", "1", "-1", "1.5", "NaN", "Infinity", "-Infinity", "1e999"),
    *('""', "[]", "{}", "[null]", "[[]]", '{"a": 1}', '[""]', '["a"]'),
)

ISS = (
    *(Case(text, with_claims(iss=RawJson(text)), WRONG_ISSUER) for text in NOT_STRINGS),
    Case("absent", with_claims(iss=ABSENT), WRONG_ISSUER),
    Case("ISS instead of iss", with_claims(iss=ABSENT, ISS=of_tenant("{issuer}")), WRONG_ISSUER),
    Case(
        "only in the JOSE header",
        send_token({"iss": of_tenant("{issuer}")}, {"iss": ABSENT}),
        WRONG_ISSUER,
    ),
    Case("in a list", with_claims(iss=lambda keys: [keys.tenant.issuer]), WRONG_ISSUER),
    Case("in an object", with_claims(iss=lambda keys: {keys.tenant.issuer: 1}), WRONG_ISSUER),
    *(
        Case(name, with_claims(iss=of_tenant(text)), WRONG_ISSUER)
        for name, text in {
            "no trailing slash": "https://{domain}",
            "two trailing slashes": "{issuer}/",
            "in uppercase": "HTTPS://LOCALHOST:{port}/",
            "the scheme in uppercase": "HTTPS://{domain}/",
            "the host capitalized": "https://Localhost:{port}/",
            "http": "http://{domain}/",
            "no scheme": "{domain}/",
            "only the domain": "{domain}",
            "no host": "https://",
            "no slashes after the scheme": "https:{domain}/",
            "a backslash": "https://{domain}\\",
            "another port": "https://localhost:1/",
            "no port": "https://localhost/",
            "a port with a leading zero": "https://localhost:0{port}/",
            "a dot after the host": "https://localhost.:{port}/",
            "the address instead of the host": "https://127.0.0.1:{port}/",
            "another host": "https://other.test/",
            "our domain as a subdomain": "https://localhost.evil.test:{port}/",
            "our domain as a path": "https://evil.test/{domain}/",
            "our domain as a user": "https://{domain}@evil.test/",
            "our issuer as a query": "https://evil.test/?{issuer}",
            "a user": "https://admin@{domain}/",
            "a user and a password": "https://admin:secret@{domain}/",
            "a trailing path": "{issuer}path/",
            "a dot as a path": "{issuer}./",
            "a query": "{issuer}?a",
            "a fragment": "{issuer}#a",
            "the URL of the JWKS": "{issuer}.well-known/jwks.json",
            "a trailing space": "{issuer} ",
            "a leading space": " {issuer}",
            "a trailing line feed": "{issuer}\n",
            "a trailing NUL": "{issuer}\0",
            "a trailing lone surrogate": "{issuer}\ud800",
            "a zero-width space": "https://local\u200bhost:{port}/",
            "a Cyrillic o": "https://l\u043ecalhost:{port}/",
            "a full-width solidus": "https://{domain}\uff0f",
            "percent-encoded": "https://%6cocalhost:{port}/",
            "two, separated by a comma": "{issuer},{issuer}",
            "a pattern": "https://.*/",
        }.items()
    ),
    Case(
        "spelled with escapes",
        with_claims(iss=lambda keys: RawJson(f'"https:\\/\\/{keys.tenant.domain}\\u002f"')),
        OK,
    ),
)

AUD = (
    *(Case(text, with_claims(aud=RawJson(text)), WRONG_AUDIENCE) for text in NOT_STRINGS),
    Case("absent", with_claims(aud=ABSENT), WRONG_AUDIENCE),
    Case("AUD instead of aud", with_claims(aud=ABSENT, AUD=AUDIENCE), WRONG_AUDIENCE),
    Case("only in the JOSE header", send_token({"aud": AUDIENCE}, {"aud": ABSENT}), WRONG_AUDIENCE),
    *(
        Case(name, with_claims(aud=aud), OK)
        for name, aud in {
            "only ours": AUDIENCE,
            "a list of ours": [AUDIENCE],
            "ours first": [AUDIENCE, OTHER_URL],
            "ours last": [OTHER_URL, AUDIENCE],
            "ours twice": [AUDIENCE, AUDIENCE],
            "ours and an empty string": ["", AUDIENCE],
            "ours and a lone surrogate": ["\ud800", AUDIENCE],
            "ours after 200 others": [f"{OTHER_URL}/{number}" for number in range(200)]
            + [AUDIENCE],
            "spelled with escapes": RawJson(f'"\\u0068ttps:\\/\\/{AUDIENCE.partition("//")[2]}"'),
        }.items()
    ),
    *(
        Case(name, with_claims(aud=aud), WRONG_AUDIENCE)
        for name, aud in {
            "another": OTHER_URL,
            "a list of another": [OTHER_URL],
            "a trailing slash": AUDIENCE + "/",
            "a trailing path": AUDIENCE + "/admin",
            "a subdomain": "https://api.test.evil.test",
            "its first letter": "h",
            "one character shorter": AUDIENCE[:-1],
            "one character longer": AUDIENCE + "s",
            "a leading letter": "x" + AUDIENCE,
            "in uppercase": AUDIENCE.upper(),
            "capitalized": "https://Api.test",
            "http": "http://api.test",
            "no scheme": "api.test",
            "a port": AUDIENCE + ":443",
            "a user": "https://a@api.test",
            "a trailing space": AUDIENCE + " ",
            "a leading space": " " + AUDIENCE,
            "a trailing NUL": AUDIENCE + "\0",
            "a trailing line feed": AUDIENCE + "\n",
            "a Cyrillic a": "https://\u0430pi.test",
            "two, separated by a space": f"{AUDIENCE} {OTHER_URL}",
            "two, separated by a comma": f"{AUDIENCE},{OTHER_URL}",
            "an asterisk": "*",
            "a pattern": "https://.*",
            "a list as a string": f'["{AUDIENCE}"]',
            "the client": "local-client",
            "the issuer": of_tenant("{issuer}"),
            "the user info": of_tenant("{issuer}userinfo"),
            "the Management API": of_tenant("{issuer}api/v2/"),
            "a list of similar ones": [AUDIENCE + "/", AUDIENCE.upper(), " " + AUDIENCE],
            "a list of its letters": list(AUDIENCE),
            "a list in a list": [[AUDIENCE]],
            "ours and a number": [AUDIENCE, 1],
            "ours and null": [AUDIENCE, None],
            "ours and true": [True, AUDIENCE],
            "ours and a list": [AUDIENCE, [AUDIENCE]],
            "ours and an object": [AUDIENCE, {}],
            "ours and NaN": [AUDIENCE, float("nan")],
            "an object": {AUDIENCE: True},
            "an object with aud": {"aud": AUDIENCE},
        }.items()
    ),
)

SUB = (
    *(Case(text, with_claims(sub=RawJson(text)), NO_SUBJECT) for text in NOT_STRINGS),
    Case("absent", with_claims(sub=ABSENT), NO_SUBJECT),
    Case("SUB instead of sub", with_claims(sub=ABSENT, SUB="auth0|ann"), NO_SUBJECT),
    Case("only in the JOSE header", send_token({"sub": "auth0|ann"}, {"sub": ABSENT}), NO_SUBJECT),
    Case(
        "azp instead of sub",
        with_claims(sub=ABSENT, azp="local-client", client_id="local-client"),
        NO_SUBJECT,
    ),
    *(
        Case(name, with_claims(sub=sub), OK)
        for name, sub in {
            "a user": "auth0|ann",
            "a machine": "local-client@clients",
            "a space": " ",
            "a letter": "a",
            "NUL": "\0",
            "a number as a string": "0",
            "null as a string": "null",
            "markup": "<script>alert(1)</script>",
            "CR LF and a header": "\r\nSet-Cookie: a=b",
            "a lone surrogate": "\ud800",
            "right to left": "\u202eann",
            "4,000 letters": "a" * 4000,
        }.items()
    ),
)

CNF = (
    *(
        Case(text, with_claims(cnf=RawJson(text)), SENDER_CONSTRAINED)
        for text in (*NOT_STRINGS, '"a"')
    ),
    Case(
        "a certificate (RFC 8705)",
        with_claims(cnf={"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9"}),
        SENDER_CONSTRAINED,
    ),
    Case(
        "DPoP (RFC 9449)",
        with_claims(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2Hg"}),
        SENDER_CONSTRAINED,
    ),
    Case("a key", with_claims(cnf=lambda keys: {"jwk": keys.unknown.jwk}), SENDER_CONSTRAINED),
    Case("a key ID", with_claims(cnf={"kid": "a"}), SENDER_CONSTRAINED),
    Case("a plain token with the scheme DPoP", with_valid_token("DPoP {0}"), WRONG_SCHEME),
    Case("CNF", with_claims(CNF={"jkt": "a"}), OK),
    Case("in the JOSE header", with_header(cnf={"jkt": "a"}), OK),
)

OTHER_CLAIMS = (
    *(Case(f"jti {text}", with_claims(jti=RawJson(text)), OK) for text in (*NOT_STRINGS, '"a"')),
    *(
        Case(f"{claim} {text}", with_claims(**{claim: RawJson(text)}), OK)
        for claim in ("azp", "gty", "scope", "permissions", "at_hash", "nonce", "events", "act")
        for text in ("null", "1", '"a"', "[]", "{}")
    ),
    Case(
        "200 claims",
        with_claims(**{f"https://api.test/{number}": number for number in range(200)}),
        OK,
    ),
    Case("an empty claim name", with_claims(**{"": None}), OK),
    Case("attribute names", with_claims(claims={}, subject="a", scopes=["a"], __class__="a"), OK),
    Case(
        "only the required claims",
        with_claims(iat=ABSENT, azp=ABSENT, scope=ABSENT, permissions=ABSENT),
        OK,
    ),
)
