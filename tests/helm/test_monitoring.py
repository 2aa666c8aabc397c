"""What the chart brings for Prometheus and Grafana: it finds every process, and asks for what these answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from service.bootstrap.service import Service
from service.metrics.catalogue import METRICS
from service.settings import Bind, Route, Settings
from tests.helm.release import CHART, ROOT, Manifest, Refused, of_kind, pod, rendered
from tests.metrics.promql import SERIES, faults, selectors

VALUES = Path(__file__).parent / "values"
RULES = yaml.safe_load((CHART / "files/alerts.yaml").read_text("utf-8"))
ALERTS = [alert for group in RULES["groups"] for alert in group["rules"]]
DASHBOARD = json.loads((CHART / "files/dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
RUNBOOKS = (ROOT / "docs/operations.md").read_text("utf-8").partition("\n## Alerts\n")[2].partition("\n## ")[0]
_QUERIES = [query for panel in PANELS for query in (target["expr"] for target in panel["targets"])]


def _written(query: str) -> str:
    """A dashboard's query with what Grafana fills in."""
    return query.replace("$__rate_interval", "5m")


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alerts_ask_for_what_there_is(alert: Mapping[str, Any]) -> None:
    """The PromQL is valid and in keeping with the catalogue; nobody else's metrics are looked at."""
    assert list(faults(alert["expr"])) == []
    assert [labels["job"] for labels in selectors(alert["expr"])] != []
    assert {labels["job"] for labels in selectors(alert["expr"])} == {"closeout"}


@pytest.mark.parametrize("query", _QUERIES)
def test_the_dashboard_asks_for_what_there_is(query: str) -> None:
    """In the same way, of the installation that is chosen at its top."""
    assert list(faults(_written(query))) == []
    assert {labels["job"] for labels in selectors(_written(query))} == {"$job"}


def test_each_alert_says_what_it_found_and_links_what_to_do() -> None:
    """Its labels are those that its expression leaves; its runbook is the section of its name."""
    for alert in ALERTS:
        said = alert["annotations"]
        assert set(said) == {"summary", "description", "runbook_url"}
        assert said["runbook_url"] == f"docs/operations.md#{alert['alert'].lower()}"
        kept = {label for group in re.findall(r"by \(([^)]*)\)", alert["expr"]) for label in group.split(", ")}
        assert set(re.findall(r"\$labels\.(\w+)", "".join(said.values()))) <= kept
        assert alert["labels"]["severity"] in {"warning", "critical"}


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    """It tells the meaning, how to look and what to do."""
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", RUNBOOKS, re.DOTALL | re.MULTILINE))
    assert list(sections) == [alert["alert"] for alert in ALERTS]
    for name, text in sections.items():
        assert [word for word in ("**Means.**", "**Look.**", "**Do.**") if word not in text] == [], name


def test_each_scheduled_job_is_missed_when_it_stops_coming(tmp_path: Path) -> None:
    """The alert knows every job there is, and no other."""
    url = SecretStr(f"sqlite:///{tmp_path}/closeout.sqlite3")
    route = Route(name="default", address=SecretStr("json://127.0.0.1:9"))
    settings = Settings(database_url=url, audit="0 9 * * MON", weekly="0 9 * * MON", routes=(route,))
    with Service(settings) as service:
        names = {job.name for job in service.schedule.jobs}
    (missed,) = (alert for alert in ALERTS if alert["alert"] == "CloseoutJobMissed")
    assert {name for labels in selectors(missed["expr"]) for name in labels["name"].split("|")} == names


def test_documents_name_metrics_that_exist() -> None:
    """Whoever looks as a page says finds something."""
    pages = [*(ROOT / "docs").glob("**/*.md"), *ROOT.glob("*.md")]
    named = {name for page in pages for name in re.findall(r"\bcloseout_[a-z_]+", page.read_text("utf-8"))}
    assert named - SERIES.keys() - {metric.name for metric in METRICS} == set()


def test_panels_stand_side_by_side() -> None:
    """None lies on another or reaches over the edge, and each has an id of its own."""
    taken = [cell for panel in DASHBOARD["panels"] for cell in _cells(**panel["gridPos"])]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_panel_reads_from_the_data_source_that_is_chosen() -> None:
    """The dashboard is of no one installation: what it stands on is chosen by its two variables."""
    chosen = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) - {"__rate_interval"}
    assert used == chosen == {"datasource", "job"}


@pytest.mark.node
def test_all_processes_are_scraped_under_one_name() -> None:
    """Web pods and workers, on the ports that they listen on; the alerts then look at this release alone."""
    manifests = rendered(VALUES / "everything.yaml")
    endpoints = [*_endpoints(manifests, "ServiceMonitor"), *_endpoints(manifests, "PodMonitor")]
    assert [endpoint["port"] for endpoint in endpoints] == ["http", "metrics"]
    scraped = {relabelling["replacement"] for endpoint in endpoints for relabelling in endpoint["relabelings"]}
    assert scraped == {"tools/closeout"}
    (rule,) = of_kind(manifests, "PrometheusRule")
    alerts = [alert for group in rule["spec"]["groups"] for alert in group["rules"]]
    assert {labels["job"] for alert in alerts for labels in selectors(alert["expr"])} == scraped
    assert [endpoint["honorLabels"] for endpoint in endpoints] == [True, True]


