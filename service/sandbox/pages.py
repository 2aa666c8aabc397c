"""People's pages: a plain tracker in the browser, where a person acts as alice, bob, eve or mallory.

Addresses follow the forges' own: `/github/acme/shop/issues/1`, `/gitlab/acme/shop/-/issues/1`.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for

from service.model import Permission
from service.sandbox import rights
from service.sandbox.chronicle import chronicle
from service.sandbox.forms import EDITS, plain_lines
from service.sandbox.issues import IssueEdit
from service.sandbox.ledger import FORGES
from service.sandbox.markdown import render
from service.sandbox.rows import BoardRow, IssueRow, Missing, Project, Refused
from service.sandbox.world import World

routes = Blueprint("pages", __name__)
FACES = ("alice", "bob", "eve", "mallory")
NAMES = {"github": "GitHub", "gitlab": "GitLab"}
NO_COLUMN = {"github": "No status", "gitlab": "Open"}


def blueprint(world: World) -> Blueprint:
    pages = Blueprint("people", __name__)
    pages.before_request(lambda: setattr(g, "world", world))
    pages.context_processor(lambda: _shared(world))
    pages.register_blueprint(routes)
    return pages


def _world() -> World:
    world: World = g.world
    return world


def _me() -> str:
    """Whom the browser acts as; alice until somebody else is chosen."""
    face = request.cookies.get("face", FACES[0])
    return face if face in _world().people else FACES[0]


def _shared(world: World) -> dict[str, Any]:
    return {
        "me": _me(),
        "faces": [face for face in FACES if face in world.people],
        "forge_names": NAMES,
        "issue_path": issue_path,
        "board_path": lambda project: f"/board/{project.forge}/{project.path}",
        "label_of": world.find_label,
        "ink": _ink,
        "hue": lambda login: sum(map(ord, login)) % 5,
        "markdown": lambda text, issue, **how: render(text, forge=issue.forge, project=issue.path, **how),
        "said": request.args.get("said", ""),
    }


def issue_path(issue: IssueRow) -> str:
    between = "/issues/" if issue.forge == "github" else "/-/issues/"
    return f"/{issue.forge}/{issue.path}{between}{issue.number}"


def _ink(color: str) -> str:
    """Black or white, whichever reads better on the colour."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (0, 2, 4))
    return "#1c1c22" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


def _project(forge: str, path: str) -> Project:
    """404 where it is not there or not for this person to see."""
    try:
        project = _world().project(forge, path)
    except Missing:
        abort(404)
    if not _world().can_read(project, _me()):
        abort(404)
    return project


def _issue(forge: str, path: str, number: int) -> IssueRow:
    project = _project(forge, path)
    issue = project.issues.get(number)
    if issue is None or (issue.private and not rights.may_triage(_world(), project, _me())):
        abort(404)
    return issue


# --- looking --------------------------------------------------------------------------------------------


@routes.get("/")
def home() -> str:
    seen = [p for p in _world().projects.values() if _world().can_read(p, _me())]
    return render_template("home.html", projects={f: [p for p in seen if p.forge == f] for f in FORGES})


@routes.post("/face")
def choose_face() -> Response:
    """Acts as somebody else from now on."""
    answer = cast("Response", redirect(request.form.get("back") or "/", 303))
    answer.set_cookie("face", request.form.get("face", FACES[0]), samesite="Strict")
    return answer


@routes.get("/<any(github,gitlab):forge>/<path:path>")
def project_page(forge: str, path: str) -> str:
    project = _project(forge, path)
    wanted = request.args.get("state", "open")
    rows = [row for row in project.issues.values() if wanted in ("all", row.state)]
    shown = sorted(rows, key=lambda row: row.number, reverse=True)
    counts = {s: sum(row.state == s for row in project.issues.values()) for s in ("open", "closed")}
    labels = _world().labels_of(project)
    return render_template("project.html", project=project, issues=shown, wanted=wanted, counts=counts, labels=labels)


@routes.get("/github/<path:path>/issues/<int:number>", defaults={"forge": "github"})
@routes.get("/gitlab/<path:path>/-/issues/<int:number>", defaults={"forge": "gitlab"})
@routes.get("/gitlab/<path:path>/-/work_items/<int:number>", defaults={"forge": "gitlab"})
def issue_page(forge: str, path: str, number: int) -> str:
    issue = _issue(forge, path, number)
    return render_template("issue.html", **_about(issue), fragment=request.args.get("fragment") == "1")


