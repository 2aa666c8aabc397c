"""The conversation of a pull request, which GitHub has among the issues'. https://docs.github.com/rest/issues/comments"""

from __future__ import annotations

from service.model import Permission
from service.sandbox.github.addresses import api, node_id, repo_api, stamp, web
from service.sandbox.github.call import Call
from service.sandbox.github.issue_shapes import association, rollup_json
from service.sandbox.github.shapes import Json, user_json
from service.sandbox.rows import CommentRow, RequestRow


def pull(call: Call, owner: str, repo: str, number: int) -> RequestRow | None:
    """None where the number is not a pull request's."""
    return next((row for row in call.project(owner, repo).requests if row.number == number), None)


def find(call: Call, owner: str, repo: str, comment_id: int) -> tuple[RequestRow, CommentRow] | None:
    requests = call.project(owner, repo).requests
    return next(((row, said) for row in requests for said in row.comments if said.id == comment_id), None)


def comment(call: Call, on: RequestRow, body: str) -> CommentRow:
    """Whoever can read may."""
    return call.world.comment_on_request(on, actor=call.login, body=body)


def edit(call: Call, owner: str, repo: str, row: CommentRow, body: str) -> None:
    if call.login.lower() != row.author.lower():
        call.require(call.project(owner, repo), Permission.WRITE)
    call.world.edit_request_comment(row, actor=call.login, body=body)


def comment_json(call: Call, owner: str, repo: str, on: RequestRow, row: CommentRow) -> Json:
    """An `issue-comment`."""
    project = call.project(owner, repo)
    url = f"{repo_api(call.world, project)}/issues/comments/{row.id}"
    return {
        "id": row.id,
        "node_id": node_id("IC", row.id),
        "url": url,
        "html_url": web(call.world, f"/{project.path}/pull/{on.number}#issuecomment-{row.id}"),
        "issue_url": api(call.world, f"/repos/{project.path}/issues/{on.number}"),
        "body": row.body,
        "user": user_json(call.world, row.author),
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "author_association": association(call.world, project, row.author),
        "performed_via_github_app": None,
        "reactions": rollup_json(f"{url}/reactions", row.reactions),
    }
