"""`closeout doctor` on the sandbox of both forges: healthy, and broken in the ways that set-ups break."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy import create_engine, text

from service.sandbox import Sandbox
from service.sandbox.rows import HookRow
from service.store.outbox import Letter
from tests.cli.conftest import Ran, Run
from tests.clock import Clock
from tests.contracts.recorder import Recorder
from tests.stack import BOT, FORGES, SECRET, Stack, running

Check = dict[str, Any]
SHOP = "acme/shop"
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["at", "verdict", "summary", "requests", "counts", "checks"],
    "properties": {
        "at": {"type": "string"},
        "verdict": {"enum": ["ok", "warn", "fail"]},
        "summary": {"type": "string"},
        "requests": {"type": "integer"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["about", "check", "verdict", "what", "fix"],
                "properties": {
                    "about": {"type": "string"},
                    "check": {"type": "string", "pattern": "^[a-z-]+$"},
                    "verdict": {"enum": ["ok", "warn", "fail", "skipped"]},
                    "what": {"type": "string"},
                    "fix": {"type": ["string", "null"]},
                },
            },
        },
    },
}


@pytest.fixture(autouse=True)
def forges(sandbox: Sandbox, clock: Clock, contracts: Recorder, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both forges with one issue each, at this time, and the service's own account as an administrator."""
    clock.now = datetime.now(UTC)
    urls = {"GITHUB": sandbox.github_url, "GITLAB": sandbox.gitlab_url}
    for name, url in urls.items():
        monkeypatch.setenv(f"CLOSEOUT_{name}_URL", url)
        monkeypatch.setenv(f"CLOSEOUT_{name}_TOKEN", f"token-{BOT}")
        monkeypatch.setenv(f"CLOSEOUT_{name}_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("CLOSEOUT_PROJECTS", ",".join(f"{forge}:{SHOP}" for forge in FORGES))
    sandbox.world.set_permission("github", SHOP, BOT, "admin")
    for forge in FORGES:
        sandbox.world.create_issue(forge, SHOP, actor="alice", title="Outage")


@pytest.fixture
def served(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> Iterator[Stack]:
    """The service beside it, that has received something from each forge and keeps the schedule."""
    with running(sandbox, clock, tmp_path) as stack:
        for forge in FORGES:
            sandbox.world.create_issue(forge, SHOP, actor="alice", title="Outage", labels=("post-mortem",))
        stack.settle()
        stack.service.schedule.run_due()
        yield stack


def _json(ran: Ran) -> Any:
    found = json.loads(ran.out)
    jsonschema.validate(found, SCHEMA)
    return found


def _examined(run: Run, *arguments: str, **environment: str) -> tuple[int, list[Check]]:
    """The exit code, and every check that is not ok."""
    ran = run("doctor", "--json", *arguments, **environment)
    return ran.code, [check for check in _json(ran)["checks"] if check["verdict"] != "ok"]


def _one(checks: list[Check], name: str, about: str) -> Check:
    (found,) = [check for check in checks if (check["check"], check["about"]) == (name, about)]
    return found


def _hook(sandbox: Sandbox, forge: str, path: str = "", **more: Any) -> HookRow:
    """A webhook of the project, to where nobody listens."""
    url = f"http://127.0.0.1:9{path or f'/webhooks/{forge}'}"
    return sandbox.world.add_hook(forge, SHOP, url=url, **{"secret": SECRET, **more})


# --- as it should be ------------------------------------------------------------------------------------------


def test_a_healthy_set_up_has_nothing_to_say(run: Run, served: Stack) -> None:
    """Every check of both forges is ok, in JSON as in the table; each request is counted."""
    asked = len(served.sandbox.log)
    found = _json(run("doctor", "--json"))
    assert [check for check in found["checks"] if check["verdict"] != "ok"] == []
    assert found["requests"] == len(served.sandbox.log) - asked
    assert {check["about"] for check in found["checks"]} >= {"database", *FORGES, *(f"{f}:{SHOP}" for f in FORGES)}
    table = run("doctor")
    assert (table.code, "All is well" in table.out, table.err) == (0, True, "")


def test_nothing_is_written_anywhere(run: Run, served: Stack, tmp_path: Path) -> None:
    """The forges see reading requests alone and stay as they were, and so does every byte of the database."""
    served.service.stop()
    world, asked = served.sandbox.world.snapshot_json(), len(served.sandbox.log)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run("doctor").code == 0
    requests = list(served.sandbox.log)[asked:]
    assert {record.method for record in requests if not record.path.endswith("/graphql")} == {"GET"}
    assert served.sandbox.world.snapshot_json() == world
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_no_database_is_made(run: Run, tmp_path: Path) -> None:
    """A file that is not there yet is no failure, and is still not there afterwards."""
    _, bad = _examined(run, "--forge", "gitlab")
    assert _one(bad, "database", "database")["verdict"] == "warn"
    assert list(tmp_path.iterdir()) == []


def test_one_forge_or_one_project_is_looked_at_where_asked(run: Run, served: Stack) -> None:
    """The other forge sees no request."""
    for arguments in (("--forge", "gitlab"), ("--project", "gitlab:acme/shop")):
        asked = len(served.sandbox.log)
        assert _examined(run, *arguments)[0] == 0
        assert {record.forge for record in list(served.sandbox.log)[asked:]} == {"gitlab"}


# --- accounts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
def test_a_wrong_token_fails_and_nothing_else_is_asked_with_it(run: Run, sandbox: Sandbox, forge: str) -> None:
    """The setting is named; the other forge is looked at all the same."""
    code, bad = _examined(run, **{f"CLOSEOUT_{forge.upper()}_TOKEN": "token-nobody"})
    account = _one(bad, "account", forge)
    assert (code, account["verdict"]) == (1, "fail")
    assert f"CLOSEOUT_{forge.upper()}_TOKEN" in account["fix"]
    refused = [record for record in sandbox.log if record.status == 401]
    assert [record.forge for record in refused] == [forge]
    assert any(record.forge != forge for record in sandbox.log)


@pytest.mark.parametrize(("forge", "role", "wanted"), [("github", "read", "Write"), ("gitlab", "guest", "Reporter")])
def test_an_account_that_may_only_read_fails(run: Run, sandbox: Sandbox, forge: str, role: str, wanted: str) -> None:
    """With who is to be given which role; webhooks that it may not see are skipped."""
    sandbox.world.set_permission(forge, SHOP, "eve", role)
    code, bad = _examined(run, "--forge", forge, **{f"CLOSEOUT_{forge.upper()}_TOKEN": "token-eve"})
    about = f"{forge}:{SHOP}"
    assert (code, _one(bad, "access", about)["fix"]) == (1, f"give eve the role {wanted}")
    assert _one(bad, "webhook", about)["verdict"] == "skipped"


@pytest.mark.parametrize(("forge", "scope", "needed"), [("github", "read:org", "repo"), ("gitlab", "read_api", "api")])
def test_a_token_without_its_scope_fails(run: Run, sandbox: Sandbox, forge: str, scope: str, needed: str) -> None:
    """Whatever the role of its owner."""
    sandbox.world.limit_token(f"token-{BOT}", scope)
    code, bad = _examined(run, "--forge", forge)
    scopes = _one(bad, "scopes", forge)
    assert (code, scope in scopes["what"], f"`{needed}`" in scopes["fix"]) == (1, True, True)


@pytest.mark.parametrize("forge", FORGES)
def test_a_project_that_is_not_there_fails(run: Run, forge: str) -> None:
    """Once, not check by check."""
    code, bad = _examined(run, "--project", f"{forge}:acme/nowhere", CLOSEOUT_PROJECTS="acme/*")
    (found,) = [check for check in bad if check["about"].endswith("nowhere")]
    assert (code, found["check"], found["verdict"]) == (1, "access", "fail")


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize(("minutes", "verdict"), [(10, "fail"), (-2, "warn")])
def test_a_clock_that_is_off_is_noticed(run: Run, clock: Clock, forge: str, minutes: int, verdict: str) -> None:
    """From the date of the forge's own answer."""
    clock.now += timedelta(minutes=minutes)
    _, bad = _examined(run, "--forge", forge)
    found = _one(bad, "clock", forge)
    assert (found["verdict"], "behind" in found["what"]) == (verdict, minutes > 0)


# --- webhooks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
def test_no_webhook_fails(run: Run, sandbox: Sandbox, forge: str) -> None:
    """One to somebody else does not count; what to add is said whole."""
    _hook(sandbox, forge, "/elsewhere")
    code, bad = _examined(run, "--forge", forge)
    found = _one(bad, "webhook", f"{forge}:{SHOP}")
    assert (code, found["verdict"]) == (1, "fail")
    assert f"closeout setup --project {forge}:{SHOP}" in found["fix"]
    assert f"https://…/webhooks/{forge} with JSON, the secret of the settings, and the events " in found["fix"]


def test_a_webhook_of_the_organisation_serves_its_repositories(run: Run, sandbox: Sandbox) -> None:
    """It is held to the same."""
    sandbox.world.add_hook("github", "acme", url="http://127.0.0.1:9/webhooks/github", secret=SECRET, events=["issues"])
    _, bad = _examined(run, "--forge", "github")
    assert "does not subscribe to issue_comment" in _one(bad, "webhook", f"github:{SHOP}")["what"]


def test_where_deliveries_come_from_a_group_no_webhook_is_no_failure(run: Run, served: Stack) -> None:
    """GitLab shows groups' webhooks to few; what arrives must come from somewhere."""
    served.sandbox.world.project("gitlab", SHOP).hooks.clear()
    code, bad = _examined(run, "--forge", "gitlab")
    assert (code, _one(bad, "webhook", f"gitlab:{SHOP}")["verdict"]) == (0, "warn")


def _without_secret(hook: HookRow) -> None:
    hook.secret = ""


def _with_fewer_events(hook: HookRow) -> None:
    hook.events = hook.events[1:]


def _sending_forms(hook: HookRow) -> None:
    hook.options["config"] = {"content_type": "form"}


@pytest.mark.parametrize(
    ("forge", "spoil", "says"),
    [
        ("github", _without_secret, "CLOSEOUT_GITHUB_WEBHOOK_SECRET"),
        ("gitlab", _without_secret, "CLOSEOUT_GITLAB_WEBHOOK_SECRET"),
        ("github", _with_fewer_events, "does not subscribe to issues"),
        ("gitlab", _with_fewer_events, "does not subscribe to issues_events"),
        ("github", _sending_forms, "application/json"),
    ],
)
def test_a_webhook_that_is_set_up_wrongly_fails(
    run: Run, sandbox: Sandbox, forge: str, spoil: Callable[[HookRow], None], says: str
) -> None:
    """With what to change."""
    spoil(_hook(sandbox, forge))
    code, bad = _examined(run, "--forge", forge)
    found = _one(bad, "webhook", f"{forge}:{SHOP}")
    assert (code, found["verdict"], says in f"{found['what']} {found['fix']}") == (1, "fail", True)


@pytest.mark.parametrize("forge", FORGES)
def test_a_webhook_that_nobody_answers_fails(run: Run, sandbox: Sandbox, forge: str) -> None:
    """By the forge's own log of deliveries; GitLab pauses it after the fourth failure."""
    _hook(sandbox, forge)
    for title in ("One", "Two", "Three"):
        sandbox.world.create_issue(forge, SHOP, actor="alice", title=title)
    sandbox.settle()
    code, bad = _examined(run, "--forge", forge)
    found = _one(bad, "webhook-health", f"{forge}:{SHOP}")
    assert (code, found["verdict"], "3 events were not delivered" in found["what"]) == (1, "fail", True)
    sandbox.world.create_issue(forge, SHOP, actor="alice", title="Four")
    sandbox.settle()
    paused = _one(_examined(run, "--forge", forge)[1], "webhook-health", f"{forge}:{SHOP}")
    assert ("paused it until" in paused["what"]) is (forge == "gitlab")


@pytest.mark.parametrize("forge", FORGES)
def test_a_webhook_that_is_switched_off_fails(run: Run, sandbox: Sandbox, forge: str) -> None:
    """By a person on GitHub, by GitLab itself after forty failures."""
    _hook(sandbox, forge).active = False
    code, bad = _examined(run, "--forge", forge)
    assert (code, "switched off" in _one(bad, "webhook-health", f"{forge}:{SHOP}")["what"]) == (1, True)


@pytest.mark.parametrize("forge", FORGES)
def test_a_webhook_with_another_secret_fails(run: Run, served: Stack, forge: str) -> None:
    """Its deliveries are answered 401, which names the remedy."""
    (hook,) = served.sandbox.world.project(forge, SHOP).hooks
    hook.secret = "another"
    served.sandbox.world.create_issue(forge, SHOP, actor="alice", title="Outage")
    served.sandbox.settle()
    code, bad = _examined(run, "--forge", forge)
    fix = _one(bad, "webhook-health", f"{forge}:{SHOP}")["fix"]
    assert (code, f"CLOSEOUT_{forge.upper()}_WEBHOOK_SECRET" in fix) == (1, True)


# --- what the server can, policies, settings --------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
def test_a_server_without_graphql_is_lived_with(run: Run, served: Stack, forge: str) -> None:
    """A warning, and no failure."""
    served.sandbox.world.features[forge].graphql = False
    code, bad = _examined(run)
    assert (code, [check["check"] for check in bad]) == (0, ["abilities"])
    assert "GraphQL" in bad[0]["what"]


@pytest.mark.parametrize("forge", FORGES)
def test_an_invalid_policy_fails_with_every_mistake(run: Run, sandbox: Sandbox, forge: str) -> None:
    """As `closeout policy check` says them."""
    sandbox.world.put_file(forge, SHOP, f".{forge}/closeout.yml", "version: 1\nrules:\n  closur: {}\n")
    code, bad = _examined(run, "--forge", forge)
    found = _one(bad, "policy", f"{forge}:{SHOP}")
    assert (code, found["verdict"]) == (1, "fail")
    assert f".{forge}/closeout.yml:3: rules.closur" in found["what"]


def test_a_pattern_that_fits_nothing_is_named(run: Run, served: Stack) -> None:
    """What a pattern fits is looked at without being named; a path without its forge is looked for on each."""
    code, bad = _examined(run, CLOSEOUT_PROJECTS="acme/shop,acme/sho*,acme/shpo,elsewhere/*")
    assert [check["what"].partition(":")[0] for check in bad] == ["acme/shpo", "elsewhere/*"]
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        ((), {"CLOSEOUT_DEBOUNCE": "-1", "CLOSEOUT_BIND": "nowhere"}, ("CLOSEOUT_DEBOUNCE", "CLOSEOUT_BIND")),
        (("--forge", "forgejo"), {}, ("github, gitlab",)),
        (("--project", "acme/shop"), {}, ("github:acme/shop",)),
        ((), {f"CLOSEOUT_{name}": "" for name in (
            "GITHUB_TOKEN", "GITHUB_WEBHOOK_SECRET", "GITLAB_TOKEN", "GITLAB_WEBHOOK_SECRET")}, ("no forge",)),
    ],
)  # fmt: skip
def test_settings_that_are_wrong_are_a_usage_error(
    run: Run, sandbox: Sandbox, arguments: tuple[str, ...], environment: dict[str, str], says: tuple[str, ...]
) -> None:
    """Every mistake at once, before anything is asked of a forge."""
    ran = run("doctor", *arguments, **environment)
    assert (ran.code, [word for word in says if word not in ran.err], list(sandbox.log)) == (2, [], [])


