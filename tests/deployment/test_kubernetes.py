"""kubernetes.yaml: it is valid, meets the restricted profile, and matches the other files.

The schemas of Kubernetes accept a privileged pod. `violations` checks the restricted profile of
https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

import importlib
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..support.answers import PROMPTS, UNUSUAL_ANSWERS, as_jinja
from ..support.environ import user_environ
from ..support.rendering import Bake, render_once

pytestmark = pytest.mark.exhaustive

Spec = dict[str, Any]
Rule = Callable[[Any], bool]

APP_LABEL = "app.kubernetes.io/name"


def read_manifests(project: Path) -> dict[str, Spec]:
    """Return the documents of kubernetes.yaml by kind."""
    documents = list(yaml.safe_load_all((project / "kubernetes.yaml").read_text(encoding="utf-8")))
    by_kind = {document["kind"]: document for document in documents}
    assert len(by_kind) == len(documents)
    return by_kind


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the deployment kubernetes. Tests must not edit it."""
    return render_once(tmp_path_factory.mktemp("kubernetes"), deployment="kubernetes")


@pytest.fixture
def manifests(project: Path) -> dict[str, Spec]:
    """The documents of kubernetes.yaml by kind."""
    return read_manifests(project)


@pytest.fixture
def pod_template(manifests: dict[str, Spec]) -> Spec:
    """The Deployment's template of its pods."""
    spec: Spec = manifests["Deployment"]["spec"]["template"]
    return spec


@pytest.fixture
def pod(pod_template: Spec) -> Spec:
    spec: Spec = pod_template["spec"]
    return spec


@pytest.fixture
def container(pod: Spec) -> Spec:
    (only,) = pod["containers"]
    spec: Spec = only
    return spec


def test_dpop_gets_its_settings_and_reaches_redis(tmp_path: Path) -> None:
    project = render_once(tmp_path / "out", deployment="kubernetes", dpop="yes")
    manifests = read_manifests(project)

    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    ports = [rule["ports"][0]["port"] for rule in manifests["NetworkPolicy"]["spec"]["egress"]]
    assert manifests["ConfigMap"]["data"]["PUBLIC_URL"] == ""  # the start asks for it
    assert {"secretRef": {"name": project.name, "optional": True}} in container["envFrom"]
    assert ports == [53, 443, 6379]


@pytest.mark.parametrize(
    "deployment", [name for name in PROMPTS["deployment"] if name != "kubernetes"]
)
def test_other_deployments_have_no_kubernetes_yaml(bake: Bake, deployment: str) -> None:
    assert not (bake(deployment=deployment) / "kubernetes.yaml").exists()


