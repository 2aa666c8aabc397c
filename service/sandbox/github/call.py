"""One REST call: who asks, what they may see, and how GitHub answers and refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode

from flask import Response, g, jsonify, request

from service.model import Permission
from service.sandbox.rows import DeletedIssue, IssueRow, Missing, Person, Project, Refused
from service.sandbox.world import World

DOCUMENTATION = "https://docs.github.com/rest"
MAX_PER_PAGE = 100
Row = TypeVar("Row")


class Problem(Exception):
    """An answer that refuses. `errors` are GitHub's `{resource, code, field}` objects."""

    def __init__(
        self, status: int, message: str, *, errors: Sequence[Any] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)
        self.headers = headers or {}

    def response(self) -> Response:
        body: dict[str, Any] = {"message": self.message}
        if self.errors:
            body["errors"] = self.errors
        body["documentation_url"] = DOCUMENTATION
        if self.status != 422:
            body["status"] = str(self.status)
        answer = jsonify(body)
        answer.status_code = self.status
        answer.headers.update(self.headers)
        return answer


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the credentials name. `app` marks the app's own JWT, `installation` a token minted with one."""

    person: Person | None = None
    app: bool = False
    installation: bool = False

    @property
    def login(self) -> str | None:
        return self.person.login if self.person else None


def authenticate(world: World, header: str) -> Caller:
    """Raises Problem 401 for credentials that are none; no header at all is an anonymous caller."""
    if not header:
        return Caller()
    scheme, _, token = header.partition(" ")
    if scheme.lower() not in ("bearer", "token"):
        raise Problem(401, "Bad credentials")
    if token.startswith("ey") and token.count(".") == 2:
        return _app_caller(world, token)
    person = world.bearer(token.strip())
    if person is None:
        raise Problem(401, "Bad credentials")
    return Caller(person, installation=token.startswith("ghs_"))


def _app_caller(world: World, token: str) -> Caller:
    """Believes any RS256 token whose issuer is the app; the sandbox knows no public key."""
    try:
        header, claims, _ = (_decoded(part) for part in token.split("."))
    except ValueError as problem:
        raise Problem(401, "A JSON web token could not be decoded") from problem
    issuers = {str(world.app.id), world.app.client_id}
    if header.get("alg") != "RS256" or str(claims.get("iss")) not in issuers:
        raise Problem(401, "'Issuer' claim ('iss') must be an Integer")
    return Caller(app=True)


