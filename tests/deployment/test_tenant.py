"""`make tenant` with Auth0's real deploy tool, against a small part of the Management API."""

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


Thing = dict[str, Any]

IDS = {"resource-servers": "id", "clients": "client_id", "client-grants": "id"}
VERBS = {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}
FIXED = {"identifier", "audience", "client_id", "id"}
"""What Auth0 lets nobody change."""

DEPLOY = {"A0DEPLOY_CLIENT_ID": "deploy", "A0DEPLOY_CLIENT_SECRET": "s3cret"}

MISLEADING = {
    "AUTH0_ALLOW_DELETE": "true",
    "AUTH0_AUDIENCE": "https://quickstarts/api",
    "AUTH0_CLIENT_ID": "of-the-page",
    "AUTH0_DOMAIN": "elsewhere.example",
    "AUTH0_DRY_RUN_APPLY": "true",
    "AUTH0_EXCLUDED": '["clients"]',
    "EXTENSION_SECRET": "with which the tool deletes APIs",
    "REPLACED": "by this",
}
"""Variables that a user may have, each of which the deploy tool would heed."""

NAME = "Ann's (##REPLACED##) \"\\ API"
"""What Auth0 is given for "Ann's <##REPLACED##> …": it takes no angle brackets."""

NPX = """\
#!/bin/sh
echo "npx $*"
env
"""

WITHOUT_TEXTS_OF_PROMPTS = """\
if (process.argv[1]?.endsWith("/a0deploy")) {
    const main = require("node:fs").realpathSync(process.argv[1]);
    const schema = require(`${require("node:path").dirname(main)}/tools/auth0/schema`).default;
    delete schema.properties.prompts.properties.customText;
}
"""
"""Loaded into Node with the deploy tool, which compiles its JSON schema twice in each run.

Of the 8 MB, 99 % are about the texts of prompts in every language, and cost 20 s. Prompts are not
in AUTH0_INCLUDED_ONLY, so the tool validates what it imports just the same.
"""


@dataclass
class Management:
    """A tenant's Management API: what is in it, and what was asked of it."""

    scopes: set[str]  # of the deploy tool's application
    environ: dict[str, str] = field(default_factory=dict)  # of `make tenant`, to get here
    things: dict[str, list[Thing]] = field(default_factory=lambda: {kind: [] for kind in IDS})
    calls: list[str] = field(default_factory=list)  # without those that only read

    def add(self, kind: str, **thing: Any) -> Thing:
        """Put something in, as if it had always been there."""
        thing.setdefault(IDS[kind], f"{kind}-{len(self.things[kind])}")
        self.things[kind].append(thing)
        return thing

    def made(self, kind: str, before: Mapping[str, list[Thing]]) -> dict[str, Thing]:
        """What is in it now and was not before, by name or audience."""
        new = [thing for thing in self.things[kind] if thing not in before[kind]]
        return {thing.get("name") or thing["audience"]: thing for thing in new}

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
            things, name = self.things[kind], kind.replace("-", "_")
            if "take" in request.args:
                first, take = request.args.get("from", 0, type=int), request.args["take"]
                last = first + int(take)
                more = {"next": str(last)} if last < len(things) else {}
                return {name: things[first:last], **more}
            size = min(request.args.get("per_page", 50, type=int), 100)
            first = request.args.get("page", 0, type=int) * size
            page = things[first : first + size]
            if request.args.get("include_totals") != "true":
                return page
            about = {"start": first, "limit": size, "length": len(page), "total": len(things)}
            return {**about, name: page}

        @app.post("/api/v2/<kind>")
        def create(kind: str) -> ResponseReturnValue:
            return self.add(kind, **request.get_json()), 201

        @app.patch("/api/v2/<kind>/<id_>")
        def update(kind: str, id_: str) -> ResponseReturnValue:
            sent: Thing = request.get_json()
            if fixed := FIXED & sent.keys():
                return {"statusCode": 400, "message": f"Additional properties: {fixed}"}, 400
            (thing,) = (each for each in self.things[kind] if each[IDS[kind]] == id_)
            thing |= sent
            return thing

        @app.delete("/api/v2/<path:_>")
        def delete(_: str) -> ResponseReturnValue:
            return Response(status=204)

        return app