def test_a_webhook_secret_that_is_not_set_fails(run: Run) -> None:
    """Without it `closeout serve` does not start; everything else is looked at."""
    code, bad = _examined(run, "--forge", "gitlab", CLOSEOUT_GITLAB_WEBHOOK_SECRET="")
    assert (code, _one(bad, "webhook-secret", "gitlab")["verdict"]) == (1, "fail")


# --- the database ---------------------------------------------------------------------------------------------


def test_a_database_that_does_not_answer_is_exit_code_3(run: Run) -> None:
    """The forges are looked at all the same."""
    code, bad = _examined(run, "--forge", "gitlab", CLOSEOUT_DATABASE_URL="postgresql://u:pw@127.0.0.1:9/closeout")
    found = _one(bad, "database", "database")
    assert (code, found["verdict"], "CLOSEOUT_DATABASE_URL" in found["fix"]) == (3, "fail", True)
    assert _one(bad, "webhook", f"gitlab:{SHOP}")["verdict"] == "fail"


@pytest.mark.parametrize(("version", "says"), [(1, "closeout db upgrade"), (99, "newer Closeout")])
def test_tables_of_another_version_fail(run: Run, served: Stack, version: int, says: str) -> None:
    """And are left alone: what is in them may mean something else."""
    served.service.stop()
    url = served.service.settings.database_url.get_secret_value()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("update schema_version set version = :version"), {"version": version})
    code, bad = _examined(run)
    with engine.begin() as connection:
        assert connection.execute(text("select version from schema_version")).scalar_one() == version
    engine.dispose()
    assert (code, says in _one(bad, "database", "database")["fix"]) == (1, True)


