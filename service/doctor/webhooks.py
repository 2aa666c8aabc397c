"""A project's webhook: whether there is one, whether it sends what is needed, and whether that arrives."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from service.doctor.forges import setting
from service.doctor.lines import About, Line, moment
from service.doctor.observation import ForgeSeen, Trouble
from service.providers.checkup import Webhook, Webhooks

_LOCAL = ("localhost", "127.0.0.1", "::1")


def lines(about: About, forge: ForgeSeen, found: Webhooks | Trouble, *, has_heard: bool) -> Iterator[Line]:
    if isinstance(found, Trouble):
        yield about.trouble("webhook", found, "look at the project's webhooks yourself")
    elif not found.found:
        yield _none(about, forge, found, has_heard=has_heard)
    for webhook in found.found if isinstance(found, Webhooks) else ():
        yield from _setup(about, forge, webhook)
        yield _health(about, forge, webhook)


def _none(about: About, forge: ForgeSeen, found: Webhooks, *, has_heard: bool) -> Line:
    path = f"/webhooks/{forge.name}"
    right = f"JSON, the secret of the settings, and the events {', '.join(sorted(forge.events))}"
    by_command = f"`closeout setup --project {about.name} --webhook https://…`"
    fix = f"{by_command}, or by hand: a webhook to https://…{path} with {right}"
    hidden = " and ".join(found.hidden)
    if "the project" in found.hidden:
        role = "Admin" if forge.forge.kind == "github" else "Maintainer"
        what = f"our account may not see those of {hidden}; with the role {role} it would"
        return about.skipped("webhook", what, f"see that there is one to https://…{path} with {right}")
    if found.hidden and has_heard:
        what = f"the project has none that ends with {path}; those of {hidden} cannot be seen"
        return about.warn("webhook", what, f"if deliveries do not come from there: {fix}")
    return about.fail("webhook", f"there is none whose address ends with {path}", fix)


# --- how it is set up -----------------------------------------------------------------------------------------


def _setup(about: About, forge: ForgeSeen, webhook: Webhook) -> Iterator[Line]:
    faults = [*_broken(about, forge, webhook), *_careless(about, webhook)]
    if faults:
        yield from faults
    else:
        yield about.ok("webhook", f"{webhook.url}, of {webhook.where}: events, content type and secret are right")


def _broken(about: About, forge: ForgeSeen, webhook: Webhook) -> Iterator[Line]:
    lacking = sorted(forge.events - webhook.events)
    if lacking:
        what = f"{webhook.url} does not subscribe to {', '.join(lacking)}"
        yield about.fail("webhook", what, "tick these events in the webhook's settings")
    if not webhook.sends_json:
        fix = "set its content type to application/json"
        yield about.fail("webhook", f"{webhook.url} sends forms, which are refused", fix)
    if webhook.secrets is not None and not webhook.secrets & forge.kinds_of_secrets:
        yield _secret(about, forge, webhook)


def _secret(about: About, forge: ForgeSeen, webhook: Webhook) -> Line:
    known = " or ".join(sorted(forge.kinds_of_secrets)) or "secret"
    has = f"only a {', '.join(webhook.secrets)}" if webhook.secrets else "no secret"
    what = f"{webhook.url} has {has}, so its deliveries are refused"
    fix = f"give it the {known} of {_setting(forge)} (`closeout setup … --webhook URL --send-secret`)"
    return about.fail("webhook", what, fix)


def _setting(forge: ForgeSeen) -> str:
    signs = forge.kinds_of_secrets == {"signing token"}
    return setting(forge.forge, "signing_token" if signs else "webhook_secret")


def _careless(about: About, webhook: Webhook) -> Iterator[Line]:
    parts = urlsplit(webhook.url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        what = f"{webhook.url} travels unencrypted"
        yield about.warn("webhook", what, "put TLS in front of Closeout, and change the address to https")
    elif not webhook.verifies_tls:
        yield about.warn("webhook", f"{webhook.url}: certificates are not verified", "switch SSL verification on")


# --- whether it works -----------------------------------------------------------------------------------------


def _health(about: About, forge: ForgeSeen, webhook: Webhook) -> Line:
    fares, hook, check = webhook.fares, webhook.fares.hook, "webhook-health"
    answer = f": {fares.said}" if fares.said else ""
    lost = f"{fares.failed} event{' was' if fares.failed == 1 else 's were'} not delivered{answer}"
    if hook.state == "off":
        on = "send a test event" if forge.forge.kind == "gitlab" else "make it active"
        return about.fail(check, f"it is switched off, and sends nothing{answer}", f"mend the reason, then {on}")
    if hook.state == "paused":
        until = f" until {moment(hook.until)}" if hook.until else ""
        fix = f"{_mend(forge, fares.said)}; then send a test event, and it goes on"
        return about.fail(check, f"the forge paused it{until} after failures{answer}", fix)
    if webhook.failing:
        return about.fail(check, f"the newest delivery failed; lately {lost}", _mend(forge, fares.said))
    if fares.failed:
        return about.warn(check, f"lately {lost}", "nothing, if it stays so: the issues are looked at by the resync")
    return about.ok(check, "everything that it sent lately arrived")


def _mend(forge: ForgeSeen, said: str) -> str:
    if "401" in said:
        return f"the webhook's secret is not that of {_setting(forge)}: make them the same"
    if "400" in said:
        return "set its content type to application/json"
    return "see that the service runs, and that the forge reaches it at the webhook's address"
