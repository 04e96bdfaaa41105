"""Scopes and permissions: sufficient, insufficient, and malformed ones."""

from .builders import send_token, with_claims, with_header
from .case import ABSENT, PERMITTED, SCOPED, TEAM_SCOPES, Case, RawJson
from .expected import INSUFFICIENT_PERMISSIONS, INSUFFICIENT_SCOPE, OK

NOT_SCOPE_STRINGS = (
    *("null", "true", "1", "NaN", '""', '" "', "[]", "{}", '["read:messages"]'),
    *('[["read:messages"]]', '{"read:messages": true}', '{"scope": "read:messages"}'),
    *('["read:messages", "write:messages"]', '["read:messages write:messages"]'),
)

NOT_READ_MESSAGES = {
    "another": "write:messages",
    "one character shorter": "read:message",
    "one character longer": "read:messages2",
    "a leading letter": "xread:messages",
    "a suffix after a colon": "read:messages:all",
    "a suffix after a dot": "read:messages.all",
    "its first half": "read",
    "its second half": "messages",
    "its halves": "read messages",
    "only a colon": ":",
    "an asterisk": "*",
    "a wildcard suffix": "read:*",
    "a pattern": "read:.*",
    "in uppercase": "READ:MESSAGES",
    "capitalized": "Read:messages",
    "a colon's lookalike": "read\ua789messages",
    "a Cyrillic e": "r\u0435ad:messages",
    "in double quotes": '"read:messages"',
    "in brackets": "[read:messages]",
    "percent-encoded": "read%3Amessages",
    "a leading plus sign": "+read:messages",
    "a leading minus sign": "-read:messages",
    "a trailing zero-width space": "read:messages\u200b",
    "a trailing NUL": "read:messages\0",
    "a trailing lone surrogate": "read:messages\ud800",
    "a trailing tab": "read:messages\t",
    "a trailing line feed": "read:messages\n",
    "a trailing no-break space": "read:messages\xa0",
    "admin": "admin",
}

SCOPE = (
    *(
        Case(name, with_claims(scope=scope), OK, SCOPED)
        for name, scope in {
            "only this one": "read:messages",
            "first": "read:messages write:messages",
            "last": "write:messages read:messages",
            "in the middle": "openid read:messages profile",
            "twice": "read:messages read:messages",
            "after two spaces": "write:messages  read:messages",
            "surrounding spaces": "  read:messages  ",
            "among invalid ones": "\t \n \xa0 \ud800 \0 read:messages \u3000",
            "among 200 others": " ".join([*TEAM_SCOPES, "read:messages"]),
            "with an escape": RawJson('"read\\u003amessages"'),
        }.items()
    ),
    *(
        Case(text, with_claims(scope=RawJson(text), permissions=ABSENT), INSUFFICIENT_SCOPE, SCOPED)
        for text in NOT_SCOPE_STRINGS
    ),
    *(
        Case(name, with_claims(scope=scope), INSUFFICIENT_SCOPE, SCOPED)
        for name, scope in NOT_READ_MESSAGES.items()
    ),
    *(
        Case(
            f"{name} instead of spaces",
            with_claims(scope=f"write:messages{separator}read:messages{separator}a"),
            INSUFFICIENT_SCOPE,
            SCOPED,
        )
        for name, separator in {
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
    Case("absent", with_claims(scope=ABSENT), INSUFFICIENT_SCOPE, SCOPED),
    Case(
        "scope and permissions absent",
        with_claims(scope=ABSENT, permissions=ABSENT),
        INSUFFICIENT_SCOPE,
        SCOPED,
    ),
    *(
        Case(
            f"{claim} instead of scope",
            with_claims(**{"scope": ABSENT, claim: "read:messages"}),
            INSUFFICIENT_SCOPE,
            SCOPED,
        )
        for claim in ("scp", "scopes", "Scope", "scope ", "roles", "https://api.test/scope")
    ),
    Case(
        "a list as scp",
        with_claims(scope=ABSENT, scp=["read:messages"]),
        INSUFFICIENT_SCOPE,
        SCOPED,
    ),
    Case(
        "only in the JOSE header",
        send_token({"scope": "read:messages"}, {"scope": ABSENT}),
        INSUFFICIENT_SCOPE,
        SCOPED,
    ),
    Case("another in the JOSE header", with_header(scope="write:messages"), OK, SCOPED),
)

PERMISSION = (
    *(
        Case(name, with_claims(permissions=permissions), OK, PERMITTED)
        for name, permissions in {
            "only this one": ["read:messages"],
            "first": ["read:messages", "write:messages"],
            "last": ["write:messages", "read:messages"],
            "twice": ["read:messages", "read:messages"],
            "among invalid ones": ["", " ", "\ud800", "\0", "read:messages"],
            "among 200 others": [*TEAM_SCOPES, "read:messages"],
        }.items()
    ),
    *(
        Case(text, with_claims(permissions=RawJson(text)), INSUFFICIENT_PERMISSIONS, PERMITTED)
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
        Case(name, with_claims(permissions=[permission]), INSUFFICIENT_PERMISSIONS, PERMITTED)
        for name, permission in NOT_READ_MESSAGES.items()
    ),
    Case(
        "a list of its letters",
        with_claims(permissions=list("read:messages")),
        INSUFFICIENT_PERMISSIONS,
        PERMITTED,
    ),
    Case("absent", with_claims(permissions=ABSENT), INSUFFICIENT_PERMISSIONS, PERMITTED),
    Case(
        "Permissions",
        with_claims(permissions=ABSENT, Permissions=["read:messages"]),
        INSUFFICIENT_PERMISSIONS,
        PERMITTED,
    ),
    Case(
        "only in the JOSE header",
        send_token({"permissions": ["read:messages"]}, {"permissions": ABSENT}),
        INSUFFICIENT_PERMISSIONS,
        PERMITTED,
    ),
    *(
        Case(f"{text}, scope required", with_claims(permissions=RawJson(text)), OK, SCOPED)
        for text in ("null", "1", '"a"', "[1]", "{}")
    ),
)
