"""`make tenant` with Auth0's real Deploy CLI, against a fake of the Management API."""

import json
import os
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import WSGIRequestHandler, make_server

from ..support.answers import as_jinja
from ..support.environ import user_environ
from ..support.npx import cache_npx_package
from ..support.paths import IN_TEMPLATE
from ..support.rendering import Bake, render_once

pytestmark = pytest.mark.slow


Resource = dict[str, Any]

IDS = {"resource-servers": "id", "clients": "client_id", "client-grants": "id"}
VERBS = {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}
IMMUTABLE = {"identifier", "audience", "client_id", "id"}
"""The properties that Auth0 does not allow to change."""

DEPLOY = {"A0DEPLOY_CLIENT_ID": "deploy", "A0DEPLOY_CLIENT_SECRET": "s3cret"}

CONFLICTING = {
    "AUTH0_ALLOW_DELETE": "true",
    "AUTH0_AUDIENCE": "https://quickstarts/api",
    "AUTH0_CLIENT_ID": "of-the-page",
    "AUTH0_DOMAIN": "elsewhere.example",
    "AUTH0_DRY_RUN_APPLY": "true",
    "AUTH0_EXCLUDED": '["clients"]',
    "EXTENSION_SECRET": "makes the tool delete APIs",
    "REPLACED": "a replacement",
}
"""Variables of a user's environment that the Deploy CLI would read."""

NAME = "Ann's (##REPLACED##) \"\\ API"
"""The name in Auth0 of "Ann's <##REPLACED##> …": Auth0 allows no angle brackets."""

PRINTING_NPX = """\
#!/bin/sh
echo "npx $*"
env
"""

FAST_SCHEMA = """\
if (process.argv[1]?.endsWith("/a0deploy")) {
    const main = require("node:fs").realpathSync(process.argv[1]);
    const schema = require(`${require("node:path").dirname(main)}/tools/auth0/schema`).default;
    delete schema.properties.prompts.properties.customText;
}
"""
"""A script that Node.js loads before the Deploy CLI, to save 20 s per run.

The Deploy CLI compiles its JSON schema twice per run. 99 % of the schema's 8 MB describe the texts
of login prompts in every language. Prompts are not in AUTH0_INCLUDED_ONLY, so the validation of all
imported resources stays the same.
"""


@dataclass
class ManagementApi:
    """A fake of a tenant's Management API: its resources, and the calls that it received."""

    scopes: set[str]  # of the Deploy CLI's application
    environ: dict[str, str] = field(default_factory=dict)  # for `make tenant` to use this API
    resources: dict[str, list[Resource]] = field(default_factory=lambda: {kind: [] for kind in IDS})
    calls: list[str] = field(default_factory=list)  # without GET requests

    def add(self, kind: str, **resource: Any) -> Resource:
        """Add a resource without a call."""
        resource.setdefault(IDS[kind], f"{kind}-{len(self.resources[kind])}")
        self.resources[kind].append(resource)
        return resource

    def created(self, kind: str, before: Mapping[str, list[Resource]]) -> dict[str, Resource]:
        """Return the resources that did not exist before, by name or audience."""
        new = [resource for resource in self.resources[kind] if resource not in before[kind]]
        return {resource.get("name") or resource["audience"]: resource for resource in new}

    def app(self) -> Flask:
        app = Flask(__name__, static_folder=None)

        @app.post("/oauth/token")
        def token() -> ResponseReturnValue:
            sent = request.get_json(silent=True) or request.form
            audience = f"https://{self.environ['A0DEPLOY_DOMAIN']}/api/v2/"
            expected = (*DEPLOY.values(), audience)
            if tuple(sent.get(k) for k in ("client_id", "client_secret", "audience")) != expected:
                return {"error": "access_denied", "error_description": f"Sent: {dict(sent)}"}, 403
            self.calls.append("token")
            return {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 86400}

        @app.before_request
        def check() -> ResponseReturnValue | None:
            if request.path == "/oauth/token":
                return None
            needed = f"{VERBS[request.method]}:{request.path.split('/')[3].replace('-', '_')}"
            if request.headers.get("Authorization") != "Bearer t0ken":
                return {"statusCode": 401, "message": "Invalid token"}, 401
            if needed not in self.scopes:
                return {"statusCode": 403, "message": f"Insufficient scope: {needed}"}, 403
            if request.method != "GET":
                self.calls.append(f"{request.method} {request.path.removeprefix('/api/v2/')}")
            return None

        @app.get("/api/v2/<kind>")
        def read(kind: str) -> ResponseReturnValue:
            resources, name = self.resources[kind], kind.replace("-", "_")
            if "take" in request.args:
                first, take = request.args.get("from", 0, type=int), request.args["take"]
                last = first + int(take)
                more = {"next": str(last)} if last < len(resources) else {}
                return {name: resources[first:last], **more}
            size = min(request.args.get("per_page", 50, type=int), 100)
            first = request.args.get("page", 0, type=int) * size
            page = resources[first : first + size]
            if request.args.get("include_totals") != "true":
                return page
            about = {"start": first, "limit": size, "length": len(page), "total": len(resources)}
            return {**about, name: page}

        @app.post("/api/v2/<kind>")
        def create(kind: str) -> ResponseReturnValue:
            return self.add(kind, **request.get_json()), 201

        @app.patch("/api/v2/<kind>/<id_>")
        def update(kind: str, id_: str) -> ResponseReturnValue:
            sent: Resource = request.get_json()
            if immutable := IMMUTABLE & sent.keys():
                return {"statusCode": 400, "message": f"Additional properties: {immutable}"}, 400
            (resource,) = (each for each in self.resources[kind] if each[IDS[kind]] == id_)
            resource |= sent
            return resource

        @app.delete("/api/v2/<path:_>")
        def delete(_: str) -> ResponseReturnValue:
            return Response(status=204)

        return app


