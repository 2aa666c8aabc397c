// GitHub's own client against the sandbox: what it asks for, and what it must be told. GITHUB_URL is the Enterprise base.
import assert from 'node:assert/strict'
import { Octokit } from '@octokit/rest'

const quiet = { debug() {}, info() {}, warn: console.warn, error() {} }
const as = (login) => new Octokit({ baseUrl: `${process.env.GITHUB_URL}/api/v3`, auth: `token-${login}`, log: quiet })
const [alice, bob, eve, mallory] = ['alice', 'bob', 'eve', 'mallory'].map(as)
const shop = { owner: 'acme', repo: 'shop' }
const failsWith = (status, promise) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.status, status, `expected ${status}, got ${error.status}: ${error.message}`)
    return true
  })

async function step(title, run) {
  await run()
  console.log(`ok - ${title}`)
}

await step('who am I', async () => {
  assert.equal((await alice.rest.users.getAuthenticated()).data.login, 'alice')
  await failsWith(401, as('nobody-knows').rest.users.getAuthenticated())
})

let issue
await step('an issue is created with body, labels and assignees as given', async () => {
  const { data, status } = await alice.rest.issues.create({
    ...shop, title: 'Überlast 🚨', body: 'one\r\ntwo', labels: ['outage'], assignees: ['bob'],
  })
  assert.equal(status, 201)
  issue = { ...shop, issue_number: data.number }
  const again = (await alice.rest.issues.get(issue)).data
  assert.deepEqual([again.title, again.body, again.state], ['Überlast 🚨', 'one\r\ntwo', 'open'])
  assert.deepEqual(again.labels.map((label) => label.name), ['outage'])
  assert.deepEqual(again.assignees.map((person) => person.login), ['bob'])
  assert.equal(again.user.login, 'alice')
})

await step('more than a page of issues is followed through Link headers', async () => {
  for (let n = 0; n < 101; n++) await bob.rest.issues.create({ ...shop, title: `issue ${n}` })
  const all = await alice.paginate(alice.rest.issues.listForRepo, { ...shop, state: 'all', per_page: 100 })
  assert.equal(all.length, 102)
  assert.equal(new Set(all.map((row) => row.number)).size, 102)
  const first = await alice.rest.issues.listForRepo(shop)
  assert.equal(first.data.length, 30)
  assert.match(first.headers.link, /rel="next"/)
})

await step('labels: created once, put on, taken off, filtered by', async () => {
  const label = { ...shop, name: 'severity-high', color: 'd93f0b', description: 'Many users' }
  assert.equal((await alice.rest.issues.createLabel(label)).status, 201)
  await assert.rejects(alice.rest.issues.createLabel(label), (error) => {
    assert.equal(error.status, 422)
    assert.equal(error.response.data.errors[0].code, 'already_exists')
    return true
  })
  const put = await alice.rest.issues.addLabels({ ...issue, labels: ['severity-high'] })
  assert.deepEqual(put.data.map((row) => row.name).sort(), ['outage', 'severity-high'])
  const found = await alice.rest.issues.listForRepo({ ...shop, labels: 'outage,severity-high' })
  assert.deepEqual(found.data.map((row) => row.number), [issue.issue_number])
  await alice.rest.issues.removeLabel({ ...issue, name: 'outage' })
  await failsWith(404, alice.rest.issues.removeLabel({ ...issue, name: 'outage' }))
})

await step('more than a page of comments, one edited', async () => {
  for (let n = 0; n < 101; n++) await bob.rest.issues.createComment({ ...issue, body: `comment ${n}` })
  const all = await alice.paginate(alice.rest.issues.listComments, { ...issue, per_page: 50 })
  assert.deepEqual(all.map((row) => row.body), Array.from({ length: 101 }, (_, n) => `comment ${n}`))
  const mine = { ...shop, comment_id: all[0].id, body: 'comment 0, better' }
  assert.equal((await bob.rest.issues.updateComment(mine)).data.body, 'comment 0, better')
  assert.equal((await alice.rest.issues.get(issue)).data.comments, 101)
})

await step('a reaction is given once', async () => {
  const [comment] = (await alice.rest.issues.listComments(issue)).data
  const reaction = { ...shop, comment_id: comment.id, content: 'eyes' }
  assert.equal((await alice.rest.reactions.createForIssueComment(reaction)).status, 201)
  assert.equal((await alice.rest.reactions.createForIssueComment(reaction)).status, 200)
})

