"""The hostile corpus: what is sent, and the one answer that it must get, group by group.

A group holds the API to some of its rules from both sides: a token that is merely odd is good.
`Json("…")` is a value written as it stands, also where JSON does not allow it.
"""

import hashlib
import json
import time
import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .conftest import AUDIENCE
from .hostile import (
    ABSENT,
    BAD_ALG,
    BAD_AUD,
    BAD_CRIT,
    BAD_IAT,
    BAD_ISS,
    BAD_NBF,
    BAD_SIGNATURE,
    BAD_TYP,
    BOUND,
    EXPIRED,
    IAT_AHEAD,
    LACKS_PERMISSION,
    LACKS_SCOPE,
    MISSING,
    NBF_AHEAD,
    NO_BASE64,
    NO_BEARER,
    NO_EXP,
    NO_JWT,
    NO_KID,
    NO_OBJECT,
    NO_SUB,
    NO_TOKEN,
    OK,
    PERMITTED,
    SCOPED,
    TOO_LONG,
    UNKNOWN_KID,
    Answer,
    Build,
    Case,
    Forge,
    Json,
    Members,
    Sign,
    Twice,
    at,
    between,
    by_other,
    by_stranger,
    by_tenant,
    changed,
    claims,
    decoded,
    edited,
    environ,
    filled,
    form,
    header,
    instead,
    joined_by,
    more,
    nested,
    of,
    other_alphabet,
    over,
    public,
    reckoned,
    recoded,
    shape,
    signature_of,
    signed,
    sized,
    spelled,
    token,
    utf8,
    value,
    with_ecdsa,
    with_eddsa,
    with_hmac,
    with_odd,
    with_rsa,
    with_signature_twin,
    with_twin,
)
from local_auth0.identity import base64url

NO_HEADER = (
    Case("nothing", environ(), MISSING),
    Case("nothing, where a scope is asked for", environ(), MISSING, SCOPED),
    Case("nothing, where a permission is asked for", environ(), MISSING, PERMITTED),
    Case("an empty header", value(""), MISSING),
    Case("a blank", value(" "), MISSING),
    Case("many blanks", value(" " * 20_000), MISSING),
    Case("a tab", value("\t"), MISSING),
    Case("blanks and tabs", value(" \t \t"), MISSING),
    Case("token in the query", environ(QUERY_STRING="access_token={0}"), MISSING),
    Case("header in the query", environ(QUERY_STRING="Authorization=Bearer {0}"), MISSING),
    Case("token in a cookie", environ(HTTP_COOKIE="access_token={0}"), MISSING),
    Case("header in a cookie", environ(HTTP_COOKIE="Authorization=Bearer {0}"), MISSING),
    Case("Proxy-Authorization", environ(HTTP_PROXY_AUTHORIZATION="Bearer {0}"), MISSING),
    Case("X-Authorization", environ(HTTP_X_AUTHORIZATION="Bearer {0}"), MISSING),
    Case("X-Access-Token", environ(HTTP_X_ACCESS_TOKEN="{0}"), MISSING),
    Case("X-Forwarded-User", environ(HTTP_X_FORWARDED_USER="local-client"), MISSING),
    Case("the server's user", environ(REMOTE_USER="local-client", AUTH_TYPE="Bearer"), MISSING),
    Case("a method override", environ(HTTP_X_HTTP_METHOD_OVERRIDE="OPTIONS"), MISSING),
    Case(
        "a blank header, a good token in the query",
        environ(HTTP_AUTHORIZATION=" ", QUERY_STRING="access_token={0}"),
        MISSING,
    ),
    Case(
        "a bad header, a good token in the query",
        environ(HTTP_AUTHORIZATION="Bearer a.b", QUERY_STRING="access_token={0}"),
        NO_JWT,
    ),
    Case(
        "a good header, a bad token in the query",
        environ(HTTP_AUTHORIZATION="Bearer {0}", QUERY_STRING="access_token=a.b"),
        OK,
    ),
)

SCHEME = (
    *(Case(scheme, form(scheme + " {0}"), OK) for scheme in ("bearer", "BEARER", "bEaReR")),
    *(
        Case(scheme, form(scheme + " {0}"), NO_BEARER)
        for scheme in (
            *("Basic", "Digest", "DPoP", "GNAP", "HOBA", "JWT", "Negotiate", "OAuth", "Token"),
            *("B", "Bear", "Bearers", "BearerToken", "Bearer2", "xBearer", "Be-arer"),
            *("Bearer:", "Bearer,", "Bearer=", "Bearer.", "Bearer;", '"Bearer"', "'Bearer'"),
            *("Header: Bearer", "Basic YTpi, Bearer", "realm=api Bearer", "access_token"),
        )
    ),
    Case("the token alone", form("{0}"), NO_BEARER),
    Case("a comma alone", value(","), NO_BEARER),
    Case("NUL behind the scheme", form("Bearer\0 {0}"), NO_BEARER),
    Case("a Cyrillic Ve for the B", form(utf8("\u0412earer {0}")), NO_BEARER),
    Case("a full width B", form(utf8("\uff22earer {0}")), NO_BEARER),
    Case("a byte order mark before it", form(utf8("\ufeffBearer {0}")), NO_BEARER),
    Case("a zero-width blank within", form(utf8("Bear\u200ber {0}")), NO_BEARER),
    Case("an equals sign for the blank", form("Bearer={0}"), NO_BEARER),
    Case("a plus sign for the blank", form("Bearer+{0}"), NO_BEARER),
    Case("a percent-encoded blank", form("Bearer%20{0}"), NO_BEARER),
    Case("another, and a token too long", value("Basic " + "A" * 20_000), NO_BEARER),
    Case("20,000 letters", value("A" * 20_000), NO_BEARER),
    Case("Bearer alone", value("Bearer"), NO_TOKEN),
    Case("bearer alone", value("bearer"), NO_TOKEN),
    Case("Bearer and a blank", value("Bearer "), NO_TOKEN),
    Case("Bearer and many blanks", value("Bearer" + " " * 20_000), NO_TOKEN),
    Case("Bearer and a tab", value("Bearer\t"), NO_TOKEN),
    Case("Bearer among blanks and tabs", value("\t Bearer \t \t"), NO_TOKEN),
)

NO_BLANKS = {
    "no-break space": "\xa0",
    "no-break space in UTF-8": utf8("\xa0"),
    "em space in UTF-8": utf8("\u2003"),
    "vertical tab": "\v",
    "form feed": "\f",
    "line feed": "\n",
    "CR LF": "\r\n",
    "next line": "\x85",
    "file separator": "\x1c",
    "unit separator": "\x1f",
    "NUL": "\0",
    "DEL": "\x7f",
}
"""What is white space to `str.split()` or to somebody else, but not to RFC 9110."""

BLANKS = (
    Case("two blanks", form("Bearer  {0}"), OK),
    Case("a thousand blanks", form("Bearer" + " " * 1000 + "{0}"), OK),
    Case("blanks around", form("  Bearer {0}  "), OK),
    Case("tabs around", form("\tBearer {0}\t"), OK),
    Case("20,000 blanks behind", form("Bearer {0}" + " " * 20_000), OK),
    Case("a tab for the blank", form("Bearer\t{0}"), NO_BEARER),
    Case("a tab before the blank", form("Bearer\t {0}"), NO_BEARER),
    Case("a tab behind the blank", form("Bearer \t{0}"), NO_JWT),
    *(Case(f"{name} alone", value(odd), NO_BEARER) for name, odd in NO_BLANKS.items()),
    *(
        Case(f"{name} before the scheme", form(odd + "Bearer {0}"), NO_BEARER)
        for name, odd in NO_BLANKS.items()
    ),
    *(
        Case(f"{name} for the blank", form("Bearer" + odd + "{0}"), NO_BEARER)
        for name, odd in NO_BLANKS.items()
    ),
    *(
        Case(f"{name} before the token", form("Bearer " + odd + "{0}"), NO_JWT)
        for name, odd in NO_BLANKS.items()
    ),
    *(
        Case(f"{name} behind the token", form("Bearer {0}" + odd), NO_JWT)
        for name, odd in NO_BLANKS.items()
    ),
)

