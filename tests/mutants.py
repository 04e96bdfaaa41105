"""Mutants of the rendered API: each breaks one rule, and the API's own tests must notice.

`python -m tests.mutants` shows which test notices which mutant; words behind it choose the mutants
whose names hold one of them. It ends with 0 only if the tests notice every mutant.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .environ import user_environ
from .processes import running
from .rendering import render

TIMEOUT = 60.0
"""Seconds that the tests of one mutant may take. What makes them hang counts as not noticed."""

_NOT_COPIED = shutil.ignore_patterns(
    ".venv", "__pycache__", ".*_cache", ".coverage", ".hypothesis", ".local_auth0*"
)

Edit = tuple[str, str, str]
"""What the API does wrong; a text that stands in the file once; what stands there instead."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit in one file of the rendered API, and the test file that has to notice."""

    name: str
    text: str
    replacement: str
    file: str
    tests: str

    def occurrences(self, project: Path) -> int:
        """Count the text to replace in the file as rendered. Anything but 1 is a stale mutant."""
        return (project / self.file).read_text(encoding="utf-8").count(self.text)

    def apply(self, project: Path) -> None:
        """Break the project. Raises ValueError for a stale mutant."""
        if (count := self.occurrences(project)) != 1:
            raise ValueError(
                f"The mutant {self.name!r} is stale: its text stands {count} times in {self.file},"
                " expected once. Give it the text that is there now."
            )
        path = project / self.file
        source = path.read_text(encoding="utf-8")
        path.write_text(source.replace(self.text, self.replacement), encoding="utf-8")


def _mutants(file: str, tests: str, *edits: Edit) -> list[Mutant]:
    return [Mutant(*edit, f"messages_api/{file}", f"tests/{tests}") for edit in edits]


