"""What a heading, label or column name is called, whatever it is dressed in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from service.document.parts import Dialect

_SHORTCODE = re.compile(r":[a-z0-9_+-]{1,40}:")
_TAG = re.compile(r"<[^<>]{1,200}>")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_NUMBER = re.compile(r"(?:\(?\d{1,3}(?:\.\d{1,3}){0,5}[.):]*|[ivx]{1,5}[.)]|[a-z][.)]|§)[\s–—-]+")
_PLURAL = re.compile(r"(?<=[a-z]{2})(?<!s)s\b")
_ASIDE = re.compile(r"[(\[][^()\[\]]*[)\]]")
_JOINT = re.compile(r"\s*(?:[/&|,;:+]|\s[-–—]\s|\band\b)\s*")
_DRESS = "*_~`#\\>"


@lru_cache(maxsize=4096)
def plain_name(text: str) -> str:
    """The bare words: lower case, without emoji, formatting, links' targets, plural `s` and closing punctuation.
    Numbering stays, because `5 Whys` is a name (see `without_number`).
    """
    text = _LINK.sub(r"\1", _TAG.sub(" ", unicodedata.normalize("NFKC", text[:300]).casefold()))
    text = _SHORTCODE.sub(" ", text).replace("(s)", "").replace("’", "'").replace("‐", "-")
    text = "".join(" " if c in _DRESS or unicodedata.category(c) in _DECORATION else c for c in text)
    text = _PLURAL.sub("", " ".join(text.replace("-", " ").split()))
    return text.strip(" :.?!-–—…=•·")


_DECORATION = frozenset({"So", "Sk", "Cf", "Mn", "Co", "Cn", "Cs", "Cc", "Me"})


def without_number(name: str) -> str:
    found = _NUMBER.match(name)
    return name[found.end() :].strip() if found else name


def slug(text: str) -> str:
    """`Delivered against promised` → `delivered-against-promised`; words keep their endings."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", without_number(text[:300].strip())).casefold())
    return "-".join(words) or "section"


class Lexicon:
    """Canonical names by spelling. A later name wins a spelling that two names claim."""

    def __init__(self, words: Mapping[str, tuple[str, ...]]) -> None:
        self._names = {plain_name(s): name for name, spellings in words.items() for s in (name, *spellings)}

    def exact(self, text: str) -> str | None:
        name = plain_name(text)
        return self._names.get(name) or self._names.get(without_number(name))

    def find(self, text: str) -> str | None:
        """Also without an aside in brackets (`Timeline (UTC)`), and by the first known part of a joint heading
        (`Impact & scope`, `Actions / next steps`, `Summary: what happened`).
        """
        exact = self.exact(text)
        if exact is not None:
            return exact
        name = without_number(plain_name(_ASIDE.sub(" ", text[:300])))
        parts = [name, *_JOINT.split(name)]
        return next((self._names[p.strip()] for p in parts if p.strip() in self._names), None)


class Lexica:
    """A dialect, ready for looking up."""

    def __init__(self, dialect: Dialect) -> None:
        self.sections = Lexicon(dialect.sections)
        self.fields = Lexicon(dialect.fields)
        self.timeline_columns = Lexicon({k: v for k, v in dialect.columns.items() if k in {"time", "event"}})
        self.action_columns = Lexicon({k: v for k, v in dialect.columns.items() if k not in {"time", "event"}})


def lexica(dialect: Dialect) -> Lexica:
    """The dialect's lexica, built once for equal words."""
    return _built(_frozen(dialect.sections), _frozen(dialect.fields), _frozen(dialect.columns))


def _frozen(words: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(spellings)) for name, spellings in words.items())


@lru_cache(maxsize=16)
def _built(sections: _Words, fields: _Words, columns: _Words) -> Lexica:
    return Lexica(Dialect(dict(sections), dict(fields), dict(columns)))


_Words = tuple[tuple[str, tuple[str, ...]], ...]