CREDENTIALS = (
    *(
        Case(name, form("Bearer " + text), NO_JWT)
        for name, text in {
            "two tokens": "{0} {0}",
            "two tokens, a tab between": "{0}\t{0}",
            "two tokens, a comma between": "{0},{0}",
            "two headers, joined": "{0}, Bearer {0}",
            "two headers, the second of another scheme": "{0}, Basic YTpi",
            "two headers, the first bad": "a.b.c, Bearer {0}",
            "a comma behind": "{0},",
            "a comma before": ",{0}",
            "a semicolon behind": "{0};",
            "a parameter behind": '{0}, realm="api"',
            "the scheme twice": "Bearer {0}",
            "the scheme twice, a colon behind": "Bearer: {0}",
            "double quotes": '"{0}"',
            "single quotes": "'{0}'",
            "angle brackets": "<{0}>",
            "a quote before": '"{0}',
            "a quote behind": '{0}"',
            "token=": "token={0}",
            "token=, in quotes": 'token="{0}"',
            "access_token=": "access_token={0}",
            "a fragment behind": "{0}#",
            "a query behind": "{0}?a=b",
            "a slash behind": "{0}/",
            "a tilde behind": "{0}~",
            "a percent-encoded blank before": "%20{0}",
        }.items()
    ),
    *(
        Case(text, value(f"Bearer {text}"), NO_JWT)
        for text in (
            *("null", "undefined", "None", "true", "0", "[object Object]", "invalidToken"),
            *("invalidToken abc", "abc.def", "../../etc/passwd", "' OR 1=1 --", "<script>"),
            *("$(id)", "%s%n", "a:b", "YTpi", "-", "_", ".", "..", "...", "....", "Bearer"),
        )
    ),
    Case("a.b.c", value("Bearer a.b.c"), NO_BASE64),
    Case("an opaque token", value("Bearer Zk8h3JqYp5bV0nWxZk8h3JqYp5bV0nWx"), NO_JWT),
    Case("a PASETO", value("Bearer v4.public." + "QUJD" * 30), NO_BASE64),
    Case("a SAML assertion", value("Bearer PHNhbWw6QXNzZXJ0aW9uPg=="), NO_JWT),
)

TEAMS = [f"read:messages-of-team-{number:04}" for number in range(200)]

SIZE = (
    Case("a good token of 16,383 characters", sized(16_383), OK),
    Case("a good token of 16,384 characters", sized(16_384), OK),
    Case("a good token of 16,385 characters", sized(16_385), TOO_LONG),
    Case("a good token of 65,536 characters", sized(65_536), TOO_LONG),
    Case("200 permissions, twice", claims(scope=" ".join(TEAMS), permissions=TEAMS), OK),
    Case("16,384 letters", value("Bearer " + "A" * 16_384), NO_JWT),
    Case("16,385 letters", value("Bearer " + "A" * 16_385), TOO_LONG),
    Case("16,384 dots", value("Bearer " + "." * 16_384), NO_JWT),
    Case("16,385 dots", value("Bearer " + "." * 16_385), TOO_LONG),
    Case("16,385 blanks before a good token", form("Bearer" + " " * 16_385 + "{0}"), OK),
    Case("a megabyte behind", shape(lambda h, p, s: f"{h}.{p}.{s}{'A' * 2**20}"), TOO_LONG),
    Case("20,000 behind padding", shape(lambda h, p, s: f"{h}.{p}.{s}=={'A' * 20_000}"), TOO_LONG),
    Case("20,000 of header", token(edit_header=lambda good: good.ljust(20_000)), TOO_LONG),
    Case("20,000 of payload", token(edit_payload=lambda good: good.ljust(20_000)), TOO_LONG),
    Case(
        "a good token, 7,000 segments", shape(lambda h, p, s: f"{h}.{p}.{s}{'.A' * 7000}"), NO_JWT
    ),
)

SHAPE = (
    Case("the header alone", shape(lambda h, _p, _s: h), NO_JWT),
    Case("the payload alone", shape(lambda _h, p, _s: p), NO_JWT),
    Case("no signature", shape(lambda h, p, _: f"{h}.{p}"), NO_JWT),
    Case("no header", shape(lambda _, p, s: f"{p}.{s}"), NO_JWT),
    Case("no payload", shape(lambda h, _, s: f"{h}.{s}"), NO_JWT),
    Case("an empty signature", shape(lambda h, p, _: f"{h}.{p}."), NO_JWT),
    Case("an empty header", shape(lambda _, p, s: f".{p}.{s}"), NO_JWT),
    Case("an empty payload, as if detached", shape(lambda h, _, s: f"{h}..{s}"), NO_JWT),
    Case("an empty payload, signed", spelled(lambda h, _: f"{h}."), NO_JWT),
    Case("an empty header, signed", spelled(lambda _, p: f".{p}"), NO_JWT),
    Case("four segments", shape(lambda h, p, s: f"{h}.{p}.{s}.{s}"), NO_JWT),
    Case("four segments, the last empty", shape(lambda h, p, s: f"{h}.{p}.{s}."), NO_JWT),
    Case("four segments, the first empty", shape(lambda h, p, s: f".{h}.{p}.{s}"), NO_JWT),
    Case("four segments, the second empty", shape(lambda h, p, s: f"{h}..{p}.{s}"), NO_JWT),
    Case("a JWE's five segments", shape(lambda h, p, s: f"{h}.{s}.{p}.{p}.{s}"), NO_JWT),
    Case("a JWE's, with no key in it", shape(lambda h, p, s: f"{h}..{p}.{p}.{s}"), NO_JWT),
    Case("six segments", shape(lambda h, p, s: f"{h}.{p}.{s}.{h}.{p}.{s}"), NO_JWT),
    Case("an SD-JWT", shape(lambda h, p, s: f"{h}.{p}.{s}~{p}~"), NO_JWT),
    Case(
        "JSON serialization",
        shape(lambda h, p, s: json.dumps({"payload": p, "protected": h, "signature": s})),
        NO_JWT,
    ),
    Case(
        "JSON serialization, general",
        shape(lambda h, p, s: json.dumps({"payload": p, "signatures": [{h: s}]})),
        NO_JWT,
    ),
    Case("encoded once more", shape(lambda *parts: base64url(".".join(parts).encode())), NO_JWT),
    Case("decoded", shape(lambda h, p, s: f"{decoded(h)!r}.{decoded(p)!r}.{s}"), NO_JWT),
    Case("payload first", shape(lambda h, p, s: f"{p}.{h}.{s}"), BAD_ALG),
    Case("signature first", shape(lambda h, p, s: f"{s}.{h}.{p}"), NO_OBJECT),
    *(
        Case(f"{name} for dots", joined_by(dot), NO_JWT)
        for name, dot in {
            "colons": ":",
            "commas": ",",
            "slashes": "/",
            "line feeds": "\n",
            "percent-encoded dots": "%2E",
            "ideographic stops": "\u3002",
            "full width stops": "\uff0e",
            "middle dots": "\xb7",
        }.items()
    ),
)

HARD = {"note": ">" * 5 + "?" * 5}
"""A member whose base64url has minus signs and underscores, wherever it stands."""

