import assert from 'node:assert/strict'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { identityDirectory, openHubIdentity } from '../src/gateway/identity/hub.ts'
import { enroll } from '../src/gateway/link/tls.ts'
import { verifierOf } from '../src/lib/signed.ts'
import { verifyEvidence } from '../src/run/evidence/verify.ts'
import { startNode } from '../src/run/node.ts'
import { transportOf } from '../src/run/transport.ts'
import { freePort, until } from './air-gap.ts'
import { countingConnector } from './counting-source.ts'

/** A relay stores and forwards. What lies in its data directory opens neither the store of the edge below it nor that of the hub above, and signs for nobody else. */

const ids = ['hub', 'relay', 'edge'] as const
type Id = (typeof ids)[number]
const secretOf = (id: string): string => `the passphrase of ${id} alone`
const directory = mkdtempSync(join(tmpdir(), 'ecluse-relay-keys-'))

async function load(id: Id, link: string, connectors: readonly Connector[] = []) {
  const file = join(directory, `${id}.yaml`)
  const device = connectors.length > 0 ? 'connections:\n  c: { kind: counting, first: 0 }\n' : ''
  const rest = `link: { passphrase: "\${env:SECRET}", ${link} }\n${device}`
  writeFileSync(file, `version: 1\nsite: { id: t }\nnode: { id: ${id}, role: ${id} }\ndata: ${join(directory, id)}\n${rest}`)
  return loadConfig(file, { connectors, env: { SECRET: secretOf(id) } })
}
type Loaded = Awaited<ReturnType<typeof load>>

async function start(loaded: Loaded) {
  const transport = await transportOf(loaded, { clock: systemClock, log: silent })
  assert.ok(transport)
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport })
}

/** As `ecluse node add` and `ecluse enroll` do it; the upper node runs. */
async function enrol({ config: upper }: Loaded, { config: lower }: Loaded, port: number): Promise<void> {
  assert.ok(upper.link)
  const { authority, registry, tokens } = await openHubIdentity({
    data: upper.data,
    node: upper.node.id,
    link: upper.link,
    clock: systemClock,
  })
  await registry.add(lower.node.id, false, lower.node.role === 'relay')
  const made = { node: lower.node.id, address: `127.0.0.1:${port}`, fingerprint: authority.fingerprint, lifetimeMs: 60_000 }
  const { text: token } = await tokens.create(made)
  await enroll({ token, directory: identityDirectory(lower.data), passphrase: lower.link?.passphrase, clock: systemClock })
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

/** What each private key of a node is the other half of, as a digest; opened with one passphrase only. */
function keysOf(id: Id, passphrase: string): string[] {
  return filesIn(join(directory, id)).flatMap((path) => {
    const pem = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/.exec(readFileSync(path, 'latin1'))?.[0]
    if (pem === undefined) return []
    const half = createPublicKey(createPrivateKey({ key: pem, passphrase })).export({ format: 'der', type: 'spki' })
    return [createHash('sha256').update(half).digest('hex')]
  })
}

test('what lies at a relay opens neither end: keys of its own only, no passphrase of another, no signature that passes for another’s', async (t) => {
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const [hubPort, relayPort] = [await freePort(), await freePort()]
  const hubConfig = await load('hub', `listen: { port: ${hubPort} }`)
  const relayConfig = await load('relay', `listen: { port: ${relayPort} }`)
  const edgeConfig = await load('edge', 'certificateDays: 90', [countingConnector(() => {})])
  const hub = await start(hubConfig)
  await enrol(hubConfig, relayConfig, hubPort)
  const relay = await start(relayConfig)
  await enrol(relayConfig, edgeConfig, relayPort)
  const edge = await start(edgeConfig)
  await until('records of the edge at the hub', () => (hub.view.remotes().find(({ node }) => node === 'edge')?.sequence ?? 0) > 20)
  for (const node of [edge, relay, hub]) {
    await node.view.evidence?.sign()
    await node.stop()
  }

  const keys = Object.fromEntries(ids.map((id) => [id, keysOf(id, secretOf(id))])) as Record<Id, string[]>
  assert.deepEqual([keys.hub.length, keys.relay.length, keys.edge.length], [2, 3, 2], 'authority, link, signing')
  assert.equal(new Set(ids.flatMap((id) => keys[id])).size, 7, 'no key is at two nodes')
  for (const other of ['hub', 'edge'] as const)
    assert.throws(() => keysOf(other, secretOf('relay')), 'its passphrase opens no other node’s key')
  for (const path of filesIn(join(directory, 'relay')))
    for (const id of ids) assert.ok(!readFileSync(path, 'latin1').includes(secretOf(id)), `${path} tells a passphrase`)

  // The log of the edge stands under the edge's signature; in the place of it, one that the relay made is found out.
  const verifier = (id: Id) => verifierOf(readFileSync(join(directory, id, 'identity', 'signing', 'signing-key.pub.pem'), 'utf8'))
  const spool = join(directory, 'edge', 'spool')
  const tampered = async (id: Id) => (await verifyEvidence({ spool }, verifier(id))).tampered
  assert.equal(await tampered('edge'), undefined)
  assert.notEqual(await tampered('relay'), undefined)
  copyFileSync(join(directory, 'relay', 'spool', 'head.sig'), join(spool, 'head.sig'))
  assert.notEqual(await tampered('edge'), undefined)
})