await step('closed and opened again, and the timeline tells', async () => {
  const closed = (await alice.rest.issues.update({ ...issue, state: 'closed', state_reason: 'not_planned' })).data
  assert.deepEqual([closed.state, closed.state_reason, closed.closed_by.login], ['closed', 'not_planned', 'alice'])
  assert.ok(closed.closed_at)
  const open = (await bob.rest.issues.update({ ...issue, state: 'open' })).data
  assert.deepEqual([open.state, open.closed_at], ['open', null])
  const events = await alice.paginate(alice.rest.issues.listEventsForTimeline, { ...issue, per_page: 100 })
  const states = events.filter((row) => ['closed', 'reopened'].includes(row.event))
  assert.deepEqual(states.map((row) => [row.event, row.actor.login]), [['closed', 'alice'], ['reopened', 'bob']])
})

await step('sub-issues: one parent each', async () => {
  const make = async (title) => (await alice.rest.issues.create({ ...shop, title })).data
  const [child, other] = [await make('child'), await make('other parent')]
  const added = await alice.rest.issues.addSubIssue({ ...issue, sub_issue_id: child.id })
  assert.equal(added.status, 201)
  const children = (await alice.rest.issues.listSubIssues(issue)).data
  assert.deepEqual(children.map((row) => row.number), [child.number])
  const parent = await alice.rest.issues.getParent({ ...shop, issue_number: child.number })
  assert.equal(parent.data.number, issue.issue_number)
  await failsWith(422, alice.rest.issues.addSubIssue({ ...shop, issue_number: other.number, sub_issue_id: child.id }))
  await alice.rest.issues.removeSubIssue({ ...issue, sub_issue_id: child.id })
  assert.deepEqual((await alice.rest.issues.listSubIssues(issue)).data, [])
})

await step('who may do what', async () => {
  const role = async (username) => (await alice.rest.repos.getCollaboratorPermissionLevel({ ...shop, username })).data
  assert.deepEqual([(await role('alice')).role_name, (await role('bob')).role_name], ['admin', 'write'])
  await alice.rest.issues.checkUserCanBeAssigned({ ...shop, assignee: 'bob' })
  await failsWith(404, alice.rest.issues.checkUserCanBeAssigned({ ...shop, assignee: 'mallory' }))
})

await step('labels and assignees of somebody without rights are dropped in silence', async () => {
  const { data } = await eve.rest.issues.create({ ...shop, title: 'seen', labels: ['outage'], assignees: ['bob'] })
  assert.deepEqual([data.labels, data.assignees], [[], []])
  const unassignable = await alice.rest.issues.create({ ...shop, title: 'x', assignees: ['bob', 'mallory'] })
  assert.deepEqual(unassignable.data.assignees.map((person) => person.login), ['bob'])
})

await step('errors', async () => {
  await failsWith(404, alice.rest.issues.get({ ...shop, issue_number: 99999 }))
  await failsWith(404, mallory.rest.issues.listForRepo({ owner: 'acme', repo: 'ops' }))
  await failsWith(422, alice.rest.issues.create({ ...shop, title: 'long', body: 'x'.repeat(65537) }))
  await failsWith(403, eve.rest.issues.update({ ...issue, body: 'not mine' }))
})

await step('a webhook is registered and listed', async () => {
  const config = { url: 'http://127.0.0.1:9/hook', content_type: 'json', secret: 's' }
  const { data } = await alice.rest.repos.createWebhook({ ...shop, name: 'web', config, events: ['issues'] })
  const listed = (await alice.rest.repos.listWebhooks(shop)).data
  assert.deepEqual(listed.map((row) => row.id), [data.id])
  assert.notEqual(listed[0].config.secret, 's')
  await alice.rest.repos.deleteWebhook({ ...shop, hook_id: data.id })
})

await step('GraphQL answers the same issue', async () => {
  const graphql = alice.graphql.defaults({ baseUrl: `${process.env.GITHUB_URL}/api` })
  const found = await graphql(
    'query($n: Int!) { viewer { login } repository(owner: "acme", name: "shop") { issue(number: $n) { title state } } }',
    { n: issue.issue_number },
  )
  assert.equal(found.viewer.login, 'alice')
  assert.deepEqual(found.repository.issue, { title: 'Überlast 🚨', state: 'OPEN' })
})