def run_kubernetes_validate(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Validate a file strictly, by default against the newest schemas of kubernetes-validate."""
    return subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", *options, str(file)],
        env=user_environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("version", ["newest", "oldest"])
def test_every_document_is_valid(project: Path, manifests: dict[str, Spec], version: str) -> None:
    file = project / "kubernetes.yaml"
    (oldest,) = re.findall(r"Kubernetes ([\d.]+) or newer", file.read_text(encoding="utf-8"))

    checked = run_kubernetes_validate(file, *(["-k", oldest] if version == "oldest" else []))

    assert checked.returncode == 0, checked.stdout
    # kubernetes-validate skips a kind without a schema, with a warning.
    passed = re.findall(r"passed for resource (\w+)/", checked.stdout)
    assert passed == [kind.lower() for kind in manifests], checked.stdout


@pytest.mark.parametrize(
    ("valid", "invalid", "message"),
    [
        ("maxSurge:", "maxSurges:", "'maxSurges' was unexpected"),
        ("drop: [ALL]", "dropped: [ALL]", "'dropped' was unexpected"),
        ("minReplicas:", "minimumReplicas:", "'minimumReplicas' was unexpected"),
        ("containerPort: 3010", "containerPort: http", "'http' is not of type 'integer'"),
        ("maxReplicas: 10", "", "'maxReplicas' is a required property"),
    ],
    ids=[
        "misspelt field",
        "misspelt nested field",
        "misspelt field of another document",
        "wrong type",
        "missing field",
    ],
)
def test_invalid_document_is_rejected(
    project: Path, tmp_path: Path, valid: str, invalid: str, message: str
) -> None:
    text = (project / "kubernetes.yaml").read_text(encoding="utf-8")
    assert text.count(valid) == 1
    (tmp_path / "invalid.yaml").write_text(text.replace(valid, invalid), encoding="utf-8")

    checked = run_kubernetes_validate(tmp_path / "invalid.yaml")

    assert checked.returncode == 1
    assert message in checked.stdout


CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
INHERITED = ("runAsNonRoot", "seccompProfile")
"""The required fields that a container's security context inherits from the pod's."""

VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"),
    *("persistentVolumeClaim", "projected", "secret"),
}
SYSCTLS = (
    "kernel.shm_rmid_forced",
    *("net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"),
    *("net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range"),
    *("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_syncookies"),
)
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
HANDLERS = (
    *("livenessProbe", "readinessProbe", "startupProbe"),
    *("lifecycle.postStart", "lifecycle.preStop"),
)


def unset_or(*allowed: object) -> Rule:
    return lambda value: value is None or value in allowed


COMMON_RULES: dict[str, Rule] = {
    "securityContext.appArmorProfile.type": unset_or("RuntimeDefault", "Localhost"),
    "securityContext.runAsUser": lambda user: user != 0,
    "securityContext.seLinuxOptions.role": unset_or(""),
    "securityContext.seLinuxOptions.type": unset_or(*SELINUX_TYPES),
    "securityContext.seLinuxOptions.user": unset_or(""),
    "securityContext.windowsOptions.hostProcess": unset_or(False),
}
POD_RULES: dict[str, Rule] = COMMON_RULES | {
    "hostIPC": unset_or(False),
    "hostNetwork": unset_or(False),
    "hostPID": unset_or(False),
    "securityContext.runAsNonRoot": unset_or(True),
    "securityContext.seccompProfile.type": unset_or("RuntimeDefault", "Localhost"),
    "securityContext.sysctls[*].name": lambda name: name in SYSCTLS,
    "volumes[*]": lambda volume: volume.keys() - {"name"} <= VOLUMES,
}
CONTAINER_RULES: dict[str, Rule] = COMMON_RULES | {
    "ports[*].hostPort": unset_or(0),
    "securityContext.allowPrivilegeEscalation": lambda allowed: allowed is False,
    "securityContext.capabilities.add[*]": lambda capability: capability == "NET_BIND_SERVICE",
    "securityContext.capabilities.drop": lambda dropped: "ALL" in (dropped or []),
    "securityContext.privileged": unset_or(False),
    "securityContext.procMount": unset_or("Default"),
    "securityContext.runAsNonRoot": lambda required: required is True,
    "securityContext.seccompProfile.type": lambda name: name in ("RuntimeDefault", "Localhost"),
    **{f"{handler}.httpGet.host": unset_or("") for handler in HANDLERS},
    **{f"{handler}.tcpSocket.host": unset_or("") for handler in HANDLERS},
}


def violations(pod_spec: Spec) -> list[str]:
    """Return every field that violates the restricted profile, with its value.

    Where releases of Kubernetes differ, the strictest rule applies. The former annotations for
    AppArmor and seccomp are not in a pod's spec.
    """
    found = violated_rules(pod_spec, POD_RULES)
    for kind in CONTAINERS:
        for number, container in enumerate(pod_spec.get(kind) or []):
            effective = container | {"securityContext": effective_context(pod_spec, container)}
            found += [
                f"{kind}[{number}].{violation}"
                for violation in violated_rules(effective, CONTAINER_RULES)
            ]
    return found


def violated_rules(spec: Spec, rules: dict[str, Rule]) -> list[str]:
    return [
        f"{path} is {value!r}"
        for path, allows in rules.items()
        for value in values_at(spec, path)
        if not allows(value)
    ]


def values_at(spec: Spec, path: str) -> list[Any]:
    """Return the value at a path, None if it is not set; after `[*]`, one value per element."""
    found: list[Any] = [spec]
    for step in path.split("."):
        found = [(value or {}).get(step.removesuffix("[*]")) for value in found]
        if step.endswith("[*]"):
            found = [element for elements in found for element in elements or []]
    return found


def effective_context(pod_spec: Spec, container: Spec) -> Spec:
    """Return a container's security context, with the fields that it inherits from the pod."""
    of_pod = pod_spec.get("securityContext") or {}
    of_container = container.get("securityContext") or {}
    own = {name: value for name, value in of_container.items() if value is not None}
    return {name: of_pod.get(name) for name in INHERITED} | own


COMPLIANT_CONTAINER: Spec = {
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
}
COMPLIANT_POD: Spec = {
    "containers": [COMPLIANT_CONTAINER],
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
}
COMMON_VIOLATIONS: list[tuple[str, object]] = [
    ("securityContext.appArmorProfile.type", "Unconfined"),
    ("securityContext.runAsUser", 0),
    ("securityContext.seLinuxOptions.role", "sysadm_r"),
    ("securityContext.seLinuxOptions.type", "spc_t"),
    ("securityContext.seLinuxOptions.user", "sysadm_u"),
    ("securityContext.windowsOptions.hostProcess", True),
    ("securityContext.runAsNonRoot", False),
    ("securityContext.seccompProfile.type", "Unconfined"),
]
POD_VIOLATIONS = [
    *COMMON_VIOLATIONS,
    ("hostIPC", True),
    ("hostNetwork", True),
    ("hostPID", True),
    ("securityContext.sysctls[*].name", "kernel.msgmax"),
    ("volumes[*]", {"name": "node", "hostPath": {"path": "/"}}),
    ("volumes[*]", {"name": "share", "nfs": {"server": "10.0.0.1", "path": "/"}}),
]
CONTAINER_VIOLATIONS = [
    *COMMON_VIOLATIONS,
    ("ports[*].hostPort", 3010),
    ("securityContext.allowPrivilegeEscalation", True),
    ("securityContext.allowPrivilegeEscalation", None),
    ("securityContext.capabilities.add[*]", "SYS_ADMIN"),
    ("securityContext.capabilities.drop", ["NET_RAW"]),
    ("securityContext.capabilities.drop", None),
    ("securityContext.privileged", True),
    ("securityContext.procMount", "Unmasked"),
    *((f"{handler}.httpGet.host", "10.0.0.1") for handler in HANDLERS),
    *((f"{handler}.tcpSocket.host", "10.0.0.1") for handler in HANDLERS),
]


def with_value(spec: Spec, path: str, value: object) -> Spec:
    """Return a copy of the spec with this value at a path; `[*]` is a list of one element."""
    first, _, rest = path.partition(".")
    name = first.removesuffix("[*]")
    of_list = name != first
    inner = {} if of_list else spec.get(name) or {}
    new = with_value(inner, rest, value) if rest else value
    return spec | {name: [new] if of_list else new}


def test_pod_meets_the_restricted_profile(pod: Spec) -> None:
    assert violations(pod) == []


@pytest.mark.parametrize(("path", "value"), POD_VIOLATIONS, ids=str)
def test_violation_by_a_pod_is_found(path: str, value: object) -> None:
    assert f"{path} is {value!r}" in violations(with_value(COMPLIANT_POD, path, value))


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize(("path", "value"), CONTAINER_VIOLATIONS, ids=str)
def test_violation_by_a_container_is_found(kind: str, path: str, value: object) -> None:
    violating = COMPLIANT_POD | {kind: [with_value(COMPLIANT_CONTAINER, path, value)]}

    assert violations(violating) == [f"{kind}[0].{path} is {value!r}"]


@pytest.mark.parametrize(
    ("rules", "bad"),
    [(POD_RULES, POD_VIOLATIONS), (CONTAINER_RULES, CONTAINER_VIOLATIONS)],
    ids=["pod", "container"],
)
def test_every_rule_has_a_test(rules: dict[str, Rule], bad: list[tuple[str, object]]) -> None:
    assert rules.keys() == {path for path, _ in bad}


@pytest.mark.parametrize(
    ("name", "field"),
    [("runAsNonRoot", "runAsNonRoot"), ("seccompProfile", "seccompProfile.type")],
    ids=INHERITED,
)
def test_container_must_set_fields_that_the_pod_does_not(name: str, field: str) -> None:
    without = with_value(COMPLIANT_POD, f"securityContext.{name}", None)
    itself = with_value(
        COMPLIANT_CONTAINER, f"securityContext.{name}", COMPLIANT_POD["securityContext"][name]
    )

    assert violations(without) == [f"containers[0].securityContext.{field} is None"]
    assert violations(without | {"containers": [itself]}) == []


def test_pod_has_no_unneeded_rights_or_volumes(
    pod_template: Spec, pod: Spec, container: Spec
) -> None:
    assert pod_template["metadata"].keys() == {
        "labels"
    }  # annotations could set AppArmor and seccomp
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    (volume,) = pod["volumes"]
    assert volume.keys() == {"name", "emptyDir"}
    assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/tmp"}]  # noqa: S108


def test_documents_are_named_after_the_project(project: Path, manifests: dict[str, Spec]) -> None:
    expected = {"name": project.name, "labels": {APP_LABEL: project.name}}
    assert [document["metadata"] for document in manifests.values()] == [expected] * 6


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Deployment", "spec.selector.matchLabels"),
        ("Deployment", "spec.template.spec.topologySpreadConstraints[*].labelSelector.matchLabels"),
        ("Service", "spec.selector"),
        ("PodDisruptionBudget", "spec.selector.matchLabels"),
        ("NetworkPolicy", "spec.podSelector.matchLabels"),
    ],
)
def test_every_selector_matches_the_pods(
    manifests: dict[str, Spec], pod_template: Spec, kind: str, path: str
) -> None:
    selectors = values_at(manifests[kind], path)

    assert selectors
    for selector in selectors:
        assert selector  # an empty one selects every pod of the namespace
        assert selector.items() <= pod_template["metadata"]["labels"].items()


