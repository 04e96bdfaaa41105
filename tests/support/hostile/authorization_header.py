"""Authorization headers: absent, with other schemes or unusual whitespace, or too long."""

from .builders import (
    send_token,
    utf8,
    with_authorization,
    with_claims,
    with_environ,
    with_length,
    with_segments,
    with_valid_token,
)
from .case import PERMITTED, SCOPED, TEAM_SCOPES, Case
from .expected import (
    AUTHORIZATION_MISSING,
    INVALID_CHARACTERS,
    NOT_BASE64URL,
    NOT_SIGNED_JWT,
    OK,
    PLACEHOLDER,
    SECOND_SCHEME,
    TOKEN_MISSING,
    TOO_LONG,
    WRONG_SCHEME,
)

NO_HEADER = (
    Case("absent", with_environ(), AUTHORIZATION_MISSING),
    Case("absent, scope required", with_environ(), AUTHORIZATION_MISSING, SCOPED),
    Case("absent, permission required", with_environ(), AUTHORIZATION_MISSING, PERMITTED),
    Case("an empty header", with_authorization(""), AUTHORIZATION_MISSING),
    Case("a space", with_authorization(" "), AUTHORIZATION_MISSING),
    Case("many spaces", with_authorization(" " * 20_000), AUTHORIZATION_MISSING),
    Case("a tab", with_authorization("\t"), AUTHORIZATION_MISSING),
    Case("spaces and tabs", with_authorization(" \t \t"), AUTHORIZATION_MISSING),
    Case(
        "the token in the query",
        with_environ(QUERY_STRING="access_token={0}"),
        AUTHORIZATION_MISSING,
    ),
    Case(
        "the header in the query",
        with_environ(QUERY_STRING="Authorization=Bearer {0}"),
        AUTHORIZATION_MISSING,
    ),
    Case(
        "the token in a cookie", with_environ(HTTP_COOKIE="access_token={0}"), AUTHORIZATION_MISSING
    ),
    Case(
        "the header in a cookie",
        with_environ(HTTP_COOKIE="Authorization=Bearer {0}"),
        AUTHORIZATION_MISSING,
    ),
    Case(
        "Proxy-Authorization",
        with_environ(HTTP_PROXY_AUTHORIZATION="Bearer {0}"),
        AUTHORIZATION_MISSING,
    ),
    Case("X-Authorization", with_environ(HTTP_X_AUTHORIZATION="Bearer {0}"), AUTHORIZATION_MISSING),
    Case("X-Access-Token", with_environ(HTTP_X_ACCESS_TOKEN="{0}"), AUTHORIZATION_MISSING),  # noqa: S106
    Case(
        "X-Forwarded-User",
        with_environ(HTTP_X_FORWARDED_USER="local-client"),
        AUTHORIZATION_MISSING,
    ),
    Case(
        "the server's user",
        with_environ(REMOTE_USER="local-client", AUTH_TYPE="Bearer"),
        AUTHORIZATION_MISSING,
    ),
    Case(
        "a method override",
        with_environ(HTTP_X_HTTP_METHOD_OVERRIDE="OPTIONS"),
        AUTHORIZATION_MISSING,
    ),
    Case(
        "a header of whitespace, a valid token in the query",
        with_environ(HTTP_AUTHORIZATION=" ", QUERY_STRING="access_token={0}"),
        AUTHORIZATION_MISSING,
    ),
    Case(
        "an invalid header, a valid token in the query",
        with_environ(HTTP_AUTHORIZATION="Bearer a.b", QUERY_STRING="access_token={0}"),
        NOT_SIGNED_JWT,
    ),
    Case(
        "a valid header, an invalid token in the query",
        with_environ(HTTP_AUTHORIZATION="Bearer {0}", QUERY_STRING="access_token=a.b"),
        OK,
    ),
)

