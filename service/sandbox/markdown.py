"""Markdown for people's eyes: as a forge shows it, with HTML comments hidden and task boxes to click."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_BOX = re.compile(r"^\[(?P<mark>[ xX])\]\s+")
_BOX_IN_LINE = re.compile(r"^(?P<head>\s*(?:>\s*)*(?:[-*+]|\d+[.)])\s+\[)(?P<mark>[ xX])(?P<tail>\].*)$", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FOLD = re.compile(r"&lt;(/?(?:details|summary))&gt;")
_REFERENCE = re.compile(r"(?<![\w/&#])(?P<project>[\w.-]+(?:/[\w.-]+)+)?#(?P<number>\d+)\b")


class _Renderer(RendererHTML):
    """HTML in the text is shown as text, but for folds without attributes; comments are not shown at all."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del options, env
        return _FOLD.sub(r"<\1>", escapeHtml(_COMMENT.sub("", tokens[idx].content).strip()))

    html_inline = html_block

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del options
        return _REFERENCE.sub(lambda found: _link(found, env), escapeHtml(tokens[idx].content))

    def task_box(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A button that ticks its line, or a picture of one where nothing may be ticked."""
        del options
        on = str(bool(tokens[idx].meta["on"])).lower()
        face = f'class="box" role="checkbox" aria-checked="{on}"'
        if not env.get("tickable"):
            return f"<span {face} aria-disabled='true'></span> "
        line = tokens[idx].meta["line"]
        return f'<button {face} name="line" value="{line}" aria-label="Tick line {line + 1}"></button> '


def _link(found: re.Match[str], env: EnvType) -> str:
    """References become links to the sandbox's own pages."""
    project, number = found["project"] or env.get("project", ""), found["number"]
    between = "/issues/" if env.get("forge") == "github" else "/-/issues/"
    return f'<a href="/{env.get("forge")}/{project}{between}{number}">{found[0]}</a>'


def _boxes(state: StateCore) -> None:
    """`[ ]` at the start of a list item becomes a box that knows its line."""
    for item, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or inline.type != "inline" or not inline.children:
            continue
        first = inline.children[0]
        found = _BOX.match(first.content) if first.type == "text" else None
        if found is None:
            continue
        item.attrSet("class", "task")
        first.content = first.content[found.end() :]
        box = Token("task_box", "", 0, meta={"on": found["mark"] != " ", "line": (inline.map or [0])[0]})
        inline.children.insert(0, box)


def _maker() -> MarkdownIt:
    made = MarkdownIt("commonmark", renderer_cls=_Renderer).enable(["table", "strikethrough"])
    made.core.ruler.push("boxes", _boxes)
    return made


_MARKDOWN = _maker()


def render(text: str, *, forge: str, project: str, tickable: bool = False) -> Markup:
    """HTML that is safe to show: everything a person wrote is escaped."""
    env: dict[str, Any] = {"forge": forge, "project": project, "tickable": tickable}
    return Markup(_MARKDOWN.render(text, env))  # noqa: S704 - escaped by the renderer above


def toggled(text: str, line: int) -> str:
    """The text with the task box on a line ticked or unticked; unchanged where the line has none."""
    lines = text.splitlines(keepends=True)
    if not 0 <= line < len(lines):
        return text
    found = _BOX_IN_LINE.match(lines[line])
    if found is not None:
        lines[line] = found["head"] + ("x" if found["mark"] == " " else " ") + found["tail"]
    return "".join(lines)
