import assert from 'node:assert/strict'
import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { IDENTITY_LIMITS } from '../gateway/identity/limits.ts'
import { startHub } from '../gateway/link/hub.fixture.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

const yaml = (node: string, data: string, link: string) => paperYaml({ a: 'well' }, `node: { id: ${node} }\ndata: ${data}\nlink: ${link}`)

/** A hub that runs, its configuration, and one of an edge. */
async function makePair() {
  const world = makeWorld()
  const hub = await startHub({ data: join(world.folder, 'hub') })
  const config = world.write('hub.yaml', yaml('hub-1', 'hub', `{ listen: { address: "${hub.address}" } }`))
  const edge = world.write('edge.yaml', yaml('edge-1', 'edge', '{ passphrase: "${env:PASS}" }'))
  const token = async (name: string, ...more: string[]) => {
    const { code, out, err } = await world.run(['node', 'add', name, '-c', config, '-o', 'json', ...more])
    assert.equal(code, 0, err)
    return JSON.parse(out).token as string
  }
  const enrol = (text: string, ...more: string[]) => world.run(['enroll', text, '-c', edge, ...more], { env: { PASS: 'a phrase' } })
  return { world, hub, config, edge, token, enrol }
}

test('node add prints a token, enroll uses it, node list shows the node, node revoke ends its link', async () => {
  const { world, hub, config, enrol } = await makePair()
  assert.match((await world.run(['node', 'list', '-c', config])).out, /no node is known here yet/)
  const added = await world.run(['node', 'add', 'edge-1', '-c', config])
  assert.match(added.out, /^ecluse enroll [A-Za-z0-9_-]{200,}\n$/)
  assert.match(added.err, /reached from this machine only\none-time token for edge-1, good until 20\S+Z; on the edge:\n$/)
  const enrolled = await enrol(added.out.trim().split(' ').at(-1) as string)
  assert.deepEqual([enrolled.code, enrolled.err], [0, ''])
  assert.match(enrolled.out, /^enrolled as edge-1 at 127\.0\.0\.1:\d+; certificate until 20/)
  assert.deepEqual(readdirSync(join(world.folder, 'edge', 'identity', 'node')).sort(), ['certificate-1.pem', 'key-1.pem', 'node.json'])
  const [node] = JSON.parse((await world.run(['node', 'list', '-c', config, '-o', 'json'])).out).nodes
  assert.deepEqual([node.node, node.state, node.daysLeft], ['edge-1', 'enrolled', 89])
  const revoked = await world.run(['node', 'revoke', 'edge-1', '--reason', 'stolen', '-c', config])
  assert.match(revoked.err, /edge-1 is revoked/)
  assert.match((await world.run(['node', 'list', '-c', config])).out, /edge-1 {2}revoked .* stolen\n/)
  await hub.identity.registry.refresh()
  assert.equal(hub.identity.registry.node('edge-1')?.revoked?.reason, 'stolen')
})