ALPHABET = (
    *(
        Case(f"{name} in the {segment}", build, NO_JWT)
        for name, odd in {
            "a blank": " ",
            "a tab": "\t",
            "a line feed": "\n",
            "NUL": "\0",
            "padding": "=",
            "double padding": "==",
            "a percent-encoded A": "%41",
            "an escaped A": "\\u0041",
            "a plus sign": "+",
            "a slash": "/",
            "a tilde": "~",
            "a full width A": "\uff21",
            "a Cyrillic A": "\u0410",
            "an Arabic-Indic digit": "\u0661",
            "a superscript two": "\xb2",
            "a zero-width blank": "\u200b",
        }.items()
        for segment, build in with_odd(odd).items()
    ),
    Case("minus signs and underscores", token(HARD, HARD), OK),
    Case(
        "+ and / in the header",
        token(HARD, spell=lambda h, p: f"{other_alphabet(h)}.{p}"),
        NO_JWT,
    ),
    Case(
        "+ and / in the payload",
        token(None, HARD, spell=lambda h, p: f"{h}.{other_alphabet(p)}"),
        NO_JWT,
    ),
    Case("padding behind the header", spelled(lambda h, p: f"{h}==.{p}"), NO_JWT),
    Case("padding behind the payload", spelled(lambda h, p: f"{h}.{p}=="), NO_JWT),
    Case("padding behind the signature", shape(lambda h, p, s: f"{h}.{p}.{s}=="), NO_JWT),
    Case("one sign of padding behind", shape(lambda h, p, s: f"{h}.{p}.{s}="), NO_JWT),
    Case("padding, and letters behind", shape(lambda h, p, s: f"{h}.{p}.{s}==AAAA"), NO_JWT),
    Case("a line feed before the header", spelled(lambda h, p: f"\n{h}.{p}"), NO_JWT),
    Case("a line feed behind the header", spelled(lambda h, p: f"{h}\n.{p}"), NO_JWT),
    Case("a line feed behind the payload", spelled(lambda h, p: f"{h}.{p}\n"), NO_JWT),
    *(
        Case(f"header, {rest} bytes over", token(edit_header=filled(rest)), OK)
        for rest in (0, 1, 2)
    ),
    *(
        Case(f"payload, {rest} bytes over", token(edit_payload=filled(rest)), OK)
        for rest in (0, 1, 2)
    ),
    *(
        Case(f"{segment}, {rest} bytes over, twin {step}", build, NO_BASE64)
        for rest, step in ((1, 1), (1, 15), (2, 1), (2, 3))
        for segment, build in with_twin(rest, step).items()
    ),
    *(
        Case(f"signature, twin {step}", with_signature_twin(step), NO_BASE64)
        for step in range(1, 16)
    ),
    Case("header of one letter", spelled(lambda _, p: f"A.{p}"), NO_BASE64),
    Case("payload of one letter", spelled(lambda h, _: f"{h}.A"), NO_BASE64),
    Case("signature of one letter", shape(lambda h, p, _: f"{h}.{p}.A"), NO_BASE64),
    Case("header of five letters", spelled(lambda _, p: f"AAAAA.{p}"), NO_BASE64),
    Case("payload of five letters", spelled(lambda h, _: f"{h}.AAAAA"), NO_BASE64),
    Case("signature of five letters", shape(lambda h, p, _: f"{h}.{p}.AAAAA"), NO_BASE64),
    Case("signature less a letter", shape(lambda h, p, s: f"{h}.{p}.{s[:-1]}"), NO_BASE64),
    Case("header of one byte", spelled(lambda _, p: f"AA.{p}"), NO_OBJECT),
    Case("payload of one byte", spelled(lambda h, _: f"{h}.AA"), NO_OBJECT),
    Case("payload of two bytes", spelled(lambda h, _: f"{h}.AAA"), NO_OBJECT),
    Case("payload of three bytes", spelled(lambda h, _: f"{h}.AAAA"), NO_OBJECT),
)

JSON = (
    Case("header: an empty object", token(edit_header=instead(b"{}")), BAD_ALG),
    Case("payload: an empty object", token(edit_payload=instead(b"{}")), NO_EXP),
    Case("payload: a good token", nested, NO_OBJECT),
    *(
        case
        for text in (
            *("null", "true", "false", "0", "-1", "1.5", "NaN", "Infinity", "[]", "[null]"),
            *('""', '"text"', '"{}"', "[{}]", '[["alg", "RS256"]]', " ", "{", "}", "{]"),
            *("alg: RS256", "alg=RS256", "<alg>RS256</alg>", "{'alg': 'RS256'}", "\0"),
        )
        for case in edited(text.replace("\0", "NUL"), instead(text.encode()), NO_OBJECT)
    ),
    *(
        case
        for name, member in {
            "UTF-8": b'"note": "\xc3\xa9"',
            "a lone surrogate, escaped": b'"note": "\\ud800"',
            "NUL, escaped": b'"note": "\\u0000"',
            "NaN in a member": b'"note": NaN',
            "-Infinity": b'"note": -Infinity',
            "1e999": b'"note": 1e999',
            "4,000 digits": b'"note": ' + b"9" * 4000,
            "5,000 digits behind the point": b'"note": 0.' + b"9" * 5000,
            "100 brackets": b'"note": ' + b"[" * 100 + b"]" * 100,
            "an empty name": b'"": 1',
            "a name with a meaning elsewhere": b'"__proto__": {"alg": "none"}',
            "another member twice": b'"note": 1, "note": 2',
            "many members": b", ".join(b'"a%d": 1' % number for number in range(400)),
        }.items()
        for case in edited(name, more(member), OK)
    ),
    *(
        case
        for name, member in {
            "latin-1": b'"note": "\xe9"',
            "a byte that UTF-8 never has": b'"note": "\xff"',
            "an overlong slash": b'"note": "\xc0\xaf"',
            "an overlong NUL": b'"note": "\xc0\x80"',
            "a surrogate in UTF-8": b'"note": "\xed\xa0\x80"',
            "half a letter": b'"note": "\xe2\x82"',
            "beyond Unicode": b'"note": "\xf4\x90\x80\x80"',
            "a raw line feed": b'"note": "\n"',
            "a raw NUL": b'"note": "\0"',
            "an escape that is none": b'"note": "\\x41"',
            "half an escape": b'"note": "\\u00"',
            "5,000 digits": b'"note": ' + b"9" * 5000,
            "minus 5,000 digits": b'"note": -' + b"9" * 5000,
            "a leading zero": b'"note": 01',
            "a hexadecimal number": b'"note": 0x10',
            "a number with underscores": b'"note": 1_000',
            "a plus sign": b'"note": +1',
            "no digit behind the point": b'"note": 1.',
            "Python's None": b'"note": None',
            "single quotes": b"'note': 1",
            "a name without quotes": b"note: 1",
            "a name that is a number": b"1: 1",
            "no value": b'"note"',
            "a comment": b'"note": 1 /* note */',
            "a comma too many": b'"note": 1,',
            "1,000 brackets": b'"note": ' + b"[" * 1000,
            "10,000 brackets": b'"note": ' + b"[" * 10_000,
            "1,000 braces": b'"note": ' + b'{"a":' * 1000,
            "2,000 braces": b'"note": ' + b'{"a":' * 2000,
        }.items()
        for case in edited(name, more(member), NO_OBJECT)
    ),
    *edited("1,000 brackets alone", instead(b"[" * 1000), NO_OBJECT),
    *edited("1,000 brackets alone, closed", instead(b"[" * 1000 + b"]" * 1000), NO_OBJECT),
    *edited("10,000 brackets alone", instead(b"[" * 10_000), NO_OBJECT),
    *edited("5,000 digits alone", instead(b"9" * 5000), NO_OBJECT),
    *edited("blanks around", between(b" \t\r\n", b" \t\r\n"), OK),
    *edited("in a list", between(b"[", b"]"), NO_OBJECT),
    *edited("in a text", lambda good: json.dumps(good.decode()).encode(), NO_OBJECT),
    *edited("twice", lambda good: good + good, NO_OBJECT),
    *edited("less its brace", lambda good: good[:-1], NO_OBJECT),
    *edited("compressed", zlib.compress, NO_OBJECT),
    *edited("encoded once more", lambda good: base64url(good).encode(), NO_OBJECT),
    *(
        case
        for encoding in (
            *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
            "cp037",
        )
        for case in edited(f"in {encoding}", recoded(encoding), NO_OBJECT)
    ),
    *(
        case
        for name, odd in {
            "a letter": b"x",
            "a comma": b",",
            "a brace": b"}",
            "an object": b"{}",
            "NUL": b"\0",
            "a vertical tab": b"\v",
            "a form feed": b"\f",
            "a no-break space": b"\xc2\xa0",
            "a byte order mark": b"\xef\xbb\xbf",
            "a record separator": b"\x1e",
        }.items()
        for case in (
            *edited(f"{name} before", between(odd, b""), NO_OBJECT),
            *edited(f"{name} behind", between(b"", odd), NO_OBJECT),
        )
    ),
)