def _about(issue: IssueRow) -> dict[str, Any]:
    world, project = _world(), _project(issue.forge, issue.path)
    boards = world.boards_of(project)
    return {
        "issue": issue,
        "project": project,
        "entries": list(chronicle(world, issue)),
        "parent": world.issue_by_id(issue.parent) if issue.parent is not None else None,
        "children": world.children_of(issue) or [other for _, other in world.linked_to(issue)],
        "board": boards[0] if boards else None,
        "column": _column(issue, boards[0]) if boards else None,
        "columns": _columns(project, boards[0]) if boards else [],
        "free_labels": [row for row in world.labels_of(project) if row.name not in issue.labels],
        "members": [p for p in world.members(project) if p.kind == "User"],
        "may": _may(issue),
    }


def _may(issue: IssueRow) -> dict[str, bool]:
    world, me = _world(), _me()
    changing = rights.may_close if issue.state == "open" else rights.may_reopen
    return {
        "edit": rights.may_edit(world, issue, me),
        "triage": rights.may_triage(world, world.project_of(issue), me),
        "state": changing(world, issue, me),
        "comment": rights.may_comment(world, issue, me),
    }


def _column(issue: IssueRow, board: BoardRow) -> str:
    return _world().column_of(issue, board) or NO_COLUMN[issue.forge]


def _columns(project: Project, board: BoardRow) -> list[str]:
    names = [NO_COLUMN[project.forge], *(row.name for row in board.columns)]
    return [*names, "Closed"] if project.forge == "gitlab" else names


@routes.get("/board/<any(github,gitlab):forge>/<path:path>")
def board_page(forge: str, path: str) -> str:
    project = _project(forge, path)
    boards = _world().boards_of(project)
    if not boards:
        return render_template("board.html", project=project, board=None, columns={})
    board = boards[0]
    columns: dict[str, list[IssueRow]] = {name: [] for name in _columns(project, board)}
    for issue in project.issues.values():
        if forge == "gitlab" or _world().card(board, issue):
            columns[_column(issue, board)].append(issue)
    return render_template("board.html", project=project, board=board, columns=columns)


# --- acting ---------------------------------------------------------------------------------------------


def _back(to: str, said: str = "") -> Response:
    answer = redirect(f"{to}?{_query(said)}" if said else to, 303)
    return cast("Response", answer)


def _query(said: str) -> str:
    return url_for("people.pages.home", said=said).partition("?")[2]


@routes.post("/<any(github,gitlab):forge>/<path:path>/new")
def create(forge: str, path: str) -> Response:
    project, form = _project(forge, path), request.form
    labels = [*form.getlist("labels"), *(name.strip() for name in form.get("more", "").split(",") if name.strip())]
    wanted = rights.without_drops(_world(), project, _me(), IssueEdit(labels=labels))
    try:
        issue = _world().create_issue(
            forge,
            path,
            actor=_me(),
            title=form.get("title", ""),
            body=plain_lines(form.get("body", "")),
            labels=wanted.get("labels", ()),
            private=forge == "gitlab" and "private" in form,
        )
    except Refused as problem:
        return _back(f"/{forge}/{path}", str(problem))
    return _back(issue_path(issue))


@routes.post("/act/<any(github,gitlab):forge>/<path:path>/<int:number>/<act>")
def change(forge: str, path: str, number: int, act: str) -> Response:
    issue = _issue(forge, path, number)
    said = ""
    try:
        _do(issue, act)
    except PermissionError:
        said = f"{_me()} may not do that here"
    except (Refused, Missing, ValueError) as problem:
        said = str(problem)
    back = request.form.get("back", "")
    return _back(back if back.startswith("/board/") else issue_path(issue), said)


def _do(issue: IssueRow, act: str) -> None:
    """Raises PermissionError where this person may not, and what the world raises."""
    if act in ("comment", "move"):
        _comment(issue) if act == "comment" else _move(issue)
        return
    if act not in EDITS:
        abort(404)
    may = _may(issue)
    right, edit = EDITS[act]
    if not may[right]:
        raise PermissionError(act)
    changes = edit(issue, request.form, _world())
    _world().edit_issue(issue.forge, issue.path, issue.number, actor=_me(), **changes)


def _comment(issue: IssueRow) -> None:
    if not _may(issue)["comment"]:
        raise PermissionError("comment")
    body = plain_lines(request.form.get("body", ""))
    _world().comment(issue.forge, issue.path, issue.number, actor=_me(), body=body)


def _move(issue: IssueRow) -> None:
    project, column = _project(issue.forge, issue.path), request.form.get("column", "")
    needed = Permission.WRITE if issue.forge == "github" else Permission.TRIAGE
    if not _world().can(project, _me(), needed):
        raise PermissionError("move")
    if column == NO_COLUMN["github"] and issue.forge == "github":
        _world().set_column(_world().boards_of(project)[0], issue, None, actor=_me())
    else:
        _world().move_card(issue.forge, issue.path, issue.number, actor=_me(), column=column)
