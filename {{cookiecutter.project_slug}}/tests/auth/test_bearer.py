"""From the Authorization header to the token; the tenant plays no part."""

import pytest

from {{ cookiecutter.__package }}.auth import rejections
from {{ cookiecutter.__package }}.auth.bearer import read_bearer
from {{ cookiecutter.__package }}.auth.rejections import Reason


@pytest.mark.parametrize(
    ("header", "token"),
    [
        pytest.param(None, None, id="no header"),
        pytest.param(" \t", None, id="spaces and tabs"),
        pytest.param("Bearer a.b.c", "a.b.c", id="token"),
        pytest.param("bearer a.b.c", "a.b.c", id="lower case"),
        pytest.param("BEARER    a.b.c", "a.b.c", id="upper case and several spaces"),
        pytest.param(" \tBearer a.b.c\t ", "a.b.c", id="spaces and tabs around"),
    ],
)
def test_token_is_read_from_the_header(header: str | None, token: str | None) -> None:
    assert read_bearer(header) == token


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param("Basic YTpi", rejections.WRONG_SCHEME, id="another scheme"),
        pytest.param("BearerToken a.b.c", rejections.WRONG_SCHEME, id="scheme that begins alike"),
        pytest.param("a.b.c", rejections.WRONG_SCHEME, id="no scheme"),
        pytest.param("Bearer\ta.b.c", rejections.WRONG_SCHEME, id="tab after the scheme"),
        pytest.param("Bearer\u00a0a.b.c", rejections.WRONG_SCHEME, id="no-break space"),
        pytest.param("Bearer \t ", rejections.TOKEN_MISSING, id="no token"),
    ],
)
def test_header_without_a_bearer_token_is_rejected(header: str, reason: Reason) -> None:
    with pytest.raises(rejections.Unauthenticated) as rejection:
        read_bearer(header)

    assert rejection.value.reason is reason
