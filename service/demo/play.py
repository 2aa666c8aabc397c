"""Plays the story on a sandbox of each forge, tells what changed and why, and checks that it ended well."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import SecretStr
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from service.audit.layout import Result, terminal
from service.audit.projects import configured
from service.bootstrap import Service
from service.bootstrap.auditing import Audit
from service.demo.days import Days
from service.demo.plot import Plot
from service.demo.story import PROJECT, Stage, Step
from service.policy import FILES
from service.rules import rules
from service.sandbox import Sandbox
from service.settings import Bind, Forge, Settings
from service.store.journal import Entry
from service.vocabulary import ColumnLabels
from service.web.serving import usable_port

BOT = "closeout-bot"
SECRET = "a secret for the demo alone"  # noqa: S105 - it never leaves this process
# A real team keeps the grace window: here nobody wants to wait for it.
POLICY = "version: 1\nrules:\n  closure: {grace_seconds: 0}\n  definition-of-done: {grace_seconds: 0}\n"
# GitHub's organisation has a project with our columns; GitLab's board lists are made of the column labels.
BOARDS = {"github": "  board: {project: 1}\n", "gitlab": ""}
PLOT = Plot()
PATIENCE = 60.0  # seconds that one step may take before the demo gives up on it
AtEnd: TypeAlias = Callable[[Sandbox, Console], None]


@dataclass(frozen=True)
class Outcome:
    """One step's result, for the summary. `where`: a forge, or all of them."""

    where: str
    told: str
    requests: int
    seconds: float
    held: bool


@dataclass(frozen=True)
class Scene:
    """Steps that are played on these stages, at the same time."""

    where: str
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]


def run(*, console: Console, plot: Plot = PLOT, at_end: AtEnd | None = None) -> int:
    """Plays the story on one forge after the other, and what came later on all at once: they share the time.

    Returns 0 if every step ended as it must, else 1. `at_end` finds everything still there.
    """
    days = Days()
    with _running(days) as (sandbox, service):
        console.print(f"A sandbox forge is at [bold]{sandbox.url}[/], Closeout's webhooks at [bold]{service.url}[/].\n")
        stages = {forge: Stage(sandbox, forge, days) for forge in plot.forges}
        scenes = (Scene(forge, (stage,), plot.steps) for forge, stage in stages.items())
        outcomes = [outcome for scene in scenes for outcome in _play(scene, service, console)]
        if plot.weeks:
            outcomes += _play(Scene(" and ".join(stages), tuple(stages.values()), plot.weeks), service, console)
            _audited(service, days, console)
        console.print(_summary(outcomes))
        failed = [outcome for outcome in outcomes if not outcome.held]
        verdict = "[bold green]Every step ended as it must.[/]" if not failed else _failures(failed)
        console.print(verdict)
        if at_end is not None:
            at_end(sandbox, console)
    return 1 if failed else 0


@contextmanager
def _running(days: Days) -> Iterator[tuple[Sandbox, Service]]:
    """The sandbox and the service, wired to each other with webhooks, on ports the system chooses."""
    with (
        tempfile.TemporaryDirectory(prefix="closeout-demo-") as folder,
        Sandbox.start(clock=days) as sandbox,
        Service(_settings(sandbox, Path(folder), usable_port("127.0.0.1", 0)), clock=days) as service,
    ):
        service.start(service.settings.bind.port)
        labels = ColumnLabels()
        lists = (labels.draft, labels.review, labels.actions_created, labels.in_progress)
        sandbox.world.add_board("gitlab", PROJECT, title="Post-mortems", columns=lists)
        for forge, path in FILES.items():
            sandbox.world.put_file(forge, PROJECT, path, POLICY + BOARDS[forge])
            sandbox.world.add_hook(forge, PROJECT, url=f"{service.url}/webhooks/{forge}", secret=SECRET)
        yield sandbox, service


def _settings(sandbox: Sandbox, folder: Path, port: int) -> Settings:
    """The port is chosen before: the service links its own address."""
    urls = {"github": sandbox.github_url, "gitlab": sandbox.gitlab_url}
    forges = tuple(
        Forge(name=name, kind=name, url=url, token=SecretStr(f"token-{BOT}"), webhook_secrets=(SecretStr(SECRET),))
        for name, url in urls.items()
    )
    database = SecretStr(f"sqlite:///{folder / 'closeout.sqlite3'}")
    return Settings(
        forges=forges,
        database_url=database,
        bind=Bind("127.0.0.1", port),
        projects=("acme/*",),
        debounce=0.0,
        public_url=f"http://127.0.0.1:{port}",
        link_secrets=(SecretStr(secrets.token_hex(32)),),
    )


def _play(scene: Scene, service: Service, console: Console) -> Iterator[Outcome]:
    console.rule(f"[bold]{scene.where}[/] {PROJECT}")
    introduced: set[str] = set()
    for number, step in enumerate(scene.steps, start=1):
        console.print(f"\n[bold]{number}. {step.told}[/]")
        began = len(service.journal.latest(limit=_ALL))
        outcome = _step(scene, step, service)
        written = service.journal.latest(limit=_ALL)
        console.print(_told(_by_forge(written[: len(written) - began]), introduced, several=len(scene.stages) > 1))
        mark = "[green]✓[/]" if outcome.held else "[red]✗[/]"
        console.print(f"   {mark} {step.expected}")
        yield outcome
    console.print()


