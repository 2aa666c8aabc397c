"""Issue templates: the shipped ones, and a repository's own, as values.

A template is Markdown behind a small YAML front matter. Ours says what the template is for; a repository's
own is what GitHub (`name`, `about`, `labels`) or GitLab (plain Markdown, quick actions) understands:
https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests
https://docs.gitlab.com/user/project/description_templates/
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast, get_args

from service import plain_yaml
from service.plain_yaml import MAX_SIZE

Purpose: TypeAlias = Literal["post-mortem", "action-item", "review", "meeting"]

PLACEHOLDERS = frozenset(
    {
        "at",
        "completed",
        "created",
        "date",
        "deadline",
        "facilitator",
        "owner",
        "parent",
        "severity",
        "title",
        "type",
        "what",
        "when",
        "who",
        "why",
    }
)

_KEYS = frozenset({"name", "title", "summary", "for", "labels", "required"})
_PLACEHOLDER = re.compile(r"\{\{(?P<name>[A-Za-z_]+)\}\}")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_OUR_MARKER = re.compile(r"<!--(?=\s*closeout:)", re.IGNORECASE)
# What GitLab takes for a command: a slash as a line's first character, a word, then white space or the end.
# https://docs.gitlab.com/user/project/quick_actions/
_QUICK_ACTION = re.compile(r"/(?P<command>[A-Za-z_]\w*)(?:\s(?P<argument>.*))?\Z", re.DOTALL)
_LABEL_REFERENCE = re.compile(r'~(?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s~"]+))')


class TemplateError(ValueError):
    """A template cannot be used. `str()` is `file:line: what is wrong and how to write it`."""

    def __init__(self, name: str, line: int, message: str) -> None:
        super().__init__(f"{name}:{line}: {message}")
        self.name = name
        self.line = line  # 1-based
        self.message = message


@dataclass(frozen=True, slots=True)
class Template:
    """One template, ready to apply. `text` has no front matter, LF line ends, and nothing a forge would obey.

    `labels` are those the template promises to put on; `required` the ids of the sections a close waits for.
    """

    name: str
    title: str
    summary: str
    purpose: Purpose
    text: str
    labels: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


@cache
def shipped() -> Mapping[str, Template]:
    """The templates that come with Closeout, by name, in order of their names."""
    found = {t.name: t for t in (_read(entry) for entry in _shipped_files())}
    return MappingProxyType(dict(sorted(found.items())))


def parse(name: str, text: str) -> Template:
    """The template in a file's text; `name` is the file's path, whose stem names the template.

    Front matter with `for` is held to our own keys. Anything else is a repository's own post-mortem template,
    in which unknown keys are somebody else's business. Raises `TemplateError`.
    """
    if len(text) > MAX_SIZE:
        raise TemplateError(name, 1, f"the file has {len(text):,} characters; a template has at most {MAX_SIZE:,}")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head, body, offset = _split(name, text)
    _check_placeholders(name, body, offset)
    if "for" in head:
        return _ours(name, head, body)
    return _repositorys_own(name, head, body)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each `{{name}}` replaced by its value, or by the visible `[name]` without one.

    One pass: a value is data, and braces in it stay as they are. Making people's words safe to post is the
    caller's part, because only the caller knows which values are people's words.
    """
    return _PLACEHOLDER.sub(lambda m: values.get(m["name"], f"[{m['name'].replace('_', ' ')}]"), text)


def placeholders(text: str) -> frozenset[str]:
    """The names in double braces that `fill` would replace."""
    return frozenset(m["name"] for m in _PLACEHOLDER.finditer(text))


# --- where the shipped files are --------------------------------------------------------------------------


def _shipped_files() -> Iterator[Traversable]:
    """In a wheel they are inside the package; in a checkout beside it."""
    package = files("service")
    packaged = package / "_issue_templates"
    folder = packaged if packaged.is_dir() else Path(str(package)).parent / "issue_templates"
    return (entry for entry in folder.iterdir() if entry.name.endswith(".md"))


def _read(entry: Traversable) -> Template:
    template = parse(entry.name, entry.read_text(encoding="utf-8"))
    if f"{template.name}.md" != entry.name:
        raise TemplateError(entry.name, 1, f'name is "{template.name}"; it must be the name of the file')
    return template


# --- front matter -----------------------------------------------------------------------------------------


