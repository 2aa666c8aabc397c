"""The parts of GitHub's API that we use, as its reference names them: what requests are counted by.

https://docs.github.com/en/rest and https://docs.github.com/en/graphql
"""

from __future__ import annotations

from collections.abc import Mapping

from service.providers.exchanges import Endpoints, Quota, left

_REPOSITORY = "/repos/{owner}/{repo}"
_ISSUE = f"{_REPOSITORY}/issues/{{number}}"
_RESOURCES = ("core", "graphql")  # each has a budget of its own

ENDPOINTS = Endpoints(
    (
        "/graphql",
        "/user",
        "/user/repos",
        "/app",
        "/app/hook/config",
        "/app/hook/deliveries",
        "/app/hook/deliveries/{id}/attempts",
        "/app/installations",
        "/app/installations/{id}/access_tokens",
        "/installation/repositories",
        "/orgs/{org}/hooks",
        "/orgs/{org}/hooks/{id}/deliveries",
        "/orgs/{org}/hooks/{id}/deliveries/{delivery}/attempts",
        "/orgs/{org}/installation",
        "/orgs/{org}/issue-fields",
        f"{_REPOSITORY}/hooks",
        f"{_REPOSITORY}/hooks/{{id}}/deliveries",
        f"{_REPOSITORY}/hooks/{{id}}/deliveries/{{delivery}}/attempts",
        f"{_REPOSITORY}/installation",
        f"{_REPOSITORY}/issues",
        f"{_REPOSITORY}/issues/comments/{{id}}",
        f"{_REPOSITORY}/issues/comments/{{id}}/reactions",
        _ISSUE,
        f"{_ISSUE}/comments",
        f"{_ISSUE}/events",
        f"{_ISSUE}/issue-field-values",
        f"{_ISSUE}/issue-field-values/{{id}}",
        f"{_ISSUE}/labels",
        f"{_ISSUE}/labels/{{name}}",
        f"{_ISSUE}/parent",
        f"{_ISSUE}/sub_issues",
        f"{_REPOSITORY}/labels",
        f"{_REPOSITORY}/labels/{{name}}",
        f"{_REPOSITORY}/assignees/{{login}}",
        f"{_REPOSITORY}/collaborators/{{login}}/permission",
        f"{_REPOSITORY}/contents/{{path}}",
        _REPOSITORY,
        f"{_REPOSITORY}/hooks/{{id}}",
        f"{_REPOSITORY}/git/ref/heads/{{branch}}",
        f"{_REPOSITORY}/git/refs",
        f"{_REPOSITORY}/pulls",
    )
)


def quota(headers: Mapping[str, str]) -> Quota | None:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit"""
    remaining, resource = left(headers, "X-RateLimit-Remaining"), headers.get("X-RateLimit-Resource", "core")
    if remaining is None:
        return None
    limit, resets_at = left(headers, "X-RateLimit-Limit"), left(headers, "X-RateLimit-Reset")
    return Quota(resource if resource in _RESOURCES else Endpoints.OTHER, remaining, limit, resets_at)
