"""The parts of GitLab's API that we use, as its reference names them: what requests are counted by.

https://docs.gitlab.com/api/rest/ and https://docs.gitlab.com/api/graphql/
"""

from __future__ import annotations

from collections.abc import Mapping

from service.providers.exchanges import Endpoints, Quota, left

_PROJECT = "/api/v4/projects/{id}"
_ISSUE = f"{_PROJECT}/issues/{{iid}}"

ENDPOINTS = Endpoints(
    (
        "/api/graphql",
        "/api/v4/metadata",
        "/api/v4/personal_access_tokens/self",
        "/api/v4/user",
        "/api/v4/users",
        "/api/v4/groups/{id}/hooks",
        "/api/v4/groups/{id}/hooks/{hook}/events",
        "/api/v4/groups/{id}/hooks/{hook}/events/{event}/resend",
        "/api/v4/groups/{id}/issues",
        "/api/v4/groups/{id}/projects",
        f"{_PROJECT}/hooks",
        f"{_PROJECT}/hooks/{{id}}/events",
        f"{_PROJECT}/hooks/{{id}}/events/{{event}}/resend",
        f"{_PROJECT}/issues",
        _ISSUE,
        f"{_ISSUE}/links",
        f"{_ISSUE}/notes",
        f"{_ISSUE}/notes/{{id}}",
        f"{_ISSUE}/notes/{{id}}/award_emoji",
        f"{_ISSUE}/resource_label_events",
        f"{_PROJECT}/labels",
        f"{_PROJECT}/labels/{{name}}",
        f"{_PROJECT}/members/all/{{id}}",
        f"{_PROJECT}/repository/files/{{path}}/raw",
        f"{_PROJECT}/repository/files/{{path}}",
        f"{_PROJECT}/repository/branches",
        f"{_PROJECT}/repository/branches/{{name}}",
        _PROJECT,
        f"{_PROJECT}/hooks/{{id}}",
        f"{_PROJECT}/boards",
        f"{_PROJECT}/boards/{{id}}",
        f"{_PROJECT}/boards/{{id}}/lists",
        f"{_PROJECT}/merge_requests",
        f"{_PROJECT}/merge_requests/{{iid}}/notes",
        f"{_PROJECT}/merge_requests/{{iid}}/notes/{{id}}",
    )
)


def quota(headers: Mapping[str, str]) -> Quota | None:
    """https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers (which are optional)"""
    remaining = left(headers, "RateLimit-Remaining")
    limit, resets_at = left(headers, "RateLimit-Limit"), left(headers, "RateLimit-Reset")
    return None if remaining is None else Quota("api", remaining, limit, resets_at)