def _split(name: str, text: str) -> tuple[dict[str, Any], str, int]:
    """Front matter, body, and how many lines stand before the body. A leading rule (`---`) is neither."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        return {}, text, 0
    head = _yaml(name, found["yaml"])
    if not isinstance(head, dict):
        return {}, text, 0
    return head, text[found.end() :], text[: found.end()].count("\n")


def _yaml(name: str, text: str) -> object:
    try:
        return plain_yaml.read(text).data
    except plain_yaml.NotYaml as error:
        raise TemplateError(name, error.line + 1, f"the front matter is not valid YAML: {error}") from None


def _ours(name: str, head: dict[str, Any], body: str) -> Template:
    for key in head:
        if key not in _KEYS:
            raise TemplateError(name, 1, f"unknown key {_quoted(key)}{_suggestion(str(key), _KEYS)}")
    purpose = head["for"]
    if purpose not in get_args(Purpose):
        choices = ", ".join(get_args(Purpose))
        raise TemplateError(name, 1, f"for: {_quoted(purpose)} is none of {choices}")
    return Template(
        name=_line(name, head, "name"),
        title=_line(name, head, "title"),
        summary=_line(name, head, "summary"),
        purpose=cast("Purpose", purpose),
        text=_harmless(body),
        labels=_words(name, head, "labels"),
        required=_words(name, head, "required"),
    )


def _repositorys_own(name: str, head: dict[str, Any], body: str) -> Template:
    stem = PurePosixPath(name).stem
    labels = (*_words(name, head, "labels"), *_labels_in_quick_actions(body))
    return Template(
        name=stem,
        title=str(head.get("name") or stem),
        summary=str(head.get("about") or ""),
        purpose="post-mortem",
        text=_harmless(body),
        labels=tuple(dict.fromkeys(labels)),
        required=_words(name, head, "required"),
    )


def _line(name: str, head: dict[str, Any], key: str) -> str:
    value = head.get(key)
    if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
        raise TemplateError(name, 1, f"{key}: one line of text is needed")
    return value.strip()


def _words(name: str, head: dict[str, Any], key: str) -> tuple[str, ...]:
    """A YAML list, or GitHub's comma-separated text."""
    value = head.get(key) or ()
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise TemplateError(name, 1, f"{key}: a list of words is needed, like [one, two]")
    return tuple(word.strip() for word in value if word.strip())


def _check_placeholders(name: str, body: str, offset: int) -> None:
    for found in _PLACEHOLDER.finditer(body):
        if found["name"] not in PLACEHOLDERS:
            line = offset + body.count("\n", 0, found.start()) + 1
            hint = _suggestion(found["name"], PLACEHOLDERS)
            raise TemplateError(name, line, f"unknown placeholder {found.group()}{hint}")


def _suggestion(word: str, known: frozenset[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else f" (known: {', '.join(sorted(known))})"


def _quoted(value: object) -> str:
    return f'"{value}"'


# --- what a forge would execute ---------------------------------------------------------------------------


def _harmless(body: str) -> str:
    """The body without what a forge or we ourselves would obey.

    Lines that GitLab would execute as quick actions with our rights go. In code such a line only gets a space
    in front: that disarms it wherever GitLab and we should disagree about what is code, and shows the same.
    Comments that imitate our own markers stay comments, but no longer read as markers.
    """
    lines = _lines(_OUR_MARKER.sub("<!-- copied:", body))
    return "".join(_disarmed(line, in_code=in_code) for line, in_code in lines).lstrip("\n")


def _disarmed(line: str, *, in_code: bool) -> str:
    if not _QUICK_ACTION.match(line):
        return line
    return f" {line}" if in_code else ""


def _labels_in_quick_actions(body: str) -> Iterator[str]:
    """`/label ~"post-mortem" ~urgent` → post-mortem, urgent."""
    for line, in_code in _lines(body):
        found = _QUICK_ACTION.match(line)
        if found and not in_code and found["command"].lower() in {"label", "labels"}:
            for label in _LABEL_REFERENCE.finditer(found["argument"] or ""):
                yield label["quoted"] or label["plain"]


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line with its line end, and whether it stands in fenced code."""
    fence = ""
    for line in re.split(r"(?<=\n)", text):
        yield line, bool(fence)
        found = _FENCE.match(line)
        if found is None:
            continue
        if not fence:
            fence = found["fence"]
        elif found["fence"].startswith(fence) and not found["info"].strip():
            fence = ""