TWICE = (
    Case("alg, the last good", header(alg=Twice("none", "RS256")), OK),
    Case("alg, the last bad", header(alg=Twice("RS256", "none")), BAD_ALG),
    Case("kid, the last good", header(kid=Twice("made-up", of("{kid}"))), OK),
    Case("kid, the last unknown", header(kid=Twice(of("{kid}"), "made-up")), UNKNOWN_KID),
    Case("kid, the last null", header(kid=Twice(of("{kid}"), None)), NO_KID),
    Case("typ, the last good", header(typ=Twice("id+jwt", "JWT")), OK),
    Case("typ, the last bad", header(typ=Twice("JWT", "id+jwt")), BAD_TYP),
    Case("crit", header(crit=Twice(["exp"], [])), BAD_CRIT),
    Case("b64", header(b64=Twice(False, True)), BAD_CRIT),
    Case("exp, the last good", claims(exp=Twice(0, at(60))), OK),
    Case("exp, the last past", claims(exp=Twice(at(60), 0)), EXPIRED),
    Case("exp, the last null", claims(exp=Twice(at(60), None)), NO_EXP),
    Case("nbf, the last good", claims(nbf=Twice(at(999), 0)), OK),
    Case("nbf, the last ahead", claims(nbf=Twice(0, at(999))), NBF_AHEAD),
    Case("iat, the last good", claims(iat=Twice(at(999), 0)), OK),
    Case("iat, the last ahead", claims(iat=Twice(0, at(999))), IAT_AHEAD),
    Case("iss, the last good", claims(iss=Twice("https://other.test/", of("{issuer}"))), OK),
    Case("iss, the last bad", claims(iss=Twice(of("{issuer}"), "https://other.test/")), BAD_ISS),
    Case("aud, the last good", claims(aud=Twice("https://other.test", AUDIENCE)), OK),
    Case("aud, the last bad", claims(aud=Twice(AUDIENCE, "https://other.test")), BAD_AUD),
    Case("sub, the last good", claims(sub=Twice("", "auth0|ann")), OK),
    Case("sub, the last bad", claims(sub=Twice("auth0|ann", "")), NO_SUB),
    Case("cnf", claims(cnf=Twice({"jkt": "a"}, None)), BOUND),
    Case("scope, the last good", claims(scope=Twice("", "read:messages")), OK, SCOPED),
    Case("scope, the last bad", claims(scope=Twice("read:messages", "")), LACKS_SCOPE, SCOPED),
    Case("alg with an escape", header(**{"alg": Json('"RS256", "\\u0061lg": "none"')}), BAD_ALG),
    Case("exp with an escape", claims(exp=Json('99999999999, "e\\u0078p": 0')), EXPIRED),
)

PKCS1 = padding.PKCS1v15()
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
LONG_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)

