"""The values that each setting accepts, and the messages about malformed values."""

import pytest
from messages_api import create_app
from messages_api.config import UNSET_DOMAIN, SettingError

VALID = {"AUTH0_DOMAIN": "tenant.eu.auth0.com", "AUTH0_AUDIENCE": "https://api.test"}
EXPECTED_DOMAIN = "different host names of one tenant, such as 'tenant.eu.auth0.com, login.a.test'."
EXPECTED_AUDIENCE = "one identifier of your own API in Auth0, such as 'https://quickstarts/api'."
REMOVE_QUOTES = " Remove the quotes, which 'docker run --env-file' keeps."
EXPECTED_ORIGINS = (
    "comma-separated origins such as 'https://a.test, http://localhost:3000', or '*'."
)


def load_domain_and_audience(**environ: str) -> tuple[object, object]:
    config = create_app(VALID | environ).config
    return config["AUTH0_DOMAIN"], config["AUTH0_AUDIENCE"]


def error_message(**environ: str) -> str:
    with pytest.raises(SettingError) as error:
        create_app(VALID | environ)
    return error.value.message


def test_environment_overrides_the_rendered_defaults() -> None:
    assert load_domain_and_audience(AUTH0_DOMAIN="login.example.com", AUTH0_AUDIENCE="urn:api") == (
        ["login.example.com"],
        "urn:api",
    )


@pytest.mark.parametrize(
    ("domain", "normalized"),
    [
        ("tenant.eu.auth0.com", ["tenant.eu.auth0.com"]),
        (" https://Tenant.EU.Auth0.com/ ", ["tenant.eu.auth0.com"]),
        ("HTTPS://login.example.com", ["login.example.com"]),
        ("localhost:3011", ["localhost:3011"]),
        ("127.0.0.1:65535", ["127.0.0.1:65535"]),
        (" https://B.test/ ,, a.test:1 ,", ["b.test", "a.test:1"]),
        ("a.test:1,a.test:2,a.test", ["a.test:1", "a.test:2", "a.test"]),
    ],
)
def test_domain_is_normalized(domain: str, normalized: list[str]) -> None:
    assert load_domain_and_audience(AUTH0_DOMAIN=domain)[0] == normalized


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "tenant",
        "http://tenant.auth0.com",
        "tenant.auth0.com//",
        "tenant.auth0.com/path",
        "tenant.auth0.com?query",
        "tenant.auth0.com#fragment",
        "user@tenant.auth0.com",
        "tenant.auth0.com\\path",
        "tenant.auth0 .com",
        "tenant.auth0.com:0",
        "tenant.auth0.com:65536",
        "tenant.auth0.com:",
        "-tenant.auth0.com",
        "ténant.auth0.com",
        "tenant.auth0.com.",
        f"{'a' * 64}.auth0.com",
        ".".join(["a" * 60] * 5),
        *[",", " , ", "a.test,b", "a.test b.test", "a.test; b.test", "a.test,b.test/path"],
        *["a.test,a.test", "a.test, https://A.test/", "a.test,b.test,a.test"],
    ],
)
def test_malformed_domain_raises_setting_error(domain: str) -> None:
    message = error_message(AUTH0_DOMAIN=domain)

    assert message == f"AUTH0_DOMAIN is {domain!r}: expected {EXPECTED_DOMAIN}"


def test_unset_domain_raises_setting_error() -> None:
    assert error_message(AUTH0_DOMAIN=UNSET_DOMAIN) == (
        "AUTH0_DOMAIN is 'your-tenant.auth0.example': expected your tenant's domain; 'make dev'"
        " needs none."
    )


def test_unset_domain_among_others_raises_setting_error() -> None:
    domains = f"login.example.com, {UNSET_DOMAIN}"

    assert error_message(AUTH0_DOMAIN=domains) == (
        f"AUTH0_DOMAIN is {domains!r}: expected your tenant's domain; 'make dev' needs none."
    )


def test_white_space_around_the_audience_is_removed() -> None:
    assert load_domain_and_audience(AUTH0_AUDIENCE=" urn:My-API ")[1] == "urn:My-API"


@pytest.mark.parametrize(
    "audience",
    [
        *["", " ", "my api", "my\u00a0api", "my\napi", "my\u200bapi"],
        "https://tenant.eu.auth0.com/api/v2/",
        "https://another.auth0.com/api/v2/",
        "https://tenant.eu.auth0.com/userinfo",
        *["<https://api.test>", "https://api.test,https://b.test", "urn:a,http://b.test"],
    ],
)
def test_malformed_audience_raises_setting_error(audience: str) -> None:
    message = error_message(AUTH0_AUDIENCE=audience)

    assert message == f"AUTH0_AUDIENCE is {audience!r}: expected {EXPECTED_AUDIENCE}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH0_DOMAIN", "tenant.eu.auth0.com"),
        ("AUTH0_AUDIENCE", "https://api.test"),
        ("CORS_ORIGINS", "https://a.test"),
        ("MAX_CONTENT_LENGTH", "10"),
        ("API_DOCS", "1"),
        ("AUTH0_CLIENT_ID", "client"),
    ],
)
@pytest.mark.parametrize("quotes", ['""', "''", "``", '\\"\\"', "\u201c\u201d", "\xab\xbb"])
def test_quotes_around_a_setting_are_shown_and_explained(
    name: str, value: str, quotes: str
) -> None:
    middle = len(quotes) // 2
    quoted = quotes[:middle] + value + quotes[middle:]

    message = error_message(**{name: quoted})

    assert message.startswith(f"{name} is {quoted!r}: expected ")
    assert message.endswith(f".{REMOVE_QUOTES}")


