"""Every GraphQL document we send is one the forges document, and what the sandbox answers is what they would."""

from __future__ import annotations

from itertools import product

import pytest
from graphql import build_schema

from service.providers.github import board_queries
from service.providers.github import queries as github
from service.providers.gitlab import queries as gitlab
from service.sandbox.github import graphql as github_sandbox
from service.sandbox.gitlab.graphql_schema import SDL
from tests.contracts import gitlab_graphql
from tests.contracts.github_contract import check_graphql, schema
from tests.contracts.graphql_subset import differences

THEIRS = """
enum Color { RED GREEN }
interface Named { name: String! }
type Dog implements Named { name: String! age: Int barks(loud: Boolean = false): String! }
type Cat { name: String! }
union Pet = Dog | Cat
input New { name: String! age: Int }
type Query { pet(id: ID!, near: String): Pet dog: Dog named: Named }
type Mutation { add(input: New!): Dog }
"""
OURS = """
enum Color { RED BLUE }
interface Named { name: String! nick: String }
type Dog implements Named { name: String age: Int! nick: String barks(loud: Boolean = true, far: Int): String! }
type Fish { name: String! }
union Pet = Dog | Fish
input New { age: Int color: Color }
type Query { pet: Pet dog: Dog named: Named }
type Mutation { add(input: New): Dog }
"""


@pytest.mark.node
@pytest.mark.parametrize(
    "chosen", [(*parts, dates) for parts in product((True, False), repeat=4) for dates in ((), ("Due", "Due date"))]
)
def test_every_look_at_github_is_documented(chosen: tuple[bool, bool, bool, bool, tuple[str, ...]]) -> None:
    """With or without sub-issues, projects, fields, people and dates, each query is valid against the published schema."""
    parts = github.Parts(*chosen)
    assert check_graphql(github.post_mortem(parts)) == []
    assert check_graphql(github.issues(3, parts)) == []
    assert check_graphql(github.survey((0, 2), parts)) == []


@pytest.mark.node
def test_every_other_document_for_github_is_documented() -> None:
    """Every constant of the modules that is a document, and those made for a number of people."""
    constants = vars(github) | vars(board_queries)
    named = {name: text for name, text in constants.items() if name.isupper() and not name.startswith("_")}
    assert {"CREATE_ISSUE", "SET_COLUMN"} <= named.keys()
    assert {name: check_graphql(text) for name, text in named.items()} == {name: [] for name in named}
    assert check_graphql(github.assignable(3)) == []
    assert check_graphql(github.files(3)) == []


def test_every_document_for_gitlab_is_known() -> None:
    """Valid against the part of GitLab's schema that is publicly known."""
    named = {name: text for name, text in vars(gitlab).items() if name.isupper() and isinstance(text, str)}
    assert named
    problems = {name: gitlab_graphql.check_document(text) for name, text in named.items()}
    assert problems == {name: [] for name in named}
    assert (
        gitlab_graphql.check_document(
            gitlab.files(10), {"paths": ["a.yml"], **{f"project{n}": "a/b" for n in range(10)}}
        )
        == []
    )


def test_a_schema_is_a_part_of_itself() -> None:
    """Nothing differs from the same."""
    assert differences(build_schema(THEIRS), build_schema(THEIRS)) == []


def test_every_kind_of_difference_is_named() -> None:
    """A type, field, argument, default, value, member, nullability or required input that the real schema has not."""
    found = differences(build_schema(OURS), build_schema(THEIRS))
    assert sorted(found) == [
        "Color.BLUE: does not exist",
        "Dog.age: is Int, not Int!",
        "Dog.barks(far): does not exist",
        "Dog.barks(loud): its default is false, not true",
        "Dog.name: is String!, not String",
        "Dog.nick: does not exist",
        "Fish: there is no such GraphQLObjectType",
        "Mutation.add(input): is New!, not New",
        "Named.nick: does not exist",
        "New.color: does not exist",
        "New.name: is required",
        "Pet = Fish: does not exist",
        "Query.pet(id): is required",
    ]


@pytest.mark.node
@pytest.mark.parametrize("features", [(), github_sandbox.FEATURES], ids=["an older server", "everything"])
def test_the_sandboxs_github_schema_is_a_part_of_githubs(features: tuple[str, ...]) -> None:
    """Every type, field, argument, default and nullability is GitHub's, so that replies have GitHub's shape."""
    assert differences(github_sandbox.schema(frozenset(features)), schema()) == []


def test_the_sandboxs_gitlab_schema_is_a_part_of_what_is_known_of_gitlabs() -> None:
    """The same for work items, as far as GitLab's schema is public."""
    assert differences(build_schema(SDL), gitlab_graphql.schema()) == []
