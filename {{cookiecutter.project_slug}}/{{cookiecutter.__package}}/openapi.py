"""The OpenAPI document: what `openapi.yaml` describes, completed with what the code knows.

The access policies supply `security`, the scopes, and the responses 401, 403 and 503. A route that
the file does not describe appears with its docstring as summary.
"""

import inspect
import json
import re
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app
from werkzeug.routing import Rule

from .auth import public
from .auth.gate import policies
from .auth.policies import Access, Policy

FILE = Path(__file__).parent / "openapi.yaml"

blueprint = public(Blueprint("openapi_document", __name__))

Node = dict[str, Any]
"""A JSON object of the document."""

_VARIABLE = re.compile(r"<(?:(\w+)(?:\(.*?\))?:)?(\w+)>")  # <name>, <int:name>, <int(min=1):name>
_SCHEMAS: dict[str, Node] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
}


@blueprint.get("/openapi.json")
def get_document() -> Response:
    return Response(json.dumps(document(current_app)), mimetype="application/json")


def document(app: Flask, file: Path = FILE) -> Node:
    """Return the document of an app, as JSON values."""
    text = _read(file, file.stat().st_mtime_ns)
    for setting in ("AUTH0_DOMAIN", "AUTH0_AUDIENCE"):
        text = text.replace("${" + setting + "}", json.dumps(app.config[setting])[1:-1])
    result: Node = json.loads(text)
    for item in result.setdefault("paths", {}).values():
        if item.get("$ref", "").startswith("#/"):
            item |= _found(json.loads(text), item.pop("$ref"))
    schemes: Node = result.get("components", {}).get("securitySchemes", {})
    schemes = {
        name: _found(result, scheme["$ref"]) if "$ref" in scheme else scheme
        for name, scheme in schemes.items()
    }
    seen: set[tuple[str, str]] = set()
    for rule, method, policy in policies(app):
        key = path_of(rule), method
        operation = _operation(app, result, rule, method)
        if operation is not None and key not in seen:
            _add_policy(operation, policy, schemes)
        seen.add(key)
    return result


def path_of(rule: Rule) -> str:
    """Return the path of a route as OpenAPI writes it: `/items/{number}`."""
    return _VARIABLE.sub(r"{\2}", rule.rule)


@lru_cache(maxsize=1)
def _read(file: Path, _changed_at: int) -> str:
    """Return a YAML file as JSON. It is read again once it has changed."""
    import yaml  # only now: most workers never serve the document, and it takes 60 ms and 4 MB

    return json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")))


def _found(result: Node, reference: str) -> Node:
    """Return what a JSON pointer refers to (RFC 6901)."""
    for key in reference.removeprefix("#/").split("/"):
        result = result[key.replace("~1", "/").replace("~0", "~")]
    return result


def _operation(app: Flask, result: Node, rule: Rule, method: str) -> Node | None:
    """Return what the document has for a route; a new operation if the file does not describe it.

    None for the document and the docs UI themselves, and for a HEAD or OPTIONS not described.
    """
    path = path_of(rule)
    item: Node = result["paths"].get(path, {})
    if method.lower() in item:
        operation: Node = item[method.lower()]
    elif method in ("HEAD", "OPTIONS") or rule.endpoint.startswith(
        ("openapi_document.", "docs_ui.")
    ):
        return None
    else:
        operation = item[method.lower()] = _new_operation(app, rule, method)
    result["paths"][path] = item
    return operation


def _new_operation(app: Flask, rule: Rule, method: str) -> Node:
    view = app.view_functions[rule.endpoint]
    handler = getattr(getattr(view, "view_class", None), method.lower(), view)
    lines = (inspect.getdoc(handler) or "").splitlines()
    name = rule.endpoint.rpartition(".")[2].replace("_", " ").capitalize()
    return {
        "summary": lines[0] if lines else name,
        "parameters": [
            {
                "name": variable,
                "in": "path",
                "required": True,
                "schema": _SCHEMAS.get(converter, {"type": "string"}),
            }
            for converter, variable in _VARIABLE.findall(rule.rule)
        ],
        "responses": {"default": {"description": "Not described yet"}},
    }


def _add_policy(operation: Node, policy: Policy, schemes: Node) -> None:
    if policy.access is Access.PUBLIC:
        operation["security"] = []
        return
    required = [each.values for each in policy.requirements if each.kind == "scope"]
    alternatives = [list(dict.fromkeys(choice)) for choice in product(*required)]
    names = [name for each in policy.requirements if not each.claim for name in each.values]
    operation["security"] = [{}] if policy.access is Access.OPTIONAL else []
    for name, scheme in schemes.items():
        if scheme["type"] in ("oauth2", "openIdConnect"):
            operation["security"] += [{name: each} for each in alternatives]
        elif scheme["type"] == "http" and scheme["scheme"].lower() == "bearer":
            operation["security"].append({name: []})
        for flow in scheme.get("flows", {}).values():
            for each in names:
                flow["scopes"].setdefault(each, str(each).replace(":", " ").capitalize())
    responses = operation.setdefault("responses", {})
    responses.setdefault("401", {"$ref": "#/components/responses/Unauthorized"})
    responses.setdefault("503", {"$ref": "#/components/responses/KeysUnavailable"})
    if policy.requirements:
        responses.setdefault("403", {"$ref": "#/components/responses/Forbidden"})
    operation["responses"] = dict(sorted(responses.items()))
    # Swagger UI shows neither that a token is optional, nor alternatives, nor claims.
    sentences = [operation.get("description", "")]
    if policy.access is Access.OPTIONAL:
        sentences.append("The access token is optional; if one is sent, it must be valid.")
    if requirements := dict.fromkeys(map(str, policy.requirements)):
        sentences.append(f"Requires {' and '.join(requirements)}.")
    operation["description"] = "\n\n".join(filter(None, sentences))