def test_only_the_autoscaler_sets_the_number_of_pods(
    manifests: dict[str, Spec], container: Spec
) -> None:
    deployment, autoscaler = manifests["Deployment"], manifests["HorizontalPodAutoscaler"]["spec"]

    target = {name: deployment[name] for name in ("apiVersion", "kind")}
    assert autoscaler["scaleTargetRef"] == target | {"name": deployment["metadata"]["name"]}
    assert "replicas" not in deployment["spec"]
    # The autoscaler measures in percent of the requested resources.
    measured = [metric["resource"]["name"] for metric in autoscaler["metrics"]]
    assert measured == ["cpu"]
    assert set(measured) <= container["resources"]["requests"].keys()


def test_pods_are_spread_over_nodes_and_zones(pod: Spec) -> None:
    assert [spread["topologyKey"] for spread in pod["topologySpreadConstraints"]] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]


def test_node_can_be_drained_without_an_outage(manifests: dict[str, Spec]) -> None:
    at_once = manifests["PodDisruptionBudget"]["spec"]["maxUnavailable"]
    assert 1 <= at_once < manifests["HorizontalPodAutoscaler"]["spec"]["minReplicas"]


def test_rollout_waits_for_a_ready_pod(manifests: dict[str, Spec]) -> None:
    strategy = manifests["Deployment"]["spec"]["strategy"]
    assert strategy["type"] == "RollingUpdate"
    assert strategy["rollingUpdate"]["maxUnavailable"] == 0
    assert strategy["rollingUpdate"]["maxSurge"] >= 1


