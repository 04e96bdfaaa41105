"""The segments of a token: their number, their separators, and their base64url encoding."""

import json

from local_auth0.identity import base64url

from .builders import (
    decode_base64url,
    insert_text,
    noncanonical_segments,
    pad_to,
    send_token,
    to_plain_base64,
    with_noncanonical_signature,
    with_segments,
    with_separator,
    with_signing_input,
)
from .case import Case
from .expected import (
    INVALID_CHARACTERS,
    NOT_BASE64URL,
    NOT_JSON_OBJECTS,
    NOT_SIGNED_JWT,
    OK,
    WRONG_ALGORITHM,
)

SHAPE = (
    Case("only the header", with_segments(lambda h, _p, _s: h), NOT_SIGNED_JWT),
    Case("only the payload", with_segments(lambda _h, p, _s: p), NOT_SIGNED_JWT),
    Case("no signature", with_segments(lambda h, p, _: f"{h}.{p}"), NOT_SIGNED_JWT),
    Case("no header", with_segments(lambda _, p, s: f"{p}.{s}"), NOT_SIGNED_JWT),
    Case("no payload", with_segments(lambda h, _, s: f"{h}.{s}"), NOT_SIGNED_JWT),
    Case("an empty signature", with_segments(lambda h, p, _: f"{h}.{p}."), NOT_SIGNED_JWT),
    Case("an empty header", with_segments(lambda _, p, s: f".{p}.{s}"), NOT_SIGNED_JWT),
    Case("a detached payload", with_segments(lambda h, _, s: f"{h}..{s}"), NOT_SIGNED_JWT),
    Case("an empty payload, signed", with_signing_input(lambda h, _: f"{h}."), NOT_SIGNED_JWT),
    Case("an empty header, signed", with_signing_input(lambda _, p: f".{p}"), NOT_SIGNED_JWT),
    Case("four segments", with_segments(lambda h, p, s: f"{h}.{p}.{s}.{s}"), NOT_SIGNED_JWT),
    Case(
        "four segments, the last empty",
        with_segments(lambda h, p, s: f"{h}.{p}.{s}."),
        NOT_SIGNED_JWT,
    ),
    Case(
        "four segments, the first empty",
        with_segments(lambda h, p, s: f".{h}.{p}.{s}"),
        NOT_SIGNED_JWT,
    ),
    Case(
        "four segments, the second empty",
        with_segments(lambda h, p, s: f"{h}..{p}.{s}"),
        NOT_SIGNED_JWT,
    ),
    Case(
        "a JWE's five segments",
        with_segments(lambda h, p, s: f"{h}.{s}.{p}.{p}.{s}"),
        NOT_SIGNED_JWT,
    ),
    Case(
        "a JWE's five segments, without a key",
        with_segments(lambda h, p, s: f"{h}..{p}.{p}.{s}"),
        NOT_SIGNED_JWT,
    ),
    Case("six segments", with_segments(lambda h, p, s: f"{h}.{p}.{s}.{h}.{p}.{s}"), NOT_SIGNED_JWT),
    Case("an SD-JWT", with_segments(lambda h, p, s: f"{h}.{p}.{s}~{p}~"), INVALID_CHARACTERS),
    Case(
        "JSON serialization",
        with_segments(lambda h, p, s: json.dumps({"payload": p, "protected": h, "signature": s})),
        INVALID_CHARACTERS,
    ),
    Case(
        "JSON serialization, general",
        with_segments(lambda h, p, s: json.dumps({"payload": p, "signatures": [{h: s}]})),
        INVALID_CHARACTERS,
    ),
    Case(
        "encoded twice",
        with_segments(lambda *parts: base64url(".".join(parts).encode())),
        NOT_SIGNED_JWT,
    ),
    Case(
        "decoded",
        with_segments(lambda h, p, s: f"{decode_base64url(h)!r}.{decode_base64url(p)!r}.{s}"),
        INVALID_CHARACTERS,
    ),
    Case("payload first", with_segments(lambda h, p, s: f"{p}.{h}.{s}"), WRONG_ALGORITHM),
    Case("signature first", with_segments(lambda h, p, s: f"{s}.{h}.{p}"), NOT_JSON_OBJECTS),
    *(
        Case(f"{name} instead of dots", with_separator(dot), INVALID_CHARACTERS)
        for name, dot in {
            "colons": ":",
            "commas": ",",
            "slashes": "/",
            "line feeds": "\n",
            "percent-encoded dots": "%2E",
            "ideographic stops": "\u3002",
            "full-width stops": "\uff0e",
            "middle dots": "\xb7",
        }.items()
    ),
)

