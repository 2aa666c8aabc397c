"""`closeout calendar`: give out a project's calendar of meetings and follow-up reviews, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.screen import say, say_json

if TYPE_CHECKING:
    from service.links import Links

app = typer.Typer(help="Give out a project's calendar of coming reviews, and take it back.", no_args_is_help=True)
_Project = Annotated[str, typer.Argument(metavar="PROJECT", help="Like github:acme/shop.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@app.command()
def feed(project: _Project) -> None:
    """Make a new address at which calendars follow a project's meetings and follow-up reviews.

    Whoever has it sees when they are, which issues they belong to and who is invited; nothing of confidential issues.
    Each call makes another address; those before stay good.

    Example: closeout calendar feed github:acme/shop
    """
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.feeds import Feeds  # noqa: PLC0415

    links, (forge, path) = _links(), _named(project)
    with opened() as database:
        say(links.address("reviews", Feeds(database).give(forge, path)))


@app.command("list")
def given(*, as_json: _Json = False) -> None:
    """List the addresses that were given out and are still good, newest first.

    Example: closeout calendar list
    """
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.feeds import Feeds  # noqa: PLC0415

    links = _links()
    with opened() as database:
        found = Feeds(database).given()
    rows = [(one.made_at, f"{one.forge}:{one.project}", links.address("reviews", one.id)) for one in found]
    if as_json:
        data = [{"made_at": at.isoformat(), "project": project, "address": where} for at, project, where in rows]
        say_json(data)
        return
    for at, project, where in rows:
        say(f"{project}, since {at:%Y-%m-%d %H:%M} UTC\n  {where}")  # whole, to be copied
    if not rows:
        say("Nothing.")


@app.command()
def revoke(project: _Project) -> None:
    """Take back every address of a project's calendar, at once and for good.

    The invitation of a meeting is taken back in its post-mortem, with `/pm unschedule`; all links there are, with
    another CLOSEOUT_LINK_SECRET.

    Example: closeout calendar revoke github:acme/shop
    """
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.feeds import Feeds  # noqa: PLC0415

    forge, _, path = project.strip().partition(":")
    with opened() as database:
        count = Feeds(database).take_back(forge, path)
    say(f"{project}: {count or 'no'} address{'' if count == 1 else 'es'} taken back")


def _named(project: str) -> tuple[str, str]:
    """Forge and path. Raises `SettingsError` where it is none that may be acted on."""
    from service.audit.projects import named  # noqa: PLC0415
    from service.settings import SettingsError, load  # noqa: PLC0415

    [target] = named([project], load())
    if target.is_pattern:
        raise SettingsError((f"{project!r} is not one project; write it like github:acme/shop",))
    return target.forges[0], target.path


def _links() -> Links:
    from service.links import Links  # noqa: PLC0415
    from service.settings import SettingsError, load  # noqa: PLC0415

    links = Links.of(load())
    if links is None:
        raise SettingsError(
            ("CLOSEOUT_PUBLIC_URL is missing: set it to where this service is reached from outside, to link anything",)
        )
    return links