test('enroll: what can go wrong is said plainly, in both languages, and nothing is changed', async () => {
  const { world, hub, token, enrol } = await makePair()
  const other = await startHub()
  const expired = await hub.token('edge-1', { lifetimeMs: -1 })
  assert.match((await enrol(expired)).err, /^✗ the token has expired\n {2}hint: have another made on the hub/)
  assert.match((await enrol(expired, '--lang', 'fr')).err, /^✗ le jeton a expiré\n/)
  const led = await token('edge-1', '--address', other.address)
  assert.match((await enrol(led)).err, /is not the hub that made this token: nothing was told to it\n/)
  assert.match((await enrol(led, '--lang', 'fr')).err, /n’est pas le hub qui a fait ce jeton/)
  const nowhere = await token('edge-1', '--address', '127.0.0.1:1')
  assert.match((await enrol(nowhere)).err, /^✗ the hub was not reached: .*ECONNREFUSED.*\n {2}hint: is it running/)
  assert.match((await enrol(nowhere, '--lang', 'fr')).err, /^✗ le hub n’a pas été joint/)
  assert.match((await enrol('abc')).err, /not a whole enrolment token/)
  assert.match((await enrol(await token('edge-2'))).err, /the token is for node edge-2, and the configuration is of node edge-1/)
  assert.deepEqual(readdirSync(join(world.folder, 'edge', 'identity', 'node')), [])
  const good = await token('edge-1')
  assert.equal((await enrol(good)).code, 0)
  assert.match((await enrol(good, '--replace')).err, /used already/)
  assert.match((await enrol(await token('edge-1', '--replace'))).err, /edge-1 is enrolled already\n {2}hint: add --replace/)
  assert.equal((await enrol(await token('edge-1', '--replace'), '--replace')).code, 0)
  world.write('edge.yaml', yaml('edge-1', 'edge', '{ passphrase: "${env:PASS}", to: "10.0.0.9:8490" }'))
  assert.match(
    (await enrol(await token('edge-1', '--replace'), '--replace')).err,
    /^note: the token is of 127.* says `link: \{ to: 10\.0\.0\.9:8490 \}`/,
  )
  assert.equal((await world.run(['enroll', await token('edge-9'), '--data', join(world.folder, 'else')])).code, 0)
})

test('node: names, addresses and lifetimes are checked; what is not known is not revoked', async () => {
  const { world, config, token } = await makePair()
  const run = async (...args: string[]) => {
    const { code, err } = await world.run([...args, '-c', config])
    assert.equal(code, 1)
    return err
  }
  assert.match(await run('node', 'add', 'a b'), /cannot be a node’s name/)
  assert.match(await run('node', 'add', 'a', '--lifetime', `${IDENTITY_LIMITS.tokenLifetimeMs / 86_400_000 + 1}d`), /7 days at most/)
  assert.match(await run('node', 'add', 'a', '--lifetime', '0s'), /more than nothing/)
  assert.match(await run('node', 'add', 'hub-1'), /hub-1 is this node’s own name/)
  const on = async (head: string) => {
    const { code, err } = await world.run([
      'node',
      'add',
      'a',
      '-c',
      world.write('other.yaml', paperYaml({ a: 'well' }, `data: other\n${head}`)),
    ])
    assert.equal(code, 1, err)
    return err
  }
  assert.match(await on('node: { id: cell, role: edge }'), /cell takes in no other nodes: its role is edge\n {2}hint: add nodes on the hub/)
  assert.match(await on('node: { id: alone }'), /its role is all/)
  const diode = '{ transport: diode, listen: { port: 1 }, diode: { senders: [{ sender: 1, node: a, key: "${env:PASS}" }] } }'
  const oneWay = world.write('diode.yaml', paperYaml({ a: 'well' }, `data: other\nnode: { id: d, role: hub }\nlink: ${diode}`))
  const { err } = await world.run(['node', 'add', 'a', '-c', oneWay], { env: { PASS: Buffer.alloc(32, 1).toString('base64') } })
  assert.match(err, /d receives one way/)
  assert.ok(!readdirSync(world.folder).includes('other'), 'nothing was made')
  assert.match(await run('node', 'add', 'a', '--address', 'nowhere'), /not known how edges reach this hub/)
  assert.match(await run('node', 'revoke', 'nobody', '--reason', 'x'), /no node nobody is known here/)
  assert.match(await run('node', 'revoke', 'nobody'), /--reason/)
  const everywhere = world.write('any.yaml', yaml('hub-1', 'hub', '{ listen: { host: 0.0.0.0 } }'))
  assert.match((await world.run(['node', 'add', 'a', '-c', everywhere])).err, /not known how edges reach this hub/)
  assert.match((await world.run(['node'])).err, /Usage: ecluse node/)
  await token('edge-1')
  chmodSync(join(world.folder, 'hub', 'identity', 'authority', 'ca-key.pem'), 0o644)
  assert.match(await run('node', 'add', 'edge-1'), /ca-key\.pem may be read by others\n {2}hint: chmod 600/)
})
