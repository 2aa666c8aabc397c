"""What a release is made of: objects that find each other, and pods that come, answer and go as they should."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import MapAdapter

from service.bootstrap.service import Service
from service.settings import Forge, Settings
from service.web import serving
from service.web.sent import PREFIX
from service.work.worker import Workers
from tests.helm import pod_security
from tests.helm.links import lost
from tests.helm.release import VALUES, Refused, of_kind, pod, pods, rendered

pytestmark = pytest.mark.node

BY_NAME = {path.stem: path for path in VALUES}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MapAdapter]:
    """The addresses that the program answers."""
    file = tmp_path_factory.mktemp("service") / "closeout.sqlite3"
    forge = Forge(name="github", kind="github", url="https://github.com")
    with Service(Settings.model_validate({"forges": [forge], "database_url": f"sqlite:///{file}"})) as service:
        yield service.site().app.url_map.bind("closeout")


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_whatever_names_another_object_finds_it(values: Path) -> None:
    """Services find pods, routes find services and ports, pods find claims and accounts, scaling finds its target."""
    manifests = rendered(values)
    assert list(lost(manifests)) == []


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_names_have_room(values: Path) -> None:
    """With the longest name that Helm allows a release, no name exceeds what its kind allows."""
    longest = "r" * 53
    for manifest in rendered(values, name=longest):
        limit = 52 if manifest["kind"] == "CronJob" else 63
        assert len(manifest["metadata"]["name"]) <= limit


def test_probes_ask_what_the_program_answers(addresses: MapAdapter) -> None:
    """Alive is /healthz, from the start; ready is /readyz. Both on the port that the program listens on."""
    for values in VALUES:
        web = pod(rendered(values), "web").container
        asked = {name: web[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert {name: probe["path"] for name, probe in asked.items()} == {
            "startupProbe": "/healthz",
            "livenessProbe": "/healthz",
            "readinessProbe": "/readyz",
        }
        assert all(addresses.match(probe["path"], "GET") for probe in asked.values())
        (port,) = web["ports"]
        assert {probe["port"] for probe in asked.values()} == {port["name"]}
        bind = next(entry["value"] for entry in web["env"] if entry["name"] == "CLOSEOUT_BIND")
        assert bind.endswith(f":{port['containerPort']}")


def test_only_webhooks_are_reachable_from_outside(addresses: MapAdapter) -> None:
    """By default neither the status page nor the health of the service is shown to the world."""
    route = of_kind(rendered(BY_NAME["forges"]), "HTTPRoute")[0]
    open_paths = [match["path"]["value"] for rule in route["spec"]["rules"] for match in rule["matches"]]
    assert open_paths == [PREFIX]
    assert [rule.rule for rule in addresses.map.iter_rules() if rule.rule.startswith(PREFIX)] == []


def test_calendars_are_reachable_where_they_are_linked() -> None:
    """With an address of its own to link, by either way in; a path that leads there already is not named twice."""
    manifests = rendered(BY_NAME["everything"])
    [rule] = of_kind(manifests, "Ingress")[0]["spec"]["rules"]
    [matches] = [each["matches"] for each in of_kind(manifests, "HTTPRoute")[0]["spec"]["rules"]]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/webhooks/", "/", "/calendar/"]
    assert [match["path"]["value"] for match in matches] == ["/webhooks/", "/calendar/"]


def test_pods_are_given_the_time_that_stopping_takes() -> None:
    """Longer than the server waits for requests and the workers for looks, after the time to leave the Service."""
    for values in VALUES:
        web = pod(rendered(values), "web")
        (_, drain) = web.container["lifecycle"]["preStop"]["exec"]["command"]
        assert web.spec["terminationGracePeriodSeconds"] > int(drain) + serving._STOPPING
    patience = inspect.signature(Workers.stop).parameters["patience"].default
    worker = pod(rendered(BY_NAME["everything"]), "worker")
    assert worker.spec["terminationGracePeriodSeconds"] > patience


def test_a_sqlite_file_has_one_pod_at_a_time() -> None:
    """The old one has gone before the new one comes, and an audit runs on the node that has the file."""
    manifests = rendered(BY_NAME["sqlite_audit"])
    (web,) = of_kind(manifests, "Deployment")
    assert (web["spec"]["replicas"], web["spec"]["strategy"]) == (1, {"type": "Recreate"})
    (beside,) = pod(manifests, "audit").spec["affinity"]["podAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert beside["topologyKey"] == "kubernetes.io/hostname"
    assert beside["labelSelector"]["matchLabels"] == web["spec"]["selector"]["matchLabels"]
    assert of_kind(manifests, "Job") == []


def test_tables_are_brought_up_to_date_before_anything_else_exists() -> None:
    """The hook runs before an installation's first object: it needs no account, claim or ConfigMap of the release."""
    migration = pod(rendered(BY_NAME["postgresql"]), "migration")
    assert "serviceAccountName" not in migration.spec
    assert {kind for volume in migration.spec["volumes"] for kind in volume} == {"name", "emptyDir", "projected"}
    assert set(migration.env) == {"CLOSEOUT_DATABASE_URL_FILE"}