def test_pods_may_only_use_dns_and_https(manifests: dict[str, Spec]) -> None:
    policy = manifests["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == [
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
        {"ports": [{"port": 443, "protocol": "TCP"}]},
    ]


@pytest.mark.parametrize(
    ("domains", "ports"),
    [
        ("login.example.com:8443", [8443]),
        ("login.example.com:8443, tenant.eu.auth0.com", [8443, 443]),
    ],
)
def test_tenant_on_another_port_is_reachable(bake: Bake, domains: str, ports: list[int]) -> None:
    project = bake(deployment="kubernetes", auth0_domain=domains)

    *_, tenant = read_manifests(project)["NetworkPolicy"]["spec"]["egress"]
    assert tenant == {"ports": [{"port": port, "protocol": "TCP"} for port in ports]}


@pytest.mark.parametrize("slug", ["null", "no", "on", "true"])
def test_slug_that_yaml_would_convert_stays_a_string(bake: Bake, slug: str) -> None:
    manifests = read_manifests(bake(deployment="kubernetes", project_slug=slug))

    assert {document["metadata"]["name"] for document in manifests.values()} == {slug}
    assert manifests["Service"]["spec"]["selector"] == {APP_LABEL: slug}


def last_match(project: Path, file: str, pattern: str) -> str:
    """Return the group of the last match of a pattern in a file."""
    found = re.findall(pattern, (project / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{file} has no match of {pattern}"
    return str(found[-1])


def test_requests_reach_the_port_of_gunicorn(
    project: Path, manifests: dict[str, Spec], container: Spec
) -> None:
    (port,) = container["ports"]
    assert port["containerPort"] == int(
        last_match(project, "gunicorn.conf.py", r'"PORT", os\.environ, (\d+)')
    )

    (of_service,) = manifests["Service"]["spec"]["ports"]
    (ingress,) = manifests["NetworkPolicy"]["spec"]["ingress"]
    probes = [container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")]
    assert [probe["httpGet"]["port"] for probe in probes] == [port["name"]] * 3
    assert of_service["port"] == 80
    assert of_service["targetPort"] == port["name"]
    assert ingress == {"ports": [{"port": port["name"], "protocol": "TCP"}]}


def test_gunicorn_listens_on_all_addresses(project: Path) -> None:
    assert last_match(project, "Dockerfile", r'BIND_HOST="?([\d.]+)') == "0.0.0.0"  # noqa: S104


def test_probes_use_endpoints_of_the_api(api_folder: Path, container: Spec) -> None:
    assert str(api_folder) in sys.path
    settings = {"AUTH0_DOMAIN": "tenant.example.com"}
    app = importlib.import_module("messages_api").create_app(settings)
    gets = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    paths = {
        name: container[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "liveness", "readiness")
    }
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    assert set(paths.values()) <= gets


def test_pod_runs_as_the_user_of_the_image(project: Path, pod: Spec) -> None:
    context = pod["securityContext"]
    user = f"{context['runAsUser']}:{context['runAsGroup']}"
    assert last_match(project, "Dockerfile", r"^USER (\S+)$") == user


def test_grace_period_covers_requests_in_flight(project: Path, pod: Spec, container: Spec) -> None:
    graceful = int(last_match(project, "gunicorn.conf.py", r"^graceful_timeout = (\d+)"))
    waits = container["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert waits > 0
    assert pod["terminationGracePeriodSeconds"] >= waits + graceful


def test_clients_cannot_set_script_name(project: Path, manifests: dict[str, Spec]) -> None:
    """By default, gunicorn also accepts SCRIPT_NAME from the addresses in FORWARDED_ALLOW_IPS."""
    assert manifests["ConfigMap"]["data"]["FORWARDED_ALLOW_IPS"] == "*"
    assert last_match(project, "gunicorn.conf.py", r"^forwarder_headers = (\S+)") == '""'


def test_image_has_the_version_of_the_project(project: Path, container: Spec) -> None:
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert container["image"] == f"{metadata['name']}:{metadata['version']}"


def test_pods_read_only_the_config_map(manifests: dict[str, Spec], container: Spec) -> None:
    name = manifests["ConfigMap"]["metadata"]["name"]
    assert container["envFrom"] == [{"configMapRef": {"name": name}}]
    assert "env" not in container


@pytest.mark.parametrize("answers", UNUSUAL_ANSWERS.values(), ids=UNUSUAL_ANSWERS)
def test_config_map_equals_the_answers(bake: Bake, answers: dict[str, str]) -> None:
    given = {"auth0_domain": "tenant.example.com"} | answers | {"deployment": "kubernetes"}
    project = bake(**as_jinja(given))
    config = runpy.run_path(str(project / project.name.replace("-", "_") / "config.py"))

    data = dict(read_manifests(project)["ConfigMap"]["data"])

    del data["FORWARDED_ALLOW_IPS"]  # a setting of gunicorn, not of the API
    assert data.keys() == {"AUTH0_DOMAIN", "AUTH0_AUDIENCE", "CORS_ORIGINS"}
    assert data.items() <= config["DEFAULTS"].items()
    assert data["AUTH0_AUDIENCE"] == given["auth0_audience"]
    assert config["load_settings"](data) == config["load_settings"]({})
