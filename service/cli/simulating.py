"""`closeout simulate` tries a policy on the issues there are."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.adopting import Projects, Since
from service.cli.progress import progress
from service.cli.references import projects_chosen, since_when
from service.cli.screen import say, say_written, screen, write
from service.cli.waiting import looking_at

if TYPE_CHECKING:
    from service.audit.gathering import Project
    from service.bootstrap.looking import Looking
    from service.policy import Policy
    from service.settings import Settings
    from service.simulation.layout import Result
    from service.simulation.trying import Window


class Shown(StrEnum):
    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def simulate(
    *,
    policy: Annotated[Path, typer.Option(help="The policy to try, like .github/closeout.yml.")],
    since: Since = "180d",
    project: Projects = None,
    output: Annotated[Shown, typer.Option("--format", help="How to show it.")] = Shown.TABLE,
    comment: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="NUMBER", help="Tell it on this pull or merge request, in a comment kept up to date."
        ),
    ] = None,
) -> None:
    """Say what a policy would have done: closes refused, items overdue, comments and issues made. Writes nothing.

    With --comment it is told on a request of the one --project; its comment is edited when it is run again.

    Example: closeout simulate --policy .github/closeout.yml --since 180d --project github:acme/shop --format markdown
    """
    from service.bootstrap.clock import wall_clock  # noqa: PLC0415
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.providers.limits import in_background  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415
    from service.simulation.trying import Window  # noqa: PLC0415

    now = wall_clock()
    window, tried, settings = Window(since_when(since, now), now), _policy(policy), load()
    told_on = _one(project or (), settings) if comment is not None else None
    configure("error")
    with looking_at(settings) as looking:
        with in_background():
            result = _simulated(looking, settings, project or (), (str(policy), tried), window)
        _show_simulated(result, output)
        if told_on is not None and comment is not None:
            from service.simulation.layout import TOPIC, to_markdown  # noqa: PLC0415

            forge, path = told_on
            looking.setup(forge).comment(path, comment, TOPIC, to_markdown(result))
    if result.errors:
        raise typer.Exit(3)


def _one(names: Sequence[str], settings: Settings) -> Project:
    """The project whose request is told. Raises `SettingsError`."""
    from service.audit.projects import named  # noqa: PLC0415
    from service.settings import SettingsError  # noqa: PLC0415

    targets = named(names, settings)
    if len(targets) != 1 or targets[0].is_pattern:
        raise SettingsError(("--comment needs the one --project that the request is in, like github:acme/shop",))
    if settings.dry_run:
        raise SettingsError(("--comment would write, and CLOSEOUT_DRY_RUN is set: leave out one of the two",))
    return targets[0].forges[0], targets[0].path


def _policy(file: Path) -> Policy:
    """Raises `SettingsError` with every mistake in the file."""
    from service.cli.policies import text_of  # noqa: PLC0415
    from service.policy import InvalidPolicy, load  # noqa: PLC0415
    from service.settings import SettingsError  # noqa: PLC0415

    found = load(text_of(file), str(file))
    if isinstance(found, InvalidPolicy):
        raise SettingsError(found.errors)
    return found


def _simulated(
    looking: Looking, settings: Settings, names: Sequence[str], policy: tuple[str, Policy], window: Window
) -> Result:
    from service.providers.base import ProviderError  # noqa: PLC0415
    from service.simulation.effects import Effect  # noqa: PLC0415
    from service.simulation.layout import Result  # noqa: PLC0415
    from service.simulation.trying import Trial  # noqa: PLC0415

    providers = looking.providers()
    trial = Trial(providers, looking.policies, policy[1], window)
    projects, failures = projects_chosen(names, settings, providers)
    proposed, errors = Effect(), [(failure.where, failure.reason) for failure in failures]
    in_force: Effect | None = Effect()
    for forge, path in projects:
        try:
            listed = trial.listed(forge, path)
            with progress("Reading") as begin:
                tried = trial.tried(forge, path, listed, begin(sum(window.holds(issue) for issue in listed)))
        except ProviderError as error:
            errors.append((f"{forge}:{path}", str(error)))
        else:
            proposed += tried.proposed
            in_force = None if in_force is None or tried.in_force is None else in_force + tried.in_force
    names = tuple(f"{forge}:{path}" for forge, path in projects)
    return Result(policy[0], window.since, names, proposed, in_force, tuple(errors))


def _show_simulated(result: Result, output: Shown) -> None:
    from service.simulation import layout  # noqa: PLC0415

    match output:
        case Shown.TABLE:
            screen().print(layout.terminal(result))
        case Shown.JSON:
            say_written(layout.to_json(result))
        case Shown.MARKDOWN:
            write(layout.to_markdown(result))
    if output is not Shown.TABLE:
        for where, why in result.errors:
            say(f"closeout: failed: {where}: {why}", error=True)
