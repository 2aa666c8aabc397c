"""Branches and pull requests over REST.

https://docs.github.com/rest/git/refs · https://docs.github.com/rest/pulls/pulls
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.model import Permission
from service.sandbox.github.addresses import maybe_stamp, node_id, repo_api, stamp, web
from service.sandbox.github.call import Call, Problem, current, text_of, validation
from service.sandbox.github.shapes import repository_json, user_json
from service.sandbox.rows import Missing, Project, Refused, RequestRow

routes = Blueprint("pulls", __name__)
_HEADS = "refs/heads/"


@routes.get("/repos/<owner>/<repo>/git/ref/heads/<path:branch>")
def get_ref(owner: str, repo: str, branch: str) -> Response:
    call = current()
    project = call.project(owner, repo)
    try:
        return jsonify(_ref_json(call, project, branch))
    except Missing:
        raise Problem(404, "Not Found") from None


@routes.post("/repos/<owner>/<repo>/git/refs")
def create_ref(owner: str, repo: str) -> tuple[Response, int]:
    """A branch, at the tip of another: the sandbox keeps no history."""
    call = current()
    project, data = call.project(owner, repo), call.body()
    call.require(project, Permission.WRITE)
    name, sha = text_of(data, "ref") or "", text_of(data, "sha")
    sources = [project.default_branch, *project.branches]
    source = next((branch for branch in sources if call.world.tip(project, branch) == sha), None)
    if source is None or not name.startswith(_HEADS):
        raise Problem(422, "Object does not exist" if source is None else "Reference name is malformed")
    try:
        call.world.add_branch(project, name.removeprefix(_HEADS), source)
    except Refused:
        raise Problem(422, "Reference already exists") from None
    return jsonify(_ref_json(call, project, name.removeprefix(_HEADS))), 201


def _ref_json(call: Call, project: Project, branch: str) -> dict[str, Any]:
    sha, url = call.world.tip(project, branch), repo_api(call.world, project)
    return {
        "ref": f"{_HEADS}{branch}",
        "node_id": node_id("REF", project.id),
        "url": f"{url}/git/{_HEADS}{branch}",
        "object": {"type": "commit", "sha": sha, "url": f"{url}/git/commits/{sha}"},
    }


@routes.get("/repos/<owner>/<repo>/pulls")
def list_pulls(owner: str, repo: str) -> Response:
    """Newest first. `head` is `owner:branch`; `state` open (the default), closed (merged ones too) or all."""
    call = current()
    project = call.project(owner, repo)
    state, head = request.args.get("state", "open"), request.args.get("head", "")
    rows = [
        row
        for row in reversed(project.requests)
        if state in ("all", "open" if row.state == "open" else "closed")
        and (not head or head == f"{project.owner}:{row.source}")
    ]
    return call.page(rows, lambda row: _pull_json(call, project, row))


@routes.post("/repos/<owner>/<repo>/pulls")
def create_pull(owner: str, repo: str) -> tuple[Response, int]:
    call = current()
    project, data = call.project(owner, repo), call.body()
    login = call.require(project, Permission.WRITE)
    source, target = text_of(data, "head") or "", text_of(data, "base") or ""
    title, body = text_of(data, "title") or "", text_of(data, "body") or ""
    try:
        row = call.world.open_request(project, actor=login, title=title, body=body, source=source, target=target)
    except Missing:
        raise validation("PullRequest", Refused("not a branch", field="head")) from None
    except Refused as problem:
        raise validation("PullRequest", Refused(str(problem), field="head")) from problem
    return jsonify(_pull_json(call, project, row) | _counts(row)), 201


def _counts(row: RequestRow) -> dict[str, Any]:
    """What a single pull request has more than one in a list."""
    numbers = dict.fromkeys(("additions", "changed_files", "comments", "commits", "deletions", "review_comments"), 0)
    merged = {"merged": row.state == "merged", "merged_by": None, "mergeable": True, "mergeable_state": "clean"}
    return {**numbers, **merged, "maintainer_can_modify": False}


def _pull_json(call: Call, project: Project, row: RequestRow) -> dict[str, Any]:
    api = repo_api(call.world, project)
    url, issue, page = f"{api}/pulls/{row.number}", f"{api}/issues/{row.number}", web(call.world, f"/{project.path}")
    links = {
        "self": url,
        "html": f"{page}/pull/{row.number}",
        "issue": issue,
        "comments": f"{issue}/comments",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{call.world.head(project, row)}",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
    }
    ended = maybe_stamp(row.ended_at)
    return {
        "id": row.id,
        "node_id": node_id("PR", row.id),
        "number": row.number,
        "title": row.title,
        "body": row.body or None,
        "state": "open" if row.state == "open" else "closed",
        "locked": False,
        "draft": False,
        "user": user_json(call.world, row.author),
        "url": url,
        "html_url": links["html"],
        "issue_url": issue,
        "diff_url": f"{links['html']}.diff",
        "patch_url": f"{links['html']}.patch",
        **{f"{name}_url": links[name] for name in ("comments", "commits", "statuses")},
        **{f"{name}_url": links[name] for name in ("review_comments", "review_comment")},
        "_links": {name: {"href": link} for name, link in links.items()},
        "created_at": stamp(row.created_at),
        "updated_at": ended or stamp(row.created_at),
        "closed_at": ended,
        "merged_at": ended if row.state == "merged" else None,
        **dict.fromkeys(("assignee", "auto_merge", "merge_commit_sha", "milestone")),
        **{name: [] for name in ("assignees", "labels", "requested_reviewers", "requested_teams")},
        "author_association": "MEMBER",
        "head": _end(call, project, row.source, call.world.head(project, row)),
        "base": _end(call, project, row.target, call.world.tip(project, row.target)),
    }


def _end(call: Call, project: Project, branch: str, sha: str) -> dict[str, Any]:
    return {
        "label": f"{project.owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": user_json(call.world, project.owner),
        "repo": repository_json(call.world, project, call.login),
    }
