"""A forge: who we are there, what the token may do, whether the clocks agree, and whether anything arrives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from service.doctor.lines import About, Line, moment, span
from service.doctor.observation import ForgeSeen, Trouble, Work
from service.providers.checkup import Account
from service.settings import Forge, without_secret

_SKEW, _MUCH_SKEW = 60.0, 300.0  # seconds; GitHub refuses an App whose clock is off by minutes
_SOON = timedelta(days=14)
_QUIET = timedelta(days=7)


def lines(seen: ForgeSeen, now: datetime, work: Work | None) -> Iterator[Line]:
    about = About(seen.name)
    account = seen.account
    if isinstance(account, Trouble):
        yield about.trouble("account", account, _remedy(seen.forge, account))
        yield about.skipped("projects", "nothing else was asked there")
    else:
        kind = "an App" if account.is_app else "an account with a token"
        server = f", on {account.server}" if account.server else ""
        yield about.ok("account", f"we are {account.login}, {kind}{server}")
        yield from _token(about, seen.forge, account, now)
        yield _clock(about, account.ahead)
    if not seen.forge.webhook_secrets:
        what, _, fix = without_secret(seen.forge).partition(": ")
        yield about.fail("webhook-secret", what, fix)
    yield _deliveries(about, seen, now, work)


def setting(forge: Forge, key: str) -> str:
    """How a setting of this forge is called where it was written."""
    own = forge.name == forge.kind
    return f"CLOSEOUT_{forge.kind.upper()}_{key.upper()}" if own else f"forges.{forge.name}.{key} in CLOSEOUT_CONFIG"


def _remedy(forge: Forge, trouble: Trouble) -> str:
    if trouble.away:
        return f"see that {forge.url} ({setting(forge, 'url')}) can be reached from here, and try again"
    if forge.app_id:
        return f"check {setting(forge, 'app_id')} and {setting(forge, 'private_key')}"
    return f"set {setting(forge, 'token')} to a token that {forge.url} accepts"


# --- the token ------------------------------------------------------------------------------------------------


def _token(about: About, forge: Forge, account: Account, now: datetime) -> Iterator[Line]:
    yield from _expiry(about, forge, account.expires_at, now)
    if account.is_app:
        return  # what it may do is up to each owner who installed it
    if account.scopes is None:
        what = "the forge does not tell what this token may do; what reading needs is tried below"
        yield about.skipped("scopes", what, "a classic token and GitLab's access tokens tell")
    elif forge.kind == "gitlab":
        yield _gitlab_scopes(about, account.scopes)
    else:
        yield from _github_scopes(about, account.scopes)


def _gitlab_scopes(about: About, scopes: frozenset[str]) -> Line:
    named = ", ".join(sorted(scopes)) or "none"
    if "api" not in scopes:
        return about.fail("scopes", f"the token has {named}, and cannot write", "make a token with the scope `api`")
    return about.ok("scopes", named)


def _github_scopes(about: About, scopes: frozenset[str]) -> Iterator[Line]:
    named = ", ".join(sorted(scopes))
    if "repo" not in scopes and "public_repo" in scopes:
        what = f"the token has {named}: enough for public repositories alone"
        yield about.warn("scopes", what, "add the scope `repo` if there are private ones")
    elif "repo" not in scopes:
        yield about.fail("scopes", f"the token has {named}, and cannot write issues", "add the scope `repo`")
    else:
        yield about.ok("scopes", named)
    if "project" not in scopes:
        what = "the token may not write projects, so columns are labels"
        yield about.warn("boards", what, "add the scope `project` if there is a board")


def _expiry(about: About, forge: Forge, end: datetime | None, now: datetime) -> Iterator[Line]:
    if end is None:
        return
    if end - now > _SOON:
        yield about.ok("expiry", f"the token ends on {end:%Y-%m-%d}")
    else:
        what = f"the token ends at {moment(end)}"
        yield about.warn("expiry", what, f"make another, and set {setting(forge, 'token')} to it before that")


# --- time and deliveries --------------------------------------------------------------------------------------


def _clock(about: About, ahead: float | None) -> Line:
    if ahead is None:
        return about.skipped("clock", "the forge's answer had no date")
    if abs(ahead) <= _SKEW:
        return about.ok("clock", "ours and the forge's agree within a minute")
    what = f"ours is {span(timedelta(seconds=abs(ahead)))} {'ahead of' if ahead > 0 else 'behind'} the forge's"
    fix = "let NTP set this machine's clock (`timedatectl set-ntp true`)"
    return about.fail("clock", what, fix) if abs(ahead) > _MUCH_SKEW else about.warn("clock", what, fix)


def _deliveries(about: About, seen: ForgeSeen, now: datetime, work: Work | None) -> Line:
    if work is None:
        return about.skipped("deliveries", "the database does not tell")
    last = work.last_deliveries.get(seen.name)
    if last is None:
        fix = f"add the webhook, and see that the forge reaches this service at /webhooks/{seen.name}"
        return about.warn("deliveries", "none is in the inbox", fix)
    age = now - last
    if age > _QUIET:
        what = f"the newest came {span(age)} ago"
        return about.warn("deliveries", what, "comment on an issue; if nothing arrives, see the webhook's own log")
    return about.ok("deliveries", f"the newest came at {moment(last)}")
