"""The JSON of header and payload: invalid, unusual, and with duplicate members."""

import json
import zlib

from local_auth0.identity import base64url

from ..api import AUDIENCE
from .builders import (
    add_member,
    encode_as,
    from_now,
    in_both_segments,
    of_tenant,
    replace_by,
    send_nested_token,
    send_token,
    surround_json,
    with_claims,
    with_header,
)
from .case import SCOPED, Case, Duplicate, RawJson
from .expected import (
    EXPIRED,
    INSUFFICIENT_SCOPE,
    INVALID_EXPIRY,
    ISSUED_IN_FUTURE,
    NO_KEY_ID,
    NO_SUBJECT,
    NOT_JSON_OBJECTS,
    NOT_YET_VALID,
    OK,
    SENDER_CONSTRAINED,
    UNKNOWN_EXTENSION,
    UNKNOWN_KEY,
    WRONG_ALGORITHM,
    WRONG_AUDIENCE,
    WRONG_ISSUER,
    WRONG_TYPE,
)


def _only_issuer(payload: bytes) -> bytes:
    return json.dumps({"iss": json.loads(payload)["iss"]}).encode()


JSON = (
    Case("header: an empty object", send_token(edit_header=replace_by(b"{}")), WRONG_ALGORITHM),
    Case("payload: an empty object", send_token(edit_payload=replace_by(b"{}")), WRONG_ISSUER),
    Case("payload: only the issuer", send_token(edit_payload=_only_issuer), INVALID_EXPIRY),
    Case("payload: a valid token", send_nested_token, NOT_JSON_OBJECTS),
    *(
        case
        for text in (
            *("null", "true", "false", "0", "-1", "1.5", "NaN", "Infinity", "[]", "[null]"),
            *('""', '"text"', '"{}"', "[{}]", '[["alg", "RS256"]]', " ", "{", "}", "{]"),
            *("alg: RS256", "alg=RS256", "<alg>RS256</alg>", "{'alg': 'RS256'}", "\0"),
        )
        for case in in_both_segments(
            text.replace("\0", "NUL"), replace_by(text.encode()), NOT_JSON_OBJECTS
        )
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
            "5,000 digits after the point": b'"note": 0.' + b"9" * 5000,
            "100 brackets": b'"note": ' + b"[" * 100 + b"]" * 100,
            "an empty name": b'"": 1',
            "a name with a meaning in JavaScript": b'"__proto__": {"alg": "none"}',
            "a duplicate member": b'"note": 1, "note": 2',
            "many members": b", ".join(b'"a%d": 1' % number for number in range(400)),
        }.items()
        for case in in_both_segments(name, add_member(member), OK)
    ),
    *(
        case
        for name, member in {
            "latin-1": b'"note": "\xe9"',
            "a byte that is invalid in UTF-8": b'"note": "\xff"',
            "an overlong slash": b'"note": "\xc0\xaf"',
            "an overlong NUL": b'"note": "\xc0\x80"',
            "a surrogate in UTF-8": b'"note": "\xed\xa0\x80"',
            "an incomplete character": b'"note": "\xe2\x82"',
            "a code point beyond Unicode": b'"note": "\xf4\x90\x80\x80"',
            "a raw line feed": b'"note": "\n"',
            "a raw NUL": b'"note": "\0"',
            "an invalid escape": b'"note": "\\x41"',
            "an incomplete escape": b'"note": "\\u00"',
            "5,000 digits": b'"note": ' + b"9" * 5000,
            "minus 5,000 digits": b'"note": -' + b"9" * 5000,
            "a leading zero": b'"note": 01',
            "a hexadecimal number": b'"note": 0x10',
            "a number with underscores": b'"note": 1_000',
            "a plus sign": b'"note": +1',
            "no digit after the point": b'"note": 1.',
            "Python's None": b'"note": None',
            "single quotes": b"'note': 1",
            "an unquoted name": b"note: 1",
            "a number as a name": b"1: 1",
            "no value": b'"note"',
            "a comment": b'"note": 1 /* note */',
            "a trailing comma": b'"note": 1,',
            "1,000 brackets": b'"note": ' + b"[" * 1000,
            "10,000 brackets": b'"note": ' + b"[" * 10_000,
            "1,000 braces": b'"note": ' + b'{"a":' * 1000,
            "2,000 braces": b'"note": ' + b'{"a":' * 2000,
        }.items()
        for case in in_both_segments(name, add_member(member), NOT_JSON_OBJECTS)
    ),
    *in_both_segments("only 1,000 brackets", replace_by(b"[" * 1000), NOT_JSON_OBJECTS),
    *in_both_segments(
        "only 1,000 brackets, closed", replace_by(b"[" * 1000 + b"]" * 1000), NOT_JSON_OBJECTS
    ),
    *in_both_segments("only 10,000 brackets", replace_by(b"[" * 10_000), NOT_JSON_OBJECTS),
    *in_both_segments("only 5,000 digits", replace_by(b"9" * 5000), NOT_JSON_OBJECTS),
    *in_both_segments("surrounding whitespace", surround_json(b" \t\r\n", b" \t\r\n"), OK),
    *in_both_segments("in a list", surround_json(b"[", b"]"), NOT_JSON_OBJECTS),
    *in_both_segments(
        "in a string", lambda valid: json.dumps(valid.decode()).encode(), NOT_JSON_OBJECTS
    ),
    *in_both_segments("twice", lambda valid: valid + valid, NOT_JSON_OBJECTS),
    *in_both_segments("without its closing brace", lambda valid: valid[:-1], NOT_JSON_OBJECTS),
    *in_both_segments("compressed", zlib.compress, NOT_JSON_OBJECTS),
    *in_both_segments("encoded twice", lambda valid: base64url(valid).encode(), NOT_JSON_OBJECTS),
    *(
        case
        for encoding in (
            *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
            "cp037",
        )
        for case in in_both_segments(f"in {encoding}", encode_as(encoding), NOT_JSON_OBJECTS)
    ),
    *(
        case
        for name, extra in {
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
            *in_both_segments(
                f"{name} before the JSON", surround_json(extra, b""), NOT_JSON_OBJECTS
            ),
            *in_both_segments(
                f"{name} after the JSON", surround_json(b"", extra), NOT_JSON_OBJECTS
            ),
        )
    ),
)

