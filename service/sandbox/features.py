"""What the sandbox's forges offer, and the GitHub App that is installed on one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Features:
    """What a forge offers; switched off in tests to meet an older or smaller server."""

    graphql: bool = True
    sub_issues: bool = True
    projects: bool = True
    issue_fields: bool = False
    reactions: bool = True
    signing_tokens: bool = True
    premium: bool = False
    auto_disable: bool = True  # GitLab: a hook that keeps failing is switched off
    recursion_detection: bool = False  # GitLab: no echo to the hook whose delivery a request names


@dataclass(slots=True)
class App:
    """The GitHub App the sandbox knows. Its installation token acts as `login`."""

    id: int = 4242
    client_id: str = "Iv23sandbox"
    slug: str = "closeout"
    installation_id: int = 7777
    login: str = "closeout[bot]"