MUTANTS = [
    *_mutants(
        "auth/bearer.py",
        "test_no_token.py",
        ("any scheme is taken for Bearer", 'if scheme.lower() != "bearer":', "if not scheme:"),
        (
            "a scheme that begins like Bearer is taken for it",
            'if scheme.lower() != "bearer":',
            'if not scheme.lower().startswith("bearer"):',
        ),
        ("a scheme without a token is a token error", "if not token:", "if token is None:"),
    ),
    *_mutants(
        "auth/bearer.py",
        "test_refusals.py",
        (
            "the scheme has to be in the case of Bearer",
            'if scheme.lower() != "bearer":',
            'if scheme != "Bearer":',
        ),
        (
            "any white space parts scheme and token",
            'scheme, _, token = value.partition(" ")',
            'scheme, token = [*value.split(None, 1), ""][:2]',
        ),
        ("tabs may stand before the token", 'token = token.lstrip(" ")', "token = token.strip()"),
    ),
    *_mutants(
        "auth/bearer.py",
        "test_tokens.py",
        ("any white space may stand behind the token", '.strip(" \\t")', ".strip()"),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_tokens.py",
        ("the header is not judged", "in broken_by_header(members)", "in ()"),
        ("the claims are not judged", "self._clock()):", "self._clock()) and ():"),
        (
            "the signature is not checked",
            "if not key.verify(signed.encode(), decode(signature)):",
            "if not decode(signature):",
        ),
        (
            "the claims are judged before the signature",
            """\
        if not key.verify(signed.encode(), decode(signature)):
""",
            """\
        claims = read_object(payload)
        for rule in broken_by_claims(claims, self._issuer, self._audience, self._clock()):
            raise InvalidToken(rule.code, rule.description)
        if not key.verify(signed.encode(), decode(signature)):
""",
        ),
        ("a token of any length is looked at", "if len(token) > MAX_LENGTH:", "if not token:"),
        (
            "a token as long as Auth0 makes them is too long",
            "MAX_LENGTH = 16_384",
            "MAX_LENGTH = 8_192",
        ),
        (
            "a segment may hold any character",
            r"(([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]+)",
            r"(([^.]+)\.([^.]+))\.([^.]+)",
        ),
        (
            "a segment may be empty",
            r"(([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]+)",
            r"(([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*))\.([A-Za-z0-9_-]*)",
        ),
        (
            "anything may stand behind the signature",
            "_SIGNED_JWT.fullmatch(token)",
            "_SIGNED_JWT.match(token)",
        ),
        (
            "a signature has sixteen spellings",
            "not in _LAST_CHARACTERS[len(segment) % 4]",
            "not in _BASE64URL",
        ),
        (
            "broken base64url is a fault of the API",
            '(_BASE64URL, "", ',
            "(_BASE64URL, _BASE64URL, ",
        ),
        (
            "the minus of base64url is no character",
            'segment.replace("-", "+")',
            "segment",
        ),
        ("the underscore of base64url is no character", '.replace("_", "/")', ""),
        (
            "deep nesting is a fault of the API",
            "except (ValueError, RecursionError):",
            "except ValueError:",
        ),
        (
            "broken JSON is a fault of the API",
            "except (ValueError, RecursionError):",
            "except RecursionError:",
        ),
        (
            "JSON without members is a fault of the API",
            "if not isinstance(members, dict) or",
            "if members is None or",
        ),
        (
            "JSON may be in UTF-16",
            "text = decode(segment).decode().strip(_JSON_BLANKS)",
            "text = json.dumps(json.loads(decode(segment)))",
        ),
        ("what follows the JSON is left", " or end != len(text)", ""),
        ("blanks around the JSON are a fault", ".strip(_JSON_BLANKS)", ""),
        ("any space around the JSON is a blank", ".strip(_JSON_BLANKS)", ".strip()"),
        (
            "a refusal quotes an exception",
            """\
    except (ValueError, RecursionError):
        members, end = None, 0
""",
            """\
    except (ValueError, RecursionError) as error:
        raise InvalidToken("invalid_header", str(error)) from error
""",
        ),
        (
            "a refusal quotes the key ID",
            "InvalidToken(UNKNOWN_KEY, ",
            'InvalidToken(Broken(UNKNOWN_KEY.code, f"{UNKNOWN_KEY.description} {header}"), ',
        ),
        (
            "a refusal quotes the signature",
            "InvalidToken(BAD_SIGNATURE, ",
            'InvalidToken(Broken(BAD_SIGNATURE.code, f"{BAD_SIGNATURE.description} {signature}"), ',
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_keys.py",
        (
            "a key is remembered that the tenant has no more",
            "key = self.keys.find(key_id)",
            "key = vars(self).setdefault(header, self.keys.find(key_id))",
        ),
        (
            "an accepted token is remembered",
            "    def verify(self, token: str)",
            "    @lru_cache\n    def verify(self, token: str)",
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_endpoints.py",
        (
            "a part of the scope claim is a scope",
            "if scope not in held:",
            'if scope not in str(self.claims.get("scope")):',
        ),
        ("any white space parts scopes", 'scope.split(" ")', "scope.split()"),
        (
            "scopes may be a list",
            'scope.split(" ") if isinstance(scope, str) else []',
            'scope.split(" ") if isinstance(scope, str) else scope or []',
        ),
        (
            "a permission is taken for a scope",
            "if scope not in held:",
            "if scope not in held and scope not in self.permissions:",
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_decorators.py",
        (
            "one of several scopes is enough",
            "if scope not in held:",
            "if not any(scope in held for scope in scopes):",
        ),
        (
            "one of several permissions is enough",
            "if not self.permissions.issuperset(permissions):",
            "if permissions and self.permissions.isdisjoint(permissions):",
        ),
        (
            "a scope is taken for a permission",
            "if not self.permissions.issuperset(permissions):",
            "if not (self.scopes | self.permissions).issuperset(permissions):",
        ),
        (
            "permissions may be an object",
            "isinstance(permissions, list)",
            "isinstance(permissions, list | dict)",
        ),
        (
            "permissions may hold other things than texts",
            " and all(isinstance(name, str) for name in permissions)",
            "",
        ),
        ("a view can change the claims", "MappingProxyType(claims)", "claims"),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_tokens.py",
        (
            "the last rule that fails answers",
            "in broken_by_claims(claims, self._issuer, self._audience, self._clock()):",
            "in [*broken_by_claims(claims, self._issuer, self._audience, self._clock())][::-1]:",
        ),
        (
            "a refusal quotes the claims",
            "raise InvalidToken(rule, kid=key_id,",
            'raise InvalidToken(Broken(rule.code, f"{rule.description} {claims}"), kid=key_id,',
        ),
        (
            "a refusal quotes the header",
            "raise InvalidToken(rule, kid=members",
            'raise InvalidToken(Broken(rule.code, f"{rule.description} {members}"), kid=members',
        ),
        ("another clock judges the claims", "self._clock()):", "time.time()):"),
    ),
    *_mutants(
        "auth/rules.py",
        "test_tokens.py",
        ("alg is ignored", 'header.get("alg") != "RS256"', '"alg" not in header'),
        (
            "alg may be RS512",
            'header.get("alg") != "RS256"',
            'header.get("alg") not in ("RS256", "RS512")',
        ),
        (
            "alg may be none",
            'header.get("alg") != "RS256"',
            'header.get("alg") not in ("RS256", "none")',
        ),
        (
            "alg may be a part of RS256",
            'header.get("alg") != "RS256"',
            'str(header.get("alg")) not in "RS256"',
        ),
        (
            "alg may be in small letters",
            'header.get("alg") != "RS256"',
            'str(header.get("alg")).upper() != "RS256"',
        ),
        ("crit is ignored", '"crit" in header or "b64" in header', '"b64" in header'),
        ("b64 is ignored", '"crit" in header or "b64" in header', '"crit" in header'),
        ("typ is ignored", '"typ" in header and not _is_jwt_type(header["typ"])', "False"),
        (
            "typ is required",
            '"typ" in header and not _is_jwt_type(header["typ"])',
            'not _is_jwt_type(header.get("typ"))',
        ),
        ("typ may be another kind of JWT", '("jwt", "at+jwt")', '("jwt", "at+jwt", "id+jwt")'),
        ("typ may be of any media type", '.removeprefix("application/")', '.rpartition("/")[2]'),
        (
            "kid may be empty",
            'not _is_text(header.get("kid"))',
            'not isinstance(header.get("kid"), str)',
        ),
        ("kid may be a number", 'not _is_text(header.get("kid"))', 'not header.get("kid")'),
        (
            "exp is not required",
            "if not _is_number(exp):",
            'if "exp" in claims and not _is_number(exp):',
        ),
        (
            "exp may be a text",
            "if not _is_number(exp):",
            "if not (_is_number(exp) or _is_text(exp)):",
        ),
        ("exp is ignored", "elif exp <= now - EXP_LEEWAY:", "elif False:"),
        ("a token is taken ten minutes after its expiry", "EXP_LEEWAY = 5", "EXP_LEEWAY = 600"),
        ("a token is not taken a moment after its expiry", "EXP_LEEWAY = 5", "EXP_LEEWAY = 0"),
        (
            "the leeway of exp holds a moment too many",
            "exp <= now - EXP_LEEWAY",
            "exp < now - EXP_LEEWAY",
        ),
        ("nbf is ignored", "elif nbf > now + FUTURE_LEEWAY:", "elif False:"),
        ("nbf may be anything", "if not _is_number(nbf):", "if isinstance(nbf, list) and not nbf:"),
        ("nbf may be null", 'if "nbf" in claims:', 'if claims.get("nbf") is not None:'),
        ("iat is ignored", "elif iat > now + FUTURE_LEEWAY:", "elif False:"),
        ("iat may be anything", "if not _is_number(iat):", "if isinstance(iat, list) and not iat:"),
        ("iat may be null", 'if "iat" in claims:', 'if claims.get("iat") is not None:'),
        ("nbf and iat may be hours ahead", "FUTURE_LEEWAY = 60", "FUTURE_LEEWAY = 6000"),
        ("nbf and iat may not be ahead at all", "FUTURE_LEEWAY = 60", "FUTURE_LEEWAY = 0"),
        ("a bool is a number", " and not isinstance(value, bool)", ""),
        ("infinity is a number", "return math.isfinite(value)", "return not math.isnan(value)"),
        ("NaN is a number", "return math.isfinite(value)", "return not math.isinf(value)"),
        ("iss is ignored", 'claims.get("iss") != issuer', "False"),
        (
            "iss is not required",
            'claims.get("iss") != issuer',
            'claims.get("iss", issuer) != issuer',
        ),
        (
            "iss may go on behind the issuer",
            'claims.get("iss") != issuer',
            'not str(claims.get("iss")).startswith(issuer)',
        ),
        (
            "iss may lack its slash",
            'claims.get("iss") != issuer',
            'str(claims.get("iss")).removesuffix("/") != issuer.removesuffix("/")',
        ),
        ("aud is ignored", 'not _is_meant_for(audience, claims.get("aud"))', "False"),
        (
            "aud is not required",
            'not _is_meant_for(audience, claims.get("aud"))',
            'not _is_meant_for(audience, claims.get("aud", audience))',
        ),
        (
            "aud may go on behind the audience",
            "return aud == audience",
            "return str(aud).startswith(audience)",
        ),
        (
            "aud may be an object that holds the audience",
            "return aud == audience",
            "return aud == audience or (isinstance(aud, dict) and audience in aud)",
        ),
        ("aud may hold other things than texts", " and set(map(type, aud)) == {str}", ""),
        (
            "aud may hold no other audience than ours",
            "return audience in aud and",
            "return aud == [audience] and",
        ),
        ("sub is not required", 'claims.get("sub")', 'claims.get("sub", "nobody")'),
        (
            "sub may be empty",
            'not _is_text(claims.get("sub"))',
            'not isinstance(claims.get("sub"), str)',
        ),
        ("cnf is ignored", 'if "cnf" in claims:', "if False:"),
        ("cnf may be null", 'if "cnf" in claims:', 'if claims.get("cnf") is not None:'),
    ),
    *_mutants(
        "auth/decorators.py",
        "test_decorators.py",
        ("requires_auth lets anyone in", "return _guard(view, Decision())", "return public(view)"),
        (
            "requires_scope lets in who sends no token",
            "        token = authenticate()\n",
            """\
        if scopes and "Authorization" not in request.headers:
            return view(*args, **kwargs)
        token = authenticate()
""",
        ),
        (
            "requires_scope does not authenticate by itself",
            "token = authenticate()",
            "token = _current_token() if scopes else authenticate()",
        ),
        (
            "requires_scope asks for no scope",
            "token.require_scopes(*scopes)",
            "token.require_scopes()",
        ),
        (
            "requires_permission asks for no permission",
            "token.require_permissions(*permissions)",
            "token.require_permissions()",
        ),
        (
            "only the outer one of several decorators is told of",
            "inner: Decision = getattr(view, DECISION, Decision())",
            "inner = Decision()",
        ),
        (
            "an outer @public hides what a view demands",
            "if not hasattr(view, DECISION):",
            "if True:",
        ),
        ("a decorator may name nothing", "if not names or not all(", "if not all("),
        (
            "a decorator may name two scopes in one",
            "isinstance(name, str) and _SCOPE_TOKEN.fullmatch(name)",
            "isinstance(name, str) and name",
        ),
        (
            "a protected view loses its docstring",
            "@wraps(view)",
            '@wraps(view, assigned=["__name__"])',
        ),
        ("an async view is not left to Flask", "current_app.ensure_sync(view)(*args", "view(*args"),
        ("a token is verified again and again", "setattr(request, _VERIFIED, token)", "pass"),
        (
            "a token is shared by the requests of an app",
            """\
        token = verifier.verify(read_bearer(request.environ.get("HTTP_AUTHORIZATION")))
        setattr(request, _VERIFIED, token)
""",
            """\
        shared = current_app.extensions
        if "token" not in shared:
            bearer = read_bearer(request.environ.get("HTTP_AUTHORIZATION"))
            shared["token"] = verifier.verify(bearer)
        token = shared["token"]
        setattr(request, _VERIFIED, token)
""",
        ),
        (
            "a token is shared by the requests of a context",
            """\
        token = verifier.verify(read_bearer(request.environ.get("HTTP_AUTHORIZATION")))
        setattr(request, _VERIFIED, token)
""",
            """\
        from flask import g

        if "token" not in g:
            g.token = verifier.verify(read_bearer(request.environ.get("HTTP_AUTHORIZATION")))
        token = g.token
        setattr(request, _VERIFIED, token)
""",
        ),
    ),
    *_mutants(
        "auth/decorators.py",
        "test_refusals.py",
        (
            "a token may stand in the query",
            'environ.get("HTTP_AUTHORIZATION")',
            (
                'request.args.get("access_token", environ.get("HTTP_AUTHORIZATION"),'
                ' "Bearer {}".format)'
            ),
        ),
    ),
    *_mutants(
        "auth/decided.py",
        "test_decided.py",
        (
            "an app with an undecided endpoint starts",
            "for endpoint in app.view_functions:",
            "for endpoint in ():",
        ),
        ("an endpoint added later is served undecided", "@app.before_request", ""),
        (
            "a public blueprint opens the ones within",
            'endpoint.rpartition(".")[0]',
            'endpoint.partition(".")[0]',
        ),
        (
            "any blueprint decides for its views",
            "decision = getattr(blueprint, DECISION, None)",
            "decision = Decision(public=True) if blueprint else None",
        ),
        (
            "a blueprint opens a view whose decorator stands above the route",
            " and not hasattr(view, BARE)",
            "",
        ),
    ),
    *_mutants(
        "auth/errors.py",
        "test_no_token.py",
        (
            "a 401 has no challenge",
            'return {"WWW-Authenticate": \'Bearer realm="api"\'}',
            "return {}",
        ),
        (
            "without a token the challenge names an error",
            'return {"WWW-Authenticate": \'Bearer realm="api"\'}',
            'return {"WWW-Authenticate": _challenge("invalid_request", self.description)}',
        ),
    ),
    *_mutants(
        "auth/errors.py",
        "test_refusals.py",
        (
            "a bad token's challenge names no error",
            'return {"WWW-Authenticate": _challenge("invalid_token", self.description)}',
            'return {"WWW-Authenticate": \'Bearer realm="api"\'}',
        ),
        (
            "the challenge does not name the scope",
            'return {"WWW-Authenticate": f\'{challenge}, scope="{self.needed}"\'}',
            'return {"WWW-Authenticate": challenge}',
        ),
        ("a missing scope is a 401", "status = 403", "status = 401"),
        ("without keys the answer is a 401", "status = 503", "status = 401"),
        (
            "a 503 does not say when to retry",
            'return {"Retry-After": str(self.retry_after)}',
            "return {}",
        ),
    ),
    *_mutants(
        "auth/__init__.py",
        "test_refusals.py",
        (
            "an answer to a token may be cached",
            'response.headers["Cache-Control"] = "no-store"',
            "pass",
        ),
        (
            "a refusal of a token may be cached",
            'if "HTTP_AUTHORIZATION" in request.environ:',
            'if "HTTP_AUTHORIZATION" in request.environ and response.status_code < 400:',
        ),
    ),
    *_mutants(
        "auth/__init__.py",
        "test_decorators.py",
        (
            "a view can let an answer to a token be cached",
            'response.headers["Cache-Control"] = "no-store"',
            'response.headers.setdefault("Cache-Control", "no-store")',
        ),
    ),
    *_mutants(
        "auth/jwks.py",
        "test_jwks.py",
        (
            "a silent tenant is waited for without end",
            "timeout=_CONNECT_READ_TIMEOUTS",
            "timeout=None",
        ),
        ("a silent tenant is waited for over minutes", "(3.0, 5.0)", "(300.0, 500.0)"),
        (
            "a fetch may drip for ever",
            "if time.monotonic() > deadline:",
            "if time.monotonic() < 0:",
        ),
        ("a chunk may drip past the deadline", "response.raw.read1(", "response.raw.read("),
        ("a key set may have any size", "if len(body) > _MAX_BYTES:", "if time.monotonic() < 0:"),
        (
            "a compressed key set is measured compressed",
            "decode_content=True",
            "decode_content=False",
        ),
        ("redirects are followed", "allow_redirects=False", "allow_redirects=True"),
        (
            "any status that is no error is good",
            "if response.status_code != 200:",
            "if not response.ok:",
        ),
        ("any certificate is believed", "stream=True,", "stream=True,\n        verify=False,"),
        ("the password in .netrc is sent", "auth=lambda prepared: prepared,", "auth=None,"),
    ),
    *_mutants(
        "auth/jwks.py",
        "test_key_set.py",
        ("a key set without keys is good", "if not keys:", "if keys is None:"),
        (
            "a key that is not usable spoils the others",
            "        if key is not None:\n",
            """\
        if key is None:
            raise FetchError("a key is not usable")
        else:
""",
        ),
        ("a key that is no key spoils the others", "except ValueError:", "except TypeError:"),
        (
            "of two keys with one ID the last is used",
            'keys.setdefault(entry["kid"], key)',
            'keys[entry["kid"]] = key',
        ),
        ("a key of any type is used", 'entry.get("kty") == "RSA"', "True"),
        (
            "a key ID need not be a text",
            'isinstance(entry.get("kid"), str)',
            'isinstance(entry.get("kid"), str | int)',
        ),
        ("a key for any algorithm is used", 'entry.get("alg", "RS256") == "RS256"', "True"),
        ("a key for encryption is used", 'entry.get("use", "sig") == "sig"', "True"),
        ("a key for other operations is used", '"verify" in key_ops', "True"),
        (
            "key operations may be a text",
            "isinstance(key_ops, list)",
            "isinstance(key_ops, list | str)",
        ),
        ("a key that is no secret any more is used", '"d" not in entry', "True"),
        ("a short key is used", "range(2048, 8192 + 1)", "range(1024, 8192 + 1)"),
        ("an endless key is used", "range(2048, 8192 + 1)", "range(2048, 2**20)"),
    ),
    *_mutants(
        "auth/keys.py",
        "test_keys.py",
        (
            "the keys are fetched at each request",
            "return now >= self.fetched_at + TIME_TO_LIVE",
            "return True",
        ),
        ("the keys are kept for a day", "TIME_TO_LIVE = 600.0", "TIME_TO_LIVE = 86400.0"),
        (
            "the time to live begins with the fetch",
            "_Held(fetch_keys(self._url), self._clock())",
            "_Held(fetch_keys(self._url), fetch.deadline - FETCH_TIME)",
        ),
        (
            "stale keys are served for ever",
            "return self.keys.get(kid) if now < self.fetched_at + STALE_LIMIT else None",
            "return self.keys.get(kid)",
        ),
        ("an outage is not bridged", "STALE_LIMIT = 3600.0", "STALE_LIMIT = 600.0"),
        (
            "a revoked key lives on",
            "self._held = held",
            "self._held = _Held({**self._held.keys, **held.keys}, held.fetched_at)",
        ),
        ("each unknown key ID is a fetch", " and now >= self._unknown_kid_retry_at", ""),
        (
            "a cold start delays the fetch for an unknown key ID",
            "            if now >= self._retry_at:\n",
            """\
            if now >= self._retry_at:
                self._unknown_kid_retry_at = now + UNKNOWN_KID_INTERVAL
""",
        ),
        (
            "a failed fetch for an unknown key ID does not count",
            "        self._failed = held is None\n",
            """\
        self._failed = held is None
        if self._failed:
            self._unknown_kid_retry_at = -math.inf
""",
        ),
        (
            "an unknown key ID is refused while the tenant is out",
            "(self._failed or self._fetch is not None)",
            "self._fetch is not None",
        ),
        (
            "a failed fetch is tried again at once",
            "RETRY_AFTER_FAILURE = 10.0",
            "RETRY_AFTER_FAILURE = 0.0",
        ),
        (
            "a failed fetch is tried again after the time to live",
            "RETRY_AFTER_FAILURE = 10.0",
            "RETRY_AFTER_FAILURE = 600.0",
        ),
        ("a failed fetch is not logged", "self._log_failure(reason)", "pass"),
        (
            "a fetch runs on the thread of a request",
            "            thread.start()\n",
            """\
            self._lock.release()
            thread.run()
            self._lock.acquire()
""",
        ),
        (
            "a request that has a key waits for a fetch",
            "if held.usable(kid, now) is None:",
            "if key is None or held.is_due(now):",
        ),
        (
            "keys past their time are not fetched anew",
            "key is not None and now < held.fetched_at + TIME_TO_LIVE",
            "key is not None and now < held.fetched_at + STALE_LIMIT",
        ),
        (
            "each waiting request fetches for itself",
            "if self._fetch is None and self._begun == begun_before:",
            "if self._begun == begun_before:",
        ),
        (
            "every request waits on for a slow tenant",
            "may_wait_on = self._long_waits.acquire(blocking=False)",
            "may_wait_on = self._long_waits.acquire(blocking=False) or True",
        ),
        (
            "few requests wait for a quick tenant",
            "SHORT_WAIT = 1.0",
            "SHORT_WAIT = 0.0",
        ),
        (
            "a request waits for more than ten seconds",
            "deadline = self._clock() + FETCH_TIME",
            "deadline = self._clock() + 600",
        ),
        (
            "a fetch is never given up",
            "self._fetch if self._fetch and now >= self._fetch.deadline else None",
            "None",
        ),
        (
            "a fetch given up brings its keys after all",
            "if fetch is not self._fetch:",
            "if fetch is None:",
        ),
        (
            "a fetch begun before a request is its last word",
            """\
                return key
            fetch = self._fetch_for(kid, begun_before)
""",
            """\
                return key
            break
""",
        ),
        (
            "a system without threads is a fault of the API",
            "except RuntimeError as error:",
            "except ValueError as error:",
        ),
    ),
    *_mutants(
        "auth/keys.py",
        "test_tokens.py",
        (
            "any key of the tenant is taken for the one named",
            "key = held.keys.get(kid)",
            "key = next(iter(held.keys.values()), None)",
        ),
    ),
    *_mutants(
        "auth/keys.py",
        "test_refusals.py",
        (
            "a key set that is no key set ends the fetch unheard",
            "except Exception as error:",
            "except OSError as error:",
        ),
    ),
    *_mutants(
        "config.py",
        "test_settings.py",
        (
            "an empty setting is the answer given",
            "environ.get(name, default)",
            "environ.get(name) or default",
        ),
        ("a tenant still to be set is one", "if domain == UNSET_DOMAIN:", "if not domain:"),
        (
            "http:// before a domain is stripped",
            '.removeprefix("https://")',
            '.removeprefix("https://").removeprefix("http://")',
        ),
        ("anything may stand behind a domain", "pattern.fullmatch(value)", "pattern.match(value)"),
        (
            "a domain may be one word",
            r"localhost|{_LABEL}(?:\.{_LABEL})+)",
            r"localhost|{_LABEL}(?:\.{_LABEL})*)",
        ),
        ("a port may have any number", ' and int(match["port"] or 443) <= 65535', ""),
        ("an audience may be empty", 'if not audience or " " in', 'if " " in'),
        ("an audience may hold a blank", '" " in audience or ', ""),
        ("an audience may hold what cannot be seen", " or not audience.isprintable()", ""),
        ("the audience may be the Management API", "if management or audience", "if audience"),
        (
            "the audience may be this tenant's Management API",
            ' or audience == f"https://{domain}/api/v2/"',
            "",
        ),
        ("the audience may be the user info endpoint", ' or audience.endswith("/userinfo")', ""),
    ),
    *_mutants(
        "config.py",
        "test_cors.py",
        (
            "any origin may stand beside others",
            'if origins != ["*"] and',
            'if "*" not in origins and',
        ),
        ("an origin keeps the port that no browser names", '":443" if', '"" if'),
        (
            "an origin may be anything",
            'if origins != ["*"] and not all(_matches(_ORIGIN, origin) for origin in origins):',
            "if origins is None:",
        ),
    ),
    *_mutants(
        "cors.py",
        "test_cors.py",
        ("any origin may call", '{"origins": app.config["CORS_ORIGINS"]}', '{"origins": "*"}'),
        ("pages outside of the API may be read", 'r"/api/.*"', 'r"/.*"'),
        ("a caller that is no page is told every origin", "always_send=False,", ""),
        (
            "a page cannot read an error",
            "        CORS(\n",
            """\
        @app.after_request
        def keep_errors_back(response):
            if response.status_code >= 400:
                del response.headers["Access-Control-Allow-Origin"]
            return response

        CORS(
""",
        ),
        (
            "a page cannot read the challenge",
            'expose_headers=["WWW-Authenticate", "Retry-After", "X-Request-ID"],',
            "",
        ),
        ("a page may send any header", 'allow_headers=["Authorization", "Content-Type"],', ""),
        (
            "a page may send no token",
            'allow_headers=["Authorization", "Content-Type"],',
            'allow_headers=["Content-Type"],',
        ),
        (
            "a page may send cookies",
            'allow_headers=["Authorization", "Content-Type"],',
            'supports_credentials=True, allow_headers=["Authorization"],',
        ),
    ),
    *_mutants(
        "auth/keys.py",
        "test_keys.py",
        (
            "keys are fetched whenever they are warmed up",
            "if not self._begun:",
            "if True:",
        ),
        (
            "keys that may not be used have an age",
            "if age < STALE_LIMIT",
            "if age <= STALE_LIMIT",
        ),
    ),
    *_mutants(
        "auth/keys.py",
        "test_logs.py",
        ("the first keys are a change", "if before and before !=", "if before !="),
        ("a rotation is no news", "if before and before !=", "if not before and before !="),
    ),
    *_mutants(
        "auth/errors.py",
        "test_logs.py",
        ("any text is an identifier", "_IDENTIFIER.fullmatch(value)", "value"),
        ("a key ID of any length is logged", "]{1,128}", "]+"),
        (
            "no identifier is logged",
            "isinstance(value, str) and _ID",
            "isinstance(value, int) and _ID",
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_logs.py",
        ("the client of RFC 9068 has no name", ', claims.get("client_id"))', ")"),
        ("the claims are logged", "client_id=client_id)", "client_id=payload)"),
        (
            "an unverified client is logged",
            'kid=members.get("kid"))',
            'kid=members.get("kid"), client_id="me")',
        ),
    ),
    *_mutants(
        "logs.py",
        "test_logs.py",
        (
            "a token in the query string is logged",
            '"path": request.path',
            '"path": request.full_path',
        ),
        ("any request ID is taken", "if _REQUEST_ID.fullmatch(given)", "if given"),
        ("no request ID is taken", "given if _REQUEST_ID.fullmatch(given) else ", ""),
        ("all requests have one ID", "secrets.token_hex(16)", '"0" * 32'),
        ("the answer has no request ID", 'response.headers["X-Request-ID"] = g.request_id', "pass"),
        ("lines have no request ID", "record.request_id = g.request_id", "pass"),
        ("a path can forge a line", "else json.dumps(text)", "else text"),
        ("a path can forge a field", "_PLAIN.fullmatch(text)", "text.isprintable()"),
        (
            "the development server's lines come on top",
            "return not (record.name",
            "return True or (record.name",
        ),
        ("the logging of a server is undone", "if not logging.root.handlers:", "if True:"),
        (
            "what cannot be read is quoted",
            'record.msg = record.msg.partition(": ")[0]',
            "pass",
        ),
        ("logging is never set up", "if not logging.root.handlers:", "if False:"),
        ("a traceback is lost", 'if "traceback" in log_data', "if False"),
    ),
    *_mutants(
        "health.py",
        "test_health.py",
        ("it is ready while it stops", '("stopping", 503)', '("stopping", 200)'),
        (
            "it is ready with keys alone",
            "condition is None or condition()",
            "signing_keys(current_app).age",
        ),
    ),
    *_mutants(
        "headers.py",
        "test_headers.py",
        (
            "a view's own policy is lost",
            "if name.lower() not in present:",
            "if True:",
        ),
        ("TLS is demanded over plain HTTP", "if request.is_secure:", "if True:"),
        ("TLS is never demanded", "if request.is_secure:", "if False:"),
        ("a page may be framed", "; frame-ancestors 'none'", ""),
    ),
    *_mutants(
        "config.py",
        "test_settings.py",
        (
            "a body may be of any length",
            '"MAX_CONTENT_LENGTH": clean_length',
            '"MAX": clean_length',
        ),
        ("a body may have no byte", "[1-9][0-9]{0,11}", "[0-9]{1,12}"),
    ),
    *_mutants(
        "errors.py",
        "test_errors.py",
        ("other errors are pages", "app.register_error_handler(HTTPException, _as_json)", "return"),
        (
            "a fault of the API says its cause",
            '"description": error.description',
            '"description": str(getattr(error, "original_exception", error.description))',
        ),
        (
            "an error loses its headers",
            '    response.content_type = "application/json"\n',
            """\
    response.headers.clear()
    response.content_type = "application/json"
""",
        ),
        (
            "an answer that a view aborts with is replaced",
            "if error.response is not None:",
            "if error.code is None:",
        ),
    ),
    *_mutants(
        "routes.py",
        "test_endpoints.py",
        ("the private endpoint is public", "@requires_auth", "@public"),
        (
            "the private endpoint asks for a scope",
            "@requires_auth",
            '@requires_scope("read:messages")',
        ),
        (
            "the scoped endpoint asks for no scope",
            '@requires_scope("read:messages")',
            "@requires_auth",
        ),
    ),
    *_mutants(
        "__init__.py",
        "test_decided.py",
        ("the app does not check its endpoints", "auth.refuse_undecided(app)", "pass"),
    ),
    *_mutants(
        "logs.py",
        "test_logs.py",
        (
            "a path may begin a line of the log",
            '_BREAKS.sub(lambda found: repr(found[0])[1:-1], str(log_data["message"]))',
            'log_data["message"]',
        ),
        ("gunicorn may quote a query string", 'str(url).partition("?")[0]', "url"),
    ),
    *_mutants(
        "cors.py",
        "test_cors.py",
        ("a cache gives one origin another's answer", "app.after_request(_vary)", "pass"),
    ),
    *_mutants(
        "auth/jwks.py",
        "test_jwks.py",
        (
            "the password of a proxy is told",
            "except requests.exceptions.InvalidURL:",
            "except ZeroDivisionError:",
        ),
    ),
    *_mutants(
        "../gunicorn.conf.py",
        "test_gunicorn.py",
        ("what .env has is not checked", 'if "--check-config" in sys.argv:', "if False:"),
        ("gunicorn has a port that there is not", "or int(value) > 65_535", ""),
        ("gunicorn refuses a long token", "MAX_LENGTH + 1024", "1024"),
        ("a request moves the API", 'forwarder_headers = ""', ""),
    ),
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How tests have ended: `failed` names the first that failed, if one did."""

    green: bool
    failed: str
    output: str
    seconds: float


def run_tests(project: Path, tests: Sequence[str], *mutants: Mutant) -> Outcome:
    """Run test files in a copy of the project that the mutants have broken.

    `project` has a .venv, whose tools are used, and stays as it is.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / project.name
        shutil.copytree(project, copy, ignore=_NOT_COPIED)
        for mutant in mutants:
            mutant.apply(copy)
        green, output = _pytest(project / ".venv", copy, f"--basetemp={folder}/pytest", *tests)
    failed = re.search(r"^FAILED tests/(.+?)(?: - .*)?$", output, re.MULTILINE)
    return Outcome(green, failed[1] if failed else "", output, time.monotonic() - started)


def _pytest(venv: Path, project: Path, *arguments: str) -> tuple[bool, str]:
    """Run pytest until a test fails; return whether none did, and what was said."""
    pytest = [str(venv / "bin/pytest"), "-x", "-q", "--tb=short", "-p", "no:cacheprovider"]
    environ = user_environ(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")  # Hypothesis takes a second to load
    with running([*pytest, *arguments], project, environ) as process:
        try:
            output = process.communicate(timeout=TIMEOUT)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            return False, f"The tests have not ended within {TIMEOUT:.0f} s."
    return process.returncode == 0, output


def main(words: Sequence[str]) -> int:
    """Return the exit code."""
    chosen = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    if not chosen:
        print("No mutant's name holds one of these words.", file=sys.stderr)
        return 2
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        project = _ready_project(Path(folder))
        healthy = run_tests(project, sorted({mutant.tests for mutant in chosen}))
        if not healthy.green:
            print(f"{healthy.output}\nThe tests fail without a mutant.", file=sys.stderr)
            return 1
        missed = 0
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            outcomes = pool.map(lambda mutant: run_tests(project, [mutant.tests], mutant), chosen)
            for mutant, outcome in zip(chosen, outcomes, strict=True):
                missed += not outcome.failed
                print(_row(mutant, outcome), flush=True)
    seconds = time.monotonic() - started
    print(f"{len(chosen) - missed} of {len(chosen)} mutants noticed in {seconds:.0f} s")
    return 1 if missed else 0


def _row(mutant: Mutant, outcome: Outcome) -> str:
    row = f"{mutant.name:<60}{outcome.seconds:5.1f} s  {outcome.failed or 'NOT NOTICED'}"
    return row if outcome.green or outcome.failed else f"{row}\n{outcome.output}"


def _ready_project(folder: Path) -> Path:
    """Render the defaults, and set up a .venv."""
    project = render(folder / "rendered")
    subprocess.run(["make", "-s", ".venv/.ready"], cwd=project, env=user_environ(), check=True)
    return project


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
