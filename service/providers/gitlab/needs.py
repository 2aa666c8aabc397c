"""The roles on GitLab, each with its reason. https://docs.gitlab.com/user/permissions/"""

from __future__ import annotations

from service.providers.needs import Need

NEEDS = (
    Need("Token scope", "api", "GitLab has no scope for issues alone"),
    Need(
        "Role in the project",
        "Reporter",
        "labels, assignees, due dates, descriptions, comments, reopening, related items; the policy file",
    ),
    Need(
        "Role in the project", "Developer", "the branch and merge request with the policy and the template", setup=True
    ),
    Need("Role in the project", "Maintainer", "the webhook", setup=True),
)