PEM = public(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PKCS1_PEM = public(Encoding.PEM, PublicFormat.PKCS1)
DER = public(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SSH = public(Encoding.OpenSSH, PublicFormat.OpenSSH)

SIGNATURE = (
    Case("the other key's, its kid", token({"kid": lambda f: f.other.kid}, sign=by_other), OK),
    Case("the other key's", signed(by_other), BAD_SIGNATURE),
    Case("the tenant's, the other key's kid", header(kid=lambda f: f.other.kid), BAD_SIGNATURE),
    Case("a stranger's", signed(by_stranger), BAD_SIGNATURE),
    Case("another payload's", signature_of(claims(sub="auth0|ann")), BAD_SIGNATURE),
    Case("another header's", signature_of(header(typ="at+jwt")), BAD_SIGNATURE),
    Case("over the header", over(lambda text: text.split(b".")[0]), BAD_SIGNATURE),
    Case("over the payload", over(lambda text: text.split(b".")[1]), BAD_SIGNATURE),
    Case("over a dot more", over(lambda text: text + b"."), BAD_SIGNATURE),
    Case("over no dot", over(lambda text: text.replace(b".", b"")), BAD_SIGNATURE),
    Case("over a line feed more", over(lambda text: text + b"\n"), BAD_SIGNATURE),
    Case("over small letters", over(bytes.lower), BAD_SIGNATURE),
    Case("over the digest", over(lambda text: hashlib.sha256(text).digest()), BAD_SIGNATURE),
    Case("over nothing", over(instead(b"")), BAD_SIGNATURE),
    Case("payload exchanged", shape(lambda h, _, s: f"{h}.e30.{s}"), BAD_SIGNATURE),
    Case("payload no JSON", shape(lambda h, _, s: f"{h}.QUJD.{s}"), BAD_SIGNATURE),
    Case("a byte less behind", changed(lambda s: s[:-1]), BAD_SIGNATURE),
    Case("two bytes less behind", changed(lambda s: s[:-2]), BAD_SIGNATURE),
    Case("a byte less before", changed(lambda s: s[1:]), BAD_SIGNATURE),
    Case("half of it", changed(lambda s: s[:128]), BAD_SIGNATURE),
    Case("one byte of it", changed(lambda s: s[:1]), BAD_SIGNATURE),
    Case("a zero byte behind", changed(lambda s: s + b"\0"), BAD_SIGNATURE),
    Case("a zero byte before", changed(lambda s: b"\0" + s), BAD_SIGNATURE),
    Case("three bytes behind", changed(lambda s: s + b"abc"), BAD_SIGNATURE),
    Case("twice", changed(lambda s: s + s), BAD_SIGNATURE),
    Case("backwards", changed(lambda s: s[::-1]), BAD_SIGNATURE),
    Case("inverted", changed(lambda s: bytes(255 - byte for byte in s)), BAD_SIGNATURE),
    Case("its first bit changed", changed(lambda s: bytes([s[0] ^ 128]) + s[1:]), BAD_SIGNATURE),
    Case("its last bit changed", changed(lambda s: s[:-1] + bytes([s[-1] ^ 1])), BAD_SIGNATURE),
    Case("256 zeros", changed(instead(bytes(256))), BAD_SIGNATURE),
    Case("256 bytes of ones", changed(instead(b"\xff" * 256)), BAD_SIGNATURE),
    Case("the number 1", changed(instead(bytes(255) + b"\1")), BAD_SIGNATURE),
    Case("the modulus", reckoned(lambda _, n: n), BAD_SIGNATURE),
    Case("the modulus less 1", reckoned(lambda _, n: n - 1), BAD_SIGNATURE),
    Case("the modulus more", reckoned(lambda s, n: s + n), BAD_SIGNATURE),
    Case("negative", reckoned(lambda s, n: n - s), BAD_SIGNATURE),
    Case("the digest", signed(lambda _, text: hashlib.sha256(text).digest()), BAD_SIGNATURE),
    Case("by SHA-384", signed(with_rsa(PKCS1, hashes.SHA384())), BAD_SIGNATURE),
    Case("by SHA-512", signed(with_rsa(PKCS1, hashes.SHA512())), BAD_SIGNATURE),
    Case("by PSS", signed(with_rsa(PSS, hashes.SHA256())), BAD_SIGNATURE),
    Case("by PSS, the longest salt", signed(with_rsa(LONG_PSS, hashes.SHA256())), BAD_SIGNATURE),
    Case("by HMAC, the public key as PEM", signed(with_hmac(PEM)), BAD_SIGNATURE),
    Case("by HMAC, the public key as DER", signed(with_hmac(DER)), BAD_SIGNATURE),
    Case("by HMAC, an empty secret", signed(with_hmac(lambda _: b"")), BAD_SIGNATURE),
    Case("by ECDSA", signed(with_ecdsa), BAD_SIGNATURE),
    Case("by EdDSA", signed(with_eddsa), BAD_SIGNATURE),
)

ALG = (
    *(
        Case(text, header(alg=Json(text)), BAD_ALG)
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
    Case("absent", header(alg=ABSENT), BAD_ALG),
    Case("ALG for alg", header(alg=ABSENT, ALG="RS256"), BAD_ALG),
    Case("ALG beside alg", header(ALG="none", Alg="HS256"), OK),
    Case("in the payload alone", token({"alg": ABSENT}, {"alg": "RS256"}), BAD_ALG),
    Case("none in the payload", claims(alg="none"), OK),
    Case("spelled with escapes", header(alg=Json('"\\u0052\\u005325\\u0036"')), OK),
    Case(
        "none, the signature empty",
        token({"alg": "none"}, shape=lambda h, p, _: f"{h}.{p}."),
        NO_JWT,
    ),
    Case(
        "none, no third segment",
        token({"alg": "none"}, shape=lambda h, p, _: f"{h}.{p}"),
        NO_JWT,
    ),
    Case(
        "none, a signature of one byte",
        token({"alg": "none"}, shape=lambda h, p, _: f"{h}.{p}.AA"),
        BAD_ALG,
    ),
    *(
        Case(name, token({"alg": name.partition(" ")[0]}, sign=sign), BAD_ALG)
        for name, sign in {
            "HS256 with the public key as PEM": with_hmac(PEM),
            "HS256 with the public key as PEM of PKCS 1": with_hmac(PKCS1_PEM),
            "HS256 with the public key as PEM, less its line feed": with_hmac(
                lambda key: PEM(key).strip()
            ),
            "HS256 with the public key as DER": with_hmac(DER),
            "HS256 with the public key as OpenSSH has it": with_hmac(SSH),
            "HS256 with the modulus": with_hmac(lambda key: decoded(key.jwk["n"])),
            "HS256 with the modulus, encoded": with_hmac(lambda key: key.jwk["n"].encode()),
            "HS256 with the key ID": with_hmac(lambda key: key.kid.encode()),
            "HS256 with an empty secret": with_hmac(lambda _: b""),
            "HS384 with the public key as PEM": with_hmac(PEM, "sha384"),
            "HS512 with the public key as PEM": with_hmac(PEM, "sha512"),
            "RS384 and signed so": with_rsa(PKCS1, hashes.SHA384()),
            "RS512 and signed so": with_rsa(PKCS1, hashes.SHA512()),
            "PS256 and signed so": with_rsa(PSS, hashes.SHA256()),
            "ES256 and signed so": with_ecdsa,
            "EdDSA and signed so": with_eddsa,
        }.items()
    ),
)

EXTENSION = (
    *(
        Case(f"{member} {text}", header(**{member: Json(text)}), BAD_CRIT)
        for member in ("crit", "b64")
        for text in (
            *("null", "true", "false", "0", "1", '""', '"exp"', "[]", "{}", '["exp"]'),
            *('["b64"]', '["alg"]', '["unheard-of"]', "[null]", '{"exp": 1}'),
        )
    ),
    Case("both, as RFC 7797 has them", header(crit=["b64"], b64=False), BAD_CRIT),
    Case("crit, and what it names", header(crit=["exp"], exp=1), BAD_CRIT),
    Case("Crit and B64", header(Crit=["exp"], B64=False), OK),
    Case("crit and b64 in the payload", claims(crit=["exp"], b64=False), OK),
    Case("members that nobody knows", header(note=[{"a": None}], nonce="n", exp=0, aud=1), OK),
    Case("cty JWT", header(cty="JWT"), OK),
    Case("cty null", header(cty=None), OK),
    Case("a JWE's members", header(enc="A256GCM", epk={}, apu="", p2c=10**9), OK),
    Case("zip, the payload plain", header(zip="DEF"), OK),
    Case(
        "zip, the payload compressed",
        token({"zip": "DEF"}, edit_payload=lambda good: zlib.compress(good, wbits=-15)),
        NO_OBJECT,
    ),
)

TYP = (
    *(
        Case(typ, header(typ=typ), OK)
        for typ in (
            *("JWT", "jwt", "Jwt", "at+jwt", "AT+JWT", "at+JWT", "application/jwt"),
            *("application/at+jwt", "APPLICATION/JWT", "Application/AT+jwt"),
        )
    ),
    Case("absent", header(typ=ABSENT), OK),
    Case("TYP for typ", header(typ=ABSENT, TYP="id+jwt"), OK),
    Case("spelled with an escape", header(typ=Json('"\\u004aWT"')), OK),
    *(
        Case(text, header(typ=Json(text)), BAD_TYP)
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
        Case(text, header(kid=Json(text)), NO_KID)
        for text in (
            *("null", "true", "false", "0", "1", "-1", "1.5", "NaN", "Infinity", '""'),
            *("[]", "{}", '["a"]', '{"a": 1}', "[[]]", "[null]"),
        )
    ),
    Case("absent", header(kid=ABSENT), NO_KID),
    Case("in a list", header(kid=lambda f: [f.tenant.signing_key.kid]), NO_KID),
    Case("in an object", header(kid=lambda f: {"kid": f.tenant.signing_key.kid}), NO_KID),
    Case("KID for kid", header(kid=ABSENT, KID=of("{kid}")), NO_KID),
    Case("in the payload alone", token({"kid": ABSENT}, {"kid": of("{kid}")}), NO_KID),
    Case("another in the payload", claims(kid="made-up"), OK),
    Case("KID beside kid", header(KID="made-up"), OK),
    *(
        Case(name, header(kid=kid), UNKNOWN_KID)
        for name, kid in {
            "made up": "made-up",
            "a blank": " ",
            "a letter less": lambda f: f.tenant.signing_key.kid[:-1],
            "a letter more": of("{kid}A"),
            "a blank behind": of("{kid} "),
            "a blank before": of(" {kid}"),
            "a line feed behind": of("{kid}\n"),
            "NUL behind": of("{kid}\0"),
            "in capitals": lambda f: f.tenant.signing_key.kid.upper(),
            "in small letters": lambda f: f.tenant.signing_key.kid.lower(),
            "twice": of("{kid}{kid}"),
            "both, a comma between": lambda f: f"{f.tenant.signing_key.kid},{f.other.kid}",
            "a stranger's": lambda f: f.stranger.kid,
            "10,000 letters": "k" * 10_000,
            "a path": "../../../../../../dev/null",
            "a file": "file:///etc/passwd",
            "an address": "https://evil.test/key.pem",
            "the key set's address": of("{issuer}.well-known/jwks.json"),
            "SQL": "' UNION SELECT 'secret' --",
            "a command": "$(id) | `id`; id",
            "a format": "%s%n%(kid)s",
            "NUL": "\0",
            "a lone surrogate": "\ud800",
            "surrogates backwards": "\udc00\ud800",
            "a picture of a key": "\U0001f511",
            "CR LF and a header": "\r\nSet-Cookie: a=b",
            "a quote and a parameter": '", error="none',
            "an attribute": "__class__",
            "a method": "get",
            "the word null": "null",
            "a number as text": "0",
        }.items()
    ),
)


def _stranger(forge: Forge) -> dict[str, str]:
    return forge.stranger.jwk


EMBEDDED_KEYS: dict[str, Members] = {
    "jwk": {"jwk": _stranger},
    "jwk with the tenant's kid": {"jwk": lambda f: {**f.stranger.jwk, "kid": f.other.kid}},
    "jku": {"jku": "https://evil.test/.well-known/jwks.json"},
    "jku that looks alike": {"jku": of("{issuer}.well-known/jwks.json@evil.test/")},
    "x5u": {"x5u": "https://evil.test/certificate.pem"},
    "x5c": {"x5c": ["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"]},
    "x5t": {"x5t": "dGhlIHN0cmFuZ2Vy", "x5t#S256": "dGhlIHN0cmFuZ2Vy"},
}

EMBEDDED = (
    *(
        Case(f"{name}, signed by the tenant", header(**members), OK)
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(f"{name}, signed by that key", token(members, sign=by_stranger), BAD_SIGNATURE)
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(
            f"{name}, signed by that key, with its kid",
            token({**members, "kid": lambda f: f.stranger.kid}, sign=by_stranger),
            UNKNOWN_KID,
        )
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(
            f"{name}, signed by that key, with no kid",
            token({**members, "kid": ABSENT}, sign=by_stranger),
            NO_KID,
        )
        for name, members in EMBEDDED_KEYS.items()
    ),
    *(
        Case(f"{member} {text}", header(**{member: Json(text)}), OK)
        for member in ("jwk", "jku", "x5u", "x5c", "x5t")
        for text in ("null", "1", "[]", "{}")
    ),
    Case(
        "a secret as jwk, RS256",
        token({"jwk": {"kty": "oct", "k": ""}}, sign=with_hmac(lambda _: b"")),
        BAD_SIGNATURE,
    ),
    Case(
        "a secret as jwk, HS256",
        token({"alg": "HS256", "jwk": {"kty": "oct", "k": ""}}, sign=with_hmac(lambda _: b"")),
        BAD_ALG,
    ),
    Case("jwk in the claims", token(None, {"jwk": _stranger}, sign=by_stranger), BAD_SIGNATURE),
)

NO_NUMBERS = (
    *("null", "true", "false", "NaN", "Infinity", "-Infinity", "1e999", "-1e999"),
    *('""', '" "', '"0"', '"1"', '"-1"', '"1.5"', '"99999999999"', '"1_9999_999_999"', '"1e9"'),
    *('"0x7fffffff"', '"2099-01-01T00:00:00Z"', '"NaN"', '"Infinity"', '"tomorrow"'),
    *('"\u0661\u0669\u0669\u0669\u0669\u0669\u0669\u0669\u0669\u0669"', '"\\u00b2"'),
    *("[]", "[99999999999]", "[[]]", "{}", '{"exp": 99999999999}', "[0, 99999999999]"),
)
"""What is no NumericDate, though some of it reads like one."""

PAST = {
    text: Json(text)
    for text in ("0", "1", "-1", "0.0", "-0", "-0.0", "0.5", "-1.5", "1e-999", "1e3", "-1e308")
} | {"minus 4,000 digits": Json("-" + "9" * 4000)}

FUTURE = {
    text: Json(text) for text in ("99999999999", "99999999999.5", "1E11", "1e+11", "1e308")
} | {"4,000 digits": Json("9" * 4000), "in milliseconds": lambda _: time.time() * 1000}


def _time(claim: str, none: Answer, past: Answer, future: Answer) -> tuple[Case, ...]:
    return (
        *(Case(text, claims(**{claim: Json(text)}), none) for text in NO_NUMBERS),
        *(Case(name, claims(**{claim: time}), past) for name, time in PAST.items()),
        *(Case(name, claims(**{claim: time}), future) for name, time in FUTURE.items()),
        Case("5,000 digits", claims(**{claim: Json("9" * 5000)}), NO_OBJECT),
    )


EXP = (
    *_time("exp", none=NO_EXP, past=EXPIRED, future=OK),
    Case("absent", claims(exp=ABSENT), NO_EXP),
    Case("EXP for exp", claims(exp=ABSENT, EXP=at(60)), NO_EXP),
    Case("in the JOSE header alone", token({"exp": at(60)}, {"exp": ABSENT}), NO_EXP),
    Case("1 second ago", claims(exp=at(-1)), OK),
    Case("2 seconds ago", claims(exp=at(-2)), OK),
    Case("5 seconds ago", claims(exp=at(-5)), EXPIRED),
    Case("5 seconds ago, with a fraction", claims(exp=at(-5.5)), EXPIRED),
    Case("8 seconds ago", claims(exp=at(-8)), EXPIRED),
    Case("60 seconds ago", claims(exp=at(-60)), EXPIRED),
    Case("3 seconds ahead", claims(exp=at(3)), OK),
    Case("3 seconds ahead, with a fraction", claims(exp=at(3.5)), OK),
)

NBF = (
    *_time("nbf", none=BAD_NBF, past=OK, future=NBF_AHEAD),
    Case("absent", claims(nbf=ABSENT), OK),
    Case("now", claims(nbf=at(0)), OK),
    Case("57 seconds ahead", claims(nbf=at(57)), OK),
    Case("57 seconds ahead, with a fraction", claims(nbf=at(57.5)), OK),
    Case("60 seconds ahead", claims(nbf=at(60)), OK),
    Case("64 seconds ahead", claims(nbf=at(64)), NBF_AHEAD),
    Case("64 seconds ahead, with a fraction", claims(nbf=at(64.5)), NBF_AHEAD),
    Case("behind exp", claims(nbf=at(30), exp=at(20)), OK),
)

IAT = (
    *_time("iat", none=BAD_IAT, past=OK, future=IAT_AHEAD),
    Case("absent", claims(iat=ABSENT), OK),
    Case("now", claims(iat=at(0)), OK),
    Case("57 seconds ahead", claims(iat=at(57)), OK),
    Case("57 seconds ahead, with a fraction", claims(iat=at(57.5)), OK),
    Case("60 seconds ahead", claims(iat=at(60)), OK),
    Case("64 seconds ahead", claims(iat=at(64)), IAT_AHEAD),
    Case("64 seconds ahead, with a fraction", claims(iat=at(64.5)), IAT_AHEAD),
    Case("behind exp", claims(iat=at(30), exp=at(20)), OK),
)

NO_TEXTS = (
    *("null", "true", "false", "0", "1", "-1", "1.5", "NaN", "Infinity", "-Infinity", "1e999"),
    *('""', "[]", "{}", "[null]", "[[]]", '{"a": 1}', '[""]', '["a"]'),
)

ISS = (
    *(Case(text, claims(iss=Json(text)), BAD_ISS) for text in NO_TEXTS),
    Case("absent", claims(iss=ABSENT), BAD_ISS),
    Case("ISS for iss", claims(iss=ABSENT, ISS=of("{issuer}")), BAD_ISS),
    Case("in the JOSE header alone", token({"iss": of("{issuer}")}, {"iss": ABSENT}), BAD_ISS),
    Case("in a list", claims(iss=lambda f: [f.tenant.issuer]), BAD_ISS),
    Case("in an object", claims(iss=lambda f: {f.tenant.issuer: 1}), BAD_ISS),
    *(
        Case(name, claims(iss=of(text)), BAD_ISS)
        for name, text in {
            "no slash": "https://{domain}",
            "two slashes": "{issuer}/",
            "in capitals": "HTTPS://LOCALHOST:{port}/",
            "the scheme in capitals": "HTTPS://{domain}/",
            "the host with a capital": "https://Localhost:{port}/",
            "http": "http://{domain}/",
            "no scheme": "{domain}/",
            "the domain alone": "{domain}",
            "no host": "https://",
            "two slashes less": "https:{domain}/",
            "a backslash": "https://{domain}\\",
            "another port": "https://localhost:1/",
            "no port": "https://localhost/",
            "a port with a zero": "https://localhost:0{port}/",
            "a dot behind the host": "https://localhost.:{port}/",
            "loopback's number": "https://127.0.0.1:{port}/",
            "another host": "https://other.test/",
            "our domain as a subdomain": "https://localhost.evil.test:{port}/",
            "our domain as a path": "https://evil.test/{domain}/",
            "our domain as a user": "https://{domain}@evil.test/",
            "our issuer as a query": "https://evil.test/?{issuer}",
            "a user": "https://admin@{domain}/",
            "a user and a password": "https://admin:secret@{domain}/",
            "a path behind": "{issuer}path/",
            "a dot as a path": "{issuer}./",
            "a query": "{issuer}?a",
            "a fragment": "{issuer}#a",
            "the key set": "{issuer}.well-known/jwks.json",
            "a blank behind": "{issuer} ",
            "a blank before": " {issuer}",
            "a line feed behind": "{issuer}\n",
            "NUL behind": "{issuer}\0",
            "a lone surrogate behind": "{issuer}\ud800",
            "a zero-width blank": "https://local\u200bhost:{port}/",
            "a Cyrillic o": "https://l\u043ecalhost:{port}/",
            "a full width solidus": "https://{domain}\uff0f",
            "percent-encoded": "https://%6cocalhost:{port}/",
            "two, a comma between": "{issuer},{issuer}",
            "a pattern": "https://.*/",
        }.items()
    ),
    Case(
        "spelled with escapes",
        claims(iss=lambda f: Json(f'"https:\\/\\/{f.tenant.domain}\\u002f"')),
        OK,
    ),
)

OTHER = "https://other.test"

AUD = (
    *(Case(text, claims(aud=Json(text)), BAD_AUD) for text in NO_TEXTS),
    Case("absent", claims(aud=ABSENT), BAD_AUD),
    Case("AUD for aud", claims(aud=ABSENT, AUD=AUDIENCE), BAD_AUD),
    Case("in the JOSE header alone", token({"aud": AUDIENCE}, {"aud": ABSENT}), BAD_AUD),
    *(
        Case(name, claims(aud=aud), OK)
        for name, aud in {
            "ours alone": AUDIENCE,
            "a list of ours": [AUDIENCE],
            "ours first": [AUDIENCE, OTHER],
            "ours last": [OTHER, AUDIENCE],
            "ours twice": [AUDIENCE, AUDIENCE],
            "ours beside an empty text": ["", AUDIENCE],
            "ours beside a lone surrogate": ["\ud800", AUDIENCE],
            "ours behind 200 others": [f"{OTHER}/{number}" for number in range(200)] + [AUDIENCE],
            "spelled with escapes": Json(f'"\\u0068ttps:\\/\\/{AUDIENCE.partition("//")[2]}"'),
        }.items()
    ),
    *(
        Case(name, claims(aud=aud), BAD_AUD)
        for name, aud in {
            "another": OTHER,
            "a list of another": [OTHER],
            "a slash behind": AUDIENCE + "/",
            "a path behind": AUDIENCE + "/admin",
            "a subdomain's": "https://api.test.evil.test",
            "one letter": "h",
            "a letter less": AUDIENCE[:-1],
            "a letter more": AUDIENCE + "s",
            "a letter before": "x" + AUDIENCE,
            "in capitals": AUDIENCE.upper(),
            "a capital": "https://Api.test",
            "http": "http://api.test",
            "no scheme": "api.test",
            "a port": AUDIENCE + ":443",
            "a user": "https://a@api.test",
            "a blank behind": AUDIENCE + " ",
            "a blank before": " " + AUDIENCE,
            "NUL behind": AUDIENCE + "\0",
            "a line feed behind": AUDIENCE + "\n",
            "a Cyrillic a": "https://\u0430pi.test",
            "two, a blank between": f"{AUDIENCE} {OTHER}",
            "two, a comma between": f"{AUDIENCE},{OTHER}",
            "an asterisk": "*",
            "a pattern": "https://.*",
            "a list as text": f'["{AUDIENCE}"]',
            "the client": "local-client",
            "the issuer": of("{issuer}"),
            "the user info": of("{issuer}userinfo"),
            "the Management API": of("{issuer}api/v2/"),
            "a list of nearly ours": [AUDIENCE + "/", AUDIENCE.upper(), " " + AUDIENCE],
            "its letters": list(AUDIENCE),
            "a list in a list": [[AUDIENCE]],
            "ours beside a number": [AUDIENCE, 1],
            "ours beside null": [AUDIENCE, None],
            "ours beside true": [True, AUDIENCE],
            "ours beside a list": [AUDIENCE, [AUDIENCE]],
            "ours beside an object": [AUDIENCE, {}],
            "ours beside NaN": [AUDIENCE, float("nan")],
            "an object": {AUDIENCE: True},
            "an object of aud": {"aud": AUDIENCE},
        }.items()
    ),
)

SUB = (
    *(Case(text, claims(sub=Json(text)), NO_SUB) for text in NO_TEXTS),
    Case("absent", claims(sub=ABSENT), NO_SUB),
    Case("SUB for sub", claims(sub=ABSENT, SUB="auth0|ann"), NO_SUB),
    Case("in the JOSE header alone", token({"sub": "auth0|ann"}, {"sub": ABSENT}), NO_SUB),
    Case("azp for sub", claims(sub=ABSENT, azp="local-client", client_id="local-client"), NO_SUB),
    *(
        Case(name, claims(sub=sub), OK)
        for name, sub in {
            "a user": "auth0|ann",
            "a machine": "local-client@clients",
            "a blank": " ",
            "a letter": "a",
            "NUL": "\0",
            "a number as text": "0",
            "null as text": "null",
            "markup": "<script>alert(1)</script>",
            "CR LF and a header": "\r\nSet-Cookie: a=b",
            "a lone surrogate": "\ud800",
            "right to left": "\u202eann",
            "4,000 letters": "a" * 4000,
        }.items()
    ),
)

CNF = (
    *(Case(text, claims(cnf=Json(text)), BOUND) for text in (*NO_TEXTS, '"a"')),
    Case(
        "a certificate (RFC 8705)", claims(cnf={"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9"}), BOUND
    ),
    Case("DPoP (RFC 9449)", claims(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2Hg"}), BOUND),
    Case("a key", claims(cnf=lambda f: {"jwk": f.stranger.jwk}), BOUND),
    Case("a key ID", claims(cnf={"kid": "a"}), BOUND),
    Case("DPoP, and the scheme DPoP", form("DPoP {0}"), NO_BEARER),
    Case("CNF", claims(CNF={"jkt": "a"}), OK),
    Case("in the JOSE header", header(cnf={"jkt": "a"}), OK),
)

OTHER_CLAIMS = (
    *(Case(f"jti {text}", claims(jti=Json(text)), OK) for text in (*NO_TEXTS, '"a"')),
    *(
        Case(f"{claim} {text}", claims(**{claim: Json(text)}), OK)
        for claim in ("azp", "gty", "scope", "permissions", "at_hash", "nonce", "events", "act")
        for text in ("null", "1", '"a"', "[]", "{}")
    ),
    Case(
        "200 claims", claims(**{f"https://api.test/{number}": number for number in range(200)}), OK
    ),
    Case("a claim without a name", claims(**{"": None}), OK),
    Case("names of attributes", claims(claims={}, subject="a", scopes=["a"], __class__="a"), OK),
    Case(
        "only what is required",
        claims(iat=ABSENT, azp=ABSENT, scope=ABSENT, permissions=ABSENT),
        OK,
    ),
)

NO_SCOPES = (
    *("null", "true", "1", "NaN", '""', '" "', "[]", "{}", '["read:messages"]'),
    *('[["read:messages"]]', '{"read:messages": true}', '{"scope": "read:messages"}'),
    *('["read:messages", "write:messages"]', '["read:messages write:messages"]'),
)

NOT_READ_MESSAGES = {
    "another": "write:messages",
    "a letter less": "read:message",
    "a letter more": "read:messages2",
    "a letter before": "xread:messages",
    "more behind a colon": "read:messages:all",
    "more behind a dot": "read:messages.all",
    "its first half": "read",
    "its second half": "messages",
    "its halves": "read messages",
    "a colon alone": ":",
    "an asterisk": "*",
    "an asterisk behind": "read:*",
    "a pattern": "read:.*",
    "in capitals": "READ:MESSAGES",
    "a capital": "Read:messages",
    "a colon's look-alike": "read\ua789messages",
    "a Cyrillic e": "r\u0435ad:messages",
    "in double quotes": '"read:messages"',
    "in brackets": "[read:messages]",
    "percent-encoded": "read%3Amessages",
    "a plus sign before": "+read:messages",
    "a minus sign before": "-read:messages",
    "a zero-width blank behind": "read:messages\u200b",
    "NUL behind": "read:messages\0",
    "a lone surrogate behind": "read:messages\ud800",
    "a tab behind": "read:messages\t",
    "a line feed behind": "read:messages\n",
    "a no-break space behind": "read:messages\xa0",
    "admin": "admin",
}

SCOPE = (
    *(
        Case(name, claims(scope=scope), OK, SCOPED)
        for name, scope in {
            "alone": "read:messages",
            "first": "read:messages write:messages",
            "last": "write:messages read:messages",
            "in the middle": "openid read:messages profile",
            "twice": "read:messages read:messages",
            "two blanks before": "write:messages  read:messages",
            "blanks around": "  read:messages  ",
            "among odd ones": "\t \n \xa0 \ud800 \0 read:messages \u3000",
            "among 200": " ".join([*TEAMS, "read:messages"]),
            "with an escape": Json('"read\\u003amessages"'),
        }.items()
    ),
    *(
        Case(text, claims(scope=Json(text), permissions=ABSENT), LACKS_SCOPE, SCOPED)
        for text in NO_SCOPES
    ),
    *(
        Case(name, claims(scope=scope), LACKS_SCOPE, SCOPED)
        for name, scope in NOT_READ_MESSAGES.items()
    ),
    *(
        Case(
            f"{name} for a blank",
            claims(scope=f"write:messages{blank}read:messages{blank}a"),
            LACKS_SCOPE,
            SCOPED,
        )
        for name, blank in {
            "a tab": "\t",
            "a line feed": "\n",
            "CR LF": "\r\n",
            "a vertical tab": "\v",
            "a form feed": "\f",
            "a comma": ",",
            "a semicolon": ";",
            "a plus sign": "+",
            "%20": "%20",
            "a no-break space": "\xa0",
            "an ideographic space": "\u3000",
            "NUL": "\0",
        }.items()
    ),
    Case("absent", claims(scope=ABSENT), LACKS_SCOPE, SCOPED),
    Case("absent, permissions too", claims(scope=ABSENT, permissions=ABSENT), LACKS_SCOPE, SCOPED),
    *(
        Case(
            f"{claim} for scope",
            claims(**{"scope": ABSENT, claim: "read:messages"}),
            LACKS_SCOPE,
            SCOPED,
        )
        for claim in ("scp", "scopes", "Scope", "scope ", "roles", "https://api.test/scope")
    ),
    Case("a list as scp", claims(scope=ABSENT, scp=["read:messages"]), LACKS_SCOPE, SCOPED),
    Case(
        "in the JOSE header alone",
        token({"scope": "read:messages"}, {"scope": ABSENT}),
        LACKS_SCOPE,
        SCOPED,
    ),
    Case("another in the JOSE header", header(scope="write:messages"), OK, SCOPED),
)

PERMISSION = (
    *(
        Case(name, claims(permissions=permissions), OK, PERMITTED)
        for name, permissions in {
            "alone": ["read:messages"],
            "first": ["read:messages", "write:messages"],
            "last": ["write:messages", "read:messages"],
            "twice": ["read:messages", "read:messages"],
            "among odd ones": ["", " ", "\ud800", "\0", "read:messages"],
            "among 200": [*TEAMS, "read:messages"],
        }.items()
    ),
    *(
        Case(text, claims(permissions=Json(text)), LACKS_PERMISSION, PERMITTED)
        for text in (
            *("null", "true", "1", "NaN", '""', "[]", "{}", '"read:messages"', "[null]", "[1]"),
            *('"[\\"read:messages\\"]"', '{"read:messages": true}', '[["read:messages"]]'),
            *('["read:messages", 1]', '["read:messages", null]', '[true, "read:messages"]'),
            *('["read:messages", ["a"]]', '["read:messages", {}]', '["read:messages", NaN]'),
            *('["write:messages read:messages"]', '["write:messages,read:messages"]'),
            *('[" read:messages"]', '["read:messages "]', '[{"permission_name": "read:messages"}]'),
        )
    ),
    *(
        Case(name, claims(permissions=[permission]), LACKS_PERMISSION, PERMITTED)
        for name, permission in NOT_READ_MESSAGES.items()
    ),
    Case("its letters", claims(permissions=list("read:messages")), LACKS_PERMISSION, PERMITTED),
    Case("absent", claims(permissions=ABSENT), LACKS_PERMISSION, PERMITTED),
    Case(
        "Permissions",
        claims(permissions=ABSENT, Permissions=["read:messages"]),
        LACKS_PERMISSION,
        PERMITTED,
    ),
    Case(
        "in the JOSE header alone",
        token({"permissions": ["read:messages"]}, {"permissions": ABSENT}),
        LACKS_PERMISSION,
        PERMITTED,
    ),
    *(
        Case(f"{text}, where a scope is asked for", claims(permissions=Json(text)), OK, SCOPED)
        for text in ("null", "1", '"a"', "[1]", "{}")
    ),
)

FAULTS: tuple[tuple[str, Members, Members, Sign, Answer], ...] = (
    ("alg", {"alg": "none"}, {}, by_tenant, BAD_ALG),
    ("crit", {"crit": ["exp"]}, {}, by_tenant, BAD_CRIT),
    ("typ", {"typ": "id+jwt"}, {}, by_tenant, BAD_TYP),
    ("no kid", {"kid": None}, {}, by_tenant, NO_KID),
    ("unknown kid", {"kid": "made-up"}, {}, by_tenant, UNKNOWN_KID),
    ("signature", {}, {}, by_stranger, BAD_SIGNATURE),
    ("no exp", {}, {"exp": None}, by_tenant, NO_EXP),
    ("expired", {}, {"exp": 0}, by_tenant, EXPIRED),
    ("bad nbf", {}, {"nbf": None}, by_tenant, BAD_NBF),
    ("nbf ahead", {}, {"nbf": at(999)}, by_tenant, NBF_AHEAD),
    ("bad iat", {}, {"iat": None}, by_tenant, BAD_IAT),
    ("iat ahead", {}, {"iat": at(999)}, by_tenant, IAT_AHEAD),
    ("iss", {}, {"iss": OTHER}, by_tenant, BAD_ISS),
    ("aud", {}, {"aud": OTHER}, by_tenant, BAD_AUD),
    ("sub", {}, {"sub": None}, by_tenant, NO_SUB),
    ("cnf", {}, {"cnf": {"jkt": "a"}}, by_tenant, BOUND),
    ("scope", {}, {"scope": None, "permissions": None}, by_tenant, LACKS_SCOPE),
)
"""One fault of each rule, in the order of the rules."""


def _all_from(first: int) -> Build:
    """Everything is wrong from this fault on; where two want the same member, the earlier."""
    jose: dict[str, object] = {}
    payload: dict[str, object] = {}
    for _, header_fault, payload_fault, _, _ in reversed(FAULTS[first:]):
        jose |= header_fault
        payload |= payload_fault
    signs = [sign for _, _, _, sign, _ in FAULTS[first:] if sign is not by_tenant]
    return token(jose, payload, sign=signs[0] if signs else by_tenant)


ORDER = (
    *(
        Case(f"{fault[0]}, and all behind it", _all_from(place), fault[-1], SCOPED)
        for place, fault in enumerate(FAULTS)
    ),
    Case("too long, and no JWT", value("Bearer " + "!" * 20_000), TOO_LONG),
    Case("no JWT, and no base64", value("Bearer A.A.A.A"), NO_JWT),
    Case("no header in base64, no payload in base64", value("Bearer A.A.A"), NO_BASE64),
    Case(
        "no base64, and no object",
        token(edit_payload=instead(b"[]"), shape=lambda _, p, s: f"A.{p}.{s}"),
        NO_BASE64,
    ),
    Case(
        "header no object, signature no base64",
        token(edit_header=instead(b"[]"), shape=lambda h, p, _: f"{h}.{p}.A"),
        NO_OBJECT,
    ),
    Case(
        "alg, and signature no base64",
        token({"alg": "none"}, shape=lambda h, p, _: f"{h}.{p}.A"),
        BAD_ALG,
    ),
    Case(
        "unknown kid, and signature no base64",
        token({"kid": "made-up"}, shape=lambda h, p, _: f"{h}.{p}.A"),
        UNKNOWN_KID,
    ),
    Case(
        "signature no base64, payload no object",
        token(edit_payload=instead(b"[]"), shape=lambda h, p, _: f"{h}.{p}.A"),
        NO_BASE64,
    ),
    Case(
        "signature, and payload no object",
        token(edit_payload=instead(b"[]"), sign=by_stranger),
        BAD_SIGNATURE,
    ),
    Case("signature, and payload no base64", shape(lambda h, _, s: f"{h}.A.{s}"), BAD_SIGNATURE),
    Case(
        "alg, and payload no object", token({"alg": "none"}, edit_payload=instead(b"[]")), BAD_ALG
    ),
    Case("no permission, and no token", form("Bearer {0}="), NO_JWT, PERMITTED),
    Case("no permission, and expired", claims(permissions=ABSENT, exp=0), EXPIRED, PERMITTED),
    Case("no permission, and cnf", claims(permissions=ABSENT, cnf={}), BOUND, PERMITTED),
)

GROUPS = {
    "no header": NO_HEADER,
    "scheme": SCHEME,
    "blanks": BLANKS,
    "credentials": CREDENTIALS,
    "size": SIZE,
    "shape": SHAPE,
    "alphabet": ALPHABET,
    "json": JSON,
    "twice": TWICE,
    "alg": ALG,
    "extension": EXTENSION,
    "typ": TYP,
    "kid": KID,
    "embedded": EMBEDDED,
    "signature": SIGNATURE,
    "exp": EXP,
    "nbf": NBF,
    "iat": IAT,
    "iss": ISS,
    "aud": AUD,
    "sub": SUB,
    "cnf": CNF,
    "other claims": OTHER_CLAIMS,
    "scope": SCOPE,
    "permission": PERMISSION,
    "order": ORDER,
}
"""Each group by the name that stands before its cases' names in a test's ID."""
