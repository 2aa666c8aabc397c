"""Comments and reactions over REST. https://docs.github.com/rest/issues/comments"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from service.sandbox import rights
from service.sandbox.github import acts, pull_comments
from service.sandbox.github.call import Call, Problem, current, text_of
from service.sandbox.github.issue_shapes import REACTIONS, comment_json, reaction_json
from service.sandbox.rows import CommentRow, IssueRow, Missing

routes = Blueprint("comments", __name__)


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/comments")
def list_comments(owner: str, repo: str, number: int) -> Response:
    call = current()
    pull = pull_comments.pull(call, owner, repo, number)
    if pull is not None:
        return call.page(pull.comments, lambda row: pull_comments.comment_json(call, owner, repo, pull, row))
    issue = call.issue(owner, repo, number)
    rows = [row for row in issue.comments if _since(row)]
    return call.page(rows, lambda row: comment_json(call.world, issue, row))


def _since(row: CommentRow) -> bool:
    since = request.args.get("since", "")
    return not since or row.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ") >= since


@routes.get("/repos/<owner>/<repo>/issues/comments")
def list_repository_comments(owner: str, repo: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    rows = [(issue, row) for issue in project.issues.values() for row in issue.comments if _since(row)]
    key = "updated_at" if request.args.get("sort") == "updated" else "created_at"
    newest_first = request.args.get("direction") == "desc"
    rows.sort(key=lambda pair: (getattr(pair[1], key), pair[1].id), reverse=newest_first)
    return call.page(rows, lambda pair: comment_json(call.world, *pair))


@routes.post("/repos/<owner>/<repo>/issues/<int:number>/comments")
def create_comment(owner: str, repo: str, number: int) -> tuple[Response, int]:
    call = current()
    pull = pull_comments.pull(call, owner, repo, number)
    if pull is not None:
        row = pull_comments.comment(call, pull, _body(call))
        return jsonify(pull_comments.comment_json(call, owner, repo, pull, row)), 201
    issue = call.issue(owner, repo, number)
    row = acts.comment(call, issue, _body(call))
    return jsonify(comment_json(call.world, issue, row)), 201


def _body(call: Call) -> str:
    body = text_of(call.body(), "body")
    if body is None:
        raise Problem(422, 'Invalid request.\n\n"body" wasn\'t supplied.')
    return body


def _comment(call: Call, owner: str, repo: str, comment_id: int) -> tuple[IssueRow, CommentRow]:
    project = call.project(owner, repo)
    try:
        issue, row = call.world.find_comment("github", comment_id)
    except Missing:
        raise Problem(404, "Not Found") from None
    if issue.path != project.path:
        raise Problem(404, "Not Found")
    return issue, row


@routes.get("/repos/<owner>/<repo>/issues/comments/<int:comment_id>")
def get_comment(owner: str, repo: str, comment_id: int) -> Response:
    call = current()
    return jsonify(comment_json(call.world, *_comment(call, owner, repo, comment_id)))


@routes.patch("/repos/<owner>/<repo>/issues/comments/<int:comment_id>")
def edit_comment(owner: str, repo: str, comment_id: int) -> Response:
    call = current()
    on_pull = pull_comments.find(call, owner, repo, comment_id)
    if on_pull is not None:
        pull, row = on_pull
        pull_comments.edit(call, owner, repo, row, _body(call))
        return jsonify(pull_comments.comment_json(call, owner, repo, pull, row))
    issue, row = _comment(call, owner, repo, comment_id)
    acts.edit_comment(call, issue, row, _body(call))
    return jsonify(comment_json(call.world, issue, row))


@routes.delete("/repos/<owner>/<repo>/issues/comments/<int:comment_id>")
def delete_comment(owner: str, repo: str, comment_id: int) -> tuple[str, int]:
    call = current()
    issue, row = _comment(call, owner, repo, comment_id)
    if not rights.may_edit_comment(call.world, issue, row, call.login):
        call.refuse()
    call.world.delete_comment("github", row.id, actor=call.login)
    return "", 204


# --- reactions -------------------------------------------------------------------------------------------


def _react(call: Call, issue: IssueRow, on: IssueRow | CommentRow) -> tuple[Response, int]:
    """201 for a new reaction, 200 for one that was there."""
    content = text_of(call.body(), "content")
    if content not in REACTIONS:
        error = {"resource": "Reaction", "code": "invalid", "field": "content"}
        raise Problem(422, "Validation Failed", errors=[error])
    row, new = call.world.react(issue, on, actor=call.login, content=content)
    return jsonify(reaction_json(call.world, row)), 201 if new else 200


def _list_reactions(call: Call, on: IssueRow | CommentRow) -> Response:
    wanted = request.args.get("content")
    rows = [row for row in on.reactions if wanted in (None, row.content)]
    return call.page(rows, lambda row: reaction_json(call.world, row))


def _unreact(call: Call, on: IssueRow | CommentRow, reaction_id: int) -> tuple[str, int]:
    row = next((row for row in on.reactions if row.id == reaction_id), None)
    if row is None:
        raise Problem(404, "Not Found")
    if row.actor != call.login:
        call.refuse()
    call.world.unreact(on, reaction_id)
    return "", 204


@routes.get("/repos/<owner>/<repo>/issues/comments/<int:comment_id>/reactions")
def comment_reactions(owner: str, repo: str, comment_id: int) -> Response:
    call = current()
    return _list_reactions(call, _comment(call, owner, repo, comment_id)[1])


@routes.post("/repos/<owner>/<repo>/issues/comments/<int:comment_id>/reactions")
def react_to_comment(owner: str, repo: str, comment_id: int) -> tuple[Response, int]:
    call = current()
    return _react(call, *_comment(call, owner, repo, comment_id))


@routes.delete("/repos/<owner>/<repo>/issues/comments/<int:comment_id>/reactions/<int:reaction_id>")
def unreact_to_comment(owner: str, repo: str, comment_id: int, reaction_id: int) -> tuple[str, int]:
    call = current()
    return _unreact(call, _comment(call, owner, repo, comment_id)[1], reaction_id)


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/reactions")
def issue_reactions(owner: str, repo: str, number: int) -> Response:
    call = current()
    return _list_reactions(call, call.issue(owner, repo, number))


@routes.post("/repos/<owner>/<repo>/issues/<int:number>/reactions")
def react_to_issue(owner: str, repo: str, number: int) -> tuple[Response, int]:
    call = current()
    issue = call.issue(owner, repo, number)
    return _react(call, issue, issue)
