// A GitHub that somebody else wrote (npm emulate), on loopback, until standard input closes. Prints its address.
import { once } from 'node:events'
import net from 'node:net'
import { createEmulator } from 'emulate'

// It would listen on every interface of the machine; a test has no business there.
// And it does not wait until it listens: whoever is told its address must be able to connect.
const listen = net.Server.prototype.listen
const listening = []
net.Server.prototype.listen = function (port, host, ...rest) {
  listening.push(once(this, 'listening'))
  return listen.call(this, { port, host: '127.0.0.1' }, ...[host, ...rest].filter((each) => typeof each === 'function'))
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

const people = ['alice', 'bob', 'closeout-bot']
const scopes = ['repo', 'user', 'admin:org', 'admin:repo_hook']
const emulator = await createEmulator({
  service: 'github',
  port: await freePort(),
  seed: {
    tokens: Object.fromEntries(people.map((login) => [`token-${login}`, { login, scopes }])),
    github: {
      users: people.map((login) => ({ login })),
      orgs: [{ login: 'acme', members: people.map((login) => ({ login, role: 'admin' })) }],
      repos: [{ owner: 'acme', name: 'shop', auto_init: true }],
    },
  },
})
await Promise.all(listening)
console.log(emulator.url.replace('localhost', '127.0.0.1'))
process.stdin.on('end', () => process.exit(0)).resume()
