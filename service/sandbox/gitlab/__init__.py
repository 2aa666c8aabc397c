"""GitLab's REST API, GraphQL and webhooks on the sandbox's world."""

from __future__ import annotations

from service.sandbox.gitlab.blueprint import blueprint

__all__ = ["blueprint"]
