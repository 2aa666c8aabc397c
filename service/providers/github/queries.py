"""The GraphQL documents the adapter sends. One of them, `post_mortem`, sees a whole post-mortem in one request.

An older server refuses a whole document over one field it does not know, and a token without a scope likewise.
What may be missing is therefore a part of its own, left out where the server or the credential lacks it.
Schema: https://docs.github.com/en/graphql/reference. Values always travel as variables, never inside the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parts:
    """What to ask for beyond the plain issue. `fields` are the organisation's issue fields, `people` are those who may
    be assigned, `dates` are the names that a project's date field may have: they travel as `date_names`.
    """

    sub_issues: bool = True
    projects: bool = True
    fields: bool = True
    people: bool = True
    dates: tuple[str, ...] = ()

    @property
    def date_names(self) -> dict[str, object]:
        """The variables that a document with these parts needs for them."""
        return {f"date{i}": name for i, name in enumerate(self.dates if self.projects else ())}


_SUB_ISSUES = """
      parent { ...issue }
      subIssues(first: 100) { nodes { ...issue } }"""

_BOARDS = """
    owner { __typename ... on ProjectV2Owner { projectsV2(first: 1) { totalCount } } }"""


def _cards(parts: Parts) -> str:
    """Of each board, which of the named fields it has; of each card, what they say."""
    has = "".join(f" {d}: field(name: ${d}) {{ ... on ProjectV2Field {{ id dataType }} }}" for d in parts.date_names)
    says = "".join(
        f"\n      {d}: fieldValueByName(name: ${d}) {{ ... on ProjectV2ItemFieldDateValue {{ date }} }}"
        for d in parts.date_names
    )
    return f"""
  projectItems(first: 10, includeArchived: false) {{
    nodes {{
      id
      project {{ id number closed owner {{ ... on Organization {{ login }} ... on User {{ login }} }}{has} }}
      status: fieldValueByName(name: "Status") {{ ... on ProjectV2ItemFieldSingleSelectValue {{ name }} }}{says}
    }}
  }}"""


_FIELDS = """
  issueFieldValues(first: 25) {
    nodes { __typename ... on IssueFieldDateValue { value field { ... on IssueFieldDate { name } } } }
  }"""

_COMMENTS = """
fragment comments on IssueCommentConnection {
  pageInfo { hasPreviousPage startCursor }
  nodes {
    fullDatabaseId
    author { __typename login }
    body
    createdAt
    updatedAt
    reactionGroups { content viewerHasReacted }
  }
}"""


def issue_fragment(parts: Parts) -> str:
    """What is read of every issue alike: the post-mortem itself, its parent, its children, the ones it names."""
    return f"""
fragment issue on Issue {{
  id
  fullDatabaseId
  number
  url
  title
  body
  state
  stateReason
  createdAt
  updatedAt
  lastEditedAt
  closedAt
  author {{ __typename login }}
  repository {{ nameWithOwner }}
  labels(first: 100) {{ nodes {{ name }} }}
  assignees(first: 20) {{ nodes {{ id login }} }}
  milestone {{ title dueOn state }}{_optional(parts)}
}}"""


def _optional(parts: Parts) -> str:
    return (_cards(parts) if parts.projects else "") + (_FIELDS if parts.fields else "")


def post_mortem(parts: Parts) -> str:
    """Variables: owner, name, number, `date_names`. GitHub counts 3 points of 5,000 an hour, 4 with issue fields."""
    return f"""
