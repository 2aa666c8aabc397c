"""`closeout policy` and `closeout rules`: what is asked of an issue, and whether a policy file is right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.screen import say, say_json, screen

if TYPE_CHECKING:
    from service.rules import Rule

app = typer.Typer(help="Work on a policy file before it is committed.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The policy, like .github/closeout.yml.")], *, as_json: _Json = False
) -> None:
    """Say every mistake in a policy file, one a line, as file:line: path: message. Exit code 2 if there is one.

    Example: closeout policy check .github/closeout.yml
    """
    from service.policy import InvalidPolicy, load  # noqa: PLC0415

    policy = load(text_of(file), str(file))
    errors = policy.errors if isinstance(policy, InvalidPolicy) else ()
    if as_json:
        say_json({"file": str(file), "valid": not errors, "errors": list(errors)}, indent=None)
    else:
        say("\n".join(errors) or f"{file}: fine")
    if errors:
        raise typer.Exit(2)


def text_of(file: Path) -> str:
    """Raises `SettingsError` where it cannot be read."""
    from service.settings import SettingsError  # noqa: PLC0415

    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError((f"cannot read {file}: {error.strerror}",)) from None
    except UnicodeDecodeError:
        raise SettingsError((f"{file} is not text in UTF-8",)) from None


def rules(
    rule_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show one rule whole.")] = None,
    *,
    as_json: _Json = False,
) -> None:
    """List the rules, or explain one: why it is there, how to satisfy it, what a policy can set.

    Example: closeout rules closure
    """
    from service.rules import rules as every_rule  # noqa: PLC0415

    known = {rule.id: rule for rule in every_rule()}
    if rule_id is not None and rule_id not in known:
        raise typer.BadParameter(f"there is no rule {rule_id!r}; there are {', '.join(known)}", param_hint="ID")
    chosen = list(known.values()) if rule_id is None else [known[rule_id]]
    if as_json:
        say_json([_data(rule) for rule in chosen])
    elif rule_id is None:
        _table(chosen)
    else:
        _explain(chosen[0])


def _data(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "summary": rule.summary,
        "why": rule.why,
        "remedy": rule.remedy,
        "options": rule.options.model_json_schema()["properties"],
    }


def _table(chosen: list[Rule]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Rule", "Asks of", "In a healthy issue"):
        table.add_column(column)
    for rule in chosen:
        table.add_row(rule.id, ", ".join(sorted(rule.about)), rule.summary)
    screen().print(table)


def _explain(rule: Rule) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = screen(highlight=False)
    console.print(rule.id, style="bold")
    console.print(f"{rule.summary}\n\nWhy: {rule.why}\n\nRemedy: {rule.remedy}\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (f"Under rules.{rule.id}", "Default", "Meaning"):
        table.add_column(column)
    for name, field in rule.options.model_fields.items():
        table.add_row(name, str(field.get_default(call_default_factory=True)), field.description or "")
    console.print(table)
