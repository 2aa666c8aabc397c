"""Labels of projects and groups. GitHub compares their names without case, GitLab with."""

from __future__ import annotations

from dataclasses import replace

from service.sandbox.branches import Branches
from service.sandbox.rows import LabelRow, Project, Refused

MAX_NAME = 50
MAX_DESCRIPTION = 100


class Labels(Branches):
    def labels_of(self, project: Project) -> list[LabelRow]:
        """The project's labels, and its group's."""
        group = self.groups.get((project.forge, project.owner.lower()))
        return [*project.labels, *(group.labels if group else ())]

    def find_label(self, project: Project, name: str) -> LabelRow | None:
        wanted = _folded(project, name)
        return next((row for row in self.labels_of(project) if _folded(project, row.name) == wanted), None)

    def create_label(
        self, forge: str, path: str, *, actor: str, name: str, color: str = "ededed", description: str = ""
    ) -> LabelRow:
        """Raises Refused: `already_exists`, or a value over GitHub's limits (50 and 100 characters)."""
        with self.lock:
            project = self.project(forge, path)
            if self.find_label(project, name) is not None:
                raise Refused("Label already exists", code="already_exists", field="name")
            _check(project, name, description)
            row = LabelRow(self.next_id(), name, color.lstrip("#").lower(), description, self.clock())
            project.labels.append(row)
            self.record(project, actor, [("label_created", {"label_id": row.id, "label": row.name})])
            return row

    def ensure_label(self, forge: str, path: str, *, actor: str, name: str) -> LabelRow:
        """The label, created grey where it is missing."""
        found = self.find_label(self.project(forge, path), name)
        return found or self.create_label(forge, path, actor=actor, name=name)

    def edit_label(
        self, project: Project, row: LabelRow, *, actor: str, new_name: str | None = None, **values: str
    ) -> LabelRow:
        """`values`: color, description. A new name shows on every issue at once."""
        with self.lock:
            detail: dict[str, object] = {"label_id": row.id, "label": row.name}
            if new_name is not None and new_name != row.name:
                detail |= {"label": new_name, "name": {"from": row.name}}
                self._rename(project, row, new_name)
            for key, value in values.items():
                setattr(row, key, value.lstrip("#").lower() if key == "color" else value)
            self.record(project, actor, [("label_edited", detail)])
            return row

    def _rename(self, project: Project, row: LabelRow, new_name: str) -> None:
        other = self.find_label(project, new_name)
        if other is not None and other is not row:
            raise Refused("Label already exists", code="already_exists", field="name")
        _check(project, new_name, "")
        for issue in project.issues.values():
            issue.labels = [new_name if name == row.name else name for name in issue.labels]
        row.name = new_name

    def delete_label(self, project: Project, row: LabelRow, *, actor: str) -> None:
        with self.lock:
            detail = {"label_id": row.id, "label": row.name, "row": replace(row)}
            group = self.groups.get((project.forge, project.owner.lower()))
            for owner in (project, group):
                if owner is not None and row in owner.labels:
                    owner.labels.remove(row)
            for issue in project.issues.values():
                issue.labels = [name for name in issue.labels if name != row.name]
            self.record(project, actor, [("label_deleted", detail)])


def _folded(project: Project, name: str) -> str:
    return name.lower() if project.forge == "github" else name


def _check(project: Project, name: str, description: str) -> None:
    if not name.strip():
        raise Refused("name can't be blank", code="missing_field", field="name")
    limit = MAX_NAME if project.forge == "github" else 255
    if len(name) > limit:
        raise Refused(f"name is too long (maximum is {limit} characters)", field="name")
    if project.forge == "github" and len(description) > MAX_DESCRIPTION:
        raise Refused("description is too long (maximum is 100 characters)", field="description")
