"""Listens to a sandbox and holds everything that passes it against what the forges publish."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Request, Response

from service.sandbox import Sandbox
from tests.contracts import github_contract, gitlab_contract, gitlab_graphql
from tests.contracts.exchange import Exchange, observed

GITLAB_REST = "/gitlab/api/v4"
GITLAB_GRAPHQL = "/gitlab/api/graphql"


class Recorder:
    """Attach with `sandbox.observers.append(recorder)`; read `problems()` at the end."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def __call__(self, request: Request, response: Response) -> None:
        self.exchanges.append(observed(request, response))

    def problems(self) -> list[str]:
        """What is wrong with the requests and replies so far, each problem once."""
        found = (problem for exchange in self.exchanges for problem in _exchange_problems(exchange))
        return list(dict.fromkeys(found))


def webhook_problems(sandbox: Sandbox) -> list[str]:
    """What is wrong with the GitHub webhooks that the sandbox sent, by GitHub's description of each event."""
    world = sandbox.world
    with world.lock:
        hooks = [*world.app_hooks]
        hooks += (hook for project in world.projects.values() if project.forge == "github" for hook in project.hooks)
        hooks += (hook for group in world.groups.values() if group.forge == "github" for hook in group.hooks)
        sent = [(row.event, row.body) for hook in hooks for row in hook.deliveries]
    found = (problem for event, body in sent for problem in github_contract.check_webhook(event, json.loads(body)))
    return list(dict.fromkeys(found))


def _exchange_problems(exchange: Exchange) -> Iterator[str]:
    if exchange.path.startswith("/github/"):
        yield from github_contract.check(exchange)
    elif exchange.path.startswith(GITLAB_GRAPHQL):
        yield from (f"{exchange}: {problem}" for problem in gitlab_graphql.check(exchange))
    elif exchange.path.startswith(GITLAB_REST):
        yield from (f"{exchange}: {problem}" for problem in _gitlab_problems(exchange))


def _gitlab_problems(exchange: Exchange) -> Iterator[str]:
    query = {name: values[0] if len(values) == 1 else list(values) for name, values in exchange.query.items()}
    try:
        sent = exchange.request_json if exchange.request_body else None
    except ValueError:
        yield "the request's body is not JSON"
        return
    yield from gitlab_contract.check_request(exchange.method, exchange.path, query, sent)
    yield from gitlab_contract.check_reply(exchange.method, exchange.path, exchange.status, _gitlab_reply(exchange))


def _gitlab_reply(exchange: Exchange) -> object:
    """The parsed reply, its text where it is not JSON, None where it is empty."""
    if not exchange.reply_body:
        return None
    if exchange.reply_type.endswith("json"):
        return exchange.reply_json
    return exchange.reply_body.decode("utf-8", "replace")
