"""The GraphQL documents about projects: what they show, how cards and dates move, and how one is set up.

https://docs.github.com/en/issues/planning-and-tracking-with-projects/automating-your-project/using-the-api-to-manage-projects
"""

from __future__ import annotations

PROJECT = """
query Project($owner: String!, $number: Int!) {
  repositoryOwner(login: $owner) {
    ... on ProjectV2Owner {
      projectV2(number: $number) {
        id
        title
        field(name: "Status") { ... on ProjectV2SingleSelectField { id options { id name } } }
      }
    }
  }
}"""

ADD_TO_PROJECT = """
mutation AddToProject($project: ID!, $issue: ID!) {
  addProjectV2ItemById(input: {projectId: $project, contentId: $issue}) { item { id } }
}"""

SET_COLUMN = """
mutation SetColumn($project: ID!, $item: ID!, $field: ID!, $option: String!) {
  updateProjectV2ItemFieldValue(
    input: {projectId: $project, itemId: $item, fieldId: $field, value: {singleSelectOptionId: $option}}
  ) { projectV2Item { id } }
}"""

PROJECTS = """
query Projects($owner: String!, $after: String) {
  repositoryOwner(login: $owner) {
    id
    ... on ProjectV2Owner {
      projectsV2(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          number
          title
          closed
          readme
          url
          items(first: 1) { totalCount }
          field(name: "Status") { ... on ProjectV2SingleSelectField { options { name } } }
        }
      }
    }
  }
}"""

CREATE_PROJECT = """
mutation CreateProject($owner: ID!, $title: String!, $repository: ID!) {
  createProjectV2(input: {ownerId: $owner, title: $title, repositoryId: $repository}) {
    projectV2 { id number url field(name: "Status") { ... on ProjectV2SingleSelectField { id } } }
  }
}"""

SET_FIRST_COLUMNS = """
mutation SetFirstColumns($field: ID!, $options: [ProjectV2SingleSelectFieldOptionInput!]!) {
  updateProjectV2Field(input: {fieldId: $field, singleSelectOptions: $options}) {
    projectV2Field { ... on ProjectV2SingleSelectField { id } }
  }
}"""

DESCRIBE_PROJECT = """
mutation DescribeProject($project: ID!, $readme: String!) {
  updateProjectV2(input: {projectId: $project, readme: $readme}) { projectV2 { id } }
}"""

DELETE_PROJECT = """
mutation DeleteProject($project: ID!) {
  deleteProjectV2(input: {projectId: $project}) { projectV2 { id } }
}"""

SET_DATE = """
mutation SetDate($project: ID!, $item: ID!, $field: ID!, $date: Date!) {
  updateProjectV2ItemFieldValue(
    input: {projectId: $project, itemId: $item, fieldId: $field, value: {date: $date}}
  ) { projectV2Item { id } }
}"""

CLEAR_DATE = """
mutation ClearDate($project: ID!, $item: ID!, $field: ID!) {
  clearProjectV2ItemFieldValue(input: {projectId: $project, itemId: $item, fieldId: $field}) { projectV2Item { id } }
}"""
