"""YAML as plain data within limits, for files that others write: a small one must not unfold into a large one."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import yaml

MAX_SIZE = 64 * 1024  # characters: a policy is a page, not a program
MAX_DEPTH = 12
_TAG = "tags are not allowed here; put a text that begins with ! in quotes"  # it may be a password
_MAX_NUMBER = 20  # digits and signs


class NotYaml(ValueError):
    """The text cannot be read. `line` is 1-based; `str()` says what is wrong, without repeating the text."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


class Read(NamedTuple):
    """The data, and the nodes that know on which line each part of it stands."""

    data: Any
    node: yaml.Node | None


def read(text: str) -> Read:
    """One document: mappings, lists, texts, numbers, dates. Raises `NotYaml` for everything else, whatever it is."""
    if len(text) > MAX_SIZE:
        raise NotYaml(1, f"the file has {len(text):,} characters; at most {MAX_SIZE:,} are read")
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return Read(None if node is None else loader.construct_document(node), node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NotYaml(line, _TAG if "tag" in str(error.problem) else str(error.problem)) from None
    except yaml.YAMLError as error:
        raise NotYaml(1, " ".join(str(error).split())) from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise NotYaml(1, f"a value is none: {type(error).__name__}") from None


class _Loader(yaml.SafeLoader):
    """Plain data only: no tags, no aliases, not too deep, and each key once."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._refusal("aliases (`*name`) are not allowed here")
        if getattr(self.peek_event(), "tag", None) is not None:  # type: ignore[no-untyped-call] # PyYAML's stubs stop here
            raise self._refusal(_TAG)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._refusal(f"nested more than {MAX_DEPTH} levels deep")
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refusal(self, sentence: str) -> yaml.composer.ComposerError:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call] # the same
        return yaml.composer.ComposerError(None, None, sentence, cast("yaml.Mark | None", event.start_mark))

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen = set[tuple[str, str]]()
        for key, _ in node.value:
            name = (key.tag, str(key.value))
            if name in seen:
                raise _mistake(f"the key {str(key.value)[:40]!r} is there twice", key)
            seen.add(name)
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - the same
        """A value that looks like a number or a date and is none is a mistake with a line."""
        if node.tag in _NUMBERS and len(str(node.value)) > _MAX_NUMBER:
            raise _mistake(f"a number has at most {_MAX_NUMBER} digits", node)
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError) as error:
            raise _mistake(f"this looks like a number or a date and is none: {error}", node) from None


_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})


def _mistake(sentence: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, sentence, node.start_mark)