def _decoded(part: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}  # the signature
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Call:
    world: World
    caller: Caller

    # --- who --------------------------------------------------------------------------------------------

    @property
    def login(self) -> str:
        """The person who asks. Raises Problem 401 for nobody."""
        if self.caller.login is None:
            raise Problem(401, "Requires authentication")
        return self.caller.login

    def require_app(self) -> None:
        if not self.caller.app:
            raise Problem(401, "A JSON web token could not be decoded")

    def refuse(self, message: str = "Must have admin rights to Repository.") -> NoReturn:
        """403 in the words that fit the credentials."""
        if self.caller.installation:
            raise Problem(403, "Resource not accessible by integration")
        raise Problem(403, message)

    def require(self, project: Project, needed: Permission) -> str:
        """The caller's login. Raises Problem 403 (404 where even looking is not allowed)."""
        login = self.login
        if project.archived and request.method != "GET":
            raise Problem(403, "Repository was archived so is read-only.")
        if not self.world.can(project, login, needed):
            self.refuse()
        return login

    # --- what -------------------------------------------------------------------------------------------

    def project(self, owner: str, repo: str) -> Project:
        """The repository. Raises Problem 404 where it is not there or not for this caller to see."""
        path = f"{owner}/{repo}"
        moved = self.world.renamed("github", path)
        if moved is not None and ("github", path.lower()) not in self.world.projects:
            self._redirect(path, moved)
        try:
            project = self.world.project("github", path)
        except Missing:
            raise Problem(404, "Not Found") from None
        if not self.world.can_read(project, self.caller.login):
            raise Problem(404, "Not Found")
        return project

    def _redirect(self, old: str, project: Project) -> NoReturn:
        """301 for reads, 307 for writes, as GitHub does after a rename."""
        if not self.world.can_read(project, self.caller.login):
            raise Problem(404, "Not Found")
        url = request.url.replace(f"/repos/{old}", f"/repos/{project.path}", 1)
        status, message = (301, "Moved Permanently") if request.method == "GET" else (307, "Temporary Redirect")
        raise Problem(status, message, headers={"Location": url})

    def issue(self, owner: str, repo: str, number: int) -> IssueRow:
        """Raises Problem 404, or 410 for a deleted one."""
        project = self.project(owner, repo)
        try:
            return self.world.issue("github", project.path, number)
        except DeletedIssue:
            raise Problem(410, "This issue was deleted") from None
        except Missing:
            raise Problem(404, "Not Found") from None

    def body(self) -> dict[str, Any]:
        """The request's JSON object. Raises Problem 400 for bad JSON and 422 for another kind of value."""
        found = self.any_body()
        if not isinstance(found, dict):
            raise Problem(422, "Invalid request.\n\nFor 'links/0/schema', the body is not an object.")
        return found

    def any_body(self) -> Any:
        raw = request.get_data(cache=True)
        if not raw.strip():
            return {}
        try:
            return json.loads(raw)
        except ValueError:
            raise Problem(400, "Problems parsing JSON") from None

    # --- answers ----------------------------------------------------------------------------------------

    def page(self, rows: Sequence[Row], shape: Callable[[Row], Any]) -> Response:
        """One page of rows, with GitHub's `Link` header."""
        size = min(max(number_of("per_page", 30), 1), MAX_PER_PAGE)
        current, last = max(number_of("page", 1), 1), max(-(-len(rows) // size), 1)
        shown = rows[(current - 1) * size : current * size]
        answer = jsonify([shape(row) for row in shown])
        if links := _links(current, last):
            answer.headers["Link"] = links
        return answer


def number_of(name: str, default: int) -> int:
    """A whole number from the query string; anything else counts as absent, as GitHub treats it."""
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() else default


def _links(current: int, last: int) -> str:
    pages: dict[str, int] = {}
    if current < last:
        pages |= {"next": current + 1, "last": last}
    if current > 1:
        pages |= {"first": 1, "prev": min(current - 1, last)}
    return ", ".join(f'<{_page_url(number)}>; rel="{name}"' for name, number in pages.items())


def _page_url(number: int) -> str:
    query = request.args.to_dict(flat=False) | {"page": [str(number)]}
    return f"{request.base_url}?{urlencode(query, doseq=True)}"


def current() -> Call:
    """The call being answered."""
    call: Call = g.call
    return call


def validation(resource: str, problem: Refused) -> Problem:
    """422 as GitHub words it: known codes by code, others as `custom` with the sentence."""
    error = {"resource": resource, "code": problem.code, "field": problem.field}
    if problem.code == "invalid":
        error |= {"code": "custom", "message": str(problem)}
    return Problem(422, "Validation Failed", errors=[error])


def wrong_type(field: str, value: object, kind: str) -> Problem:
    return Problem(422, f"Invalid request.\n\nFor 'properties/{field}', {json.dumps(value)} is not a {kind}.")


def text_of(data: dict[str, Any], field: str) -> str | None:
    """A string or null from a request body; null is absent. Raises Problem 422 for anything else."""
    value = data.get(field)
    if value is not None and not isinstance(value, str):
        raise wrong_type(field, value, "string")
    return value


def names_of(data: dict[str, Any], field: str, key: str = "name") -> list[str] | None:
    """A list of strings, or of objects with a name; None where it is absent."""
    value = data.get(field)
    if value is None:
        return None
    if not isinstance(value, list):
        raise wrong_type(field, value, "array")
    found = [row.get(key) if isinstance(row, dict) else row for row in value]
    if not all(isinstance(name, str) for name in found):
        raise wrong_type(field, value, "list of strings")
    return [str(name) for name in found]
