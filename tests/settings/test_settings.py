"""Settings: every mistake at once, as a sentence with the variable's name; no secret ever printed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.model import IssueRef
from service.settings import Bind, Forge, Settings, SettingsError, load
from service.settings.environment import variables

COMPLETE = {"CLOSEOUT_GITHUB_TOKEN": "ghp_token", "CLOSEOUT_GITHUB_WEBHOOK_SECRET": "hook"}


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def _set(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def _problems(monkeypatch: pytest.MonkeyPatch, **variables: str) -> tuple[str, ...]:
    _set(monkeypatch, **variables)
    with pytest.raises(SettingsError) as caught:
        load()
    return caught.value.problems


def test_nothing_set_is_valid_but_cannot_serve() -> None:
    """`closeout rules` needs no settings; `closeout serve` says what it needs."""
    (problem,) = load().serving_problems()
    assert "CLOSEOUT_GITHUB_TOKEN" in problem
    assert "CLOSEOUT_GITLAB_TOKEN" in problem


def test_a_complete_forge_can_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two variables are enough; the rest has defaults."""
    _set(monkeypatch, **COMPLETE)
    settings = load()
    assert settings.serving_problems() == ()
    assert settings.bind == Bind("127.0.0.1", 8080)
    assert [(f.name, f.url, f.secrets) for f in settings.forges] == [("github", "https://github.com", ("hook",))]


def test_all_mistakes_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start shows everything there is to put right, each with its variable."""
    problems = _problems(
        monkeypatch,
        CLOSEOUT_AUDIT="every day",
        CLOSEOUT_BIND="8080",
        CLOSEOUT_LOG="loud",
        CLOSEOUT_GITHUB_URL="github.example.com",
        CLOSEOUT_GITLAB_TOKN="x",
        CLOSEOUT_DATABASE_URL="mysql://db/closeout",
        CLOSEOUT_DEBOUNCE="-1",
        CLOSEOUT_TIMEZONE="Europe/Berln",
        CLOSEOUT_GITHUB_TOKEN_FILE="/does/not/exist",
    )
    named = sorted(problem.partition(":")[0].partition(" ")[0] for problem in problems)
    assert named == [
        "CLOSEOUT_AUDIT",
        "CLOSEOUT_BIND",
        "CLOSEOUT_DATABASE_URL",
        "CLOSEOUT_DEBOUNCE",
        "CLOSEOUT_GITHUB_TOKEN_FILE",
        "CLOSEOUT_GITHUB_URL",
        "CLOSEOUT_GITLAB_TOKN",
        "CLOSEOUT_LOG",
        "CLOSEOUT_TIMEZONE",
    ]
    assert "did you mean CLOSEOUT_GITLAB_TOKEN?" in "\n".join(problems)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"CLOSEOUT_GITHUB_WEBHOOK_SECRET": "x"}, "CLOSEOUT_GITHUB_TOKEN is missing"),
        ({"CLOSEOUT_GITLAB_SIGNING_TOKEN": "whsec_x"}, "CLOSEOUT_GITLAB_TOKEN is missing"),
        ({"CLOSEOUT_GITHUB_APP_ID": "1"}, "CLOSEOUT_GITHUB_PRIVATE_KEY is missing"),
        ({"CLOSEOUT_GITHUB_PRIVATE_KEY": "pem"}, "CLOSEOUT_GITHUB_APP_ID is missing"),
        ({"CLOSEOUT_GITHUB_TOKEN": "x", "CLOSEOUT_GITHUB_APP_ID": "1"}, "both set; keep the token or the app"),
        ({"CLOSEOUT_GITHUB_TOKEN": "x", "CLOSEOUT_GITHUB_TOKEN_FILE": "/x"}, "both set; keep one"),
        ({"CLOSEOUT_PUBLIC_URL": "https://closeout.example.org"}, "CLOSEOUT_LINK_SECRET is missing beside"),
        ({"CLOSEOUT_PUBLIC_URL": "closeout.example.org"}, "is not a web address"),
        (
            {"CLOSEOUT_LINK_SECRET": f"{'ab' * 32},too short"},
            "CLOSEOUT_LINK_SECRET: a secret of at least 32 characters",
        ),
        ({"CLOSEOUT_LINK_SECRET": " , "}, "CLOSEOUT_LINK_SECRET: a secret of at least 32 characters"),
        ({"CLOSEOUT_CONFIG": "/does/not/exist"}, "CLOSEOUT_CONFIG: cannot read /does/not/exist"),
    ],
)
def test_half_a_configuration_names_the_other_half(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    """Credentials that do not go together say which variable to set or to leave."""
    assert says in "\n".join(_problems(monkeypatch, **variables))


def test_a_forge_without_a_webhook_secret_can_plan_but_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line needs a token only; the receiver also needs to verify."""
    _set(monkeypatch, CLOSEOUT_GITLAB_TOKEN="glpat")
    (problem,) = load().serving_problems()
    assert problem.startswith("CLOSEOUT_GITLAB_WEBHOOK_SECRET is missing")


