"""Surgical edits. Each returns the whole new text, touches only the lines it means to, and is a no-op when already so.

An edit is checked by reading its result: where a value cannot be written so that it reads back (an action's text
that looks like an owner, say), the text is returned as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from service.document.lines import Span, Splice, one_line
from service.document.marks import Mark, state_of
from service.document.parts import ActionItem
from service.document.reading import Document, again, placed
from service.document.written import Slot, Written


def tick(doc: Document, item: ActionItem, done: bool, on: date | None) -> str:  # noqa: FBT001 - `tick(doc, item, done=…)` reads well
    """The line says done, with the day it was completed where `on` gives one; or it says that it is open."""
    written = doc.written_at(item.line)
    if written is None:
        return doc.text
    if not done:
        return _checked(doc, written, [_unticked(doc, written)], {"done": False, "completed": None}, "text")
    stamp = written.item.completed is None and on is not None
    if written.item.done and not stamp:
        return doc.text
    attempts = (_ticked(doc, written, day) for day in ((on, None) if stamp else (None,)))
    return _checked(doc, written, attempts, {"done": True}, "completed")


def _ticked(doc: Document, written: Written, on: date | None) -> list[Splice]:
    said = f" (done {on.isoformat()})" if on else " (done)"
    status = [] if written.status is None else _status(doc, written.status, on)
    if status:
        return status
    splices = [Splice(written.box, "[x]")] if written.box and not _is_ticked(doc, written) else []
    if on is not None or not (splices or written.item.done):
        splices.append(Splice(written.tail, said))
    return splices


def _is_ticked(doc: Document, written: Written) -> bool:
    return written.box is not None and doc.line(written.box.line)[written.box.start + 1 : written.box.end - 1] in {
        "x",
        "X",
        "✓",
        "✔",
    }


def _status(doc: Document, status: Slot, on: date | None) -> list[Splice]:
    """The status column says done; a checkbox in it is ticked, a word is replaced."""
    span = status.span
    old = doc.line(span.line)[span.start : span.end]
    if old in {"[ ]", "[]", "☐", "⬜"}:
        new = "[x]"
    elif state_of(old) is Mark.DONE:
        new = old
    else:
        new = "done"
    return [Splice(span, _in_cell(doc, span, f"{new} {on.isoformat()}" if on else new))]


def _unticked(doc: Document, written: Written) -> list[Splice]:
    splices = [Splice(span, "") for span in written.dones]
    if written.box and _is_ticked(doc, written):
        splices.append(Splice(written.box, "[ ]"))
    if written.status is not None:
        span = written.status.span
        old = doc.line(span.line)[span.start : span.end]
        if state_of(old) is Mark.DONE:
            splices.append(Splice(span, "[ ]" if old.startswith("[") else _in_cell(doc, span, "open")))
    return splices


def name_issue(doc: Document, item: ActionItem, reference: str) -> str:
    """The line names its issue: `reference` is `#57`, `acme/ops#57` or the `#new-KEY` of one that is only planned."""
    written = doc.written_at(item.line)
    if written is None or not reference:
        return doc.text
    if written.planned is not None:
        return _written(doc, [Splice(written.planned, reference)])
    if re.search(rf"(?<![\w/#-]){re.escape(reference)}(?![\w-])", _visible(doc, written)):
        return doc.text
    if written.issue is not None:
        return _written(doc, [Splice(written.issue.span, _in_cell(doc, written.issue.span, reference))])
    return _written(doc, [Splice(written.tail, f" ({reference})")])


def _visible(doc: Document, written: Written) -> str:
    return "\n".join(doc.layout.visible[written.item.line : written.item.end])


def set_owners(doc: Document, item: ActionItem, owners: Sequence[str]) -> str:
    """The line's owners are these logins or teams (with or without `@`), in this order."""
    written = doc.written_at(item.line)
    names = tuple(dict.fromkeys(owner.lstrip("@") for owner in owners))
    if written is None or written.item.owners == names or any(not re.fullmatch(r"[\w./-]+", n) for n in names):
        return doc.text
    text = ", ".join(f"@{name}" for name in names)
    attempts = _values(doc, written, written.owners, text, f" (owner: {text})")
    return _checked(doc, written, attempts, {"owners": names, "owner_text": ""})


def set_due(doc: Document, item: ActionItem, due: date | None) -> str:
    """The line's deadline is this day, or it has none."""
    written = doc.written_at(item.line)
    if written is None or (written.item.due == due and not written.item.problem):
        return doc.text
    text = due.isoformat() if due else ""
    attempts = _values(doc, written, written.dues, text, f" (due: {text})")
    return _checked(doc, written, attempts, {"due": due, "problem": ""})


def _values(doc: Document, written: Written, slots: Sequence[Slot], text: str, labelled: str) -> Iterator[list[Splice]]:
    """The first place takes the value, further ones go. With no place yet, or none that is understood, the value is
    appended; with a label where it would be misread without one.
    """
    if slots:
        yield _in_place(doc, slots, text)
    if text:
        yield [Splice(_before_stamp(written), f" - {text}")]
        yield [Splice(_before_stamp(written), labelled)]


