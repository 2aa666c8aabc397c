"""Commands as they are written down, held against the program and the Makefile; nothing is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from typer.main import get_command

from service.cli.app import app

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^ *```(?P<kind>console|bash|sh)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)
_FENCED = re.compile(r"```.*?```", re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_REMARK = re.compile(r"(^|\s)#\s.*$")
_VARIABLE = re.compile(r"[A-Z_]+=.*")
_TARGETS = re.compile(r"^([a-z]+):", re.MULTILINE)
_ENDS = frozenset({"&&", "||", ";", "|", "&"})


def in_blocks(page: str) -> Iterator[tuple[str, ...]]:
    """Each command of the page's shell blocks, as words, without variables that are set before it."""
    for block in _BLOCK.finditer(page):
        lines = block["text"].replace("\\\n", " ").splitlines()
        typed = (line.strip() for line in lines)
        if block["kind"] == "console":
            typed = (line.removeprefix("$ ") for line in typed if line.startswith("$ "))
        yield from (command for line in typed for command in _commands(line))


def in_prose(page: str) -> Iterator[tuple[str, ...]]:
    """The same of what stands in `…` outside blocks, where it begins with a word that is a program of ours."""
    for found in _INLINE.finditer(_FENCED.sub("", page)):
        yield from (command for command in _commands(found[1]) if Path(command[0]).name in {"closeout", "make"})


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    try:
        words = shlex.split(_REMARK.sub("", line))
    except ValueError:  # words in `…` that are no command
        return
    command: list[str] = []
    for word in (*words, ";"):
        if word not in _ENDS:
            command.extend(() if not command and _VARIABLE.fullmatch(word) else (word,))
        elif command:
            yield tuple(command)
            command = []


def faults(command: Sequence[str], *, named_only: bool = False) -> Iterator[str]:
    """What is wrong with it; nothing for programs of others. `named_only`: a bare command need not be complete."""
    program, *arguments = command
    match Path(program).name:
        case "closeout":
            yield from misunderstood(arguments, named_only=named_only)
        case "make":
            targets = [word for word in arguments if not _VARIABLE.fullmatch(word)]
            known = _TARGETS.findall((ROOT / "Makefile").read_text("utf-8"))
            yield from (f"make has no target {target}" for target in targets if target not in known)
        case _:
            pass


def misunderstood(arguments: Sequence[str], *, named_only: bool = False) -> Iterator[str]:
    """Parses the arguments as the program would, and runs nothing."""
    command, rest = get_command(app), list(arguments)
    while (commands := getattr(command, "commands", None)) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        if name not in commands:
            yield f"there is no command {name}, in closeout {' '.join(arguments)}"
            return
        command = commands[name]
    if named_only and not rest:
        return
    if getattr(command, "commands", None):
        known = {option for parameter in command.params for option in parameter.opts}
        yield from (f"closeout has no option {option}" for option in rest if option not in known)
        return
    try:
        command.make_context(command.name, rest)
    except Exception as error:  # noqa: BLE001 - click's usage errors, which typer brings under names of its own
        yield f"closeout {' '.join(arguments)}: {error}"