SCHEME = (
    *(
        Case(scheme, with_valid_token(scheme + " {0}"), OK)
        for scheme in ("bearer", "BEARER", "bEaReR")
    ),
    *(
        Case(scheme, with_valid_token(scheme + " {0}"), WRONG_SCHEME)
        for scheme in (
            *("Basic", "Digest", "DPoP", "GNAP", "HOBA", "JWT", "Negotiate", "OAuth", "Token"),
            *("B", "Bear", "Bearers", "BearerToken", "Bearer2", "XBearer"),
            *("Bearer:", "Bearer,", "Bearer=", "Bearer.", "Bearer;", '"Bearer"', "'Bearer'"),
            *("xBearer", "Be-arer"),
            *("Header: Bearer", "Basic YTpi, Bearer", "realm=api Bearer", "access_token"),
        )
    ),
    Case("only the token", with_valid_token("{0}"), WRONG_SCHEME),
    Case("only a comma", with_authorization(","), WRONG_SCHEME),
    Case("NUL after the scheme", with_valid_token("Bearer\0 {0}"), WRONG_SCHEME),
    Case("a Cyrillic Ve instead of the B", with_valid_token(utf8("\u0412earer {0}")), WRONG_SCHEME),
    Case("a full-width B", with_valid_token(utf8("\uff22earer {0}")), WRONG_SCHEME),
    Case(
        "a byte order mark before the scheme",
        with_valid_token(utf8("\ufeffBearer {0}")),
        WRONG_SCHEME,
    ),
    Case(
        "a zero-width space within the scheme",
        with_valid_token(utf8("Bear\u200ber {0}")),
        WRONG_SCHEME,
    ),
    Case("an equals sign instead of the space", with_valid_token("Bearer={0}"), WRONG_SCHEME),
    Case("a plus sign instead of the space", with_valid_token("Bearer+{0}"), WRONG_SCHEME),
    Case("a percent-encoded space", with_valid_token("Bearer%20{0}"), WRONG_SCHEME),
    Case(
        "another scheme and an overlong token",
        with_authorization("Basic " + "A" * 20_000),
        WRONG_SCHEME,
    ),
    Case("20,000 letters", with_authorization("A" * 20_000), WRONG_SCHEME),
    Case("only Bearer", with_authorization("Bearer"), TOKEN_MISSING),
    Case("only bearer", with_authorization("bearer"), TOKEN_MISSING),
    Case("Bearer and a space", with_authorization("Bearer "), TOKEN_MISSING),
    Case("Bearer and many spaces", with_authorization("Bearer" + " " * 20_000), TOKEN_MISSING),
    Case("Bearer and a tab", with_authorization("Bearer\t"), TOKEN_MISSING),
    Case("Bearer among spaces and tabs", with_authorization("\t Bearer \t \t"), TOKEN_MISSING),
)

