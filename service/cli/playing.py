"""`closeout sandbox` and `closeout demo`: try everything on this machine, without any forge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.screen import say, screen


def sandbox(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 lets the system choose.")] = 8090,
    seed: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="What it holds at first.")] = None,
) -> None:
    """Run a small forge that speaks GitHub's and GitLab's API, on loopback.

    Example: closeout sandbox --port 8090
    """
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415

    from service.sandbox import Sandbox  # noqa: PLC0415

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with Sandbox.start(port=port, seed=seed) as running:
        say(f"Pages        {running.url}/")
        say(f"As GitHub    {running.github_url}  (API {running.github_url}/api/v3)")
        say(f"As GitLab    {running.gitlab_url}  (API {running.gitlab_url}/api/v4)")
        say("Tokens       token-alice, token-bob, token-eve, token-mallory, token-closeout-bot")
        say("Stop with Ctrl-C.")
        stopping.wait()


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the pages open to click through at the end.")] = False,
) -> None:
    """Walk one incident through its whole life on each forge, on this machine.

    Example: closeout demo --keep
    """
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.demo import keep_open, run  # noqa: PLC0415

    configure("warning")  # the story is told on stdout; its service should not talk between the lines

    raise typer.Exit(run(console=screen(markup=True), at_end=keep_open if keep else None))
