"""The parts of the Helm chart that are made from code: its place for every setting, and the table of its values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from service.policy import policy_model
from service.settings.config_file import Entry
from service.settings.environment import Environment
from service.settings.messages import WordingEntry
from service.settings.secret_files import is_secret
from service.settings.values import RouteKind

# The chart has a place of its own for these: web.host and web.port, web.workers and worker.workers, policy, forges.
PLACED = frozenset({"bind", "workers", "policy", "config"})
_SECRET_KEY = {"$ref": "#/definitions/secretKey"}
_DESCRIBED = re.compile(r" *# -- (?P<text>.*)")
_KEY = re.compile(r"(?P<indent> *)(?P<key>\w+):")


def chart_documents(chart: Path) -> dict[Path, str]:
    """The chart's files that are made, in part or in whole, and what each should say."""
    values = (chart / "values.yaml").read_text(encoding="utf-8")
    values = _filled(values, "# <secrets>", "# </secrets>", ("secrets:", *_secret_lines()))
    values = _filled(values, "# <settings>", "# </settings>", ("settings:", *_setting_lines()))
    readme = (chart / "README.md").read_text(encoding="utf-8")
    table = ("| value | default | meaning |", "|---|---|---|", *_rows(values))
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    schema["$defs"] = _made_definitions()
    return {
        chart / "values.yaml": values,
        chart / "values.schema.json": json.dumps(schema, indent=2, ensure_ascii=False, default=sorted) + "\n",
        chart / "README.md": _filled(readme, "<!-- values -->", "<!-- /values -->", table),
    }


def _value(setting: str) -> str:
    """`dry_run` as a chart's value: `dryRun`."""
    first, *others = setting.split("_")
    return first + "".join(map(str.capitalize, others))


def _filled(text: str, start: str, end: str, lines: Iterable[str]) -> str:
    """The text with these lines between the line that begins with `start` and the line `end`."""
    block = re.compile(rf"^({re.escape(start)}[^\n]*\n).*?^(?={re.escape(end)}$)", re.DOTALL | re.MULTILINE)
    return block.sub(lambda found: found[1] + "".join(f"{line}\n" for line in lines), text)


def _settings() -> dict[str, FieldInfo]:
    fields = Environment.model_fields.items()
    return {name: field for name, field in fields if name not in PLACED and not is_secret(field)}


def _secrets() -> dict[str, FieldInfo]:
    return {name: field for name, field in Environment.model_fields.items() if is_secret(field)}


def _setting_lines() -> Iterator[str]:
    for name, field in _settings().items():
        default = field.get_default()
        shown = json.dumps("" if default is None else default, ensure_ascii=False, default=str)
        yield from (f"  # -- {field.description}", f"  {_value(name)}: {shown}")


def _secret_lines() -> Iterator[str]:
    for name, field in _secrets().items():
        yield from (f"  # -- {field.description}", f'  {_value(name)}: {{key: "", name: ""}}')


def _made_definitions() -> dict[str, Any]:
    """The part of the schema of values that is made: settings, secrets, a forge of its own, and a policy."""
    policy = policy_model().model_json_schema(by_alias=True)
    return {
        "settings": _closed(_properties(Environment, _settings())),
        "secrets": _closed({_value(name): _SECRET_KEY for name in _secrets()}),
        "forge": _closed(_forge()) | {"required": ["kind"]},
        "messages": _closed(dict.fromkeys(get_args(RouteKind), _closed(_properties(WordingEntry, ("title", "text"))))),
        **policy.pop("$defs"),
        "policy": policy | {"required": [], "if": {"minProperties": 1}, "then": {"required": policy["required"]}},
    }


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _properties(model: type[BaseModel], names: Iterable[str]) -> dict[str, Any]:
    """What JSON may stand for these fields; one that may be left out is empty where it is left out."""
    made = model.model_json_schema()["properties"]
    return {_value(name): _property(made[name]) for name in names}


def _property(made: Mapping[str, Any]) -> dict[str, Any]:
    chosen = made["anyOf"][0] if "anyOf" in made else made
    return {key: value for key, value in chosen.items() if key not in {"title", "default"}}


def _forge() -> dict[str, Any]:
    """A forge under `forges`: as in the file that CLOSEOUT_CONFIG names, each secret being a key of a Secret."""
    fields = {name: field for name, field in Entry.model_fields.items() if not name.endswith("_file")}
    secrets = {_value(name): _SECRET_KEY for name, field in fields.items() if is_secret(field)}
    return _properties(Entry, fields) | secrets


def _rows(values: str) -> Iterator[str]:
    """A row for each value that has a description, with what stands for it in the file."""
    loaded = yaml.safe_load(values)
    path: list[tuple[int, str]] = []
    meaning = ""
    for line in values.splitlines():
        if described := _DESCRIBED.fullmatch(line):
            meaning = described["text"]
        elif found := _KEY.match(line):
            path = [*(entry for entry in path if entry[0] < len(found["indent"])), (len(found["indent"]), found["key"])]
            if meaning:
                yield _row([key for _, key in path], loaded, meaning)
            meaning = ""


def _row(path: list[str], value: Any, meaning: str) -> str:
    for key in path:
        value = value[key]
    shown = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    cells = (f"`{'.'.join(path)}`", f"`{shown}`", meaning)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