NOT_SPACES = {
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
"""Whitespace to `str.split()` or to other parsers, but not to RFC 9110."""

WHITESPACE = (
    Case("two spaces", with_valid_token("Bearer  {0}"), OK),
    Case("a thousand spaces", with_valid_token("Bearer" + " " * 1000 + "{0}"), OK),
    Case("surrounding spaces", with_valid_token("  Bearer {0}  "), OK),
    Case("surrounding tabs", with_valid_token("\tBearer {0}\t"), OK),
    Case("20,000 trailing spaces", with_valid_token("Bearer {0}" + " " * 20_000), OK),
    Case("a tab instead of the space", with_valid_token("Bearer\t{0}"), WRONG_SCHEME),
    Case("a tab before the space", with_valid_token("Bearer\t {0}"), WRONG_SCHEME),
    Case("a tab after the space", with_valid_token("Bearer \t{0}"), INVALID_CHARACTERS),
    *(
        Case(f"only {name}", with_authorization(character), WRONG_SCHEME)
        for name, character in NOT_SPACES.items()
    ),
    *(
        Case(f"{name} before the scheme", with_valid_token(character + "Bearer {0}"), WRONG_SCHEME)
        for name, character in NOT_SPACES.items()
    ),
    *(
        Case(
            f"{name} instead of the space",
            with_valid_token("Bearer" + character + "{0}"),
            WRONG_SCHEME,
        )
        for name, character in NOT_SPACES.items()
    ),
    *(
        Case(
            f"{name} before the token",
            with_valid_token("Bearer " + character + "{0}"),
            INVALID_CHARACTERS,
        )
        for name, character in NOT_SPACES.items()
    ),
    *(
        Case(
            f"{name} after the token",
            with_valid_token("Bearer {0}" + character),
            INVALID_CHARACTERS,
        )
        for name, character in NOT_SPACES.items()
    ),
)

CREDENTIALS = (
    *(
        Case(name, with_valid_token("Bearer " + text), SECOND_SCHEME)
        for name, text in {
            "two headers, joined": "{0}, Bearer {0}",
            "two headers, the first invalid": "a.b.c, Bearer {0}",
            "the scheme twice": "Bearer {0}",
            "the scheme twice, in lower case": "bearer {0}",
            "the scheme twice, in upper case": "BEARER   {0}",
            "the scheme three times": "Bearer Bearer {0}",
            "the scheme twice, with a colon": "Bearer: {0}",
            "the scheme twice, with a plus sign": "Bearer+{0}",
            "the scheme twice, percent-encoded": "Bearer%20{0}",
            "the scheme twice, quoted": '"Bearer {0}"',
            "the header within the header": "Header: Bearer {0}",
        }.items()
    ),
    *(
        Case(name, with_valid_token("Bearer " + text), INVALID_CHARACTERS)
        for name, text in {
            "double quotes": '"{0}"',
            "single quotes": "'{0}'",
            "backticks": "`{0}`",
            "escaped quotes": '\\"{0}\\"',
            "quotes in quotes": "'\"{0}\"'",
            "percent-encoded double quotes": "%22{0}%22",
            "percent-encoded single quotes": "%27{0}%27",
            "typographic quotes": utf8("\u201c{0}\u201d"),
            "single typographic quotes": utf8("\u2018{0}\u2019"),
            "bytes as Python writes them": "b'{0}'",
            "angle brackets": "<{0}>",
            "parentheses": "({0})",
            "a list": '["{0}"]',
            "a JSON object": '{{"access_token":"{0}","token_type":"bearer-token"}}',
            "a leading quote": '"{0}',
            "a trailing quote": '{0}"',
            "a trailing quote and comma": '{0}",',
            "two tokens": "{0} {0}",
            "two tokens, separated by a tab": "{0}\t{0}",
            "two tokens, separated by a comma": "{0},{0}",
            "two headers, the second of another scheme": "{0}, Basic YTpi",
            "a trailing comma": "{0},",
            "a leading comma": ",{0}",
            "a letter and a space": "X {0}",
            "a trailing semicolon": "{0};",
            "a trailing parameter": '{0}, realm="api"',
            "token=": "token={0}",
            "token=, quoted": 'token="{0}"',
            "access_token=": "access_token={0}",
            "a trailing fragment": "{0}#",
            "a trailing query": "{0}?a=b",
            "a trailing slash": "{0}/",
            "a trailing tilde": "{0}~",
            "a leading percent-encoded space": "%20{0}",
            "a scheme that begins alike": "bearer-token {0}",
            "a word that ends alike": "xbearer {0}",
        }.items()
    ),
    Case(
        "a quoted opaque token",
        with_authorization('Bearer "Zk8h3JqYp5bV0nWxZk8"'),
        INVALID_CHARACTERS,
    ),
    Case("the scheme instead of a token", with_authorization("Bearer Bearer"), SECOND_SCHEME),
    *(
        Case(text, with_authorization(f"Bearer {text}"), INVALID_CHARACTERS)
        for text in ("invalidToken abc", "../../etc/passwd", "a:b", "' OR 1=1 --")
    ),
    *(
        Case(text, with_authorization(f"Bearer {text}"), PLACEHOLDER)
        for text in (
            *("null", "undefined", "None", "nil", "NaN", "true", "False", "NULL"),
            *('"undefined"', "'null'", "%22null%22", "<nil>", "{undefined}"),
            *('""', "''", "{}", "[]"),
            *("[object Object]", "[object Promise]", "[object%20Promise]", "%5Bobject Object%5D"),
            *("<coroutine object get_token at 0x7f3a5c>", "<Response [200]>"),
            *("token", "access_token", "accessToken", "YOUR_ACCESS_TOKEN", "your-token-here"),
            *("YOUR_JWT", "my token", "ACCESS_TOKEN", "<YOUR_AUTH0_ACCESS_TOKEN>", '"token"'),
            *("$TOKEN", "${TOKEN}", "${{ secrets.TOKEN }}", "$(id)", "{token}", "<token>"),
            *("<script>", "%TOKEN%", "%ACCESS_TOKEN%", "%s", ":token", "{{access_token}}"),
        )
    ),
    *(
        Case(text, with_authorization(f"Bearer {text}"), NOT_SIGNED_JWT)
        for text in (
            *("0", "invalidToken", "an-opaque-token", "nullable", "tokens", "untrue", "Nan0x"),
            *("abc.def", "YTpi"),
            *("-", "_", ".", "..", "...", "...."),
        )
    ),
    Case("a.b.c", with_authorization("Bearer a.b.c"), NOT_BASE64URL),
    Case(
        "an opaque token",
        with_authorization("Bearer Zk8h3JqYp5bV0nWxZk8h3JqYp5bV0nWx"),
        NOT_SIGNED_JWT,
    ),
    Case("a PASETO", with_authorization("Bearer v4.public." + "QUJD" * 30), NOT_BASE64URL),
    Case(
        "a SAML assertion",
        with_authorization("Bearer PHNhbWw6QXNzZXJ0aW9uPg=="),
        INVALID_CHARACTERS,
    ),
)

SIZE = (
    Case("a valid token of 16,383 characters", with_length(16_383), OK),
    Case("a valid token of 16,384 characters", with_length(16_384), OK),
    Case("a valid token of 16,385 characters", with_length(16_385), TOO_LONG),
    Case("a valid token of 65,536 characters", with_length(65_536), TOO_LONG),
    Case(
        "200 permissions, twice",
        with_claims(scope=" ".join(TEAM_SCOPES), permissions=TEAM_SCOPES),
        OK,
    ),
    Case("16,384 letters", with_authorization("Bearer " + "A" * 16_384), NOT_SIGNED_JWT),
    Case("16,385 letters", with_authorization("Bearer " + "A" * 16_385), TOO_LONG),
    Case("16,384 dots", with_authorization("Bearer " + "." * 16_384), NOT_SIGNED_JWT),
    Case("16,385 dots", with_authorization("Bearer " + "." * 16_385), TOO_LONG),
    Case(
        "16,385 spaces before a valid token", with_valid_token("Bearer" + " " * 16_385 + "{0}"), OK
    ),
    Case(
        "a trailing megabyte", with_segments(lambda h, p, s: f"{h}.{p}.{s}{'A' * 2**20}"), TOO_LONG
    ),
    Case(
        "20,000 characters after padding",
        with_segments(lambda h, p, s: f"{h}.{p}.{s}=={'A' * 20_000}"),
        TOO_LONG,
    ),
    Case(
        "a header of 20,000 bytes",
        send_token(edit_header=lambda valid: valid.ljust(20_000)),
        TOO_LONG,
    ),
    Case(
        "a payload of 20,000 bytes",
        send_token(edit_payload=lambda valid: valid.ljust(20_000)),
        TOO_LONG,
    ),
    Case(
        "a valid token and 7,000 more segments",
        with_segments(lambda h, p, s: f"{h}.{p}.{s}{'.A' * 7000}"),
        NOT_SIGNED_JWT,
    ),
)