@pytest.mark.node
def test_alerts_are_the_files_less_those_that_are_left_out() -> None:
    """With the address of the runbooks that was given."""
    (rule,) = of_kind(rendered(VALUES / "everything.yaml"), "PrometheusRule")
    (group,) = rule["spec"]["groups"]
    assert [a["alert"] for a in group["rules"]] == [a["alert"] for a in ALERTS if a["alert"] != "CloseoutForgeSilent"]
    for alert in group["rules"]:
        page, _, section = alert["annotations"]["runbook_url"].partition("#")
        assert (page, section) == ("https://wiki.example.com/closeout/operations", alert["alert"].lower())
    (whole,) = of_kind(rendered(VALUES / "forges.yaml"), "PrometheusRule")
    made = [alert["expr"].replace('job="tools/release-closeout"', 'job="closeout"') for alert in _alerts(whole)]
    assert made == [alert["expr"] for alert in ALERTS]


@pytest.mark.node
def test_the_dashboard_reaches_grafana_as_it_is() -> None:
    """In a ConfigMap that its sidecar finds by a label."""
    (found,) = (
        m
        for m in of_kind(rendered(VALUES / "everything.yaml"), "ConfigMap")
        if m["metadata"]["name"] == "closeout-dashboard"
    )
    (text,) = found["data"].values()
    assert json.loads(text) == DASHBOARD
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"


@pytest.mark.node
def test_a_worker_is_probed_where_it_answers() -> None:
    """On the port of `settings.metricsBind`; where there is none, it has no port to ask."""
    worker = pod(rendered(VALUES / "everything.yaml"), "worker")
    (port,) = worker.container["ports"]
    assert port["containerPort"] == Bind.parse(worker.env["CLOSEOUT_METRICS_BIND"]).port
    asked = {name: worker.container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {probe["port"] for probe in asked.values()} == {port["name"]}
    assert [probe["path"] for probe in asked.values()] == ["/healthz", "/healthz", "/readyz"]
    silent = pod(rendered(VALUES / "everything.yaml", sets=(*_NO_MONITORS, "settings.metricsBind=")), "worker")
    assert not {"ports", "readinessProbe"} & silent.container.keys()


@pytest.mark.node
def test_a_network_policy_lets_the_scraper_in() -> None:
    """To both kinds of pods, and to workers nobody else."""
    policies = {
        m["metadata"]["name"]: m["spec"] for m in of_kind(rendered(VALUES / "everything.yaml"), "NetworkPolicy")
    }
    (web,), (worker,) = (policies[f"closeout-{kind}"]["ingress"] for kind in ("web", "worker"))
    assert worker["ports"] == [{"port": "metrics", "protocol": "TCP"}]
    assert len(worker["from"]) == 1
    assert worker["from"][0] in web["from"]
    assert len(web["from"]) == 2


_NO_MONITORS = ("monitoring.monitors.enabled=false", "monitoring.alerts.enabled=false")


@pytest.mark.node
@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("settings.metricsBind=worker",), "names no port: write it like :9108"),
        (("settings.metricsBind=127.0.0.1:9108",), "nothing outside its pod reaches"),
        (("settings.metricsBind=[::1]:9108",), "nothing outside its pod reaches"),
        (("settings.metricsBind=",), "settings.metricsBind is missing"),
        (("networkPolicy.scrapers=null",), "networkPolicy.scrapers is missing"),
        (("monitoring.monitors.enabled=false",), "monitoring.monitors.enabled is false"),
        (("monitoring.alerts.disabled={CloseoutQuiet}",), "CloseoutQuiet, which is none of CloseoutDown, "),
    ],
)
def test_what_nobody_could_scrape_is_refused(given: tuple[str, ...], says: str) -> None:
    """With a sentence that names the value, before anything is installed."""
    with pytest.raises(Refused) as refused:
        rendered(VALUES / "everything.yaml", sets=given)
    assert says in str(refused.value)


def _cells(x: int, y: int, w: int, h: int) -> Iterator[tuple[int, int]]:
    yield from ((x + across, y + down) for across in range(w) for down in range(h))


def _endpoints(manifests: Sequence[Manifest], kind: str) -> list[Mapping[str, Any]]:
    (found,) = of_kind(manifests, kind)
    return list(found["spec"].get("endpoints") or found["spec"]["podMetricsEndpoints"])


def _alerts(rule: Manifest) -> list[Mapping[str, Any]]:
    return [alert for group in rule["spec"]["groups"] for alert in group["rules"]]
