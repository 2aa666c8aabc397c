"""Action items in tables: the header says what each column holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from service.document.action_lines import Reading, read_stretch
from service.document.blanks import content, is_not_applicable, is_placeholder
from service.document.blocks import Layout, Table, opening
from service.document.dates import Problem, find_dates, read_date
from service.document.headings import Lexicon
from service.document.lines import Span
from service.document.marks import MENTION, NOBODY, TYPES, Grammar, Mark, bare_login, state_of
from service.document.parts import ActionItem
from service.document.tables import Cell, cells
from service.document.written import Slot, Stretch, Written, done_spans

_NUMBERING = frozenset({"#", "", "no", "nr", "id", "priority", "prio", "p", "№"})


def rows(layout: Layout, table: Table, names: Lexicon, grammar: Grammar, kind: str | None) -> Iterator[Written]:
    columns = _columns([cell.text for cell in cells(layout.visible[table.header])], names)
    for line in table.rows:
        found = cells(layout.visible[line])
        row = _Row(line, {name: found[at] for name, at in columns.items() if at < len(found)}, grammar)
        written = row.read(kind)
        if written is not None:
            yield written


def _columns(headers: list[str], names: Lexicon) -> Mapping[str, int]:
    """Which column holds what. Where no header names the action itself, it is the first column left."""
    known = [names.find(header) for header in headers]
    columns = {name: known.index(name) for name in known if name}
    free = [n for n, name in enumerate(known) if name is None and headers[n].strip(" .*").casefold() not in _NUMBERING]
    if "text" not in columns and free:
        columns["text"] = free[0]
    return columns


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    by_name: Mapping[str, Cell]
    grammar: Grammar

    def said(self, name: str) -> str:
        """A cell's text, "" for a placeholder."""
        cell = self.by_name.get(name)
        return cell.text if cell is not None and not _says_nothing(cell.text) else ""

    @property
    def status(self) -> str:
        """As written: `[x]` says something here."""
        cell = self.by_name.get("status")
        return cell.text if cell is not None else ""

    def slot(self, name: str) -> Slot | None:
        cell = self.by_name.get(name)
        return Slot(Span(self.line, cell.start, cell.end), named=True) if cell is not None else None

    def read(self, kind: str | None) -> Written | None:
        cell = self.by_name.get("text")
        if cell is None:
            return None
        begin = opening(cell.text, self.line)
        stretch = Stretch(cell.text[begin.start :], ((0, self.line, cell.start + begin.start),))
        reading = read_stretch(stretch.source, self.grammar)
        item = self.item(reading, kind, begin.mark)
        told = item.owners or item.owner_text or item.due or item.problem or item.refs or item.planned
        if not (item.text or told) or (is_not_applicable(cell.text) and not told):
            return None
        box = begin.box
        return self.written(
            item, reading, stretch, Span(self.line, cell.start + box.start, cell.start + box.end) if box else None
        )

    def item(self, reading: Reading, kind: str | None, mark: str) -> ActionItem:
        owners, owner_text = self.owners(reading)
        due = read_date(self.said("due"), self.grammar.today) if self.said("due") else reading.due
        issue = read_stretch(self.said("issue"), self.grammar)
        state, planned = state_of(self.status), reading.first(Mark.PLANNED) or issue.first(Mark.PLANNED)
        finished = reading.first(Mark.DONE)
        return ActionItem(
            line=self.line,
            end=self.line + 1,
            text=reading.text.replace("\\|", "|"),
            done=state is Mark.DONE or finished is not None or mark in {"x", "X", "✓", "✔"},
            struck=reading.struck or state is Mark.DROPPED,
            reason=self.said("reason") or reading.reason,
            owners=owners,
            owner_text=owner_text,
            due=due if isinstance(due, date) else None,
            problem=due.reason if isinstance(due, Problem) else "",
            type=self.type(reading) or kind,
            refs=tuple(dict.fromkeys((*issue.refs, *reading.refs))),
            planned=planned.text if planned else None,
            links=tuple(dict.fromkeys((*reading.links, *issue.links))),
            completed=self.completed(reading),
            checkbox=bool(mark),
            optional=reading.first(Mark.OPTIONAL) is not None,
        )

    def owners(self, reading: Reading) -> tuple[tuple[str, ...], str]:
        said = self.said("owner")
        named = tuple(n for n in MENTION.findall(said) if n.lower() not in NOBODY)
        if named or not said or "@" in said:
            return (named or reading.names), "" if named else reading.owner_text
        words = [w for w in re.split(r"\s*(?:,|/(?!\w+$)|&|\+|;|<br ?/?>|\band\b)\s*", said) if w]
        logins = tuple(w for w in words if bare_login(w))
        return (logins, "") if logins and len(logins) == len(words) else ((), said)

    def type(self, reading: Reading) -> str | None:
        said, token = self.said("type").strip("[]*_` ").casefold(), reading.first(Mark.TYPE)
        return (token.text if token else "") or TYPES.get(said, said) or None

    def completed(self, reading: Reading) -> date | None:
        told = next((t.day for t in reading.marks if t.mark is Mark.DONE and isinstance(t.day, date)), None)
        if told is not None or state_of(self.status) is not Mark.DONE:
            return told
        days = (found.value for found in find_dates(self.status, self.grammar.today))
        return next((day for day in days if isinstance(day, date)), None)

    def written(self, item: ActionItem, reading: Reading, stretch: Stretch, box: Span | None) -> Written:
        planned, owner, due, issue = (
            reading.first(Mark.PLANNED),
            self.slot("owner"),
            self.slot("due"),
            self.slot("issue"),
        )
        placed = stretch.span(planned.start, planned.end) if planned else None
        if planned is None and item.planned is not None and issue is not None:
            placed = issue.span
        return Written(
            item=item,
            tail=stretch.tail(reading.pieces),
            box=box,
            words=stretch.spans(reading.pieces),
            owners=(owner,) if owner else stretch.slots(reading.owners),
            dues=(due,) if due else stretch.slots(reading.dues),
            dones=done_spans(stretch, reading),
            planned=placed,
            status=self.slot("status"),
            issue=issue if not self.said("issue") else None,
            row=True,
        )


def _says_nothing(text: str) -> bool:
    return is_placeholder(text) or not content(text) or is_not_applicable(text) or text.strip("@ ").lower() in NOBODY