def _by_forge(latest: list[Entry]) -> list[Entry]:
    """The latest entries first to last, one forge after the other."""
    first_to_last = latest[::-1]
    return sorted(first_to_last, key=lambda entry: entry.target.partition(":")[0])


def _step(scene: Scene, step: Step, service: Service) -> Outcome:
    first = scene.stages[0]
    requests = len(first.sandbox.log)
    started = time.perf_counter()
    first.days.passes(step.wait)
    for stage in scene.stages:
        step.act(stage)
    _settle(first, service)
    seconds = time.perf_counter() - started
    asked = [record for record in first.sandbox.log[requests:] if record.actor == BOT]
    held = all(step.holds(stage) for stage in scene.stages)
    return Outcome(scene.where, step.told, len(asked), seconds, held)


def _audited(service: Service, days: Days, console: Console) -> None:
    """What `closeout audit` finds by now, in everything the service may act on."""
    console.rule("[bold]closeout audit[/]")
    audit = Audit(service.settings, service.looking(), days)
    audited = audit.look(configured(service.settings))
    console.print(terminal(Result(audited.report, audited.failures, audit.requests)))
    console.print()


def _settle(stage: Stage, service: Service) -> None:
    """Until the last webhook is answered and the last look is over; one look may cause the next webhook."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        before = len(stage.sandbox.log)
        stage.sandbox.settle(PATIENCE)
        service.settle(PATIENCE)
        stage.sandbox.settle(PATIENCE)
        if len(stage.sandbox.log) == before:
            return
    raise TimeoutError(f"the demo did not come to rest within {PATIENCE:g} s")


DONE = {
    "Acknowledge": "acknowledged a command",
    "EnsureLabel": "created labels",
    "CreateActionItem": "created an action item's issue",
    "LinkChild": "linked an issue",
    "SetTitle": "renamed the issue",
    "SetBody": "edited lines of the text",
    "SetAssignees": "assigned people",
    "SetDue": "set the due date",
    "AddLabels": "put labels on",
    "RemoveLabels": "took labels off",
    "MoveCard": "moved the card",
    "Reopen": "reopened the issue",
    "CloseAsNotPlanned": "closed it as not planned",
    "EnsureComment": "wrote a comment",
}
STATUS = "One comment is kept up to date with what is still open."


def _told(entries: list[Entry], introduced: set[str], *, several: bool) -> Table:
    """What was written, where, and which rule asked for it, in the order it happened; why, the first time it asks."""
    rows = Table.grid(
        Column(width=_ISSUE_OF_SEVERAL if several else _ISSUE), Column(width=_DONE), Column(style="dim"), padding=(0, 1)
    )
    why = {rule.id: rule.summary for rule in rules()} | {"status": STATUS}
    counted = Counter((entry.target, entry.rule, entry.change, entry.result) for entry in entries)
    for (target, asked_by, change, result), times in counted.items():
        done = DONE[change] + (f" ({times})" if times > 1 else "") + ("" if result == "ok" else f", but: {result}")
        asking = asked_by.split(", ")
        reasons = " ".join(why.get(rule, "") for rule in asking if rule not in introduced)
        introduced.update(asking)
        told = f"{asked_by}: {reasons}" if reasons else asked_by
        forge = f"{target.partition(':')[0]} " if several else ""
        rows.add_row(Text(f"   {forge}#{target.rpartition('#')[2]}"), Text(done), Text(told))
    return rows


_ALL = 10_000  # entries of the journal: more than a demo writes
_ISSUE, _ISSUE_OF_SEVERAL, _DONE = 6, 13, 30  # columns: what stands left of the reason, which may take several lines


def _summary(outcomes: list[Outcome]) -> Table:
    table = Table("forge", "step", "requests", "ms", "as it must", title="What it took")
    for column in (2, 3):
        table.columns[column].justify = "right"
    for outcome in outcomes:
        held = "[green]yes[/]" if outcome.held else "[red]no[/]"
        table.add_row(outcome.where, outcome.told, str(outcome.requests), f"{outcome.seconds * 1000:.0f}", held)
    for where in dict.fromkeys(outcome.where for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.where == where]
        whole = sum(outcome.seconds for outcome in own) * 1000
        table.add_row(where, "all of it", str(sum(o.requests for o in own)), f"{whole:.0f}", "", style="bold")
    return table


def _failures(failed: list[Outcome]) -> str:
    lines = "\n".join(f"  {outcome.where}: {outcome.told}" for outcome in failed)
    return f"[bold red]{len(failed)} steps did not end as they must:[/]\n{lines}"


def keep_open(sandbox: Sandbox, console: Console) -> None:
    """Leaves the sandbox's pages to a person, until Ctrl-C."""
    console.print(f"\nThe pages stay open: [bold]{sandbox.url}[/]. Tick, edit, comment, close; Ctrl-C ends it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Closed.")
