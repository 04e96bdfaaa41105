"""The claims of a proof: method, URL, time, ID and hash of the access token."""

import hashlib
import time

from ..hostile.case import ABSENT, RawJson
from .expected import INVALID_PROOF, OK, Case, Outcome
from .keys import base64url
from .proofs import ath, send

HUGE = "1" + "0" * 400
NOT_STRINGS = ("null", "true", "1", "1.5", "[]", "{}", '["a"]', '{"a": "b"}', "NaN", HUGE)
SURROGATE = RawJson(r'"\ud800"')


def _claims(**members: object) -> dict[str, object]:
    return members


def _claim(
    name: str, value: object, outcome: Outcome = INVALID_PROOF, *, label: str | None = None
) -> Case:
    shown = value.text if isinstance(value, RawJson) else repr(value)
    return Case(label or f"{name} {shown[:60]}", send(claims={name: value}), outcome)


def _not_strings(name: str) -> tuple[Case, ...]:
    absent = _claim(name, ABSENT, label=f"{name} absent")
    surrogate = _claim(name, SURROGATE, label=f"{name} a lone surrogate")
    return (
        absent,
        _claim(name, "", label=f"{name} empty"),
        *(_claim(name, RawJson(text)) for text in NOT_STRINGS),
        *(() if name == "jti" else (surrogate,)),
    )


HTM = (
    *_not_strings("htm"),
    *(
        _claim("htm", text)
        for text in (
            "POST",
            "get",
            "Get",
            " GET",
            "GET ",
            "GET\n",
            "GETS",
            "GE",
            "HEAD",
            "*",
            "\uff27\uff25\uff34",
        )
    ),
    *(
        Case(f"{method} for {method}", send(method=method), OK)
        for method in ("POST", "PUT", "DELETE", "PATCH")
    ),
    Case("GET for POST", send(claims={"htm": "GET"}, method="POST"), INVALID_PROOF),
    Case("post for POST", send(claims={"htm": "post"}, method="POST"), INVALID_PROOF),
    Case("HTM instead", send(claims={"htm": ABSENT, "HTM": "GET"}), INVALID_PROOF),
)


def _iat(seconds: float, outcome: Outcome, *, kind: type[int] | type[float] = int) -> Case:
    def iat(_: str) -> float:
        return kind(time.time()) + seconds

    name = f"{seconds:+} s{' as a float' if kind is float else ''}"
    return Case(name, send(claims={"iat": iat}), outcome)


IAT = (
    *(_iat(seconds, OK) for seconds in (-1, -30, -290, -295, 1, 5, 25)),
    *(_iat(seconds, OK, kind=float) for seconds in (0, -100.5, 10.25)),
    *(
        _iat(seconds, INVALID_PROOF)
        for seconds in (-305, -600, -86_400, -(2**31), 40, 60, 300, 86_400, 2**31)
    ),
    *(_iat(seconds, INVALID_PROOF, kind=float) for seconds in (-305.5, 40.5)),
    *(
        _claim("iat", RawJson(text))
        for text in (
            *("null", "true", "false", '""', '"now"', "[]", "{}", "NaN", "Infinity", "-Infinity"),
            *("0", "-1", "1e999", "-1e999", "1e308", HUGE, f"-{HUGE}", "0.0", "-0"),
        )
    ),
    Case(
        "a string of digits", send(claims={"iat": lambda _: str(int(time.time()))}), INVALID_PROOF
    ),
    Case("a list of a number", send(claims={"iat": lambda _: [int(time.time())]}), INVALID_PROOF),
    Case("milliseconds", send(claims={"iat": lambda _: int(time.time() * 1000)}), INVALID_PROOF),
    _claim("iat", ABSENT, label="iat absent"),
)

JTI = (
    *_not_strings("jti"),
    *(_claim("jti", "a" * length, label=f"{length} characters") for length in (257, 512, 2_000)),
    _claim("jti", "b" * 256, OK, label="256 characters"),
    _claim("jti", "é" * 256, OK, label="256 characters of two bytes"),
    _claim("jti", "c", OK, label="1 character"),
    _claim("jti", " ", OK, label="a space"),
    _claim("jti", "a\0b", OK, label="a NUL"),
    _claim("jti", SURROGATE, OK, label="jti a lone surrogate"),
    _claim("jti", "a:b\r\nDEL *", OK, label="a command"),
    Case("JTI instead", send(claims={"jti": ABSENT, "JTI": "a"}), INVALID_PROOF),
)


def _sha512(token: str) -> str:
    return base64url(hashlib.sha512(token.encode()).digest())


ATH = (
    *_not_strings("ath"),
    Case("of another token", send(claims={"ath": ath("other")}), INVALID_PROOF),
    Case("of no token", send(claims={"ath": ath("")}), INVALID_PROOF),
    *(
        Case(name, send(claims={"ath": change}), INVALID_PROOF)
        for name, change in {
            "without its last character": lambda token: ath(token)[:-1],
            "without its first character": lambda token: ath(token)[1:],
            "its first half": lambda token: ath(token)[:21],
            "its first character": lambda token: ath(token)[:1],
            "one more character": lambda token: ath(token) + "A",
            "padded": lambda token: ath(token) + "=",
            "twice": lambda token: ath(token) * 2,
            "a leading space": lambda token: " " + ath(token),
            "a trailing line feed": lambda token: ath(token) + "\n",
            "in lower case": lambda token: ath(token).swapcase(),
            "hexadecimal": lambda token: hashlib.sha256(token.encode()).hexdigest(),
            "SHA-512": _sha512,
            "half of SHA-512": lambda token: _sha512(token)[:43],
            "of the header": lambda token: ath(f"DPoP {token}"),
            "of the token's payload": lambda token: ath(token.split(".")[1]),
            "of the token without signature": lambda token: ath(token.rpartition(".")[0]),
            "the token": lambda token: token,
            "a list": lambda token: [ath(token)],
            "not ASCII": lambda token: ath(token)[:-1] + "é",
            "fullwidth": lambda token: "".join(chr(ord(c) + 0xFEE0) for c in ath(token)),
        }.items()
    ),
)

OTHERS = (
    Case("unknown claims", send(claims={"iss": "a", "aud": [], "": None, "note": {"a": [1]}}), OK),
    Case("a nonce, which nobody asked for", send(claims={"nonce": "abc"}), OK),
    Case("no claims", send(edit_payload=lambda _: b"{}"), INVALID_PROOF),
)