@pytest.mark.parametrize("domain", ['"tenant.eu.auth0.com', "tenant.eu.auth0.com' ", "\t'a.test'"])
def test_single_quotes_and_white_space_are_explained(domain: str) -> None:
    assert error_message(AUTH0_DOMAIN=domain).endswith(f".{REMOVE_QUOTES}")


def test_quote_within_a_setting_is_not_explained() -> None:
    assert error_message(AUTH0_AUDIENCE="my 'own' api").endswith(f" {EXPECTED_AUDIENCE}")


@pytest.mark.parametrize("domains", ["login.example.com", "tenant.example.com, login.example.com"])
def test_management_api_as_audience_raises_setting_error(domains: str) -> None:
    message = error_message(
        AUTH0_DOMAIN=domains, AUTH0_AUDIENCE="https://login.example.com/api/v2/"
    )

    assert message.endswith(EXPECTED_AUDIENCE)


def test_body_length_has_a_default() -> None:
    assert create_app(VALID).config["MAX_CONTENT_LENGTH"] == 1_048_576


@pytest.mark.parametrize("length", ["", "0", "-1", "1 MB", "1e6", "1_000", "\u0661\u0660"])
def test_malformed_body_length_raises_setting_error(length: str) -> None:
    assert error_message(MAX_CONTENT_LENGTH=length) == (
        f"MAX_CONTENT_LENGTH is {length!r}: expected a whole number from 1 to 1000000000000, such as"
        " '1048576'."
    )


@pytest.mark.parametrize(
    ("origins", "normalized"),
    [
        ("", []),
        (" , ", []),
        ("*", ["*"]),
        ("https://App.example.com", ["https://app.example.com"]),
        ("https://a.test:443,http://a.test:80", ["https://a.test", "http://a.test"]),
        ("https://a.test:80,http://a.test:8080", ["https://a.test:80", "http://a.test:8080"]),
        ("http://localhost:3000 ,https://b.test,", ["http://localhost:3000", "https://b.test"]),
        ("capacitor://localhost", ["capacitor://localhost"]),
        ("app://a:80,app://a:443", ["app://a:80", "app://a:443"]),
        ("http://[::1]:5173,http://[::1]:80", ["http://[::1]:5173", "http://[::1]"]),
    ],
)
def test_origins_are_normalized(origins: str, normalized: list[str]) -> None:
    app = create_app(VALID | {"CORS_ORIGINS": origins})

    assert app.config["CORS_ORIGINS"] == normalized


@pytest.mark.parametrize(
    "origins",
    [
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://a.test https://b.test",
        "*, https://a.test",
        "https://*.example.com",
        "ftp://a.test",
        "null",
        "https://a.test:0",
        "http://::1",
        "http://[1.2.3.4]",
        "app:localhost",
    ],
)
def test_malformed_origins_raise_setting_error(origins: str) -> None:
    assert (
        error_message(CORS_ORIGINS=origins)
        == f"CORS_ORIGINS is {origins!r}: expected {EXPECTED_ORIGINS}"
    )


@pytest.mark.parametrize(
    "given", ["X-A X-B", "X-A: 1", "X-A,,X-B", ",", "*, X-A", "X-*", "[x]", "X-\u00c4", '"X-A"']
)
def test_malformed_allowed_headers_raise_setting_error(given: str) -> None:
    assert error_message(CORS_ALLOW_HEADERS=given).startswith(
        f"CORS_ALLOW_HEADERS is {given!r}: expected comma-separated names of headers, such"
        " as 'X-Request-ID, traceparent', or '*'."
    )


@pytest.mark.parametrize(
    "given",
    [
        *["*", ".", "..", "a..b", "-a.test", "a_b", "a b", "a;b", "a,,b", ",", "[::1]", "::1"],
        *["api.test:443", "https://api.test", "api.test/", ".", "\u00e4.test", '"api.test"'],
        *[f"{'a' * 64}.test", "a\nb", "a\x00"],
    ],
    ids=ascii,
)
def test_malformed_trusted_hosts_raise_setting_error(given: str) -> None:
    assert error_message(TRUSTED_HOSTS=given).startswith(
        f"TRUSTED_HOSTS is {given!r}: expected comma-separated host names without ports, such as"
        " 'api.example.com, .example.org'."
    )


@pytest.mark.parametrize(
    ("given", "host", "is_trusted"),
    [
        ("", "evil.test", True),
        ("api.test", "api.test", True),
        ("API.test", "api.test:3010", True),
        ("api.test", "a.api.test", False),
        ("api.test", "evil-api.test", False),
        ("api.test", "api.test.evil.test", False),
        ("api.test", "api.test@evil.test", False),
        (".api.test", "a.api.test", True),
        (".api.test", "evil-api.test", False),
        ("localhost, 127.0.0.1", "127.0.0.1:3010", True),
        ("localhost, 127.0.0.1", "127.0.0.1.evil.test", False),
        ("localhost", "", False),
    ],
)
def test_trusted_hosts_decide_by_the_host_header(given: str, host: str, is_trusted: bool) -> None:
    client = create_app(VALID | {"TRUSTED_HOSTS": given}).test_client()

    for path in ("/api/public", "/api/private", "/healthz", "/nowhere", "/docs"):
        response = client.get(path, headers={"Host": host})
        assert (response.status_code == 400) is not is_trusted
        if not is_trusted:
            assert response.json["code"] == "bad_request"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("API_DOCS", "yes", "'1', '0' or nothing."),
        ("AUTH0_CLIENT_ID", "my client", "a client ID."),
    ],
)
def test_malformed_docs_ui_setting_raises_setting_error(
    name: str, value: str, expected: str
) -> None:
    assert error_message(**{name: value}) == f"{name} is {value!r}: expected {expected}"
