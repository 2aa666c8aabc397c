"""The GraphQL documents the adapter sends: a look at what surrounds an issue, the creation of an action item, and a
file of several projects.

REST answers the issue itself; `RELATED` replaces a list of links, a list of notes and one read for each
child. Fields are those of https://docs.gitlab.com/api/graphql/reference/#workitem. Limits: 250 complexity (this
document comes to about 120 by the published formula), 10,000 characters, 100 nodes a connection. Values travel as
variables only.
"""

from __future__ import annotations

RELATED = """
query Related(
  $project: ID!, $iid: String!
  $notes: Boolean!, $notesAfter: String
  $links: Boolean!, $linksAfter: String
) {
  currentUser { username }
  namespace(fullPath: $project) {
    workItem(iid: $iid) {
      id
      workItemType { id name }
      widgets {
        __typename
        ... on WorkItemWidgetDescription { lastEditedAt }
        ... on WorkItemWidgetNotes @include(if: $notes) {
          discussions(first: 100, after: $notesAfter, filter: ONLY_COMMENTS) {
            pageInfo { hasNextPage endCursor }
            nodes {
              notes(first: 50) {
                pageInfo { hasNextPage }
                nodes { id body system createdAt updatedAt author { id username } }
              }
            }
          }
        }
        ... on WorkItemWidgetLinkedItems @include(if: $links) {
          linkedItems(first: 100, after: $linksAfter) {
            pageInfo { hasNextPage endCursor }
            nodes { linkType workItem { ...Item } }
          }
        }
      }
    }
  }
}
fragment Item on WorkItem {
  iid
  title
  state
  confidential
  createdAt
  updatedAt
  closedAt
  webUrl
  reference(full: true)
  author { username }
  widgets {
    __typename
    ... on WorkItemWidgetDescription { description lastEditedAt }
    ... on WorkItemWidgetLabels { labels(first: 100) { nodes { title } } }
    ... on WorkItemWidgetAssignees { assignees(first: 20) { nodes { username } } }
    ... on WorkItemWidgetStartAndDueDate { dueDate }
  }
}
"""

CREATE = """
mutation CreateActionItem($input: WorkItemCreateInput!) {
  workItemCreate(input: $input) {
    workItem {
      iid
      reference(full: true)
      widgets {
        __typename
        ... on WorkItemWidgetLinkedItems { linkedItems(first: 1) { nodes { workItem { id } } } }
      }
    }
    errors
  }
}
"""


def files(count: int) -> str:
    """One file on the default branch of `count` projects, under the aliases f0, f1, … Variables: paths, project0, …

    https://docs.gitlab.com/api/graphql/reference/#repositoryblobs
    """
    variables = "".join(f", $project{i}: ID!" for i in range(count))
    asked = "\n".join(
        f"  f{i}: project(fullPath: $project{i}) {{ fullPath repository {{ blobs(paths: $paths) "
        "{ nodes { path rawBlob } } } }"
        for i in range(count)
    )
    return f"query Files($paths: [String!]!{variables}) {{\n{asked}\n}}"
