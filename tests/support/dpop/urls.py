"""The URL of a proof (htu), compared after the normalisation of RFC 3986, and the request's path."""

from .expected import INVALID_PROOF, OK, Case, Outcome
from .proofs import PRIVATE, PUBLIC_URL, Build, send

FILES = "/files"
"""Below this path, any path has a view."""


def _htu(url: str, target: str = PRIVATE) -> Build:
    return send(url=url, target=target)


def _all(outcome: Outcome, target: str, urls: dict[str, str]) -> tuple[Case, ...]:
    return tuple(Case(name, _htu(url, target), outcome) for name, url in urls.items())


EQUAL = _all(
    OK,
    PRIVATE,
    {
        "as it is": "https://api.test/private",
        "scheme in upper case": "HTTPS://api.test/private",
        "host in upper case": "https://API.Test/private",
        "the default port": "https://api.test:443/private",
        "an empty port": "https://api.test:/private",
        "a query": "https://api.test/private?a=b",
        "an empty query": "https://api.test/private?",
        "a fragment": "https://api.test/private#a",
        "an empty fragment": "https://api.test/private#",
        "a query and a fragment": "https://api.test/private?a=b#/../c?d",
        "a query that is a URL": "https://api.test/private?u=https://evil.test/",
        "a dot segment": "https://api.test/./private",
        "a dot segment up": "https://api.test/a/../private",
        "a dot segment above the root": "https://api.test/../private",
        "two dot segments": "https://api.test/a/b/../../private",
        "an encoded letter": "https://api.test/%70rivate",
        "encoded letters": "https://api.test/%70%72%69%76%61%74%65",
        "an encoded dot segment": "https://api.test/a/%2E%2e/private",
    },
)

DIFFERENT = _all(
    INVALID_PROOF,
    PRIVATE,
    {
        "another host": "https://evil.test/private",
        "a longer host": "https://api.test.evil.test/private",
        "a subdomain": "https://a.api.test/private",
        "a trailing dot of the host": "https://api.test./private",
        "http": "http://api.test/private",
        "http with the port of https": "http://api.test:443/private",
        "another scheme": "ftp://api.test/private",
        "another port": "https://api.test:8443/private",
        "port 80": "https://api.test:80/private",
        "port 0": "https://api.test:0/private",
        "a port 65,536 above": "https://api.test:65979/private",
        "a port that is not a number": "https://api.test:abc/private",
        "a negative port": "https://api.test:-443/private",
        "an unknown digit as port": "https://api.test:\uff14\uff14\uff13/private",
        "a huge port": f"https://api.test:{'4' * 500}/private",
        "a user": "https://user@api.test/private",
        "a user and a password": "https://user:password@api.test/private",
        "the host as user": "https://api.test@evil.test/private",
        "an empty user": "https://@api.test/private",
        "backslashes": "https:\\\\api.test\\private",
        "a backslash and a host": "https://api.test\\@evil.test/private",
        "no scheme": "//api.test/private",
        "only a path": "/private",
        "only a host": "https://api.test",
        "the root": "https://api.test/",
        "no slashes": "https:api.test/private",
        "one slash": "https:/api.test/private",
        "three slashes": "https:///api.test/private",
        "no host": "https:///private",
        "another path": "https://api.test/public",
        "a longer path": "https://api.test/private/a",
        "a shorter path": "https://api.test/privat",
        "a trailing slash": "https://api.test/private/",
        "a double slash": "https://api.test//private",
        "path in upper case": "https://api.test/PRIVATE",
        "an encoded slash": "https://api.test%2Fprivate",
        "an encoded slash in the path": "https://api.test/%2Fprivate",
        "an encoded query": "https://api.test/private%3Fa=b",
        "an encoded fragment": "https://api.test/private%23a",
        "encoded twice": "https://api.test/%2570rivate",
        "a parameter": "https://api.test/private;a=b",
        "a dot segment too many": "https://api.test/private/..",
        "a dot segment at the end": "https://api.test/private/.",
        "an encoded NUL": "https://api.test/private%00",
        "a NUL": "https://api.test/private\0",
        "a leading space": " https://api.test/private",
        "a trailing space": "https://api.test/private ",
        "a trailing line feed": "https://api.test/private\n",
        "a tab": "https://api.test/pri\tvate",
        "a line feed": "https://api.test/pri\nvate",
        "a tab in the scheme": "ht\ttps://api.test/private",
        "a line feed in the host": "https://api.\ntest/private",
        "an invalid encoding": "https://api.test/%private",
        "an invalid encoding at the end": "https://api.test/private%",
        "an invalid encoding of two": "https://api.test/%zzprivate",
        "a bracket": "https://[api.test/private",
        "an address in brackets": "https://[::1]/private",
        "not an address in brackets": "https://[api.test]/private",
        "an address of a future version": "https://[v1.a]/private",
        "a letter like another": "https://\u0430pi.test/private",
        "a fullwidth letter": "https://\uff41pi.test/private",
        "a fullwidth slash": "https://api.test\uff0fprivate",
        "a fullwidth path": "https://api.test/\uff50rivate",
        "a ligature that is normalised to a slash": "https://api.test\u2100private",
        "the host twice": "https://api.test,api.test/private",
        "two URLs": "https://api.test/private https://api.test/private",
        "a local host": "http://localhost/private",
        "only a scheme": "https://",
        "nothing": "",
        "a long path": "https://api.test/" + "a/../" * 1_000 + "b",
    },
)