URL_SAFE_CHARACTERS = {"note": ">" * 5 + "?" * 5}
"""A member whose base64url has minus signs and underscores at any position in the segment."""

ALPHABET = (
    *(
        Case(f"{name} in the {segment}", build, INVALID_CHARACTERS)
        for name, text in {
            "a space": " ",
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
            "a full-width A": "\uff21",
            "a Cyrillic A": "\u0410",
            "an Arabic-Indic digit": "\u0661",
            "a superscript two": "\xb2",
            "a zero-width space": "\u200b",
        }.items()
        for segment, build in insert_text(text).items()
    ),
    Case("minus signs and underscores", send_token(URL_SAFE_CHARACTERS, URL_SAFE_CHARACTERS), OK),
    Case(
        "+ and / in the header",
        send_token(URL_SAFE_CHARACTERS, write_input=lambda h, p: f"{to_plain_base64(h)}.{p}"),
        INVALID_CHARACTERS,
    ),
    Case(
        "+ and / in the payload",
        send_token(None, URL_SAFE_CHARACTERS, write_input=lambda h, p: f"{h}.{to_plain_base64(p)}"),
        INVALID_CHARACTERS,
    ),
    Case(
        "padding after the header",
        with_signing_input(lambda h, p: f"{h}==.{p}"),
        INVALID_CHARACTERS,
    ),
    Case(
        "padding after the payload",
        with_signing_input(lambda h, p: f"{h}.{p}=="),
        INVALID_CHARACTERS,
    ),
    Case(
        "padding after the signature",
        with_segments(lambda h, p, s: f"{h}.{p}.{s}=="),
        INVALID_CHARACTERS,
    ),
    Case(
        "one padding character after the signature",
        with_segments(lambda h, p, s: f"{h}.{p}.{s}="),
        INVALID_CHARACTERS,
    ),
    Case(
        "padding and letters after the signature",
        with_segments(lambda h, p, s: f"{h}.{p}.{s}==AAAA"),
        INVALID_CHARACTERS,
    ),
    Case(
        "a line feed before the header",
        with_signing_input(lambda h, p: f"\n{h}.{p}"),
        INVALID_CHARACTERS,
    ),
    Case(
        "a line feed after the header",
        with_signing_input(lambda h, p: f"{h}\n.{p}"),
        INVALID_CHARACTERS,
    ),
    Case(
        "a line feed after the payload",
        with_signing_input(lambda h, p: f"{h}.{p}\n"),
        INVALID_CHARACTERS,
    ),
    *(
        Case(f"header, length {rest} modulo 3", send_token(edit_header=pad_to(rest)), OK)
        for rest in (0, 1, 2)
    ),
    *(
        Case(f"payload, length {rest} modulo 3", send_token(edit_payload=pad_to(rest)), OK)
        for rest in (0, 1, 2)
    ),
    *(
        Case(f"{segment}, length {rest} modulo 3, non-canonical {step}", build, NOT_BASE64URL)
        for rest, step in ((1, 1), (1, 15), (2, 1), (2, 3))
        for segment, build in noncanonical_segments(rest, step).items()
    ),
    *(
        Case(f"signature, non-canonical {step}", with_noncanonical_signature(step), NOT_BASE64URL)
        for step in range(1, 16)
    ),
    Case("header of one character", with_signing_input(lambda _, p: f"A.{p}"), NOT_BASE64URL),
    Case("payload of one character", with_signing_input(lambda h, _: f"{h}.A"), NOT_BASE64URL),
    Case("signature of one character", with_segments(lambda h, p, _: f"{h}.{p}.A"), NOT_BASE64URL),
    Case("header of five characters", with_signing_input(lambda _, p: f"AAAAA.{p}"), NOT_BASE64URL),
    Case(
        "payload of five characters", with_signing_input(lambda h, _: f"{h}.AAAAA"), NOT_BASE64URL
    ),
    Case(
        "signature of five characters",
        with_segments(lambda h, p, _: f"{h}.{p}.AAAAA"),
        NOT_BASE64URL,
    ),
    Case(
        "signature without its last character",
        with_segments(lambda h, p, s: f"{h}.{p}.{s[:-1]}"),
        NOT_BASE64URL,
    ),
    Case("header of one byte", with_signing_input(lambda _, p: f"AA.{p}"), NOT_JSON_OBJECTS),
    Case("payload of one byte", with_signing_input(lambda h, _: f"{h}.AA"), NOT_JSON_OBJECTS),
    Case("payload of two bytes", with_signing_input(lambda h, _: f"{h}.AAA"), NOT_JSON_OBJECTS),
    Case("payload of three bytes", with_signing_input(lambda h, _: f"{h}.AAAA"), NOT_JSON_OBJECTS),
)
