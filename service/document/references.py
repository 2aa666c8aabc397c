"""Issue references and links as both forges write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.model import IssueRef

_URL = re.compile(r"https?://[^\s<>\"'`|\])]+")
_ISSUE_PATH = re.compile(
    r"/(?P<project>[\w.-]+(?:/[\w.-]+)+?)(?:/-)?/(?:issues|work_items)/(?P<number>\d{1,18})/?(?:[?#].*)?"
)
_SHORT = re.compile(
    r"(?<![\w&/#.-])(?:(?P<project>[A-Za-z0-9_.][\w.-]*(?:/[\w.-]+)+))?(?P<mark>[#!])(?P<number>\d{1,18})(?![\w])"
    r"|(?<![\w&/#.-])GH-(?P<gh>\d{1,18})(?!\w)"
)
_REQUEST = re.compile(r"\b(?:PR|MR|(?:pull|merge) request):?[ \t]*[#!]?\d{1,18}(?!\w)", re.IGNORECASE)
_LINK = re.compile(r"!?\[(?P<label>[^\[\]]*)\]\((?P<url>[^()\s]*)(?:[ \t]+\"[^\"]*\")?\)")


# The public hosts are known by name, so that an issue on one is not taken for an issue on the other.
_ELSEWHERE = {"github.com": "gitlab", "gitlab.com": "github"}


@dataclass(frozen=True, slots=True)
class Reference:
    """An issue (`ref`) or anything else that can be followed (`link`), at its place in a text.

    `label`: where a Markdown link's words stand, if they say more than the reference itself.
    """

    start: int
    end: int
    ref: IssueRef | None
    link: str
    label: tuple[int, int] | None = None


def find_references(text: str, home: IssueRef | None, hosts: tuple[str, ...]) -> Iterator[Reference]:
    """Every reference, left to right: links, bare URLs, `#12`, `group/project#12`, `GH-12`, `!12`, `PR #12`."""
    done = 0
    found = [_from_link(m, home, hosts) for m in _LINK.finditer(text)]
    found += [_from_url(m, home, hosts) for m in _URL.finditer(text)]
    found += [_from_short(m, home) for m in _SHORT.finditer(text)]
    found += [Reference(m.start(), m.end(), None, m[0]) for m in _REQUEST.finditer(text)]
    for reference in sorted(found, key=lambda r: (r.start, -r.end)):
        if reference.start >= done:
            yield reference
            done = reference.end


def _from_link(found: re.Match[str], home: IssueRef | None, hosts: tuple[str, ...]) -> Reference:
    ref, label = resolve_url(found["url"], home, hosts), found["label"].strip()
    only_number = _SHORT.fullmatch(label) or not label
    place = None if only_number else (found.start("label"), found.end("label"))
    return Reference(found.start(), found.end(), ref, "" if ref else found["url"], place)


def _from_url(found: re.Match[str], home: IssueRef | None, hosts: tuple[str, ...]) -> Reference:
    url = found[0].rstrip(".,;:!?*_~")
    ref = resolve_url(url, home, hosts)
    return Reference(found.start(), found.start() + len(url), ref, "" if ref else url)


def _from_short(found: re.Match[str], home: IssueRef | None) -> Reference:
    number, merge = found["number"] or found["gh"], found["mark"] == "!"
    project = found["project"] or (home.project if home else "")
    ref = IssueRef(home.forge, project, int(number)) if home is not None and not merge else None
    return Reference(found.start(), found.end(), ref, found[0] if merge else "")


def resolve_url(url: str, home: IssueRef | None, hosts: tuple[str, ...]) -> IssueRef | None:
    """The issue behind a web address on one of the hosts; None for anything else, merge and pull requests included.

    https://docs.gitlab.com/user/project/issues/ and GitHub's `/{owner}/{repo}/issues/{number}`.
    """
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if home is None or scheme.lower() not in {"http", "https"} or host.lower() not in hosts:
        return None
    if _ELSEWHERE.get(host.lower(), "\0") in home.forge.lower():
        return None
    found = _ISSUE_PATH.fullmatch(slash + path) or _ISSUE_PATH.search(slash + path)
    if found is None or found.end() != len(slash + path):
        return None
    return IssueRef(home.forge, found["project"], int(found["number"]))