def _paths(outcome: Outcome, paths: dict[str, tuple[str, str]]) -> tuple[Case, ...]:
    """`paths` are those of the request and of the proof, below FILES."""
    return tuple(
        Case(name, _htu(f"{PUBLIC_URL}{FILES}{proven}", f"{FILES}{sent}"), outcome)
        for name, (sent, proven) in paths.items()
    )


PATHS = (
    *_paths(
        OK,
        {
            "an encoded slash": ("/a%2Fb", "/a%2Fb"),
            "an encoded slash in lower case": ("/a%2fb", "/a%2Fb"),
            "an encoded slash, proven in lower case": ("/a%2Fb", "/a%2fb"),
            "an encoded percent sign": ("/a%25b", "/a%25b"),
            "an encoded letter": ("/%61", "/a"),
            "an encoded tilde": ("/%7Ea", "/~a"),
            "a tilde, proven encoded": ("/~a", "/%7ea"),
            "UTF-8": ("/%C3%A9", "/%c3%a9"),
            "an encoded question mark": ("/a%3Fb", "/a%3Fb"),
            "an encoded number sign": ("/a%23b", "/a%23b"),
            "an encoded space": ("/a%20b", "/a%20b"),
            "reserved characters": ("/a:@!$&'()*+,;=b", "/a:@!$&'()*+,;=b"),
            "a query of the request": ("/a?b=c", "/a"),
            "an empty query of the request": ("/a?", "/a"),
            "a query with a question mark": ("/a?b?c", "/a"),
            "a query with a slash": ("/a?/../../b", "/a"),
            "another query in the proof": ("/a?b=c", "/a?d=e"),
        },
    ),
    *_paths(
        INVALID_PROOF,
        {
            "an encoded slash, proven as a slash": ("/a%2Fb", "/a/b"),
            "a slash, proven encoded": ("/a/b", "/a%2Fb"),
            "an encoded slash, proven encoded twice": ("/a%2Fb", "/a%252Fb"),
            "encoded twice, proven once": ("/a%252Fb", "/a%2Fb"),
            "an encoded percent sign, proven decoded": ("/a%2541", "/a%41"),
            "an encoded question mark, proven as a query": ("/a%3Fb", "/a?b"),
            "a query, proven as a path": ("/a?b", "/a%3Fb"),
            "an encoded number sign, proven as a fragment": ("/a%23b", "/a#b"),
            "an encoded semicolon": ("/a%3Bb", "/a;b"),
            "a plus sign for a space": ("/a%20b", "/a+b"),
            "another case": ("/a", "/A"),
            "a composed letter": ("/%C3%A9", "/e%CC%81"),
            "a trailing slash in the request": ("/a/", "/a"),
        },
    ),
)

ROOT = (
    *_all(OK, "/", {"an empty path": "https://api.test", "a slash": "https://api.test/"}),
    *_all(OK, "/?a", {"an empty path and a query": "https://api.test?b"}),
    *_all(
        INVALID_PROOF, "/", {"two slashes": "https://api.test//", "a path": "https://api.test/a"}
    ),
)

PREFIXED: tuple[tuple[str, str, str, Outcome], ...] = (
    ("https://api.test/v1", PRIVATE, "https://api.test/v1/private", OK),
    ("https://api.test/v1/", PRIVATE, "https://api.test/v1/private", OK),
    ("https://api.test/v1", PRIVATE, "https://api.test/private", INVALID_PROOF),
    ("https://api.test/v1", PRIVATE, "https://api.test/v1/v1/private", INVALID_PROOF),
    ("https://api.test/v1", PRIVATE, "https://api.test/v2/../v1/private", OK),
    ("https://API.test:443/a%2fb", PRIVATE, "https://api.test/a%2Fb/private", OK),
    ("https://api.test/%7ea/./b", PRIVATE, "https://api.test/~a/b/private", OK),
    ("https://api.test/a//b", PRIVATE, "https://api.test/a//b/private", OK),
    ("https://api.test/a//b", PRIVATE, "https://api.test/a/b/private", INVALID_PROOF),
    ("https://[::1]:8443", PRIVATE, "https://[::1]:8443/private", OK),
    ("https://[::ABCD]", PRIVATE, "https://[::abcd]:443/private", OK),
    ("https://[::1]", PRIVATE, "https://[::2]/private", INVALID_PROOF),
    ("https://[::1]", PRIVATE, "https://[::1/private", INVALID_PROOF),
    ("https://[::1]", PRIVATE, "https://::1/private", INVALID_PROOF),
    ("https://127.0.0.1", PRIVATE, "https://127.0.0.1/private", OK),
    ("https://127.0.0.1", PRIVATE, "https://127.1/private", INVALID_PROOF),
    ("https://127.0.0.1", PRIVATE, "https://2130706433/private", INVALID_PROOF),
    ("https://api.test:8443", PRIVATE, "https://api.test:8443/private", OK),
    ("https://api.test:8443", PRIVATE, "https://api.test/private", INVALID_PROOF),
    ("http://localhost:3010", PRIVATE, "http://localhost:3010/private", OK),
    ("http://localhost:3010", PRIVATE, "http://localhost/private", INVALID_PROOF),
    ("http://localhost:3010", PRIVATE, "http://127.0.0.1:3010/private", INVALID_PROOF),
    ("http://localhost", PRIVATE, "http://localhost:80/private", OK),
    ("https://api.test", f"{PRIVATE}?a", "https://api.test/private", OK),
)
"""PUBLIC_URL, the request's target, the proof's URL, the outcome."""
