"""Quick actions: lines like `/close` in a new or edited description or note, which GitLab runs as the caller.

The matcher is GitLab's (`lib/gitlab/quick_actions/extractor.rb`): carriage returns are dropped, only paragraphs
outside code, HTML and quotes count, the slash is the first character of a line, and the line's command is known.
Commands leave the stored text, whether or not the caller may run them; unknown ones stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

_EFFECTIVE = """
close reopen label labels unlabel remove_label relabel assign unassign remove_assignee reassign due remove_due_date
confidential title lock unlock duplicate promote_to_incident type
"""
_WITHOUT_EFFECT_HERE = """
todo done subscribe unsubscribe cc award react estimate estimate_time remove_estimate spend spend_time spent
remove_time_spent weight clear_weight milestone remove_milestone severity move clone relate unlink blocks blocked_by
link timeline page publish zoom add_email add_contacts convert_to_ticket promote_to epic iteration board_move
copy_metadata create_merge_request health_status clear_health_status status set_parent remove_parent add_child
remove_child
"""
RUN = frozenset(_EFFECTIVE.split())
SWALLOWED = frozenset(_WITHOUT_EFFECT_HERE.split())  # real commands whose effect the sandbox does not keep
_NAMES = "|".join(sorted(RUN | SWALLOWED, key=len, reverse=True))
_LINE = re.compile(rf"^/(?P<name>{_NAMES})(?: (?P<arg>[^\n]*))?(?:\s*\n|$)", re.IGNORECASE | re.MULTILINE)
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    argument: str = ""


def extract(text: str) -> tuple[str, list[Command]]:
    """The text without its commands, and the commands in order. Text without any comes back as it is."""
    if "/" not in text:
        return text, []
    lines = text.replace("\r", "").split("\n")
    commands: list[Command] = []
    for start, end in reversed(_paragraphs("\n".join(lines))):
        kept, found = _split("\n".join(lines[start:end]))
        if found:
            lines[start:end] = [kept] if kept else []
            commands = [*found, *commands]
    return ("\n".join(lines).strip("\n"), commands) if commands else (text, [])


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Line ranges of the paragraphs that are not quoted. Those in lists count, should a line begin with a slash."""
    quotes, found = 0, []
    for token in _MARKDOWN.parse(text):
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "paragraph_open" and not quotes and token.map:
            found.append((token.map[0], token.map[1]))
    return found


def _split(paragraph: str) -> tuple[str, list[Command]]:
    found = [Command(m["name"].lower(), (m["arg"] or "").strip()) for m in _LINE.finditer(paragraph)]
    return _LINE.sub("", paragraph).rstrip("\n"), found
