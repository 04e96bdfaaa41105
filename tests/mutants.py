"""Mutants of the rendered API: each breaks one rule, and the API's own tests must notice.

`python -m tests.mutants` shows which test notices which mutant; words after it select mutants by
name. It exits with status 0 only if the tests notice every mutant.
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
        path = project / self.file
        return path.read_text(encoding="utf-8").count(self.text) if path.exists() else 0

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
        ("an empty header is another scheme", "if not value:", "if header is None:"),
    ),
    *_mutants(
        "auth/bearer.py",
        "auth/test_rejections.py",
        (
            "the scheme has to be in the case of Bearer",
            'if scheme.lower() != "bearer":',
            'if scheme != "Bearer":',
        ),
        (
            "any white space separates scheme and token",
            'scheme, _, token = value.partition(" ")',
            'scheme, token = [*value.split(None, 1), ""][:2]',
        ),
        ("tabs may precede the token", 'token = token.lstrip(" ")', "token = token.strip()"),
    ),
    *_mutants(
        "auth/bearer.py",
        "test_tokens.py",
        ("any white space may follow the token", '.strip(" \\t")', ".strip()"),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_tokens.py",
        ("the header is not checked", "next(header_violations(members), None)", "None"),
        (
            "the claims are not checked",
            "next(claim_violations(claims, self._issuer, self._audience, now), None)",
            "None",
        ),
        (
            "the signature is not checked",
            "if not key.verify(signed.encode(), decode(signature)):",
            "if not decode(signature):",
        ),
        (
            "the claims are checked before the signature",
            """\
        if not key.verify(signed.encode(), decode(signature)):
""",
            """\
        claims, now = read_object(payload), self._clock()
        if reason := next(claim_violations(claims, self._issuer, self._audience, now), None):
            raise Unauthenticated(reason)
        if not key.verify(signed.encode(), decode(signature)):
""",
        ),
        ("a token of any length is read", "if len(token) > MAX_TOKEN_LENGTH:", "if not token:"),
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
            "anything may follow the signature",
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
            "the minus of base64url is not decoded",
            'segment.replace("-", "+")',
            "segment",
        ),
        ("the underscore of base64url is not decoded", '.replace("_", "/")', ""),
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
            r'text = decode(segment).decode().strip(" \t\n\r")',
            "text = json.dumps(json.loads(decode(segment)))",
        ),
        ("what follows the JSON is ignored", " or end != len(text)", ""),
        ("white space around the JSON is a fault", r'.strip(" \t\n\r")', ""),
        ("any space may surround the JSON", r'.strip(" \t\n\r")', ".strip()"),
        (
            "a description quotes an exception",
            "        members, end = None, 0\n",
            """\
        import sys

        reason = rejections.NOT_JSON_OBJECTS
        text = f"{reason.description} {sys.exc_info()[1]}"
        raise Unauthenticated(rejections.Reason(401, reason.error, reason.code, text)) from None
""",
        ),
        (
            "a description quotes the key ID",
            "        if key is None:\n",
            """\
        if key is None:
            reason = rejections.UNKNOWN_KEY
            text = f"{reason.description} {key_id}"
            raise Unauthenticated(rejections.Reason(401, reason.error, reason.code, text))
""",
        ),
        (
            "a description quotes the signature",
            "raise Unauthenticated(rejections.WRONG_SIGNATURE, ",
            """\