def test_every_secret_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As container platforms hand them over; the line end that an editor added is no part of it."""
    secrets = [name for name in variables() if name.endswith("_FILE")]
    assert secrets == [
        "CLOSEOUT_GITHUB_TOKEN_FILE",
        "CLOSEOUT_GITHUB_PRIVATE_KEY_FILE",
        "CLOSEOUT_GITHUB_WEBHOOK_SECRET_FILE",
        "CLOSEOUT_GITLAB_TOKEN_FILE",
        "CLOSEOUT_GITLAB_WEBHOOK_SECRET_FILE",
        "CLOSEOUT_GITLAB_SIGNING_TOKEN_FILE",
        "CLOSEOUT_DATABASE_URL_FILE",
        "CLOSEOUT_NOTIFY_FILE",
        "CLOSEOUT_LINK_SECRET_FILE",
    ]
    for name in secrets:
        if name != "CLOSEOUT_GITHUB_TOKEN_FILE":  # a token and an app exclude each other
            path = tmp_path / name
            values = {
                "CLOSEOUT_DATABASE_URL_FILE": "sqlite:///x\r\n",
                "CLOSEOUT_NOTIFY_FILE": "slack://a/b\n",
                "CLOSEOUT_LINK_SECRET_FILE": f"{'ab' * 32}\n",
            }
            path.write_text(values.get(name, f"{name} value\n"), encoding="utf-8")
            monkeypatch.setenv(name, str(path))
    monkeypatch.setenv("CLOSEOUT_GITHUB_APP_ID", "7")
    settings = load()
    github, gitlab = settings.forges
    assert github.private_key is not None
    assert github.private_key.get_secret_value() == "CLOSEOUT_GITHUB_PRIVATE_KEY_FILE value"
    assert gitlab.secrets == ("CLOSEOUT_GITLAB_WEBHOOK_SECRET_FILE value", "CLOSEOUT_GITLAB_SIGNING_TOKEN_FILE value")
    assert settings.database_url.get_secret_value() == "sqlite:///x"
    assert [secret.get_secret_value() for secret in settings.link_secrets] == ["ab" * 32]


def test_two_webhook_secrets_are_accepted_while_one_replaces_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are separated by a comma."""
    _set(monkeypatch, **COMPLETE | {"CLOSEOUT_GITHUB_WEBHOOK_SECRET": "new, old"})
    assert load().forges[0].secrets == ("new", "old")


def test_no_secret_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings' own text nor a complaint about them shows one."""
    secret = "s3cr3t-value"
    _set(monkeypatch, **dict.fromkeys(COMPLETE, secret), CLOSEOUT_DATABASE_URL=f"sqlite:///{secret}")
    assert secret not in repr(load())
    complaint = _problems(
        monkeypatch, CLOSEOUT_DATABASE_URL=f"postgresql://closeout:{secret}@db:{secret}/x", CLOSEOUT_BIND="x"
    )
    assert secret not in "\n".join(complaint)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://closeout@db:5432/closeout", ""),
        ("postgres://closeout@db/closeout", ""),
        ("mysql://db/closeout", "postgresql://user:password@host"),
        ("postgresql://closeout:p@ss:w/rd@db/closeout", "write %40 for @"),
    ],
)
def test_database_addresses(monkeypatch: pytest.MonkeyPatch, url: str, says: str) -> None:
    """PostgreSQL is accepted under both of its names; for anything else there is an example to copy."""
    _set(monkeypatch, **COMPLETE, CLOSEOUT_DATABASE_URL=url)
    if not says:
        assert load().database_url.get_secret_value() == url
        return
    with pytest.raises(SettingsError, match=re.escape(says)):
        load()


def test_a_missing_database_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closeout installs without it; asking for PostgreSQL then names the extra."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    (problem,) = _problems(monkeypatch, **COMPLETE, CLOSEOUT_DATABASE_URL="postgresql://db/closeout")
    assert "pip install 'closeout[postgres]'" in problem


