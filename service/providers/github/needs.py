"""The permissions on GitHub, each with its reason.

https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
"""

from __future__ import annotations

from service.providers.needs import Need

NEEDS = (
    Need(
        "Repository: Issues",
        "write",
        "issues, labels, assignees, comments, reactions, sub-issues; the issue webhooks",
        key="issues",
    ),
    Need("Repository: Metadata", "read", "the repository, people's roles, who may be assigned", key="metadata"),
    Need("Repository: Contents", "read", "the policy file and the team's own templates", key="contents"),
    Need("Organization: Projects", "write", "board cards; without it columns are labels", key="organization_projects"),
    Need("Organization: Issue fields", "read", "the field Target date; without it deadlines are in text and project"),
    Need("Repository: Contents", "write", "the branch with the policy and the template", setup=True),
    Need(
        "Repository: Pull requests", "write", "the pull request that proposes them; a simulation's comment", setup=True
    ),
    Need("Repository: Webhooks", "write", "the webhook; an App brings its own", setup=True),
)