reason = rejections.WRONG_SIGNATURE
            text = f"{reason.description} {signature}"
            raise Unauthenticated(rejections.Reason(401, reason.error, reason.code, text), """,
        ),
        (
            "a description quotes the claims",
            "raise Unauthenticated(reason, kid=key_id,",
            """\
text = f"{reason.description} {claims}"
            raise Unauthenticated(rejections.Reason(401, reason.error, reason.code, text),""",
        ),
        (
            "a description quotes the header",
            "raise Unauthenticated(reason, kid=members",
            """\
text = f"{reason.description} {members}"
        reason = rejections.Reason(401, reason.error, reason.code, text)
        raise Unauthenticated(reason, kid=members""",
        ),
        (
            "the last rule that a token violates is reported",
            "next(claim_violations(claims, self._issuer, self._audience, now), None)",
            "next(reversed([*claim_violations(claims, self._issuer, self._audience, now)]), None)",
        ),
        ("the claims are checked by another clock", "self._clock()", "time.time()"),
    ),
    *_mutants(
        "auth/rejections.py",
        "test_tokens.py",
        (
            "a token as long as Auth0 makes them is too long",
            "MAX_TOKEN_LENGTH = 16_384",
            "MAX_TOKEN_LENGTH = 8_192",
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_keys.py",
        (
            "a key is remembered that the tenant has removed",
            "key = self.keys.find(key_id)",
            "key = vars(self).setdefault(header, self.keys.find(key_id))",
        ),
        (
            "an accepted token is remembered",
            "    def verify(self, token: str)",
            "    @__import__('functools').lru_cache\n    def verify(self, token: str)",
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "auth/test_decorators.py",
        ("any white space separates scopes", 'scope.split(" ")', "scope.split()"),
        (
            "scopes may be a list",
            'scope.split(" ") if isinstance(scope, str) else ()',
            'scope.split(" ") if isinstance(scope, str) else scope or ()',
        ),
        (
            "permissions may be an object",
            "isinstance(permissions, list)",
            "isinstance(permissions, list | dict)",
        ),
        (
            "permissions may hold other things than strings",
            " and all(isinstance(name, str) for name in permissions)",
            "",
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "auth/test_request_token.py",
        (
            "a view can change the claims",
            "MappingProxyType(read_object(payload))",
            "read_object(payload)",
        ),
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
            'not _is_nonempty_string(header.get("kid"))',
            'not isinstance(header.get("kid"), str)',
        ),
        (
            "kid may be a number",
            'not _is_nonempty_string(header.get("kid"))',
            'not header.get("kid")',
        ),
        (
            "exp is not required",
            "if not _is_number(exp):",
            'if "exp" in claims and not _is_number(exp):',
        ),
        (
            "exp may be a string",
            "if not _is_number(exp):",
            "if not (_is_number(exp) or isinstance(exp, str)):",
        ),
        ("exp is ignored", "elif exp <= now - EXP_LEEWAY:", "elif False:"),
        ("a token is accepted ten minutes after it expires", "EXP_LEEWAY = 5", "EXP_LEEWAY = 600"),
        ("a token is rejected the moment it expires", "EXP_LEEWAY = 5", "EXP_LEEWAY = 0"),
        (
            "the leeway of exp lasts a moment too long",
            "exp <= now - EXP_LEEWAY",
            "exp < now - EXP_LEEWAY",
        ),
        ("nbf is ignored", "elif nbf > now + FUTURE_LEEWAY:", "elif False:"),
        ("nbf may be anything", "if not _is_number(nbf):", "if isinstance(nbf, list) and not nbf:"),
        ("nbf may be null", 'claims.get("nbf", now)', 'claims.get("nbf") or now'),
        ("iat is ignored", "elif iat > now + FUTURE_LEEWAY:", "elif False:"),
        ("iat may be anything", "if not _is_number(iat):", "if isinstance(iat, list) and not iat:"),
        ("iat may be null", 'claims.get("iat", now)', 'claims.get("iat") or now'),
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
            "iss may continue after the issuer",
            'claims.get("iss") != issuer',
            'not str(claims.get("iss")).startswith(issuer)',
        ),
        (
            "iss may lack its slash",
            'claims.get("iss") != issuer',
            'str(claims.get("iss")).removesuffix("/") != issuer.removesuffix("/")',
        ),
        ("aud is ignored", 'not _includes(claims.get("aud"), audience)', "False"),
        (
            "aud is not required",
            'not _includes(claims.get("aud"), audience)',
            'not _includes(claims.get("aud", audience), audience)',
        ),
        (
            "aud may continue after the audience",
            "return aud == audience",
            "return str(aud).startswith(audience)",
        ),
        (
            "aud may be an object that holds the audience",
            "return aud == audience",
            "return aud == audience or (isinstance(aud, dict) and audience in aud)",
        ),
        ("aud may hold other things than strings", " and set(map(type, aud)) == {str}", ""),
        (
            "aud may hold no other audience than ours",
            "return audience in aud and",
            "return aud == [audience] and",
        ),
        ("sub is not required", 'claims.get("sub")', 'claims.get("sub", "nobody")'),
        (
            "sub may be empty",
            'not _is_nonempty_string(claims.get("sub"))',
            'not isinstance(claims.get("sub"), str)',
        ),
        ("cnf is ignored", 'if "cnf" in claims:', "if False:"),
        ("cnf may be null", 'if "cnf" in claims:', 'if claims.get("cnf") is not None:'),
    ),
    *_mutants(
        "auth/decorators.py",
        "auth/test_decorators.py",
        (
            "optional_auth does not verify a token",
            "optional_auth = PolicyDecorator(Access.OPTIONAL)",
            "optional_auth = PolicyDecorator(Access.PUBLIC)",
        ),
        (
            "requires_auth allows callers without a token",
            "requires_auth = PolicyDecorator(Access.REQUIRED)",
            "requires_auth = PolicyDecorator(Access.OPTIONAL)",
        ),
        (
            "one of several scopes is enough",
            'return _requires("scope", *((scope,) for scope in scopes))',
            'return _requires("scope", scopes)',
        ),
        (
            "any of several scopes means all of them",
            'return _requires("scope", scopes)',
            'return _requires("scope", *((scope,) for scope in scopes))',
        ),
        (
            "one of several permissions is enough",
            'return _requires("permission", *((permission,) for permission in permissions))',
            'return _requires("permission", permissions)',
        ),
        (
            "any of several permissions means all of them",
            'return _requires("permission", permissions)',
            'return _requires("permission", *((permission,) for permission in permissions))',
        ),
        (
            "scopes and permissions are declared without effect",
            ", *(Requirement(kind, choice) for choice in choices))",
            ")",
        ),
        ("a decorator may name nothing", "if not names or not all(", "if not all("),
        (
            "a decorator may name two scopes in one string",
            "isinstance(name, str) and _NAME.fullmatch(name)",
            "isinstance(name, str) and name",
        ),
        (
            "a claim may be required without a value",
            "isinstance(claim, str) and claim and values",
            "isinstance(claim, str) and claim",
        ),
        (
            "contradicting policies are accepted",
            "if policy.access is not existing.access and not ismethod(target):",
            "if False:",
        ),
        (
            "a bound method cannot get another policy at each request",
            " and not ismethod(target):",
            ":",
        ),
        (
            "a decorated function does not check by itself",
            "            authorize_call(policy)\n            return view(",
            "            return view(",
        ),
        (
            "a decorated async function does not check by itself",
            "            authorize_call(policy)\n            return await",
            "            return await",
        ),
        ("a decorated async function returns a coroutine", "return await cast(", "return cast("),
        (
            "a decorated async function is not async",
            'cast("Callable[P, R]", guarded_async) if iscoroutinefunction(view) else guarded',
            "guarded",
        ),
        (
            "a decorated function loses its docstring",
            "        @wraps(view)\n        def",
            '        @wraps(view, assigned=["__name__"])\n        def',
        ),
    ),
    *_mutants(
        "auth/decorators.py",
        "app/test_openapi.py",
        (
            "only the outer one of several decorators is documented",
            "return policy & existing",
            "return policy",
        ),
    ),
    *_mutants(
        "auth/decorators.py",
        "auth/test_policies.py",
        (
            "of several decorators of a class only the last counts",
            "setattr(target, POLICY, self._added_to(target, vars(target).get(POLICY)))",
            "self._added_to(target, vars(target).get(POLICY))"
            "; setattr(target, POLICY, self.access_policy)",
        ),
        (
            "a class cannot differ from its base",
            "vars(target).get(POLICY)",
            "getattr(target, POLICY, None)",
        ),
    ),
    *_mutants(
        "auth/decorators.py",
        "auth/test_gate.py",
        (
            "a decorator above the route leaves no mark",
            'setattr(getattr(view, "__func__", view), ABOVE_ROUTE, combined)',
            "pass",
        ),
        (
            "a function keeps the mark of another decorator of it",
            "vars(decorated).pop(ABOVE_ROUTE, None)",
            "pass",
        ),
    ),
    *_mutants(
        "auth/policies.py",
        "auth/test_decorators.py",
        (
            "a part of the scope claim is a scope",
            "return not names.isdisjoint(self.values)",
            'return any(str(value) in str(token.claims.get("scope")) for value in self.values)',
        ),
        (
            "a permission is taken for a scope",
            "names = token.scopes if",
            "names = token.scopes | token.permissions if",
        ),
        (
            "a scope is taken for a permission",
            "else token.permissions",
            "else token.scopes | token.permissions",
        ),
        (
            "a claim is compared without its type",
            "(type(value), value) in held",
            "value in [each for _, each in held]",
        ),
        (
            "a list in a claim is not searched",
            "claim if isinstance(claim, list) else [claim]",
            "[claim]",
        ),
        (
            "a missing claim is accepted",
            "token.claims.get(self.claim)",
            "token.claims.get(self.claim, self.values[0])",
        ),
        (
            "a claim needs all of several values",
            "return any((type(value)",
            "return all((type(value)",
        ),
        (
            "only the first requirement is checked",
            "for requirement in self.requirements:",
            "for requirement in self.requirements[:1]:",
        ),
    ),
    *_mutants(
        "auth/policies.py",
        "auth/test_policies.py",
        (
            "a challenge repeats a scope",
            '" ".join(dict.fromkeys(first))',
            '" ".join(first)',
        ),
        (
            "a challenge names every alternative",
            "str(each.values[0])",
            '" ".join(map(str, each.values))',
        ),
        (
            "a challenge names permissions and claims",
            'for each in self.requirements if each.kind == "scope")',
            "for each in self.requirements)",
        ),
        (
            "a wrong claim is reported as a missing scope",
            '"claim": rejections.INSUFFICIENT_CLAIMS',
            '"claim": rejections.INSUFFICIENT_SCOPE',
        ),
        (
            "combined policies are as open as the more open one",
            "max(self.access, other.access)",
            "min(self.access, other.access)",
        ),
        (
            "combined policies have only the requirements of the first",
            "self.requirements + other.requirements",
            "self.requirements",
        ),
        (
            "only the innermost level is required",
            "            required.append(policy)\n",
            "            return policy\n",
        ),
        (
            "an open blueprint opens a view that requires a token",
            "        elif required:\n            break\n",
            "",
        ),
        (
            "requirements outside an open blueprint count",
            "        elif required:\n            break\n",
            "        elif required:\n            continue\n",
        ),
        (
            "a protected blueprint closes a public view",
            "in _levels(view, method, blueprints, by_name):",
            "in sorted(_levels(view, method, blueprints, by_name), key=lambda each: -each.access):",
        ),
        (
            "the policy of a class is ignored",
            '(getattr(view, "view_class", object).__mro__, blueprints)',
            "(blueprints,)",
        ),
        (
            "blueprints come before the class",
            '(getattr(view, "view_class", object).__mro__, blueprints)',
            '(blueprints, getattr(view, "view_class", object).__mro__)',
        ),
        (
            "openness is inherited by subclasses",
            "policy = vars(each).get(POLICY)",
            "policy = getattr(each, POLICY, None)",
        ),
        (
            "openness is inherited by nested blueprints",
            "(index == 0 or policy.access",
            "(index == 0 or chain is blueprints or policy.access",
        ),
        (
            "requirements are not inherited",
            "(index == 0 or policy.access is Access.REQUIRED)",
            "index == 0",
        ),
        (
            "HEAD does not follow GET",
            'if name == "head" and not hasattr(cls, "head"):',
            "if False:",
        ),
        (
            "the head method of a class is ignored",
            'if name == "head" and not hasattr(cls, "head"):',
            'if name == "head":',
        ),
        (
            "the decorators attribute of a class is ignored",
            "return [view, cls.dispatch_request",
            "return [cls.dispatch_request",
        ),
        ("dispatch_request is ignored", "cls.dispatch_request, handler,", "handler,"),
        ("method_decorators are ignored", "handler, *decorators]", "handler]"),
        (
            "method_decorators by method are ignored",
            "decorators = decorators.get(name, ())",
            "decorators = ()",
        ),
        (
            "method_decorators of GET do not apply to HEAD",
            "decorators = decorators.get(name, ())",
            "decorators = decorators.get(method.lower(), ())",
        ),
    ),
    *_mutants(
        "auth/policies.py",
        "test_hostile.py",
        (
            "a missing permission is reported as a missing scope",
            '"permission": rejections.INSUFFICIENT_PERMISSIONS',
            '"permission": rejections.INSUFFICIENT_SCOPE',
        ),
    ),
    *_mutants(
        "auth/gate.py",
        "auth/test_gate.py",
        (
            "a blueprint opens a view whose decorator is above the route",
            "    if is_above_route(view):",
            "    if policy is None and is_above_route(view):",
        ),
    ),
    *_mutants(
        "auth/policies.py",
        "auth/test_gate.py",
        (
            "a policy above the route counts only without one below",
            "not (own and own.covers(wrapped))",
            "own is None",
        ),
        (
            "a policy by name replaces the decorators of a view",
            "_combined([*own, *named])",
            "_combined(named or own)",
        ),
        (
            "a decorator of a view replaces the policy by name",
            "_combined([*own, *named])",
            "_combined(own or named)",
        ),
        (
            "a policy by name opens a blueprint that requires a token",
            " if own or each.access is Access.REQUIRED]",
            "]",
        ),
        ("a policy by name opens nothing", "yield from _combined(by_name)", "yield from ()"),
        (
            "a policy that hides another needs no requirements",
            " and {*self.requirements} >= {*other.requirements}",
            "",
        ),
        (
            "a public policy may hide one that requires a token",
            "self.access >= other.access and ",
            "",
        ),
    ),
    *_mutants(
        "auth/hidden.py",
        "auth/test_gate.py",
        (
            "views inside a closure are not found",
            "elif isinstance(outer, FunctionType):",
            "elif False:",
        ),
        (
            "views in attributes are not found",
            'yield from getattr(outer, "__dict__", {}).values()',
            "yield from ()",
        ),
        ("views inside a partial are not found", "elif isinstance(outer, partial):", "elif False:"),
        (
            "views in the arguments of a partial are not found",
            "(outer.func, *outer.args, *outer.keywords.values())",
            "(outer.func,)",
        ),
        (
            "views in the object of a bound method are not found",
            ', *getattr(outer.__self__, "__dict__", {}).values())',
            ",)",
        ),
        (
            "views in the function of a bound method are not found",
            "(outer.__func__, *getattr",
            "(*(), *getattr",
        ),
        (
            "views in a callable object inside a closure are not found",
            " or isinstance(call, FunctionType)",
            "",
        ),
        (
            "views in a bound method inside a closure are not found",
            "FunctionType | MethodType | partial",
            "FunctionType | partial",
        ),
        (
            "views in a partial inside a closure are not found",
            "FunctionType | MethodType | partial",
            "FunctionType | MethodType",
        ),
        (
            "views in the defaults of a function are not found",
            "(*(outer.__defaults__ or ()), *(outer.__kwdefaults__ or {}).values())",
            "()",
        ),
        ("only the first function inside a view is searched", "found.append(inner)", "pass"),
        (
            "a function that is called by its name counts as hidden",
            'if not (scope.endswith("<locals>") and outer.__qualname__.startswith(scope)):',
            "if True:",
        ),
        (
            "a view with the name of a variable is not found",
            " and outer.__qualname__.startswith(scope)",
            "",
        ),
        (
            "a variable without a value is a fault of the API",
            "suppress(ValueError)",
            "suppress(KeyError)",
        ),
        (
            "the policy of a hidden class is not found",
            "resolve(inner, method, (), ())",
            'getattr(inner, "access_policy", None)',
        ),
        (
            "views inside the methods of a class are not found",
            "found = functions(view, method)",
            "found = [view]",
        ),
        (
            "a decorator may not hide what the blueprint requires anyway",
            "if demanded and not (policy and policy.covers(demanded)):",
            "if demanded:",
        ),
    ),
    *_mutants(
        "auth/gate.py",
        "auth/test_gate.py",
        (
            "hooks that are registered first run before the gate",
            "insert(0, lambda: _enforce(app))",
            "append(lambda: _enforce(app))",
        ),
        (
            "an error handler of a blueprint replaces the gate's rejection",
            "return rejection.get_response()",
            "raise",
        ),
        (
            "an endpoint without a policy is served",
            'return error_response(500, "internal_server_error", InternalServerError.description)',
            "return None",
        ),
        (
            "preflight headers open a view",
            "if rule is None or",
            'if rule is None or "Access-Control-Request-Method" in request.headers or',
        ),
        (
            "HEAD needs no token",
            "if rule is None or",
            'if rule is None or request.method == "HEAD" or',
        ),
        ("errors of routing are faults of the API", "if rule is None or", "if"),
        (
            "OPTIONS needs no policy",
            ' and getattr(rule, "provide_automatic_options", False)',
            "",
        ),
        (
            "automatic OPTIONS needs a token",
            'return method == "OPTIONS" and',
            "return False and",
        ),
        (
            "a view that is replaced keeps the policy of the old one",
            "if known_view is view and isinstance(known, Policy):",
            "if isinstance(known, Policy):",
        ),
        (
            "a policy by name has no effect once a request was served",
            "    app.extensions[_RESOLVED].clear()\n",
            "",
        ),
        (
            "a policy by name has no patterns",
            "if fnmatchcase(endpoint, name)]",
            "if endpoint == name]",
        ),
        (
            "a policy by name may match no endpoint",
            "if not any(fnmatchcase(endpoint, pattern) for endpoint in app.view_functions):",
            "if False:",
        ),
        (
            "an app starts without policies",
            "    if problems:\n",
            "    if False:\n",
        ),
        (
            "a rule that only builds URLs needs a policy",
            "if not rule.build_only and",
            "if",
        ),
        (
            "what the gate has enforced is not stored",
            "setattr(request, ENFORCED, policy)",
            "pass",
        ),
        (
            "a rule without a view is a fault of the API",
            " and rule.endpoint in app.view_functions:",
            ":",
        ),
    ),
    *_mutants(
        "auth/gate.py",
        "auth/test_policies.py",
        (
            "only the innermost blueprint has a policy",
            "for name in reversed(names) if",
            "for name in names[-1:] if",
        ),
        ("outer blueprints come first", "for name in reversed(names) if", "for name in names if"),
        (
            "the methods of an endpoint share one policy",
            "resolved.get((endpoint, method), (None, None))",
            "next((found for key, found in resolved.items() if key[0] == endpoint), (None, None))",
        ),
    ),
    *_mutants(
        "auth/request_token.py",
        "auth/test_decorators.py",
        (
            "a public view verifies tokens",
            "    if policy.access is Access.PUBLIC:\n        return\n    try:",
            "    try:",
        ),
        (
            "an optional view rejects anonymous callers",
            "elif policy.access is Access.REQUIRED:",
            "else:",
        ),
        (
            "a view that requires a scope accepts callers without a token",
            "elif policy.access is Access.REQUIRED:",
            "elif policy.access is Access.REQUIRED and not policy.requirements:",
        ),
        (
            "an invalid token makes an anonymous caller",
            "    except Rejection as rejection:\n",
            """\
    except Rejection as rejection:
        if policy.access is Access.OPTIONAL:
            return
""",
        ),
        ("requirements are not checked", "policy.check(token)", "pass"),
        (
            "a public view opens the functions that it calls",
            "if enforced and (enforced is policy or enforced.covers(policy)):",
            "if enforced:",
        ),
        (
            "a public view cannot call a function that requires a token",
            "if not declared_by(view, request.method):",
            "if True:",
        ),
    ),
    *_mutants(
        "auth/request_token.py",
        "auth/test_gate.py",
        (
            "a function that is hidden from the gate may be called",
            "    if enforced:\n",
            "    if False:\n",
        ),
    ),
    *_mutants(
        "auth/request_token.py",
        "auth/test_policies.py",
        ("a challenge names no scopes", "rejection.scope = policy.scope", "pass"),
    ),
    *_mutants(
        "auth/request_token.py",
        "auth/test_request_token.py",
        (
            "an anonymous caller has a current_token",
            "    token = optional_token()\n    if token is None:\n",
            "    token = optional_token()\n    if False:\n",
        ),
        ("a token is verified again and again", "if VERIFIED not in attributes:", "if True:"),
        (
            "a verified token is not stored",
            "attributes[VERIFIED] = None if bearer",
            "return None if bearer",
        ),
        (
            "a token is shared by the apps that a request passes",
            "None if bearer is None else verifier.verify(bearer)",
            'request.environ.get("token") or request.environ.setdefault("token",'
            " None if bearer is None else verifier.verify(bearer))",
        ),
        (
            "a token is shared by the requests of a context",
            "None if bearer is None else verifier.verify(bearer)",
            '__import__("flask").g.setdefault("token",'
            " None if bearer is None else verifier.verify(bearer))",
        ),
        (
            "a token is shared by the requests of an app",
            "None if bearer is None else verifier.verify(bearer)",
            'current_app.extensions.setdefault("token",'
            " None if bearer is None else verifier.verify(bearer))",
        ),
    ),
    *_mutants(
        "auth/request_token.py",
        "auth/test_rejections.py",
        (
            "a token may be in the query",
            "bearer = read_bearer(",
            'bearer = request.args.get("access_token") or read_bearer(',
        ),
        (
            "a token may be in a form",
            "bearer = read_bearer(",
            'bearer = request.form.get("access_token") or read_bearer(',
        ),
    ),
    *_mutants(
        "auth/rejections.py",
        "test_no_token.py",
        (
            "a 401 has no challenge",
            "if self.code == 401 or self.reason.error:",
            "if self.reason.error:",
        ),
        (
            "without a token the challenge names an error",
            '_no_token = partial(Reason, 401, "",',
            '_no_token = partial(Reason, 401, "invalid_request",',
        ),
    ),
    *_mutants(
        "auth/rejections.py",
        "auth/test_rejections.py",
        (
            "an invalid token's challenge names no error",
            '_invalid_token = partial(Reason, 401, "invalid_token")',
            '_invalid_token = partial(Reason, 401, "")',
        ),
        ("without keys the API responds with 401", '    503,\n    "",', '    401,\n    "",'),
        (
            "a 503 does not say when to retry",
            'yield "Retry-After", str(self.retry_after)',
            "yield from ()",
        ),
        (
            "Forbidden has a challenge",
            "if self.code == 401 or self.reason.error:",
            "if True:",
        ),
        ("Forbidden is a 401", 'Reason(403, "", code,', 'Reason(401, "", code,'),
        (
            "a client receives the hint",
            "reason.code, reason.description,",
            "reason.code, reason.hint,",
        ),
        ("a rejection cannot be pickled", "def __reduce__(self)", "def _reduce(self)"),
        ("extensions find no body", "return self.get_response().get_json()", "return None"),
        ("a rejection is logged twice", "self._is_logged = True", "pass"),
        ("a rejection is not logged", "if not self._is_logged:", "if False:"),
        ("the log has hints in production", "if current_app.debug:", "if True:"),
        (
            "the log does not name the client of a verified token",
            "if token := getattr(request, VERIFIED, None):",
            "if token := None:",
        ),
    ),
    *_mutants(
        "auth/rejections.py",
        "auth/test_policies.py",
        (
            "a missing scope is a 401",
            "_insufficient = partial(Reason, 403,",
            "_insufficient = partial(Reason, 401,",
        ),
        (
            "a challenge for a missing permission names scopes",
            '_insufficient = partial(Reason, 403, "insufficient_scope")',
            '_insufficient = partial(Reason, 403, "insufficient_scope", names_scopes=True)',
        ),
    ),
    *_mutants(
        "auth/rejections.py",
        "test_hostile.py",
        (
            "a challenge for an invalid token names scopes",
            "if self.reason.names_scopes and self.scope:",
            "if self.scope:",
        ),
    ),
    *_mutants(
        "auth/__init__.py",
        "auth/test_rejections.py",
        (
            "a response to a token may be cached",
            'response.headers["Cache-Control"] = "no-store"',
            "pass",
        ),
        (
            "a rejection of a token may be cached",
            'if "Authorization" in request.headers:',
            'if "Authorization" in request.headers and response.status_code < 400:',
        ),
        (
            "a view can have the response to a token cached",
            'response.headers["Cache-Control"] = "no-store"',
            'response.headers.setdefault("Cache-Control", "no-store")',
        ),
        (
            "a response to no token may not be cached",
            'if "Authorization" in request.headers:',
            "if True:",
        ),
        (
            "a rejection by a view is handled like any other error",
            "for rejection in Rejection.__subclasses__():",
            "for rejection in ():",
        ),
    ),
    *_mutants(
        "auth/__init__.py",
        "auth/test_gate.py",
        (
            "an error handler for 401 replaces a rejection",
            "for rejection in Rejection.__subclasses__():",
            "for rejection in [Rejection]:",
        ),
    ),
    *_mutants(
        "auth/jwks.py",
        "test_jwks.py",
        (
            "an unresponsive tenant is waited for without end",
            "timeout=_CONNECT_READ_TIMEOUTS",
            "timeout=None",
        ),
        (
            "an unresponsive tenant is waited for over minutes",
            "(3.0, 5.0)",
            "(300.0, 500.0)",
        ),
        (
            "a fetch may drip for ever",
            "if time.monotonic() > deadline:",
            "if time.monotonic() < 0:",
        ),
        ("a chunk may drip past the deadline", "response.raw.read1(", "response.raw.read("),
        ("a JWKS may have any size", "if len(body) > _MAX_BYTES:", "if time.monotonic() < 0:"),
        (
            "the size of a JWKS is that of the compressed one",
            "decode_content=True",
            "decode_content=False",
        ),
        ("redirects are followed", "allow_redirects=False", "allow_redirects=True"),
        (
            "any status below 400 is accepted",
            "if response.status_code != 200:",
            "if not response.ok:",
        ),
        ("any certificate is believed", "stream=True,", "stream=True,\n        verify=False,"),
        ("the password in .netrc is sent", "auth=lambda prepared: prepared,", "auth=None,"),
    ),
    *_mutants(
        "auth/jwks.py",
        "test_key_set.py",
        ("a JWKS without keys is accepted", "if not keys:", "if keys is None:"),
        (
            "a key that is not usable spoils the others",
            "        if key is not None:\n",
            """\
        if key is None:
            raise FetchError("a key is not usable")
        else:
""",
        ),
        ("a malformed key spoils the others", "except ValueError:", "except TypeError:"),
        (
            "of two keys with one ID the last is used",
            'keys.setdefault(entry["kid"], key)',
            'keys[entry["kid"]] = key',
        ),
        ("a key of any type is used", 'entry.get("kty") == "RSA"', "True"),
        (
            "a key ID may be a number",
            'isinstance(entry.get("kid"), str)',
            'isinstance(entry.get("kid"), str | int)',
        ),
        ("a key for any algorithm is used", 'entry.get("alg", "RS256") == "RS256"', "True"),
        ("a key for encryption is used", 'entry.get("use", "sig") == "sig"', "True"),
        ("a key for other operations is used", '"verify" in key_ops', "True"),
        (
            "key operations may be a string",
            "isinstance(key_ops, list)",
            "isinstance(key_ops, list | str)",
        ),
        ("a key with its private part is used", '"d" not in entry', "True"),
        ("a short key is used", "range(2048, 8192 + 1)", "range(1024, 8192 + 1)"),
        ("an endless key is used", "range(2048, 8192 + 1)", "range(2048, 2**20)"),
    ),
    *_mutants(
        "auth/key_cache.py",
        "test_keys.py",
        (
            "the keys are fetched at each request",
            "return now >= self.fetched_at + TIME_TO_LIVE",
            "return True",
        ),
        ("the keys are kept for a day", "TIME_TO_LIVE = 600.0", "TIME_TO_LIVE = 86400.0"),
        (
            "the time to live begins with the fetch",
            "_CachedKeys(fetch_keys(self._url), self._clock())",
            "_CachedKeys(fetch_keys(self._url), fetch.started_at)",
        ),
        (
            "stale keys are served for ever",
            "return self.keys.get(kid) if now < self.fetched_at + STALE_LIMIT else None",
            "return self.keys.get(kid)",
        ),
        ("an outage is not bridged", "STALE_LIMIT = 3600.0", "STALE_LIMIT = 600.0"),
        (
            "a revoked key remains",
            "self._cached = cached",
            "self._cached = _CachedKeys({**self._cached.keys, **cached.keys}, cached.fetched_at)",
        ),
        ("each unknown key ID is a fetch", " and now >= self._unknown_kid_retry_at", ""),
        (
            "a cold start delays the fetch for an unknown key ID",
            "if now >= self._retry_at:",
            """\
if now >= self._retry_at:
                        self._unknown_kid_retry_at = now + UNKNOWN_KID_INTERVAL""",
        ),
        (
            "a failed fetch for an unknown key ID does not count",
            "        self._failed = cached is None\n",
            """\
        self._failed = cached is None
        if self._failed:
            self._unknown_kid_retry_at = -math.inf
""",
        ),
        (
            "an unknown key ID is rejected during an outage",
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
            "if cached.usable(kid, now) is None:",
            "if key is None or cached.are_due(now):",
        ),
        (
            "keys past their time are not fetched again",
            "key is not None and now < cached.fetched_at + TIME_TO_LIVE",
            "key is not None and now < cached.fetched_at + STALE_LIMIT",
        ),
        (
            "each waiting request fetches for itself",
            "if self._fetch is None and self._started == started_before:",
            "if self._started == started_before:",
        ),
        (
            "every request waits long for a slow tenant",
            "if self._long_waits.acquire(blocking=False):",
            "if self._long_waits.acquire(blocking=False) or True:",
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
            "self._fetch if self._fetch and now >= self._fetch.started_at + FETCH_TIME else None",
            "None",
        ),
        (
            "a fetch that was given up brings its keys after all",
            "if fetch is not self._fetch:",
            "if fetch is None:",
        ),
        (
            "a fetch that started before a request is the last for it",
            """\
                return key
            fetch = self._fetch_if_due(kid, started_before)
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
        "auth/key_cache.py",
        "test_tokens.py",
        (
            "any key of the tenant is taken for the one named",
            "key = cached.keys.get(kid)",
            "key = next(iter(cached.keys.values()), None)",
        ),
    ),
    *_mutants(
        "auth/key_cache.py",
        "test_keys.py",
        (
            "a fetch of what is not a JWKS ends without a word",
            "        except Exception as error:",
            "        except ValueError:\n            raise\n        except Exception as error:",
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
        "auth/key_cache.py",
        "test_keys.py",
        (
            "keys are fetched whenever they are warmed up",
            "if not self._started:",
            "if True:",
        ),
        (
            "unusable keys have an age",
            "if age < STALE_LIMIT",
            "if age <= STALE_LIMIT",
        ),
    ),
    *_mutants(
        "auth/key_cache.py",
        "test_logs.py",
        ("the first keys are a change", "if before and before !=", "if before !="),
        ("a rotation is not logged", "if before and before !=", "if not before and before !="),
    ),
    *_mutants(
        "auth/rejections.py",
        "test_logs.py",
        ("any string is an identifier", "_IDENTIFIER.fullmatch(v)", "v"),
        ("a key ID of any length is logged", "]{1,128}", "]+"),
        (
            "no identifier is logged",
            "isinstance(v, str) and _ID",
            "isinstance(v, int) and _ID",
        ),
    ),
    *_mutants(
        "auth/tokens.py",
        "test_logs.py",
        ("the client of RFC 9068 has no name", ', self.claims.get("client_id"))', ")"),
        ("the claims are logged", "client_id=access_token.client_id)", "client_id=payload)"),
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
        (
            "the response has no request ID",
            'response.headers["X-Request-ID"] = g.request_id',
            "pass",
        ),
        ("a request that is aborted early fails", 'if "request_id" not in g:', "if False:"),
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
        (
            "other errors are pages",
            "app.register_error_handler(HTTPException, _handle_http_exception)",
            "return",
        ),
        (
            "a fault of the API states its cause",
            "code, error.description, page",
            'code, str(getattr(error, "original_exception", error.description)), page',
        ),
        (
            "an error loses its headers",
            "error.description, page.headers.items())",
            "error.description)",
        ),
        ("every error is a 200", "Response(body, status,", "Response(body, 200,"),
        (
            "a response that a view aborts with is replaced",
            "if error.response is not None:",
            "if error.code is None:",
        ),
    ),
    *_mutants(
        "openapi.py",
        "app/test_openapi.py",
        (
            "a public operation has no security",
            '        operation["security"] = []\n        return\n',
            "        return\n",
        ),
        (
            "an optional token is required",
            "[{}] if policy.access is Access.OPTIONAL else []",
            "[]",
        ),
        ("alternatives are not combined with other scopes", "product(*required)", "zip(*required)"),
        (
            "alternative scopes are all required",
            "[list(dict.fromkeys(choice)) for choice in product(*required)]",
            "[[*dict.fromkeys(sum(required, ()))]]",
        ),
        (
            "an API key is documented as an access token",
            'elif scheme["type"] == "http" and scheme["scheme"].lower() == "bearer":',
            "else:",
        ),
        (
            "a security scheme may not be a reference",
            '_found(result, scheme["$ref"]) if "$ref" in scheme else scheme',
            "scheme",
        ),
        ("a document needs paths", 'result.setdefault("paths", {})', 'result["paths"]'),
        (
            "the 401 of a protected operation is missing",
            'responses.setdefault("401",',
            'dict().setdefault("401",',
        ),
        (
            "the 403 of a protected operation is missing",
            'responses.setdefault("403",',
            'dict().setdefault("403",',
        ),
        (
            "the 503 of a protected operation is missing",
            'responses.setdefault("503",',
            'dict().setdefault("503",',
        ),
        (
            "a response in the file is replaced",
            'responses.setdefault("401", {"$ref": "#/components/responses/Unauthorized"})',
            'responses["401"] = {"$ref": "#/components/responses/Unauthorized"}',
        ),
        ("scopes are not offered", "for each in names:", "for each in ():"),
        (
            "the values of claims are offered as scopes",
            "if not each.claim for name in each.values]",
            "for name in each.values]",
        ),
        (
            "a scope in the file loses its description",
            'flow["scopes"].setdefault(each, str(each)',
            'flow["scopes"].__setitem__(each, str(each)',
        ),
        (
            "a route that the file does not describe is missing",
            "operation = item[method.lower()] = _new_operation(app, rule, method)",
            "return None",
        ),
        ("HEAD is documented", 'method in ("HEAD", "OPTIONS")', 'method == "OPTIONS"'),
        ("the document describes itself", '("openapi_document.", "docs_ui.")', '"docs_ui."'),
        ("the docs UI is documented", '("openapi_document.", "docs_ui.")', '"openapi_document."'),
        (
            "a path that refers to another one is not read",
            'if item.get("$ref", "").startswith("#/"):',
            "if False:",
        ),
        (
            "a path that refers to another one shares its policy",
            "_found(json.loads(text), item",
            "_found(result, item",
        ),
        (
            "an operation of two routes is completed twice",
            " and key not in seen",
            "",
        ),
        (
            "a description in the file is lost",
            '[operation.get("description", "")]',
            "[]",
        ),
        (
            "an optional token is not mentioned",
            'sentences.append("The access token is optional',
            'str("The access token is optional',
        ),
        ("requirements are not mentioned", 'sentences.append(f"Requires', 'str(f"Requires'),
        (
            "a quotation mark in the audience breaks the document",
            "json.dumps(app.config[setting])[1:-1]",
            "app.config[setting]",
        ),
        ("a file that has changed is not read again", "file.stat().st_mtime_ns", "0"),
    ),
    *_mutants(
        "openapi.yaml",
        "app/test_openapi_file.py",
        ("the file describes an endpoint that does not exist", "  /healthz:\n", "  /health:\n"),
        ("the file describes another body", "status: { const: alive }", "status: { const: dead }"),
    ),
    *_mutants(
        "docs.py",
        "app/test_docs.py",
        (
            "the docs UI is served in production",
            'if app.config["API_DOCS"] == "1" or',
            "if True or",
        ),
        (
            "the docs UI cannot be turned off in debug mode",
            'app.debug and app.config["API_DOCS"] != "0"',
            "app.debug",
        ),
        (
            "every file of Swagger UI is served",
            "if name in _SWAGGER_UI else",
            'if name.startswith("swagger-ui") or name in _SWAGGER_UI else',
        ),
        ("the docs UI has the policy of the API", "@page.after_request\n", ""),
    ),
    *_mutants(
        "cli/endpoints.py",
        "test_cli_explain.py",
        (
            "explain lists HEAD",
            ' or method == "HEAD":',
            ":",
        ),
        (
            "explain lists endpoints with an optional token",
            "policy.access is not Access.REQUIRED",
            "policy.access is Access.PUBLIC",
        ),
        (
            "explain promises access with an invalid token",
            "elif is_accepted:",
            "elif True:",
        ),
        ("explain does not check requirements", "if missing:", "if False:"),
    ),
    *_mutants(
        "cli/explain.py",
        "test_cli_explain.py",
        (
            "explain lists endpoints for the token of another API",
            "if violations.isdisjoint({rejections.WRONG_ISSUER, rejections.WRONG_AUDIENCE}):",
            "if True:",
        ),
        (
            "explain checks a signature of another algorithm",
            "if key is None or not is_rs256:",
            "if key is None:",
        ),
        ("explain accepts whatever the API rejects", "verifier.verify(token)", "str(token)"),
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
        "errors.py",
        "test_no_token.py",
        (
            "a rejection loses its headers",
            "Response(body, status, [*headers],",
            "Response(body, status,",
        ),
    ),
    *_mutants(
        "__init__.py",
        "auth/test_gate.py",
        ("an app does not check its endpoints", "auth.require_policies(app)", "pass"),
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
            "the password of a proxy is logged",
            "except requests.exceptions.InvalidURL:",
            "except ZeroDivisionError:",
        ),
    ),
    *_mutants(
        "../gunicorn.conf.py",
        "test_gunicorn.py",
        ("what .env has is not checked", 'if "--check-config" in sys.argv:', "if False:"),
        ("gunicorn has a port that there is not", "or int(value) > 65_535", ""),
        ("gunicorn rejects a long token", "MAX_TOKEN_LENGTH + 1024", "1024"),
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