DUPLICATES = (
    Case("alg, the last valid", with_header(alg=Duplicate("none", "RS256")), OK),
    Case("alg, the last invalid", with_header(alg=Duplicate("RS256", "none")), WRONG_ALGORITHM),
    Case("kid, the last valid", with_header(kid=Duplicate("made-up", of_tenant("{kid}"))), OK),
    Case(
        "kid, the last unknown",
        with_header(kid=Duplicate(of_tenant("{kid}"), "made-up")),
        UNKNOWN_KEY,
    ),
    Case("kid, the last null", with_header(kid=Duplicate(of_tenant("{kid}"), None)), NO_KEY_ID),
    Case("typ, the last valid", with_header(typ=Duplicate("id+jwt", "JWT")), OK),
    Case("typ, the last invalid", with_header(typ=Duplicate("JWT", "id+jwt")), WRONG_TYPE),
    Case("crit", with_header(crit=Duplicate(["exp"], [])), UNKNOWN_EXTENSION),
    Case("b64", with_header(b64=Duplicate(False, True)), UNKNOWN_EXTENSION),
    Case("exp, the last valid", with_claims(exp=Duplicate(0, from_now(60))), OK),
    Case("exp, the last in the past", with_claims(exp=Duplicate(from_now(60), 0)), EXPIRED),
    Case("exp, the last null", with_claims(exp=Duplicate(from_now(60), None)), INVALID_EXPIRY),
    Case("nbf, the last valid", with_claims(nbf=Duplicate(from_now(999), 0)), OK),
    Case(
        "nbf, the last in the future", with_claims(nbf=Duplicate(0, from_now(999))), NOT_YET_VALID
    ),
    Case("iat, the last valid", with_claims(iat=Duplicate(from_now(999), 0)), OK),
    Case(
        "iat, the last in the future",
        with_claims(iat=Duplicate(0, from_now(999))),
        ISSUED_IN_FUTURE,
    ),
    Case(
        "iss, the last valid",
        with_claims(iss=Duplicate("https://other.test/", of_tenant("{issuer}"))),
        OK,
    ),
    Case(
        "iss, the last invalid",
        with_claims(iss=Duplicate(of_tenant("{issuer}"), "https://other.test/")),
        WRONG_ISSUER,
    ),
    Case("aud, the last valid", with_claims(aud=Duplicate("https://other.test", AUDIENCE)), OK),
    Case(
        "aud, the last invalid",
        with_claims(aud=Duplicate(AUDIENCE, "https://other.test")),
        WRONG_AUDIENCE,
    ),
    Case("sub, the last valid", with_claims(sub=Duplicate("", "auth0|ann")), OK),
    Case("sub, the last invalid", with_claims(sub=Duplicate("auth0|ann", "")), NO_SUBJECT),
    Case("cnf", with_claims(cnf=Duplicate({"jkt": "a"}, None)), SENDER_CONSTRAINED),
    Case(
        "scope, the last sufficient", with_claims(scope=Duplicate("", "read:messages")), OK, SCOPED
    ),
    Case(
        "scope, the last insufficient",
        with_claims(scope=Duplicate("read:messages", "")),
        INSUFFICIENT_SCOPE,
        SCOPED,
    ),
    Case(
        "alg with an escape",
        with_header(**{"alg": RawJson('"RS256", "\\u0061lg": "none"')}),
        WRONG_ALGORITHM,
    ),
    Case("exp with an escape", with_claims(exp=RawJson('99999999999, "e\\u0078p": 0')), EXPIRED),
)