def test_traces_need_their_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the way to get it; whoever asks for none needs none."""
    for name in ("opentelemetry", *(name for name in sys.modules if name.startswith("opentelemetry."))):
        monkeypatch.setitem(sys.modules, name, None)
    assert not load().traces
    monkeypatch.setenv("CLOSEOUT_TRACES", "1")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "pip install 'closeout[otel]'" in str(caught.value)


def test_other_programs_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes sets these for a service that is called closeout."""
    _set(monkeypatch, CLOSEOUT_PORT="tcp://10.0.0.1:8080", CLOSEOUT_SERVICE_HOST="10.0.0.1")
    assert load().forges == ()


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files write `VARIABLE=` for what is left out."""
    _set(monkeypatch, CLOSEOUT_GITHUB_TOKEN="", CLOSEOUT_BIND="", CLOSEOUT_DRY_RUN="")
    assert load() == Settings()


@pytest.mark.parametrize(
    ("text", "bind"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), (":8080", ("0.0.0.0", 8080)), ("[::1]:1", ("::1", 1))],  # noqa: S104
)
def test_addresses(text: str, bind: tuple[str, int]) -> None:
    """An address without a host is every address; IPv6 stands in brackets, in and out."""
    assert Bind.parse(text) == bind
    assert Bind.parse(str(Bind.parse(text))) == bind


@given(st.text())
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    """Never another error."""
    try:
        port, said = Bind.parse(text).port, ""
    except ValueError as error:
        port, said = 0, str(error)
    assert 0 <= port <= 65535
    assert not said or "write it like 127.0.0.1:8080" in said


@pytest.mark.parametrize(
    ("globs", "project", "allowed"),
    [
        (("*",), "acme/shop", True),
        (("acme/*",), "acme/shop", True),
        (("acme/*",), "Acme/Shop", True),
        (("acme/*",), "acme/sub/shop", True),
        (("acme/*",), "evil/acme/shop", False),
        (("acme/shop",), "acme/shop2", False),
        (("gitlab:acme/*",), "acme/shop", False),
        (("github:acme/*", "x/y"), "acme/shop", True),
    ],
)
def test_projects_that_may_be_acted_on(globs: tuple[str, ...], project: str, allowed: bool) -> None:
    """Globs name projects, on every forge or on one; forges compare names without case."""
    assert Settings(projects=globs).allows(IssueRef("github", project, 1)) is allowed


def test_several_forges_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside those of the environment, each under its own name."""
    (tmp_path / "token").write_text("from a file\n", encoding="utf-8")
    config = tmp_path / "closeout.yml"
    config.write_text(
        "forges:\n"
        f"  internal: {{kind: gitlab, url: 'https://git.example.com/', token_file: {tmp_path}/token,"
        " webhook_secret: 'a,b', signing_token: whsec_c}\n"
        "  app: {kind: github, app_id: 7, private_key: pem}\n",
        encoding="utf-8",
    )
    _set(monkeypatch, **COMPLETE, CLOSEOUT_CONFIG=str(config))
    github, internal, app = load().forges
    assert github.name == "github"
    assert (internal.url, internal.secrets) == ("https://git.example.com", ("a", "b", "whsec_c"))
    assert internal.token is not None
    assert internal.token.get_secret_value() == "from a file"
    assert app == Forge.model_validate(
        {"name": "app", "kind": "github", "url": "https://github.com", "app_id": "7", "private_key": "pem"}
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("forges: [", "closeout.yml:1 is not YAML"),
        ("forges: &a {}\nnotify: *a\n", "closeout.yml:2 is not YAML: aliases (`*name`) are not allowed here"),
        ("just text", "the file: "),
        ("forges: {x: {kind: gitea}}", "forges.x.kind: Input should be 'github' or 'gitlab'"),
        ("forges: {x: {kind: github, tokn: a}}", "forges.x.tokn: unknown key (did you mean 'token'?)"),
        ("forgs: {}", "forgs: unknown key (did you mean 'forges'?)"),
        ("forges: {x: {kind: gitlab}}", "forges.x.token is missing"),
        ("forges: {x: {kind: gitlab, app_id: 1}}", "forges.x.app_id: GitLab has no apps"),
        ("forges: {x: {kind: gitlab, token_file: /nope}}", "forges.x: token_file: cannot read /nope"),
        ("forges: {x: {kind: gitlab, token: a, token_file: /nope}}", "token and token_file are both given"),
        ("forges: {'a b': {kind: gitlab, token: a}}", "forges.a b: a forge's name has only"),
        ("forges: {github: {kind: github, token: a}}", "configures a forge of this name already"),
    ],
)
def test_mistakes_in_the_file_say_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, says: str) -> None:
    """With the file's name, the path in it, and the key that was meant."""
    config = tmp_path / "closeout.yml"
    config.write_text(text, encoding="utf-8")
    problems = "\n".join(_problems(monkeypatch, **COMPLETE, CLOSEOUT_CONFIG=str(config)))
    assert says in problems
    assert str(config) in problems


@pytest.mark.parametrize(
    "token", ['"canary', "!canary", "!canary!x y", "*canary", "@canary", "`canary", "[canary", "{canary: {canary: [}}"]
)
def test_what_cannot_be_read_is_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str) -> None:
    """A secret that YAML takes for something else stands in no message."""
    config = tmp_path / "closeout.yml"
    config.write_text(f"forges:\n  x:\n    kind: gitlab\n    token: {token}\n", encoding="utf-8")
    problems = "\n".join(_problems(monkeypatch, **COMPLETE, CLOSEOUT_CONFIG=str(config)))
    assert "is not YAML" in problems or "token" in problems
    assert "canary" not in problems