def _in_place(doc: Document, slots: Sequence[Slot], text: str) -> list[Splice]:
    first, *more = slots
    if text:
        kept = Splice(first.span, _in_cell(doc, first.span, text))
    else:
        kept = Splice(first.span, "TBD") if first.named else Splice(_with_separator(doc, first.whole or first.span), "")
    return [kept, *(Splice(_with_separator(doc, slot.whole or slot.span), "") for slot in more)]


def _before_stamp(written: Written) -> Span:
    """Owner and date belong before a `(done …)` at the line's end."""
    stamps = [span for span in written.dones if span.line == written.tail.line and span.end == written.tail.end]
    at = stamps[-1].start if stamps and stamps[-1].start > 0 else written.tail.start
    return Span(written.tail.line, at, at)


def _with_separator(doc: Document, span: Span) -> Span:
    """A value with the separator before it."""
    before = doc.line(span.line)[: span.start]
    bare = before.rstrip(" \t")
    cut = bare.rstrip("-–—|,;:") if bare.endswith(tuple("-–—|,;:")) else bare
    start = len(cut.rstrip(" \t")) if cut.strip(" \t-*+") else span.start
    return Span(span.line, start, span.end)


def _in_cell(doc: Document, span: Span, text: str) -> str:
    """Text for a place that may be an empty cell or an empty value: a space on the side that lacks one."""
    if span.start != span.end:
        return text
    line = doc.line(span.line)
    left = "" if line[: span.start].endswith((" ", "\t")) or span.start == 0 else " "
    right = "" if line[span.end :].startswith((" ", "\t")) or span.end == len(line) else " "
    return f"{left}{text}{right}"


def set_text(doc: Document, item: ActionItem, text: str) -> str:
    """The line's words are these; owner, date, references and marks stay."""
    written = doc.written_at(item.line)
    wanted = " ".join(one_line(text).split())
    if written is None or written.item.text == wanted or not wanted:
        return doc.text
    shown = wanted.replace("|", "\\|") if written.row else wanted
    return _checked(doc, written, _wordings(doc, written, shown), {"text": wanted}, "links", "reason")


def _wordings(doc: Document, written: Written, text: str) -> Iterator[list[Splice]]:
    """New words in the old one's place. What was read from within the old words is then written behind them."""
    if not written.words:
        at = written.box.end + 1 if written.box else _first(doc, written.item.line)
        yield [Splice(Span(written.item.line, at, at), f"{text} ")]
        return
    splices = _spread(doc, written.words, text)
    yield splices
    names = ", ".join(f"@{name}" for name in written.item.owners) if not written.owners else ""
    day = written.item.due.isoformat() if written.item.due and not written.dues else ""
    home = doc.grammar.home
    refs = " ".join(f"({ref.seen_from(home.project)})" for ref in written.item.refs) if home else ""
    for values in ((names, day), (names, day, refs)):
        yield [*splices, Splice(written.tail, "".join(f" - {value}" for value in values if value))]


def _spread(doc: Document, places: Sequence[Span], text: str) -> list[Splice]:
    """Words that ran over several lines still do, so that no line is left empty; further places on a line go."""
    lines = sorted({place.line for place in places})
    said = text.split(" ")
    shares = [" ".join(said[: len(said) - len(lines) + 1]), *said[len(said) - len(lines) + 1 :]]
    if len(said) < len(lines):
        shares = [text, *[""] * (len(lines) - 1)]
    firsts = {line: next(place for place in places if place.line == line) for line in lines}
    begun = [Splice(firsts[line], share) for line, share in zip(lines, shares, strict=True)]
    return [*begun, *(Splice(_with_separator(doc, place), "") for place in places if place not in firsts.values())]


def _first(doc: Document, line: int) -> int:
    found = re.match(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+", doc.line(line))
    return found.end() if found else 0


def set_field(doc: Document, name: str, value: str) -> str:
    """The field's line says this. A document without such a line is left as it is."""
    place = placed(doc, name)
    if place is None or place.span is None or place.raw == value:
        return doc.text
    wanted = " ".join(one_line(value).split())
    return _written(doc, [Splice(place.span, _in_cell(doc, place.span, wanted))])


# --- writing and checking -------------------------------------------------------------------------------------


def _written(doc: Document, splices: Iterable[Splice]) -> str:
    return doc.layout.lines.spliced(splices)


def _checked(
    doc: Document, written: Written, attempts: Iterable[list[Splice]], wanted: Mapping[str, object], *free: str
) -> str:
    """The first attempt that reads back as wanted and leaves everything else the items say as it was, but for what
    is `free` to change; the text unchanged where there is none.
    """
    for splices in attempts:
        text = _written(doc, splices)
        after = again(doc, text)
        here = after.written_at(written.item.line)
        if not splices or here is None:
            continue
        values = {**{name: getattr(here.item, name) for name in free}, **wanted}
        kept = [replace(w.item, **values) if w is written else w.item for w in doc.written]
        if list(after.items) == kept:
            return text
    return doc.text
