"""Routes for notifications: from one variable or from the file, every mistake a sentence, and no address printed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from service.settings import SettingsError, Wording, load
from service.settings.environment import variables

SECRET = "slack://T0k3n/s3cr3t"


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def _problems(monkeypatch: pytest.MonkeyPatch, **given: str) -> str:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    return "\n".join(caught.value.problems)


def test_one_address_is_one_route_that_takes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """But what is confidential."""
    monkeypatch.setenv("CLOSEOUT_NOTIFY", SECRET)
    (route,) = load().routes
    assert (route.name, route.address.get_secret_value(), route.kinds, route.confidential) == (
        "default",
        SECRET,
        None,
        False,
    )
    assert "s3cr3t" not in repr(load())


def test_a_secret_file_may_hold_several_routes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As YAML, the way they stand in the configuration file: one secret for a container platform."""
    path = tmp_path / "notify"
    path.write_text(
        f"oncall: {{url: {SECRET}, kinds: [refused]}}\nall: {{url: 'json://127.0.0.1'}}\n", encoding="utf-8"
    )
    monkeypatch.setenv("CLOSEOUT_NOTIFY_FILE", str(path))
    assert [(route.name, route.kinds) for route in load().routes] == [("oncall", {"refused"}), ("all", None)]


def test_routes_come_from_the_configuration_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside that of the variable; addresses stand in files of their own."""
    (tmp_path / "slack").write_text(f"{SECRET}\n", encoding="utf-8")
    config = tmp_path / "closeout.yml"
    config.write_text(f"notify:\n  oncall: {{url_file: {tmp_path}/slack, teams: [payments]}}\n", encoding="utf-8")
    monkeypatch.setenv("CLOSEOUT_CONFIG", str(config))
    monkeypatch.setenv("CLOSEOUT_NOTIFY", "json://127.0.0.1")
    assert [(route.name, route.address.get_secret_value()) for route in load().routes] == [
        ("default", "json://127.0.0.1"),
        ("oncall", SECRET),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("just s3cr3t words", "CLOSEOUT_NOTIFY: neither an Apprise URL"),
        ("x: [", "CLOSEOUT_NOTIFY: neither an Apprise URL"),
        ("{x: {kinds: [refused]}}", "CLOSEOUT_NOTIFY.x: url is missing"),
        ("{x: {url: 's3cr3t'}}", "CLOSEOUT_NOTIFY.x: this is no Apprise URL"),
        ("{x: {url: 'a://b', kinds: [refusd]}}", "CLOSEOUT_NOTIFY.x.kinds.0: Input should be 'opened'"),
        ("{x: {url: 'a://b', kind: [refused]}}", "CLOSEOUT_NOTIFY.x.kind: unknown key"),
        ("{x: {url: 'a://b', url_file: /nope}}", "url and url_file are both given"),
        ("{'a b': {url: 'a://b'}}", "CLOSEOUT_NOTIFY.a b: a route's name has"),
        ("{x: {url: 'a://b', per_minute: 0}}", "CLOSEOUT_NOTIFY.x.per_minute"),
    ],
)
def test_mistakes_say_where_and_repeat_no_secret(monkeypatch: pytest.MonkeyPatch, text: str, says: str) -> None:
    """With the route's name and the key."""
    said = _problems(monkeypatch, CLOSEOUT_NOTIFY=text)
    assert says in said
    assert "s3cr3t" not in said


def test_a_name_may_stand_for_one_route_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the variable and the file together."""
    config = tmp_path / "closeout.yml"
    config.write_text("notify: {default: {url: 'a://b'}}\n", encoding="utf-8")
    said = _problems(monkeypatch, CLOSEOUT_CONFIG=str(config), CLOSEOUT_NOTIFY=SECRET)
    assert "has a route 'default' already" in said


def test_words_of_messages_come_from_the_configuration_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By kind, and what is left out stays as it is."""
    config = tmp_path / "closeout.yml"
    config.write_text("messages:\n  refused:\n    title: 'Not yet: {title}'\n", encoding="utf-8")
    monkeypatch.setenv("CLOSEOUT_CONFIG", str(config))
    assert load().messages == {"refused": Wording(title="Not yet: {title}", text="{text}")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{refusd: {title: x}}", "messages.refusd"),
        ("{refused: {titles: x}}", "messages.refused.titles: unknown key (did you mean 'title'?)"),
        (
            "{refused: {title: '{titles}'}}",
            "messages.refused.title: unknown placeholder {titles} (did you mean {title}?)",
        ),
        (
            "{audit: {text: '{opening}'}}",
            "messages.audit.text: unknown placeholder {opening} (there are: heading, text)",
        ),
    ],
)
def test_a_mistake_in_the_words_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, says: str
) -> None:
    """Not when the first message is due."""
    config = tmp_path / "closeout.yml"
    config.write_text(f"messages: {text}\n", encoding="utf-8")
    assert says in _problems(monkeypatch, CLOSEOUT_CONFIG=str(config))


def test_projects_can_be_confidential(monkeypatch: pytest.MonkeyPatch) -> None:
    """By globs, like those that may be acted on; none by itself."""
    assert load().confidential == ()
    monkeypatch.setenv("CLOSEOUT_CONFIDENTIAL", "acme/vault, gitlab:ops/*")
    assert load().confidential == ("acme/vault", "gitlab:ops/*")


def test_a_missing_apprise_is_no_reason_not_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Post-mortems are looked after all the same; what is missing is said."""
    assert load().sending_problem() is None
    monkeypatch.setenv("CLOSEOUT_NOTIFY", SECRET)
    assert load().sending_problem() is None
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert "pip install 'closeout[notify]'" in str(load().sending_problem())
