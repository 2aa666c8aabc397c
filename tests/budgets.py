"""What looks cost in requests, and the most they may cost: `make bench` prints it, `test_budgets.py` holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from service.model import IssueRef
from service.policy import FILES
from service.reconciler import Reconciler
from service.sandbox import Sandbox
from tests.stack import BOT, PROJECTS, Stack

SHOP, OPS = PROJECTS
IMPATIENT = "version: 1\nrules:\n  closure: {grace_seconds: 0}\n  definition-of-done: {grace_seconds: 0}\n"
ON_A_PROJECT = "  board: {project: 1}\n"
COUNTS = (1, 2, 5, 20)  # of action items


@dataclass(frozen=True)
class Place:
    """Where looks are counted, and the most requests for each kind."""

    name: str
    forge: str
    project: str
    policy: str
    label_event: int
    untouched: int
    whole: tuple[int, int]  # for action items until all is quiet: at the post-mortem, and for each of them


PLACES = (
    Place("github", "github", SHOP, IMPATIENT, 6, 1, (6, 2)),
    Place("github, on a project", "github", OPS, IMPATIENT + ON_A_PROJECT, 6, 1, (6, 4)),
    Place("gitlab", "gitlab", SHOP, IMPATIENT, 8, 2, (8, 4)),
)


@dataclass(frozen=True)
class Cost:
    """One look: requests, and what was changed on the forge by them."""

    look: str
    at_most: int
    requests: int
    writes: int


def arrange(sandbox: Sandbox) -> None:
    """The policies of all places, before anything is looked at."""
    for place in PLACES:
        sandbox.world.put_file(place.forge, place.project, FILES[place.forge], place.policy)


def costs(stack: Stack, place: Place) -> Iterator[Cost]:
    """Each kind of look, once labels, people and connections are known. Nothing looks but what is told to here."""
    stack.sandbox.world.project(place.forge, place.project).hooks.clear()
    counting = Counting(stack, place, stack.service.reconciler())
    counting.warm_up()
    ref = labelled(stack, place)
    yield counting.look("label event", place.label_event, ref)
    yield counting.look("untouched issue", place.untouched, ref)
    for number in COUNTS:
        yield counting.action_items(number)
        yield counting.until_quiet(number)


@dataclass(frozen=True)
class Counting:
    stack: Stack
    place: Place
    reconciler: Reconciler

    def look(self, what: str, at_most: int, ref: IssueRef) -> Cost:
        requests, writes = counted(self.stack, partial(self.reconciler.reconcile, ref))
        return Cost(what, at_most, requests, writes)

    def action_items(self, number: int) -> Cost:
        """The look at a post-mortem that has just got so many actions: they are created, linked and named."""
        return self.look(f"{number} action items", 1 + 4 * number + 2, self._planned(number))

    def _planned(self, number: int) -> IssueRef:
        ref = labelled(self.stack, self.place)
        self.reconciler.reconcile(ref)
        with_actions(self.stack, ref, number)
        return ref

    def until_quiet(self, number: int) -> Cost:
        """The same, with the looks that follow from it: at each new issue, whose card is placed, and at the post-mortem
        once more.
        """
        requests, writes = counted(self.stack, partial(self._all, self._planned(number)))
        base, each = self.place.whole
        return Cost(f"{number} action items, until quiet", base + each * number, requests, writes)

    def _all(self, ref: IssueRef) -> None:
        issues = self.stack.sandbox.world.project(ref.forge, ref.project).issues
        before = frozenset(issues)
        self.reconciler.reconcile(ref)
        for new in sorted(frozenset(issues) - before):
            self.reconciler.reconcile(IssueRef(ref.forge, ref.project, new))
        self.reconciler.reconcile(ref)

    def warm_up(self) -> None:
        """The first looks create labels, and ask for what is then known."""
        self.action_items(1)


def labelled(stack: Stack, place: Place, body: str = "It broke.\n") -> IssueRef:
    world, here = stack.sandbox.world, (place.forge, place.project)
    issue = world.create_issue(*here, actor="alice", title="Outage", body=body)
    world.add_labels(*here, issue.number, actor="alice", names=["post-mortem"])
    return IssueRef(*here, issue.number)


def with_actions(stack: Stack, ref: IssueRef, number: int) -> None:
    issue = stack.issue(ref.forge, ref.number, ref.project)
    lines = "\n".join(f"- [ ] Alert on the depth of queue {n} - @bob - 2027-01-31" for n in range(number))
    body = issue.body.replace("## Action items\n", f"## Action items\n\n{lines}\n", 1)
    stack.sandbox.world.edit_issue(ref.forge, ref.project, ref.number, actor="alice", body=body)


def counted(stack: Stack, look: Callable[[], object]) -> tuple[int, int]:
    """Requests of one look, or several, and what it changed."""
    sandbox = stack.sandbox
    asked, done = len(sandbox.log), len(sandbox.world.events)
    look()
    return sum(record.actor == BOT for record in sandbox.log[asked:]), len(sandbox.world.events) - done