def test_no_pod_has_a_token_and_no_manifest_a_secret() -> None:
    """Closeout never speaks to the cluster; secrets are brought by whoever runs it."""
    for values in VALUES:
        manifests = rendered(values)
        assert of_kind(manifests, "Secret") == []
        assert all(each.spec["automountServiceAccountToken"] is False for each in pods(manifests))
        assert all(each.spec["enableServiceLinks"] is False for each in pods(manifests))
        assert all(account["automountServiceAccountToken"] is False for account in of_kind(manifests, "ServiceAccount"))


def test_a_scaled_deployment_leaves_the_number_to_the_scaler() -> None:
    """An upgrade does not set it back."""
    everything = rendered(BY_NAME["everything"])
    assert [d for d in of_kind(everything, "Deployment") if "replicas" in d["spec"]] == []
    assert len(of_kind(everything, "HorizontalPodAutoscaler")) == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("secrets.githubToken.key=",), "no forge is configured"),
        (("existingSecret=",), "secrets.githubToken names no Secret"),
        (("secrets.githubWebhookSecret.key=",), "secrets.githubWebhookSecret.key is missing"),
        (("secrets.gitlabToken.key=t",), "secrets.gitlabWebhookSecret.key is missing"),
        (("forges.x.kind=gitlab", "forges.x.token.key=t"), "forges.x.webhookSecret is missing"),
        (("existingSecret=", "forges.x.kind=gitlab", "forges.x.token.key=t"), "forges.x.token names no Secret"),
        (("settings.publicUrl=https://closeout.example.com",), "secrets.linkSecret.key is missing"),
        (("database=postgresql",), "secrets.databaseUrl.key is missing"),
        (("secrets.databaseUrl.key=url",), "set database to postgresql"),
        (("web.replicas=2",), "a SQLite file serves one pod"),
        (("web.autoscaling.enabled=true",), "a SQLite file serves one pod"),
        (("worker.enabled=true",), "a SQLite file serves one pod"),
        (("web.workers=0",), "nobody would look at issues"),
        (("audit.enabled=true", "settings.audit=0 9 * * *"), "the audit would run twice"),
        (("audit.enabled=true", "secrets.gitlabToken.key=t"), 'names no group in "*"'),
        (("settings.audit=0 9 * * *", "secrets.gitlabToken.key=t"), 'names no group in "*"'),
        (("audit.enabled=true", "secrets.gitlabToken.key=t", r"settings.projects=a/*\,gitlab:b?"), 'in "gitlab:b?"'),
        (("ingress.enabled=true",), "ingress.host is missing"),
        (("httpRoute.enabled=true",), "httpRoute.parentRefs is missing"),
        (("extraEnv[0].name=CLOSEOUT_LOG", "extraEnv[0].value=debug"), "extraEnv sets CLOSEOUT_LOG"),
        (("database=mysql",), "/database': value must be one of 'sqlite', 'postgresql'"),
        (("web.workerz=1",), "additional properties 'workerz' not allowed"),
        (("settings.logg=debug",), "additional properties 'logg' not allowed"),
        (("policy.rules.closure.actions=done",), "missing property 'version'"),
        (("policy.version=1", "policy.rules.closure.actionz=done"), "additional properties 'actionz' not allowed"),
        (("settings.debounce=61",), "maximum: got 61, want 60"),
    ],
)
def test_values_that_cannot_work_are_refused(given: tuple[str, ...], says: str) -> None:
    """With a sentence that names the value, before anything is installed."""
    with pytest.raises(Refused) as refused:
        rendered(BY_NAME["sqlite"], sets=given)
    assert says in str(refused.value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """Values are put right in one go."""
    with pytest.raises(Refused) as refused:
        rendered(BY_NAME["sqlite"], sets=("web.replicas=2", "web.workers=0", "ingress.enabled=true"))
    assert str(refused.value).count("\n- ") >= 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hostNetwork": True}, "hostNetwork is on"),
        ({"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}, "volume x is a hostPath"),
        ({"securityContext": {}}, "may run as root"),
        ({"securityContext": {"runAsNonRoot": True}}, "no seccomp profile"),
        ({"containers": [{"name": "web"}]}, "privileges may escalate"),
        ({"containers": [{"name": "web", "ports": [{"hostPort": 80}]}]}, "host port"),
        ({"containers": [{"name": "web", "securityContext": {"privileged": True}}]}, "privileged"),
        ({"containers": [{"name": "web", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}, "adds cap"),
        ({"initContainers": [{"name": "init", "securityContext": {"runAsUser": 0}}]}, "init: may run as root"),
    ],
)
def test_what_the_standard_forbids_would_be_noticed(change: Mapping[str, Any], says: str) -> None:
    """The restricted standard's demands, each broken on a pod of ours."""
    spec = pod(rendered(BY_NAME["sqlite"]), "web").spec
    assert list(pod_security.violations(spec)) == []
    assert says in "\n".join(pod_security.violations({**spec, **change}))