class QuietRequestHandler(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@contextmanager
def serve_over_tls(app: Flask, authority: trustme.CA) -> Iterator[str]:
    """Serve an app over TLS, and say under which domain."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=QuietRequestHandler, ssl_context=tls
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def install_tool() -> None:
    """Have npx put the deploy tool into its cache, in the version that the Makefile names."""
    pinned = re.search(r"auth0-deploy-cli@\d+\.\d+\.\d+", (IN_TEMPLATE / "Makefile").read_text())
    assert pinned is not None
    cache_npx_package(pinned[0])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the default answers, without its .venv. Not to be edited."""
    return render_once(tmp_path_factory.mktemp("tenant"))


@pytest.fixture
def management(project: Path, tmp_path: Path) -> Iterator[Management]:
    """A tenant that is in use. The tool's application has the scopes that auth0/README.md names."""
    install_tool()
    config = json.loads((project / "auth0/config.json").read_text())
    assert "prompts" not in config["AUTH0_INCLUDED_ONLY"]
    preloaded = tmp_path / "preloaded.js"
    preloaded.write_text(WITHOUT_TEXTS_OF_PROMPTS)
    name = "{% if cookiecutter.tenant_file %}README.md{% endif %}"
    readme = (IN_TEMPLATE / "auth0" / name).read_text()
    listed = re.findall(r"\b\w+:(?:clients|client_grants|resource_servers)\b", readme)
    management = Management(set(listed))
    management.add("resource-servers", name="Auth0 Management API", identifier="x", is_system=True)
    management.add("resource-servers", name="Another API", identifier="https://another/api")
    management.add("clients", name="Deploy", client_id="deploy")
    for number in range(250):  # they come by the hundred
        management.add("clients", name=f"Application {number}")
    management.add("client-grants", client_id="deploy", audience="x", scope=[])
    management.add("client-grants", client_id="clients-1", audience="https://another/api", scope=[])
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    with serve_over_tls(management.app(), authority) as domain:
        management.environ = {
            "A0DEPLOY_DOMAIN": domain,
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "NODE_OPTIONS": f"--require={preloaded}",
        }
        yield management


def make_tenant(project: Path, environ: Mapping[str, str], answer: str = "y", code: int = 0) -> str:
    """Run `make tenant` in a project, with an answer to its question; return what it has said."""
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


def copy(things: Mapping[str, list[Thing]]) -> dict[str, list[Thing]]:
    return {kind: [dict(thing) for thing in of_kind] for kind, of_kind in things.items()}


def test_second_make_tenant_updates_what_the_first_created(
    bake: Bake, management: Management
) -> None:
    """Each run of the tool takes seconds: few runs, many assertions on each."""
    audience = "urn:##HOME##@@REPLACED@@###REPLACED###'\"\\n\\x23#{{x}}🦆"
    answers = {"project_name": "Ann's <##REPLACED##> \"\\ API", "auth0_audience": audience}
    project, before = bake(**as_jinja(answers)), copy(management.things)

    said = make_tenant(project, management.environ | MISLEADING)

    assert re.findall(r"(CREATE|UPDATE) +│ (.*?) +│", said) == [
        ("CREATE", f"{NAME} (program) -> {audience}"),
        ("CREATE", f"{NAME} (docs page) -> {audience}"),
        ("CREATE", f"{NAME} (program)"),
        ("CREATE", f"{NAME} (docs page)"),
        ("CREATE", NAME),
    ]
    assert re.search(r"DELETE \* +│ Another API +│", said)
    made = ["resource-servers", "clients", "clients", "client-grants", "client-grants"]
    assert management.calls == ["token", "token", *(f"POST {kind}" for kind in made)]
    (api,) = management.made("resource-servers", before).values()
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
    clients = management.made("clients", before)
    program, page = clients[f"{NAME} (program)"], clients[f"{NAME} (docs page)"]
    assert program["app_type"] == "non_interactive"
    assert program["grant_types"] == ["client_credentials"]
    assert (page["app_type"], page["token_endpoint_auth_method"]) == ("spa", "none")
    assert page["callbacks"] == ["http://localhost:3010/docs/oauth2-redirect.html"]
    grants = [
        grant for grant in management.things["client-grants"] if grant["audience"] == audience
    ]
    grant, user_grant = sorted(grants, key=lambda grant: "subject_type" in grant)
    assert grant["client_id"] == program["client_id"]
    assert grant["scope"] == ["read:messages"]
    assert (user_grant["client_id"], user_grant["subject_type"]) == (page["client_id"], "user")
    assert user_grant["allow_all_scopes"] is True

    first = copy(management.things)
    management.calls.clear()
    api |= {"name": "By hand", "signing_alg": "HS256", "verification_location": "kept"}

    said = make_tenant(project, management.environ | MISLEADING)

    assert re.findall(r"(CREATE|UPDATE) +│ (.*?) +│", said) == [("UPDATE", NAME)]
    ids = [api["id"], program["client_id"], page["client_id"], grant["id"], user_grant["id"]]
    patches = [f"PATCH {kind}/{id_}" for kind, id_ in zip(made, ids, strict=True)]
    # The tool sends both clients at once, so that either may come first.
    assert sorted(management.calls) == sorted(["token", "token", *patches])
    assert api.pop("verification_location") == "kept"
    assert management.things == first
    for kind, things in before.items():
        assert first[kind][: len(things)] == things


def test_rejected_credentials_fail_make_tenant(project: Path, management: Management) -> None:
    said = make_tenant(project, management.environ | {"A0DEPLOY_CLIENT_ID": "another"}, code=2)

    assert "Make the other changes" not in said
    assert management.calls == []


@pytest.fixture
def echoing(tmp_path: Path) -> dict[str, str]:
    """The environ of `make tenant` in which npx prints its arguments and environment."""
    npx = tmp_path / "bin" / "npx"
    npx.parent.mkdir()
    npx.write_text(NPX)
    npx.chmod(0o755)
    return {"A0DEPLOY_DOMAIN": "a.example", "PATH": f"{npx.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("answer", "runs"), [("y", [True, False]), ("n", [True]), ("", [True])], ids=["y", "n", "none"]
)
def test_import_follows_the_dry_run_only_if_confirmed(
    project: Path, echoing: dict[str, str], answer: str, runs: list[bool]
) -> None:
    said = make_tenant(project, echoing, answer)

    assert [line.endswith(" --dry-run") for line in re.findall("npx --yes .*", said)] == runs
    assert said.endswith("Nothing was changed.\n") == (answer != "y")


def test_deploy_tool_sees_no_misleading_variable(project: Path, echoing: dict[str, str]) -> None:
    said = make_tenant(project, echoing | MISLEADING | {"https_proxy": "http://p.example"}, "n")

    seen = dict(re.findall(r"^(\w+)=(.*)", said, re.M))
    assert seen.keys() & MISLEADING.keys() == {"AUTH0_CLIENT_ID", "AUTH0_DOMAIN"}
    assert (seen["AUTH0_DOMAIN"], seen["AUTH0_CLIENT_ID"]) == ("a.example", "deploy")
    assert seen["AUTH0_CLIENT_SECRET"] == DEPLOY["A0DEPLOY_CLIENT_SECRET"]
    assert seen["https_proxy"] == "http://p.example"


@pytest.mark.parametrize("name", ["A0DEPLOY_DOMAIN", *DEPLOY])
def test_missing_variable_is_reported(project: Path, echoing: dict[str, str], name: str) -> None:
    said = make_tenant(project, echoing | {name: ""}, code=2)

    assert f"{name} is not set: auth0/README.md says what it is" in said
    assert "npx --yes" not in said
