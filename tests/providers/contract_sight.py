"""What is seen is what is there: nothing lost, nothing changed on the way, past any page's end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.model import Issue, Permission, SetBody, State, SyncState, Timebox
from service.providers.base import Listing
from tests.clock import Clock
from tests.providers.on_stage import OnStage
from tests.providers.samples import comment
from tests.providers.stage import BODY, BOT, PROJECT, Stage

STATES: tuple[State | None, ...] = ("open", "closed", None)
LONG = "Zeile mit Ümläuten und 日本語 – and an end.\n" * 1300


class SightContract(OnStage):
    # --- what is seen is what is there ------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "body",
        ["", "a\r\nb\r\n\r\n- [ ] c\r\n", "Ünï 日本語 🚨 <!-- x --> & &amp; \\n \t end", LONG, "\n\n  indented\n\n\n"],
        ids=["empty", "crlf", "unicode", "60kB", "blank lines"],
    )
    def test_any_body_comes_back_as_it_was_written(self, stage: Stage, body: str) -> None:
        """Byte for byte: nothing is trimmed, unescaped or normalised on the way in."""
        stage.edit(1, body=body)
        seen = stage.provider().fetch(stage.pm).issue
        assert seen.body == stage.body()

    @pytest.mark.parametrize("body", ["a\r\nb\r\nc\r\n", LONG, "x"], ids=["crlf", "60kB", "short"])
    def test_any_body_is_edited_line_by_line(self, stage: Stage, body: str) -> None:
        """An edit of one line leaves every other byte, line ends included."""
        stage.edit(1, body=body)
        provider = stage.provider()
        seen = provider.fetch(stage.pm).issue
        longer = "first\n" + seen.body
        provider.apply(SetBody(stage.pm, seen.body, longer))
        assert stage.body() == longer

    @pytest.mark.parametrize("count", [0, 1, 100])
    def test_any_number_of_labels_is_seen(self, stage: Stage, count: int) -> None:
        """All labels of the issue, and all of the project's, also past one page."""
        here = (self.forge, PROJECT)
        for n in range(101):
            stage.sandbox.world.create_label(*here, actor="alice", name=f"label {n:03}")
        stage.edit(1, labels=[f"label {n:03}" for n in range(count)])
        seen = stage.provider().fetch(stage.pm)
        assert seen.issue.labels == {f"label {n:03}" for n in range(count)}
        assert seen.labels == {"post-mortem", "outage", "learning", *(f"label {n:03}" for n in range(101))}

    @pytest.mark.parametrize("count", [1, 101])
    def test_our_comment_is_found_among_any_number(self, stage: Stage, count: int) -> None:
        """However much is said after it, our own comment is found, and what it remembers."""
        provider = stage.provider()
        change = comment(provider.fetch(stage.pm), Issue(stage.pm, ""))
        provider.apply(change)
        for n in range(count):
            stage.comment(1, f"thought {n}")
        seen = stage.provider().fetch(stage.pm)
        found = seen.comment("status")
        assert found is not None
        assert (found.body, seen.state) == (change.body, change.state)

    def test_our_marker_in_somebody_elses_comment_is_not_ours(self, stage: Stage) -> None:
        """Anybody can copy the hidden lines; who wrote them decides."""
        provider = stage.provider()
        change = comment(provider.fetch(stage.pm), Issue(stage.pm, ""))
        stage.comment(1, change.body, actor="bob")
        seen = stage.provider().fetch(stage.pm)
        assert (seen.comment("status"), seen.state) == (None, SyncState())

    @pytest.mark.parametrize("count", [0, 1, 60])
    def test_any_number_of_action_items_is_seen(self, stage: Stage, count: int) -> None:
        """Each with its title, state and text."""
        lines = [f"- [ ] step {n} #{4 + n} - @bob" for n in range(count)]
        stage.edit(1, body="## Action items\n\n" + "\n".join(lines) + "\n")
        for n in range(count):
            world = stage.sandbox.world
            made = world.create_issue(self.forge, PROJECT, actor=BOT, title=f"step {n}", body=f"text {n}")
            stage.tie(1, made.number)
        seen = {c.title: c.body for c in stage.provider().fetch(stage.pm).children if c.title.startswith("step")}
        assert seen == {f"step {n}": f"text {n}" for n in range(count)}

    def test_a_closed_issue_tells_who_closed_it_and_when(self, stage: Stage, clock: Clock) -> None:
        """The closer may be pinged, and the time starts the grace window."""
        at = clock.forward(hours=3)
        stage.edit(1, actor="bob", state="closed", state_reason="completed")
        seen = stage.provider().fetch(stage.pm).issue
        assert (seen.state, seen.state_reason, seen.closed_by, seen.closed_at) == ("closed", "completed", "bob", at)

    def test_an_action_item_sees_its_post_mortem(self, stage: Stage) -> None:
        """From the child, the parent is there with its text and labels."""
        parent = stage.provider().fetch(stage.ref(2)).parent
        assert parent is not None
        assert (parent.ref, parent.title, parent.body) == (stage.pm, "Checkout down", BODY)
        assert parent.labels == {"post-mortem", "outage"}

    @pytest.mark.parametrize("over", [False, True])
    def test_the_milestone_of_an_issue_is_seen(self, stage: Stage, *, over: bool) -> None:
        """With its days as far as the forge has them, looked at or listed, for no further request."""
        provider = stage.provider()
        provider.fetch(stage.ref(2))
        before = provider.requests
        provider.fetch(stage.ref(2))
        plain = provider.requests - before
        box = stage.plan(2, "v2", date(2026, 3, 1), date(2026, 3, 8))
        if over:
            stage.sandbox.world.close_timebox(box)
        first = date(2026, 3, 1) if self.forge == "gitlab" else None
        expected = (Timebox("milestone", "v2", first, date(2026, 3, 8), open=not over),)
        before = provider.requests
        assert provider.fetch(stage.ref(2)).issue.timeboxes == expected
        assert provider.requests - before == plain
        (scope,) = provider.scopes((PROJECT,))
        [listed] = provider.survey(scope, (Listing("learning", "open"),))
        assert listed.timeboxes == expected

    def test_people_named_in_the_text_are_looked_up(self, stage: Stage) -> None:
        """Who is named may or may not be assigned here; the snapshot says which."""
        stage.edit(1, body=BODY.replace("@alice", "@mallory"))
        people = stage.provider().fetch(stage.pm).people
        assert (people["bob"], people.get("mallory", False)) == (True, False)

    def test_whoever_opened_the_issue_is_looked_up(self, stage: Stage) -> None:
        """Named in the text or not: where nobody owns a post-mortem it is that person's."""
        stage.edit(1, body="Customers could not pay.\n")
        assert stage.provider().fetch(stage.pm).people["alice"]

    def test_a_command_brings_its_authors_permission(self, stage: Stage) -> None:
        """A command counts by what its author may do; idle talk is not part of the snapshot."""
        stage.comment(1, "/pm override because", actor="alice")
        said = {c.body: c.permission for c in stage.provider().fetch(stage.pm).comments}
        assert said.keys() == {"/pm help", "/pm override because"}
        assert said["/pm help"] is Permission.WRITE
        assert said["/pm override because"] in {Permission.MAINTAIN, Permission.ADMIN}

    # --- the rest of the provider -----------------------------------------------------------------------------

    def test_issues_are_listed_by_label_and_time(self, stage: Stage, clock: Clock) -> None:
        """All labels must be there, open or closed; `since` is inclusive."""
        provider = stage.provider()
        assert {i.ref.number for i in provider.list(PROJECT)} == {1, 2, 3}
        assert [i.ref for i in provider.list(PROJECT, labels=("post-mortem", "outage"))] == [stage.pm]
        later = clock.forward(hours=1)
        stage.edit(2, state="closed")
        assert [i.ref.number for i in provider.list(PROJECT, since=later)] == [2]
        assert list(provider.list(PROJECT, since=later + timedelta(seconds=1))) == []

    def test_issues_are_listed_by_state(self, stage: Stage) -> None:
        """Open or closed ones alone; both without a word."""
        stage.edit(2, state="closed")
        provider = stage.provider()
        listed = {state: [i.ref.number for i in provider.list(PROJECT, state=state)] for state in STATES}
        assert listed == {"open": [1, 3], "closed": [2], None: [1, 2, 3]}

    def test_more_than_a_page_of_issues_is_listed(self, stage: Stage) -> None:
        """Each once, whatever the page size."""
        for n in range(101):
            stage.sandbox.world.create_issue(self.forge, PROJECT, actor="bob", title=f"issue {n}")
        numbers = [i.ref.number for i in stage.provider().list(PROJECT)]
        assert sorted(numbers) == list(range(1, 105))

    def test_the_last_change_is_told_by_the_forges_clock(self, stage: Stage, clock: Clock) -> None:
        """Of whichever issue it was; None where there is no issue."""
        provider = stage.provider()
        later = clock.forward(hours=1)
        stage.edit(2, state="closed")
        clock.forward(hours=1)
        assert provider.last_change(PROJECT) == later
        assert provider.last_change("acme/ops") is None

    # --- many projects at once --------------------------------------------------------------------------------

    def test_a_survey_sees_what_listing_sees(self, stage: Stage, clock: Clock) -> None:
        """Every issue that is in one of the listings, once, with all that a listing tells of it."""
        stage.edit(1, labels=["post-mortem", "learning"], due=date(2026, 4, 1) if self.forge == "gitlab" else None)
        stage.edit(3, labels=["outage"], state="closed")
        later = clock.forward(days=40)
        stage.edit(2, labels=["outage"], state="closed")
        provider = stage.provider()
        listings = (Listing("post-mortem", "open"), Listing("learning", "open"), Listing("outage", "closed", later))
        (scope,) = provider.scopes((PROJECT,))
        surveyed = {issue.ref.number: issue for issue in provider.survey(scope, listings)}
        assert sorted(surveyed) == [1, 2]
        for listed in provider.list(PROJECT):
            if listed.ref.number in surveyed:
                assert _plain(surveyed[listed.ref.number]) == _plain(listed)

    def test_a_survey_takes_a_request_for_a_hundred_issues(self, stage: Stage) -> None:
        """Past a page's end, and past a wrong guess, nothing is lost and nothing comes twice."""
        world = stage.sandbox.world
        for n in range(205):
            world.create_issue(self.forge, PROJECT, actor="bob", title=f"issue {n}", labels=("learning",))
        provider = stage.provider()
        (scope,) = provider.scopes((PROJECT,))
        list(provider.survey(scope, (Listing("learning", "open"),)))
        before = provider.requests
        numbers = [issue.ref.number for issue in provider.survey(scope, (Listing("learning", "open"),))]
        assert sorted(numbers) == [2, *range(4, 209)]
        assert provider.requests - before == 3
        guessed = provider.survey(scope, (Listing("learning", "open", likely=7),))
        assert sorted(issue.ref.number for issue in guessed) == [2, *range(4, 209)]

    def test_a_survey_tells_who_left(self, stage: Stage) -> None:
        """Assigned once, and gone: blocked on GitLab, without a role on GitHub. Not known of an older GitHub."""
        stage.edit(1, assignees=["bob", "eve"] if self.forge == "github" else ["eve"])
        stage.leaves("eve")
        provider = stage.provider()
        (scope,) = provider.scopes((PROJECT,))
        (seen,) = provider.survey(scope, (Listing("post-mortem", "open"),))
        told = self.forge == "gitlab" or "graphql" not in self.lacks
        assert seen.inactive == ({"eve"} if told else set())

    def test_several_projects_are_surveyed(self, stage: Stage) -> None:
        """Under the names they were asked for, and no others of the same owner."""
        world = stage.sandbox.world
        for path in ("acme/ops", "acme/web"):
            stage.project(path)
            world.create_issue(self.forge, path, actor="alice", title=path, labels=("post-mortem",))
        provider = stage.provider()
        scopes = provider.scopes((PROJECT, "acme/OPS"))
        assert sorted(project for scope in scopes for project in scope.projects) == ["acme/OPS", PROJECT]
        listings = (Listing("post-mortem", "open"),)
        found = [issue.ref for scope in scopes for issue in provider.survey(scope, listings)]
        assert sorted(found) == [stage.ref(1, "acme/OPS"), stage.pm]

    def test_the_projects_of_an_owner_are_listed(self, stage: Stage) -> None:
        """Those we were let into; an archived one takes no writes and is left out."""
        stage.project("acme/web")
        stage.project("acme/old").archived = True
        provider = stage.provider()
        assert sorted(provider.projects("ACME")) == ["acme/ops", PROJECT, "acme/web"]

    def test_files_are_read_ahead(self, stage: Stage) -> None:
        """What was read ahead is not asked for again; a project that is not there is told when it is asked for."""
        stage.sandbox.world.put_file(self.forge, "acme/ops", "a/policy.yml", "version: 1\n# ü\n")
        provider = stage.provider()
        provider.read_ahead((PROJECT, "acme/ops", "acme/nowhere"), "a/policy.yml")
        before = provider.requests
        assert provider.file_text("acme/ops", "a/policy.yml") == "version: 1\n# ü\n"
        assert provider.file_text(PROJECT, "a/policy.yml") is None
        ahead = "graphql" not in self.lacks
        assert provider.requests - before == (0 if ahead else 2)

    def test_we_know_ourselves(self, stage: Stage) -> None:
        """The login that stands as the author of what we write."""
        assert stage.provider().viewer() == BOT

    # --- people and files -------------------------------------------------------------------------------------

    def test_permissions_come_in_the_models_words(self, stage: Stage) -> None:
        """From nothing to maintaining, whatever the forge calls it."""
        provider = stage.provider()
        assert provider.permission(PROJECT, "bob") is Permission.WRITE
        assert provider.permission(PROJECT, "alice").allows(Permission.MAINTAIN)
        assert provider.permission(PROJECT, "nobody-at-all") is Permission.NONE
        assert provider.permission("acme/ops", "mallory") is Permission.NONE

    def test_files_of_the_default_branch_are_read(self, stage: Stage) -> None:
        """Text as it is, and None where there is no file."""
        stage.sandbox.world.put_file(self.forge, PROJECT, ".github/a b/pölicy.yml", "version: 1\r\n# ü\n")
        provider = stage.provider()
        assert provider.file_text(PROJECT, ".github/a b/pölicy.yml") == "version: 1\r\n# ü\n"
        assert provider.file_text(PROJECT, ".github/nothing.yml") is None

    def test_requests_are_counted(self, stage: Stage) -> None:
        """The number is what the forge saw."""
        provider = stage.provider()
        before = stage.requests_made()
        provider.fetch(stage.pm)
        assert provider.requests == stage.requests_made() - before > 0


def _plain(issue: Issue) -> Issue:
    """Without what only one of GitHub's two dialects tells of a listed issue."""
    return replace(issue, body_edited_at=None, closed_by=None)
