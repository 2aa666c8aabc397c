// An independent GitLab client against the sandbox. GITLAB_URL is the instance's own address.
import assert from 'node:assert/strict'
import { Gitlab } from '@gitbeaker/rest'

const as = (login) => new Gitlab({ host: process.env.GITLAB_URL, token: `token-${login}` })
const [alice, bob, mallory] = ['alice', 'bob', 'mallory'].map(as)
const shop = 'acme/shop'
const failsWith = (status, promise) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.cause?.response?.status, status, `expected ${status}: ${error.message} ${error.stack}`)
    return true
  })

async function step(title, run) {
  await run()
  console.log(`ok - ${title}`)
}

await step('who am I', async () => {
  assert.equal((await alice.Users.showCurrentUser()).username, 'alice')
  await failsWith(401, as('nobody-knows').Users.showCurrentUser())
})

let iid
await step('an issue is created with description, labels, assignee and due date as given', async () => {
  const [{ id: bobId }] = await alice.Users.all({ username: 'bob' })
  const made = await alice.Issues.create(shop, 'Überlast 🚨', {
    description: 'one\r\ntwo', labels: 'outage', assigneeIds: [bobId], dueDate: '2026-04-01',
  })
  iid = made.iid
  const again = await alice.Issues.show(iid, { projectId: shop })
  assert.deepEqual([again.title, again.state, again.due_date], ['Überlast 🚨', 'opened', '2026-04-01'])
  assert.equal(again.description, 'one\r\ntwo')
  assert.deepEqual(again.labels, ['outage'])
  assert.deepEqual(again.assignees.map((person) => person.username), ['bob'])
})

await step('more than a page of issues', async () => {
  for (let n = 0; n < 101; n++) await bob.Issues.create(shop, `issue ${n}`)
  const all = await alice.Issues.all({ projectId: shop, perPage: 100 })
  assert.equal(all.length, 102)
  assert.equal(new Set(all.map((row) => row.iid)).size, 102)
  const { paginationInfo } = await alice.Issues.all({ projectId: shop, perPage: 20, page: 2, showExpanded: true })
  assert.deepEqual([paginationInfo.current, paginationInfo.next, paginationInfo.totalPages], [2, 3, 6])
})

await step('labels: created once, put on, taken off, filtered by', async () => {
  await alice.ProjectLabels.create(shop, 'severity-high', '#d93f0b', { description: 'Many users' })
  await failsWith(409, alice.ProjectLabels.create(shop, 'severity-high', '#d93f0b'))
  const put = await alice.Issues.edit(shop, iid, { addLabels: 'severity-high' })
  assert.deepEqual([...put.labels].sort(), ['outage', 'severity-high'])
  const found = await alice.Issues.all({ projectId: shop, labels: 'outage,severity-high' })
  assert.deepEqual(found.map((row) => row.iid), [iid])
  assert.deepEqual((await alice.Issues.edit(shop, iid, { removeLabels: 'outage' })).labels, ['severity-high'])
  const events = await alice.IssueLabelEvents.all(shop, iid)
  assert.deepEqual(events.map((row) => [row.action, row.label.name]),
    [['add', 'outage'], ['add', 'severity-high'], ['remove', 'outage']])
})

await step('more than a page of notes, one edited', async () => {
  for (let n = 0; n < 101; n++) await bob.IssueNotes.create(shop, iid, `note ${n}`)
  const all = await alice.IssueNotes.all(shop, iid, { sort: 'asc', orderBy: 'created_at', perPage: 50 })
  const said = all.filter((row) => !row.system)
  assert.deepEqual(said.map((row) => row.body), Array.from({ length: 101 }, (_, n) => `note ${n}`))
  assert.equal((await bob.IssueNotes.edit(shop, iid, said[0].id, { body: 'better' })).body, 'better')
})

await step('an emoji is awarded', async () => {
  const [note] = (await alice.IssueNotes.all(shop, iid)).filter((row) => !row.system)
  await alice.IssueNoteAwardEmojis.award(shop, iid, note.id, 'eyes')
  const awarded = await alice.IssueNoteAwardEmojis.all(shop, iid, note.id)
  assert.deepEqual(awarded.map((row) => [row.name, row.user.username]), [['eyes', 'alice']])
})

await step('closed and opened again, and the events tell', async () => {
  const closed = await alice.Issues.edit(shop, iid, { stateEvent: 'close' })
  assert.deepEqual([closed.state, closed.closed_by.username], ['closed', 'alice'])
  const open = await bob.Issues.edit(shop, iid, { stateEvent: 'reopen' })
  assert.deepEqual([open.state, open.closed_at], ['opened', null])
  const events = await alice.IssueStateEvents.all(shop, iid)
  assert.deepEqual(events.map((row) => [row.state, row.user.username]), [['closed', 'alice'], ['reopened', 'bob']])
})

await step('related issues: linked once, seen from both ends', async () => {
  const child = await alice.Issues.create(shop, 'child')
  await alice.IssueLinks.create(shop, iid, shop, child.iid)
  await failsWith(409, alice.IssueLinks.create(shop, iid, shop, child.iid))
  const [there] = await alice.IssueLinks.all(shop, iid)
  const [back] = await alice.IssueLinks.all(shop, child.iid)
  assert.deepEqual([there.iid, back.iid, there.link_type], [child.iid, iid, 'relates_to'])
  await alice.IssueLinks.remove(shop, iid, there.issue_link_id)
  assert.deepEqual(await alice.IssueLinks.all(shop, iid), [])
})

await step('a board shows labels as lists', async () => {
  const board = await alice.ProjectIssueBoards.create(shop, 'Post-mortems')
  const label = await alice.ProjectLabels.create(shop, 'Draft', '#428bca')
  await alice.ProjectIssueBoards.createList(shop, board.id, { labelId: label.id })
  const lists = await alice.ProjectIssueBoards.allLists(shop, board.id)
  assert.deepEqual(lists.map((row) => row.label.name), ['Draft'])
})

await step('labels of somebody without rights, and a stranger as assignee, are dropped in silence', async () => {
  const made = await mallory.Issues.create(shop, 'seen', { labels: 'outage' })
  assert.deepEqual([made.author.username, made.labels], ['mallory', []])
  const [{ id: malloryId }] = await alice.Users.all({ username: 'mallory' })
  const hidden = await alice.Issues.create('acme/ops', 'hidden', { assigneeIds: [malloryId] })
  assert.deepEqual(hidden.assignees, [])
})

await step('errors', async () => {
  await failsWith(404, alice.Issues.show(99999, { projectId: shop }))
  await failsWith(404, mallory.Issues.all({ projectId: 'acme/ops' }))
  await failsWith(403, mallory.Issues.edit(shop, iid, { description: 'not mine' }))
  await failsWith(404, alice.RepositoryFiles.showRaw(shop, '.gitlab/closeout.yml', 'HEAD'))
})

await step('a webhook is registered and never tells its secret', async () => {
  const hook = await alice.ProjectHooks.add(shop, 'http://127.0.0.1:9/hook', { issuesEvents: true, token: 's' })
  const [listed] = await alice.ProjectHooks.all(shop)
  assert.equal(listed.id, hook.id)
  assert.ok(!('token' in listed))
  await alice.ProjectHooks.remove(shop, hook.id)
})
