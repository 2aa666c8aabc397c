"""`closeout setup`: what a project needs, shown first and then made; and the way back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.screen import say_json, screen
from service.cli.waiting import looking_at

if TYPE_CHECKING:
    from service.bootstrap.looking import Looking
    from service.settings import Forge, Settings
    from service.setup.acting import Crew, Outcome
    from service.setup.steps import Step
    from service.setup.wanted import Choice, Wanted


def setup(  # noqa: PLR0913 - each is an option of the command
    *,
    project: Annotated[str, typer.Option(help="The project, like acme/shop.")],
    forge: Annotated[str, typer.Option(help="Its forge, like github; needed where several are configured.")] = "",
    board: Annotated[bool, typer.Option("--board", help="A board with a column for each stage.")] = False,
    webhook: Annotated[str, typer.Option(metavar="URL", help="A webhook to Closeout, at this address.")] = "",
    templates: Annotated[bool, typer.Option("--templates", help="The forge's own template for new ones.")] = False,
    send_secret: Annotated[bool, typer.Option("--send-secret", help="Send the webhook's secret again.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Undo it: take away what is ours and not in use.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing anything.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """Set a project up: labels and a policy file, and what else is asked for. Shows the plan first, then asks.

    Files are proposed in a pull or merge request. Exit code 1: something is left for a person, or was refused.

    Example: closeout setup --forge github --project acme/shop --board --webhook https://closeout.example.org --dry-run
    """
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415
    from service.setup import planning  # noqa: PLC0415
    from service.setup.acting import Crew  # noqa: PLC0415
    from service.setup.wanted import Choice, webhook_of  # noqa: PLC0415

    settings = load()
    configure("warning")
    place, path = _place(forge, project, settings)
    target = webhook_of(place, webhook) if webhook else None
    with looking_at(settings) as looking:
        wanted = _wanted(looking, place, path, Choice(board and not remove, templates, target, send_secret))
        client = looking.setup(place.name)
        steps = (planning.plan_removal if remove else planning.plan)(client, path, wanted)
        if not as_json:
            _show_plan(f"{place.name}:{path}", steps)
        applies = not (dry_run or settings.dry_run) and any(step.action for step in steps)
        if applies and not yes:
            _ask()
        outcomes = _carried_out(Crew(client, path, wanted), steps, shown=not as_json) if applies else _planned(steps)
    if as_json:
        _print_json(f"{place.name}:{path}", outcomes, applied=applies)
    raise typer.Exit(_code(outcomes))


def _place(forge: str, project: str, settings: Settings) -> tuple[Forge, str]:
    """The forge and the project's path. Raises `SettingsError` where there is no such project to act on."""
    from service.audit.projects import named  # noqa: PLC0415
    from service.settings import SettingsError  # noqa: PLC0415

    names = [one.name for one in settings.forges]
    where = forge or (names[0] if len(names) == 1 else "")
    [target] = named([f"{where}:{project}" if where and ":" not in project else project], settings)
    if target.is_pattern:
        raise SettingsError((f"--project: {target} is a pattern; name one project, like acme/shop",))
    return next(one for one in settings.forges if one.name == target.forges[0]), target.path


def _wanted(looking: Looking, forge: Forge, path: str, choice: Choice) -> Wanted:
    """By the policy in force. Raises `SettingsError` with the mistakes of one that cannot be used."""
    from service.policy import InvalidPolicy  # noqa: PLC0415
    from service.settings import SettingsError  # noqa: PLC0415
    from service.setup.wanted import wanted  # noqa: PLC0415

    policy = looking.policies.written(looking.providers()[forge.name], path)
    if isinstance(policy, InvalidPolicy):
        raise SettingsError(policy.errors)
    return wanted(policy, forge.kind, choice)


def _show_plan(project: str, steps: Sequence[Step]) -> None:
    from service.setup import layout  # noqa: PLC0415

    console = screen(highlight=False)
    console.print(project, style="bold")
    console.print(layout.plan(steps), soft_wrap=True)
    if not any(step.action for step in steps):
        console.print("Nothing to do.")


def _ask() -> None:
    from service.settings import SettingsError  # noqa: PLC0415

    if not sys.stdin.isatty():
        raise SettingsError(("nothing was changed: there is no terminal to ask on, so add --yes (or --dry-run)",))
    typer.confirm("Go ahead?", abort=True, err=True)


def _carried_out(crew: Crew, steps: Iterable[Step], *, shown: bool) -> Sequence[Outcome]:
    from service.setup import layout  # noqa: PLC0415

    console, outcomes = screen(highlight=False), []
    for outcome in crew.carry_out(steps):
        outcomes.append(outcome)
        if shown and outcome.result != "left":
            console.print(layout.outcome(outcome), soft_wrap=True)
    return outcomes


def _planned(steps: Iterable[Step]) -> Sequence[Outcome]:
    from service.setup.acting import Outcome  # noqa: PLC0415

    return [Outcome(step, "left") for step in steps]


def _print_json(project: str, outcomes: Iterable[Outcome], *, applied: bool) -> None:
    from service.setup import layout  # noqa: PLC0415

    say_json(layout.to_json(project, outcomes, applied=applied))


def _code(outcomes: Iterable[Outcome]) -> int:
    every = list(outcomes)
    if any(outcome.result == "failed" for outcome in every):
        return 3
    return int(any(outcome.result == "refused" or outcome.step.mark == "!" for outcome in every))