def test_the_routes_are_looked_at(run: Run, sandbox: Sandbox, served: Stack) -> None:
    """The address that no service has, what could not be sent, a name in a policy that is none, a private project."""
    sandbox.world.put_file("github", "acme/ops", ".github/closeout.yml", "version: 1\nnotify: {opened: [oncal]}\n")
    outbox = served.service.outbox
    outbox.put([Letter("key", "oncall", "opened", "Title", "Text")])
    (posted,) = outbox.due("oncall", 1)
    outbox.begin(posted, again_in=60)
    outbox.failed(posted, "the service answered 403", for_good=True)
    routes = "{oncall: {url: 'json://127.0.0.1:9/s3cr3t'}, odd: {url: 'nonsense://s3cr3t'}}"
    ran = run("doctor", "--json", "--project", "github:acme/ops", CLOSEOUT_PROJECTS="acme/*", CLOSEOUT_NOTIFY=routes)
    assert "s3cr3t" not in ran.out + ran.err
    found = {(check["about"], check["check"]): check for check in _json(ran)["checks"]}
    assert found["route odd", "address"]["verdict"] == "fail"
    assert found["route oncall", "address"]["verdict"] == "ok"
    assert (
        "1 message is given up in the last 7 days: the service answered 403" in found["route oncall", "outbox"]["what"]
    )
    assert "oncal" in found["github:acme/ops", "routes"]["what"]
    assert "leaves by oncall, odd" in found["github:acme/ops", "privacy"]["what"]
