"""The documents made from code: `python -m service.cli.docs` writes them, `--check` says what is out of date."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr

from service.cli.chart import chart_documents
from service.metrics.catalogue import METRICS
from service.metrics.metric import Source
from service.policy import policy_model
from service.providers.github.needs import NEEDS as GITHUB
from service.providers.gitlab.needs import NEEDS as GITLAB
from service.rules import Rule, rules
from service.settings.environment import PREFIX, Environment
from service.settings.secret_files import is_secret

ROOT = Path(__file__).resolve().parents[2]
_REMEDY = "make docs"


def documents(root: Path) -> dict[Path, str]:
    """Each generated document's path and what it should say."""
    operations, adopting = root / "docs/operations.md", root / "docs/adopting.md"
    return {
        root / "docs/rules.md": rules_page(),
        root / "docs/metrics.md": metrics_page(),
        root / "docs/policy.schema.json": schema(),
        operations: _with_block(operations, "settings", settings_table()),
        adopting: _with_block(adopting, "permissions", permissions_table()),
        **chart_documents(root / "helm/closeout"),
    }


def _with_block(page: Path, name: str, made: str) -> str:
    """The page with what is between the marks of this name replaced."""
    block = re.compile(rf"(?P<start><!-- {name} -->\n).*?(?P<end><!-- /{name} -->)", re.DOTALL)
    return block.sub(lambda found: f"{found['start']}{made}{found['end']}", page.read_text(encoding="utf-8"))


def permissions_table() -> str:
    lines = ["| forge | permission | level | what for | when |", "|---|---|---|---|---|"]
    for forge, needs in (("GitHub", GITHUB), ("GitLab", GITLAB)):
        for need in needs:
            when = "`closeout setup`" if need.setup else "always"
            lines.append(f"| {forge} | {need.name} | {need.level} | {need.why} | {when} |")
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Environment.model_fields.items():
        variable = f"`{PREFIX}{name.upper()}`"
        if is_secret(field):
            variable += f" or `{PREFIX}{name.upper()}_FILE`"
        default = field.get_default()
        shown = default.get_secret_value() if isinstance(default, SecretStr) else default
        lines.append(f"| {variable} | {'' if shown is None else f'`{_plain(shown)}`'} | {field.description} |")
    return "\n".join(lines) + "\n"


def schema() -> str:
    """The policy file's JSON schema, for editors."""
    made = policy_model().model_json_schema(by_alias=True)
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Closeout policy"
    return json.dumps(made, indent=2, ensure_ascii=False, default=sorted) + "\n"


def rules_page() -> str:
    """Every rule with its reason, its remedy, what a policy can set and what it says of examples."""
    opening = [
        "# Rules",
        "",
        "What Closeout asks of an issue, and why. `closeout rules` lists them; a policy sets them under `rules.<id>`.",
        "",
        "<!-- made from service/rules by `make docs`; edit the rule's own file -->",
    ]
    return "\n".join([*opening, *(line for rule in rules() for line in _rule(rule))]) + "\n"


def _rule(rule: Rule) -> Iterator[str]:
    yield from ("", f"## {rule.id}", "", rule.summary, "")
    yield from (f"**Why.** {rule.why}", "", f"**Remedy.** {rule.remedy}", "")
    yield from (f"Asked of: {', '.join(sorted(rule.about))}.", "")
    yield from (f"| `rules.{rule.id}.…` | default | meaning |", "|---|---|---|")
    for name, field in rule.options.model_fields.items():
        default = field.get_default(call_default_factory=True)
        yield f"| `{field.alias or name}` | `{_plain(default)}` | {_cell(field.description or '')} |"
    for example in rule.examples:
        finds = [f"“{part}”" for part in example.finds]
        outcome = "; ".join([*finds, *(f"`{change}`" for change in example.changes)]) or "nothing to say"
        yield from ("", f"*{example.title}:* {outcome}")
        if example.body.strip():
            yield from ("", "````markdown", *example.body.strip().splitlines(), "````")


def metrics_page() -> str:
    """Every metric with its labels, its meaning and a question that it answers."""
    opening = [
        "# Metrics",
        "",
        "What `/metrics` says, in Prometheus' format or OpenMetrics; [Operating Closeout](operations.md#metrics) tells",
        "how to scrape it. No label names a project, an issue or a person, and the values of each are a bounded set.",
        "",
        "<!-- made from service/metrics/catalogue.py by `make docs` -->",
    ]
    return "\n".join([*opening, *(line for source in _SOURCES for line in _metrics_from(source))]) + "\n"


_SOURCES: Mapping[Source, tuple[str, str]] = {
    "process": ("Counted in each process", "Add them up over all processes; each starts at 0."),
    "database": ("Read from the database", "The same in every process: take one, or the largest; never add them up."),
}


def _metrics_from(source: Source) -> Iterator[str]:
    title, advice = _SOURCES[source]
    yield from ("", f"## {title}", "", advice, "")
    yield from ("| name | type | labels | meaning |", "|---|---|---|---|")
    chosen = [metric for metric in METRICS if metric.source == source]
    for metric in chosen:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.name}` | {metric.kind} | {labels} | {_cell(metric.meaning)} |"
    yield ""
    yield from (f"- {metric.question} `{metric.query}`" for metric in chosen)


def _plain(value: object) -> str:
    if isinstance(value, frozenset | set):
        value = sorted(value)
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return _cell(json.dumps(plain, ensure_ascii=False, default=_short) if not isinstance(plain, str) else plain)


def _short(value: object) -> object:
    """One of several in a list: what it says beyond its defaults."""
    return value.model_dump(mode="json", exclude_defaults=True) if isinstance(value, BaseModel) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m service.cli.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a document is out of date")
    check = parser.parse_args(arguments).check
    stale = [path for path, text in documents(ROOT).items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        name = path.relative_to(ROOT)
        sys.stdout.write(f"{name} is out of date; run: {_REMEDY}\n" if check else f"wrote {name}\n")
        if not check:
            path.write_text(documents(ROOT)[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