class QuietRequestHandler(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@contextmanager
def serve_over_tls(app: Flask, authority: trustme.CA) -> Iterator[str]:
    """Serve an app over TLS; yield the domain."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=QuietRequestHandler, ssl_context=tls
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def install_deploy_cli() -> None:
    """Have npx download the Deploy CLI into its cache, in the version of the Makefile."""
    pinned = re.search(r"auth0-deploy-cli@\d+\.\d+\.\d+", (IN_TEMPLATE / "Makefile").read_text())
    assert pinned is not None
    cache_npx_package(pinned[0])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the default answers, without its .venv. Tests must not edit it."""
    return render_once(tmp_path_factory.mktemp("tenant"))


@pytest.fixture
def management_api(project: Path, tmp_path: Path) -> Iterator[ManagementApi]:
    """A tenant with resources. The Deploy CLI has the scopes that auth0/README.md lists."""
    install_deploy_cli()
    config = json.loads((project / "auth0/config.json").read_text())
    assert "prompts" not in config["AUTH0_INCLUDED_ONLY"]
    preloaded = tmp_path / "preloaded.js"
    preloaded.write_text(FAST_SCHEMA)
    name = "{% if cookiecutter.tenant_file %}README.md{% endif %}"
    readme = (IN_TEMPLATE / "auth0" / name).read_text()
    listed = re.findall(r"\b\w+:(?:clients|client_grants|resource_servers)\b", readme)
    management_api = ManagementApi(set(listed))
    management_api.add(
        "resource-servers", name="Auth0 Management API", identifier="x", is_system=True
    )
    management_api.add("resource-servers", name="Another API", identifier="https://another/api")
    management_api.add("clients", name="Deploy", client_id="deploy")
    for number in range(250):  # three pages
        management_api.add("clients", name=f"Application {number}")
    management_api.add("client-grants", client_id="deploy", audience="x", scope=[])
    management_api.add(
        "client-grants", client_id="clients-1", audience="https://another/api", scope=[]
    )
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    with serve_over_tls(management_api.app(), authority) as domain:
        management_api.environ = {
            "A0DEPLOY_DOMAIN": domain,
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "NODE_OPTIONS": f"--require={preloaded}",
        }
        yield management_api


def run_make_tenant(
    project: Path, environ: Mapping[str, str], answer: str = "y", code: int = 0
) -> str:
    """Run `make tenant` in a project, with an answer to its question; return the output."""
    done = subprocess.run(
        ["make", "tenant"],
        cwd=project,
        env=user_environ(**DEPLOY | dict(environ)),
        input=f"{answer}\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def copy_resources(resources: Mapping[str, list[Resource]]) -> dict[str, list[Resource]]:
    return {
        kind: [dict(resource) for resource in of_one_kind]
        for kind, of_one_kind in resources.items()
    }


def test_second_make_tenant_updates_what_the_first_created(
    bake: Bake, management_api: ManagementApi
) -> None:
    """One test with many assertions, because each run of the Deploy CLI takes seconds."""
    audience = "urn:##HOME##@@REPLACED@@###REPLACED###'\"\\n\\x23#{{x}}🦆"
    answers = {"project_name": "Ann's <##REPLACED##> \"\\ API", "auth0_audience": audience}
    project, before = bake(**as_jinja(answers)), copy_resources(management_api.resources)

    output = run_make_tenant(project, management_api.environ | CONFLICTING)

    assert re.findall(r"(CREATE|UPDATE) +│ (.*?) +│", output) == [
        ("CREATE", f"{NAME} (program) -> {audience}"),
        ("CREATE", f"{NAME} (docs page) -> {audience}"),
        ("CREATE", f"{NAME} (program)"),
        ("CREATE", f"{NAME} (docs page)"),
        ("CREATE", NAME),
    ]
    assert re.search(r"DELETE \* +│ Another API +│", output)
    created = ["resource-servers", "clients", "clients", "client-grants", "client-grants"]
    assert management_api.calls == ["token", "token", *(f"POST {kind}" for kind in created)]
    (api,) = management_api.created("resource-servers", before).values()
    assert api | {"id": ""} == {
        "id": "",
        "name": NAME,
        "identifier": audience,
        "signing_alg": "RS256",
        "token_lifetime": 86400,
        "token_lifetime_for_web": 7200,
        "allow_offline_access": False,
        "enforce_policies": True,
        "token_dialect": "access_token_authz",
        "subject_type_authorization": {
            "user": {"policy": "require_client_grant"},
            "client": {"policy": "require_client_grant"},
        },
        "scopes": [{"value": "read:messages", "description": "Read messages"}],
    }
    clients = management_api.created("clients", before)
    program, page = clients[f"{NAME} (program)"], clients[f"{NAME} (docs page)"]
    assert program["app_type"] == "non_interactive"
    assert program["grant_types"] == ["client_credentials"]
    assert (page["app_type"], page["token_endpoint_auth_method"]) == ("spa", "none")
    assert page["callbacks"] == ["http://localhost:3010/docs/oauth2-redirect.html"]
    grants = [
        grant
        for grant in management_api.resources["client-grants"]
        if grant["audience"] == audience
    ]
    grant, user_grant = sorted(grants, key=lambda grant: "subject_type" in grant)
    assert grant["client_id"] == program["client_id"]
    assert grant["scope"] == ["read:messages"]
    assert (user_grant["client_id"], user_grant["subject_type"]) == (page["client_id"], "user")
    assert user_grant["allow_all_scopes"] is True

    first = copy_resources(management_api.resources)
    management_api.calls.clear()
    api |= {"name": "By hand", "signing_alg": "HS256", "verification_location": "kept"}

    output = run_make_tenant(project, management_api.environ | CONFLICTING)

    assert re.findall(r"(CREATE|UPDATE) +│ (.*?) +│", output) == [("UPDATE", NAME)]
    ids = [api["id"], program["client_id"], page["client_id"], grant["id"], user_grant["id"]]
    patches = [f"PATCH {kind}/{id_}" for kind, id_ in zip(created, ids, strict=True)]
    # The Deploy CLI updates both clients at once, so their order varies.
    assert sorted(management_api.calls) == sorted(["token", "token", *patches])
    assert api.pop("verification_location") == "kept"
    assert management_api.resources == first
    for kind, resources in before.items():
        assert first[kind][: len(resources)] == resources


def test_rejected_credentials_fail_make_tenant(
    project: Path, management_api: ManagementApi
) -> None:
    output = run_make_tenant(
        project, management_api.environ | {"A0DEPLOY_CLIENT_ID": "another"}, code=2
    )

    assert "Apply the other changes" not in output
    assert management_api.calls == []


@pytest.fixture
def printing_npx(tmp_path: Path) -> dict[str, str]:
    """An environment for `make tenant` in which npx prints its arguments and environment."""
    npx = tmp_path / "bin" / "npx"
    npx.parent.mkdir()
    npx.write_text(PRINTING_NPX)
    npx.chmod(0o755)
    return {"A0DEPLOY_DOMAIN": "a.example", "PATH": f"{npx.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("answer", "runs"), [("y", [True, False]), ("n", [True]), ("", [True])], ids=["y", "n", "none"]
)
def test_changes_are_made_only_after_confirmation(
    project: Path, printing_npx: dict[str, str], answer: str, runs: list[bool]
) -> None:
    output = run_make_tenant(project, printing_npx, answer)

    assert [line.endswith(" --dry-run") for line in re.findall("npx --yes .*", output)] == runs
    assert output.endswith("Nothing was changed.\n") == (answer != "y")


def test_deploy_cli_gets_no_conflicting_variables(
    project: Path, printing_npx: dict[str, str]
) -> None:
    output = run_make_tenant(
        project, printing_npx | CONFLICTING | {"https_proxy": "http://p.example"}, "n"
    )

    printed = dict(re.findall(r"^(\w+)=(.*)", output, re.M))
    assert printed.keys() & CONFLICTING.keys() == {"AUTH0_CLIENT_ID", "AUTH0_DOMAIN"}
    assert (printed["AUTH0_DOMAIN"], printed["AUTH0_CLIENT_ID"]) == ("a.example", "deploy")
    assert printed["AUTH0_CLIENT_SECRET"] == DEPLOY["A0DEPLOY_CLIENT_SECRET"]
    assert printed["https_proxy"] == "http://p.example"


@pytest.mark.parametrize("name", ["A0DEPLOY_DOMAIN", *DEPLOY])
def test_missing_variable_is_reported(
    project: Path, printing_npx: dict[str, str], name: str
) -> None:
    output = run_make_tenant(project, printing_npx | {name: ""}, code=2)

    assert f"{name} is not set: auth0/README.md explains it" in output
    assert "npx --yes" not in output