query PostMortem($owner: String!, $name: String!, $number: Int!{_declared(parts)}) {{
  viewer {{ login }}
  repository(owner: $owner, name: $name) {{
    id
    nameWithOwner{_BOARDS if parts.projects else ""}
    labels(first: 100) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ id name }} }}
    issue(number: $number) {{
      ...issue{_SUB_ISSUES if parts.sub_issues else ""}
      comments(last: 100) {{ ...comments }}
      timelineItems(last: 100, itemTypes: [LABELED_EVENT, CLOSED_EVENT]) {{
        nodes {{
          __typename
          ... on LabeledEvent {{ createdAt label {{ name }} }}
          ... on ClosedEvent {{ createdAt actor {{ __typename login }} }}
        }}
      }}
    }}
  }}
}}{issue_fragment(parts)}{_COMMENTS}"""


OLDER_COMMENTS = f"""
query OlderComments($owner: String!, $name: String!, $number: Int!, $before: String!) {{
  repository(owner: $owner, name: $name) {{
    issue(number: $number) {{ comments(last: 100, before: $before) {{ ...comments }} }}
  }}
}}{_COMMENTS}"""

MORE_LABELS = """
query MoreLabels($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    id
    labels(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id name } }
  }
}"""


def issues(count: int, parts: Parts) -> str:
    """`count` issues by name under the aliases i0, i1, … Variables: owner0, name0, number0, … and `date_names`."""
    variables = ", ".join(f"$owner{i}: String!, $name{i}: String!, $number{i}: Int!" for i in range(count))
    asked = "\n".join(
        f"  i{i}: repository(owner: $owner{i}, name: $name{i}) {{ issue(number: $number{i}) {{ ...issue }} }}"
        for i in range(count)
    )
    return f"query NamedIssues({variables}{_declared(parts)}) {{\n{asked}\n}}{issue_fragment(parts)}"


def _declared(parts: Parts) -> str:
    return "".join(f", ${name}: String!" for name in parts.date_names)


_PEOPLE = """
    assignableUsers(first: 100) { pageInfo { hasNextPage } nodes { login } }"""


def survey(numbers: Sequence[int], parts: Parts) -> str:
    """A page of each of a repository's listings, under the aliases l0, l1, … Variables: owner, name, and for each
    listing label0, state0, filter0, first0, after0, …

    Cost by GitHub's formula: two points for each hundred issues asked for, three with issue fields. The oldest come
    first, so that an issue which changes meanwhile does not move between pages.
    """
    variables = "".join(
        f", $label{i}: String!, $state{i}: IssueState!, $filter{i}: IssueFilters, $first{i}: Int!, $after{i}: String"
        for i in numbers
    )
    order = "orderBy: {field: CREATED_AT, direction: ASC}"
    asked = "\n".join(
        f"    l{i}: issues(first: $first{i}, after: $after{i}, labels: [$label{i}], states: [$state{i}], "
        f"filterBy: $filter{i}, {order}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ ...issue }} }}"
        for i in numbers
    )
    return f"""
query Survey($owner: String!, $name: String!{variables}{_declared(parts)}) {{
  repository(owner: $owner, name: $name) {{
    nameWithOwner{_PEOPLE if parts.people else ""}
{asked}
  }}
}}{issue_fragment(parts)}"""


def files(count: int) -> str:
    """One file of `count` repositories, under the aliases f0, f1, … Variables: expression, owner0, name0, …"""
    variables = "".join(f", $owner{i}: String!, $name{i}: String!" for i in range(count))
    asked = "\n".join(
        f"  f{i}: repository(owner: $owner{i}, name: $name{i}) {{ nameWithOwner "
        "object(expression: $expression) { __typename ... on Blob { text isTruncated } } }"
        for i in range(count)
    )
    return f"query Files($expression: String!{variables}) {{\n{asked}\n}}"


def assignable(count: int) -> str:
    """Who of `count` logins may be assigned, under the aliases u0, u1, … Variables: owner, name, login0, …

    `query` searches names loosely, so the caller looks for the exact login among what comes back.
    """
    variables = "".join(f", $login{i}: String!" for i in range(count))
    asked = "\n".join(
        f"    u{i}: assignableUsers(query: $login{i}, first: 20) {{ nodes {{ id login }} }}" for i in range(count)
    )
    return (
        f"query Assignable($owner: String!, $name: String!{variables}) {{\n"
        f"  repository(owner: $owner, name: $name) {{\n{asked}\n  }}\n}}"
    )


CREATE_ISSUE = """
mutation CreateIssue($input: CreateIssueInput!) {
  createIssue(input: $input) {
    issue {
      id
      fullDatabaseId
      number
      repository { nameWithOwner }
      labels(first: 100) { nodes { name } }
      assignees(first: 20) { nodes { login } }
    }
  }
}"""

_LABELLED = """
fragment labelled on Labelable {
  labels(first: 100) { nodes { name } }
  ... on Issue { body repository { nameWithOwner } }
}"""

ADD_LABELS = f"""
mutation AddLabels($issue: ID!, $labels: [ID!]!) {{
  addLabelsToLabelable(input: {{labelableId: $issue, labelIds: $labels}}) {{ labelable {{ ...labelled }} }}
}}{_LABELLED}"""

REMOVE_LABELS = f"""
mutation RemoveLabels($issue: ID!, $labels: [ID!]!) {{
  removeLabelsFromLabelable(input: {{labelableId: $issue, labelIds: $labels}}) {{ labelable {{ ...labelled }} }}
}}{_LABELLED}"""

ISSUE_NAME = """
query IssueName($node: ID!) {
  node(id: $node) { ... on Issue { number repository { nameWithOwner } } }
}"""

CHILDREN = """
query Children($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      id
      subIssues(first: 100) { nodes { number body repository { nameWithOwner } } }
    }
  }
}"""
