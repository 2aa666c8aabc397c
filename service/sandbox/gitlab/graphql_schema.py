"""The part of GitLab's GraphQL schema that the sandbox answers: work items, seen from a namespace, and files.

Names, arguments and nullability are GitLab's; fields that nobody here asks for are left out.
https://docs.gitlab.com/api/graphql/reference/
"""

from __future__ import annotations

SDL = """
scalar Time
scalar Date
scalar WorkItemID
scalar NoteID
scalar UserID
scalar LabelID
scalar WorkItemsTypeID

type Query {
  currentUser: UserCore
  namespace(fullPath: ID!): Namespace
  project(fullPath: ID!): Project
  queryComplexity: QueryComplexity
  workItem(id: WorkItemID!): WorkItem
}
type Mutation { workItemCreate(input: WorkItemCreateInput!): WorkItemCreatePayload }
type WorkItemCreatePayload { clientMutationId: String errors: [String!]! workItem: WorkItem }
input WorkItemCreateInput {
  clientMutationId: String
  namespacePath: ID
  title: String!
  workItemTypeId: WorkItemsTypeID!
  confidential: Boolean
  descriptionWidget: WorkItemWidgetDescriptionInput
  labelsWidget: WorkItemWidgetLabelsCreateInput
  assigneesWidget: WorkItemWidgetAssigneesInput
  startAndDueDateWidget: WorkItemWidgetStartAndDueDateUpdateInput
  linkedItemsWidget: WorkItemWidgetLinkedItemsCreateInput
}
input WorkItemWidgetDescriptionInput { description: String! }
input WorkItemWidgetLabelsCreateInput { labelIds: [LabelID!]! }
input WorkItemWidgetAssigneesInput { assigneeIds: [UserID!]! }
input WorkItemWidgetStartAndDueDateUpdateInput { dueDate: Date startDate: Date }
input WorkItemWidgetLinkedItemsCreateInput { linkType: WorkItemRelatedLinkType workItemsIds: [WorkItemID!]! }
type QueryComplexity { limit: Int score: Int }
type Project { id: ID! fullPath: ID! repository: Repository }
type Repository {
  rootRef: String
  blobs(paths: [String!]!, ref: String, after: String, first: Int): RepositoryBlobConnection
}
type RepositoryBlobConnection { nodes: [RepositoryBlob] pageInfo: PageInfo! }
type RepositoryBlob { id: ID! path: String! rawBlob: String }
type Namespace { id: ID! fullPath: ID! workItem(iid: String!): WorkItem }
type UserCore { id: UserID! username: String! name: String! bot: Boolean! }
type UserCoreConnection { nodes: [UserCore] pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Label { id: ID! title: String! color: String! }
type LabelConnection { nodes: [Label] pageInfo: PageInfo! }

enum WorkItemState { OPEN CLOSED }
enum NotesFilterType { ALL_NOTES ONLY_ACTIVITY ONLY_COMMENTS }
enum WorkItemRelatedLinkType { BLOCKED_BY BLOCKS RELATED }
enum WorkItemWidgetType {
  ASSIGNEES DESCRIPTION HIERARCHY LABELS LINKED_ITEMS NOTES START_AND_DUE_DATE STATUS MILESTONE
}

type WorkItemPermissions {
  adminWorkItem: Boolean!
  adminWorkItemLink: Boolean!
  adminParentLink: Boolean!
  createNote: Boolean!
  readWorkItem: Boolean!
  setWorkItemMetadata: Boolean!
  updateWorkItem: Boolean!
  deleteWorkItem: Boolean!
}
type WorkItemType { id: ID! name: String! iconName: String }
type WorkItem {
  id: WorkItemID!
  iid: ID!
  title: String!
  state: WorkItemState!
  description: String
  confidential: Boolean!
  closedAt: Time
  createdAt: Time!
  updatedAt: Time!
  lockVersion: Int!
  webUrl: String
  reference(full: Boolean = false): String!
  author: UserCore
  namespace: Namespace
  userPermissions: WorkItemPermissions!
  workItemType: WorkItemType!
  widgets: [WorkItemWidget!]
}
type WorkItemConnection { nodes: [WorkItem] pageInfo: PageInfo! }

interface WorkItemWidget { type: WorkItemWidgetType }
type WorkItemWidgetAssignees implements WorkItemWidget {
  type: WorkItemWidgetType
  assignees(after: String, first: Int): UserCoreConnection
}
type WorkItemWidgetDescription implements WorkItemWidget {
  type: WorkItemWidgetType
  description: String
  edited: Boolean!
  lastEditedAt: Time
  lastEditedBy: UserCore
}
type WorkItemWidgetLabels implements WorkItemWidget {
  type: WorkItemWidgetType
  labels(after: String, first: Int): LabelConnection
}
type WorkItemWidgetStartAndDueDate implements WorkItemWidget {
  type: WorkItemWidgetType
  startDate: Date
  dueDate: Date
}
type WorkItemWidgetHierarchy implements WorkItemWidget {
  type: WorkItemWidgetType
  hasChildren: Boolean!
  hasParent: Boolean
  parent: WorkItem
  children(after: String, first: Int): WorkItemConnection
}
type LinkedWorkItemType { linkId: ID! linkType: String! workItem: WorkItem }
type LinkedWorkItemTypeConnection { nodes: [LinkedWorkItemType] pageInfo: PageInfo! }
type WorkItemWidgetLinkedItems implements WorkItemWidget {
  type: WorkItemWidgetType
  blocked: Boolean
  blockedByCount: Int
  blockingCount: Int
  linkedItems(after: String, filter: WorkItemRelatedLinkType, first: Int): LinkedWorkItemTypeConnection
}
type Note {
  id: NoteID!
  body: String!
  system: Boolean!
  internal: Boolean
  createdAt: Time!
  updatedAt: Time!
  url: String
  author: UserCore
}
type NoteConnection { nodes: [Note] pageInfo: PageInfo! }
type Discussion { id: ID! notes(after: String, first: Int): NoteConnection! }
type DiscussionConnection { nodes: [Discussion] pageInfo: PageInfo! }
type WorkItemWidgetNotes implements WorkItemWidget {
  type: WorkItemWidgetType
  discussionLocked: Boolean
  discussions(after: String, filter: NotesFilterType = ALL_NOTES, first: Int): DiscussionConnection
}
"""
