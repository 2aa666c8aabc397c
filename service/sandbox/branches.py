"""Branches of a repository's files, and requests to merge one: GitHub's pull requests, GitLab's merge requests."""

from __future__ import annotations

import hashlib

from service.sandbox.people import People
from service.sandbox.rows import CommentRow, Missing, Project, Refused, RequestRow


class Branches(People):
    """A branch is a copy of the files; the default one is the project's own `files`."""

    def files_on(self, project: Project, branch: str) -> dict[str, str]:
        """Raises Missing for a branch that is not there."""
        if branch == project.default_branch:
            return project.files
        if branch not in project.branches:
            raise Missing(f"no branch {branch!r} in {project.path}")
        return project.branches[branch]

    def tip(self, project: Project, branch: str) -> str:
        """Stands in for the id of the branch's last commit. Raises Missing."""
        content = repr(sorted(self.files_on(project, branch).items()))
        return hashlib.sha1(f"{project.path}\0{content}".encode(), usedforsecurity=False).hexdigest()

    def add_branch(self, project: Project, name: str, source: str) -> None:
        """Raises Refused for a name that is taken, Missing for a source that is not there."""
        with self.lock:
            if name == project.default_branch or name in project.branches:
                raise Refused("Branch already exists", code="already_exists")
            project.branches[name] = dict(self.files_on(project, source))

    def delete_branch(self, project: Project, name: str) -> None:
        with self.lock:
            for row in project.requests:
                row.last_tip = self.head(project, row)
            del project.branches[name]

    def head(self, project: Project, row: RequestRow) -> str:
        """The tip of the request's source branch, or the last it had."""
        is_there = row.source == project.default_branch or row.source in project.branches
        return self.tip(project, row.source) if is_there else row.last_tip

    def open_request(
        self, project: Project, *, actor: str, title: str, body: str, source: str, target: str
    ) -> RequestRow:
        """Raises Refused where one is open between these branches, or there is nothing to merge."""
        with self.lock:
            if self.tip(project, source) == self.tip(project, target):
                raise Refused(f"No commits between {target} and {source}")
            if any((row.source, row.target, row.state) == (source, target, "open") for row in project.requests):
                raise Refused(f"A pull request already exists for {project.owner}:{source}", code="already_exists")
            row = RequestRow(self.next_id(), self._number(project), title, body, actor, source, target, self.clock())
            project.requests.append(row)
            return row

    def _number(self, project: Project) -> int:
        """GitHub numbers issues and pull requests together, GitLab each by itself."""
        if project.forge == "gitlab":
            return len(project.requests) + 1
        project.last_number += 1
        return project.last_number

    def request(self, forge: str, path: str, number: int) -> RequestRow:
        found = next((row for row in self.project(forge, path).requests if row.number == number), None)
        if found is None:
            raise Missing(f"no request {number} in {path}")
        return found

    def comment_on_request(self, row: RequestRow, *, actor: str, body: str) -> CommentRow:
        """No delivery tells of it: Closeout reads none about requests."""
        with self.lock:
            now = self.clock()
            made = CommentRow(self.next_id(), row.id, self.person(actor).login, body, now, now)
            row.comments.append(made)
            return made

    def edit_request_comment(self, comment: CommentRow, *, actor: str, body: str) -> None:
        with self.lock:
            comment.body, comment.updated_at, comment.editor = body, self.clock(), actor

    def merge_request(self, forge: str, path: str, number: int) -> None:
        """Its files are on the target branch from then on."""
        with self.lock:
            project, row = self.project(forge, path), self.request(forge, path, number)
            self.files_on(project, row.target).update(self.files_on(project, row.source))
            row.state, row.ended_at = "merged", self.clock()

    def close_request(self, forge: str, path: str, number: int) -> None:
        """Declined: nothing is merged."""
        with self.lock:
            row = self.request(forge, path, number)
            row.state, row.ended_at = "closed", self.clock()
