import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCli } from '../src/cli/index.ts'
import type { Io } from '../src/cli/io.ts'
import { connectors } from '../src/connectors/index.ts'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'

/** Changes of the configuration on whole nodes, as programs of their own: who proposed, who approved, what runs without. */

const program = join(import.meta.dirname, '..', 'bin', 'ecluse.js')
const PASSWORD = 'seven grey herons fishing'
const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

async function made(governance: string) {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-changes-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const device = await startModbusSimulator({ port: 0, units: { 1: {} } })
  after(() => device.stop())
  device.setRegister(1, 'holding-register', 0, 11, 12)
  const text = (period: string, asked = governance) =>
    `version: 1\nsite: { id: t }\nhttp: { port: 0 }\n${asked}roles: { chief: { grants: [{ direction: inward, may: [operate], zones: ['*'] }, { direction: outward, may: [read], zones: ['*'] }] } }
connections:\n  plc: { kind: modbus, host: 127.0.0.1, port: ${device.port}, period: ${period}, signals: [{ id: r0, table: holding-register, address: 0, type: uint16 }] }\n`
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const config = write('ecluse.yaml', text('100ms'))
  // Commands in this process: what starts a node is a program of its own.
  const ecluse = async (...args: string[]) => {
    const said = { out: '', err: '' }
    const io: Io = {
      ...{ out: (text) => (said.out += text), err: (text) => (said.err += text), env: ENV, interactive: false },
      ...{ colour: { out: false, err: false }, ask: async () => '', stopSignal: () => new AbortController().signal },
    }
    const code = await runCli(args, { io, connectors: async () => connectors })
    return { code, ...said }
  }
  return { folder, config, text, write, ecluse, node: () => startNode(config) }
}

const ENV = { PATH: process.env.PATH ?? '', LANG: 'en_GB.UTF-8' }

function follow(child: ChildProcess) {
  const said = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  return said
}

async function startNode(config: string) {
  const child = spawn(process.execPath, [program, 'run', config, '--log-level', 'silent'], { env: ENV, stdio: ['ignore', 'pipe', 'pipe'] })
  after(() => child.kill('SIGKILL'))
  const said = follow(child)
  const ended = once(child, 'close')
  // The line on how to stop comes last.
  while (!said.err.includes('stop')) {
    if (child.exitCode !== null) throw new Error(said.err)
    await Promise.race([once(child.stderr as NonNullable<typeof child.stderr>, 'data'), ended])
  }
  const url = /is running: (\S+)/.exec(said.out)?.[1] as string
  const link = /\(works once\): (\S+)/.exec(said.out)?.[1]
  return {
    url,
    link,
    stop: async () => {
      child.kill('SIGINT')
      await ended
    },
  }
}

type Call = (path: string, init?: RequestInit) => Promise<Response>

/** Calls with the cookie of an answer. */
function signedIn(url: string, answer: Response): Call {
  assert.ok(answer.ok, String(answer.status))
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return (path, init = {}) => fetch(`${url}${path}`, { ...init, headers: { cookie, ...init.headers } })
}

const tokenIn = (link: string) => new URL(link.replace('/#/', '/')).searchParams.get('token')

async function administrator({ url, link }: { url: string; link: string | undefined }): Promise<Call> {
  const body = { token: tokenIn(link ?? ''), name: 'ana', password: PASSWORD }
  return signedIn(url, await fetch(`${url}/api/v1/accounts`, json(body)))
}

async function somebody(url: string, admin: Call, name: string, roles: string[]): Promise<Call> {
  const { link } = (await (await admin('/api/v1/users', json({ name, roles }))).json()) as { link: string }
  await fetch(`${url}/api/v1/invitation`, json({ token: tokenIn(link), password: PASSWORD }))
  return signedIn(url, await fetch(`${url}/api/v1/session`, json({ name, password: PASSWORD })))
}

const again = (url: string, name: string) =>
  fetch(`${url}/api/v1/session`, json({ name, password: PASSWORD })).then((one) => signedIn(url, one))
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code]

type World = Awaited<ReturnType<typeof made>>

/** The passport of the signal: what it says of the configuration, and its reasons. */
async function configurationIn({ ecluse, config }: World) {
  for (;;) {
    const { out, err } = await ecluse('why', 't/r0', '-c', config, '-o', 'json')
    assert.notEqual(out, '', err)
    const passport = JSON.parse(out)
    const hop = passport.chain?.find((one: { kind: string }) => one.kind === 'configuration')
    // The node has just started: its first sample is on its way.
    if (passport.values?.length === 0 || !hop) continue
    const reasons = passport.reasons.map((one: { code: string }) => one.code)
    return { problem: hop.problem, approvedBy: hop.details.approvedBy, proposedBy: hop.details.proposedBy, reasons }
  }
}

const findingsOf = async ({ ecluse, config }: World) => {
  const { out } = await ecluse('status', '-c', config, '-o', 'json')
  return JSON.stringify(JSON.parse(out)).includes('not-approved')
}

test('a change takes effect with the approval of a second person, and the passport names who gave it', { timeout: 240_000 }, async () => {
  const world = await made('governance: { changes: { approvals: 1, by: [chief] } }\n')
  const { config, ecluse, text, write, folder } = world
  let node = await world.node()
  let ana = await administrator(node)
  const bo = await somebody(node.url, ana, 'bo', ['chief'])
  const cy = await somebody(node.url, ana, 'cy', ['administrator'])

  // The first configuration had nobody before it that could be asked: it runs, and that is said.
  const first = await configurationIn(world)
  assert.equal(first.problem, 'not-approved')
  assert.ok(first.reasons.includes('not-approved'))
  const nodes = (await (await ana('/api/v1/nodes')).json()) as { findings: { code: string }[] }
  assert.ok(nodes.findings.some(({ code }) => code === 'not-approved'))

  const next = write('next.yaml', text('200ms'))
  const planned = await ecluse('plan', next, '-c', config)
  const digest = /^digest ([0-9a-f]{64})$/m.exec(planned.out)?.[1] as string
  assert.ok(digest, planned.out + planned.err)

  // Ana proposes it on the page's way; she cannot approve it, nor who has not the role, nor a token, nor for another digest.
  const files = [{ name: 'ecluse.yaml', text: text('200ms') }]
  const proposed = (await (await ana('/api/v1/changes', json({ files, reason: 'slower' }))).json()) as {
    change: { digest: string; missing: number }
  }
  assert.deepEqual([proposed.change.digest, proposed.change.missing], [digest, 1])
  const approve = (call: Call, of = digest) => call(`/api/v1/changes/${of}/approvals`, json({ reason: 'looked at it' }))
  assert.deepEqual(await codeOf(await approve(ana)), [403, 'change-own'])
  assert.deepEqual(await codeOf(await approve(cy)), [403, 'change-wrong-role'])
  assert.deepEqual(await codeOf(await approve(bo, '0'.repeat(64))), [404, 'change-unknown'])
  const local = readFileSync(join(folder, 'data', 'local-token'), 'utf8').trim()
  const bearer: Call = (path, init) =>
    fetch(`${node.url}${path}`, { ...init, headers: { ...init?.headers, authorization: `Bearer ${local}` } })
  assert.deepEqual(await codeOf(await approve(bearer)), [403, 'change-not-a-person'])

  const waiting = await ecluse('apply', next, '--reason', 'slower', '-c', config)
  assert.equal(waiting.code, 1, waiting.err)
  assert.match(waiting.out, /lacks 1 approval\(s\) by chief/)
  assert.equal(readFileSync(config, 'utf8'), text('100ms'), 'nothing is touched while one is missing')

  assert.equal((await approve(bo)).status, 200)
  assert.deepEqual(await codeOf(await approve(bo)), [409, 'change-twice'])
  const applied = await ecluse('apply', next, '--reason', 'slower', '-c', config)
  assert.equal(applied.code, 0, applied.err)
  assert.equal(readFileSync(config, 'utf8'), text('200ms'))
  await node.stop()

  node = await world.node()
  const then = await configurationIn(world)
  assert.deepEqual(
    { ...then, reasons: then.reasons.includes('not-approved') },
    { problem: undefined, approvedBy: 'bo', proposedBy: 'ana', reasons: false },
  )

  const out = join(folder, 'evidence')
  const exported = await ecluse('evidence', 'export', '--from=-1h', '--to', 'now', '--out', out, '-c', config)
  assert.equal(exported.code, 0, exported.err)
  const changes = JSON.parse(readFileSync(join(out, 'approvals.json'), 'utf8'))
  assert.deepEqual(
    [changes.running.state, changes.changes[0].digest, changes.changes[0].proposed.who, changes.changes[0].approvals[0].who],
    ['approved', digest, 'ana', 'bo'],
  )
  const steps = JSON.parse(readFileSync(join(out, 'changes.json'), 'utf8'))
    .filter(({ kind }: { kind: string }) => kind === 'approval')
    .map(({ detail }: { detail: { step: string } }) => detail.step)
    .reverse()
  assert.deepEqual(steps, ['start', 'proposed', 'approved', 'applied'])
  assert.match(readFileSync(join(out, 'index.html'), 'utf8'), /approved by bo/)

  // A file changed by hand, which even asks for nothing any more, is held to the one before it.
  await node.stop()
  write('ecluse.yaml', text('300ms', ''))
  node = await world.node()
  assert.equal((await configurationIn(world)).problem, 'not-approved')
  ana = await again(node.url, 'ana')
  const back = await ecluse('rollback', '--reason', 'not approved', '-c', config)
  assert.equal(back.code, 0, back.err + back.out)
  assert.equal(readFileSync(config, 'utf8'), text('200ms'), 'the earlier one was approved, and is still')
  await node.stop()
  node = await world.node()
  assert.deepEqual([(await configurationIn(world)).approvedBy, await findingsOf(world)], ['bo', false])
  await node.stop()
})

test('a file that says so keeps a node from running without approvals; a record of approvals that was written by hand counts for nothing', {
  timeout: 240_000,
}, async () => {
  const world = await made('governance: { changes: { approvals: 1, unapproved: refuse } }\n')
  const { config, ecluse, text, write, folder } = world
  let node = await world.node()
  const ana = await administrator(node)
  // The command line names nobody: what it proposes takes one approval more.
  const next = write('next.yaml', text('200ms'))
  assert.match((await ecluse('apply', next, '--reason', 'slower', '-c', config)).out, /lacks 2 approval/)
  const bo = await somebody(node.url, ana, 'bo', ['chief'])
  const list = (await (await ana('/api/v1/changes')).json()) as { changes: { digest: string }[] }
  const digest = list.changes[0]?.digest as string
  assert.equal((await bo(`/api/v1/changes/${digest}/approvals`, json({ reason: 'yes' }))).status, 200)
  await node.stop()

  write('ecluse.yaml', text('200ms'))
  const refused = await ecluse('run', config, '--log-level', 'silent')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /lacks 1 approval\(s\), and the one before it lets none run without/)

  const [name] = readdirSync(join(folder, 'data', 'changes')).filter((one) => one.endsWith('.signed'))
  const record = join(folder, 'data', 'changes', name as string)
  const [line = '', signature] = readFileSync(record, 'utf8').split('\n')
  const forged = JSON.parse(line)
  forged.approvals.push({ ...forged.approvals[0], who: 'cy' })
  writeFileSync(record, `${JSON.stringify(forged)}\n${signature}\n`)
  assert.equal((await ecluse('run', config, '--log-level', 'silent')).code, 1)

  // By its place, without a node that runs.
  const back = await ecluse('rollback', '--reason', 'it does not start', '-c', config)
  assert.equal(back.code, 1)
  assert.match(back.err, /approval\(s\), and no node runs here|no earlier/)
  write('ecluse.yaml', text('100ms'))
  node = await world.node()
  const bearer = readFileSync(join(folder, 'data', 'local-token'), 'utf8').trim()
  const audit = await fetch(`${node.url}/api/v1/audit?kind=finding`, { headers: { authorization: `Bearer ${bearer}` } })
  assert.match(await audit.text(), /the record of a change was not signed by this node/)
  await node.stop()
})

test('where no approval is asked for, the passport says so, and apply and rollback are recorded all the same', {
  timeout: 240_000,
}, async () => {
  const world = await made('')
  const { config, ecluse, text, write, folder } = world
  let node = await world.node()
  assert.equal((await configurationIn(world)).problem, 'not-asked')
  const next = write('next.yaml', text('200ms'))
  const applied = await ecluse('apply', next, '--reason', 'slower', '-c', config)
  assert.equal(applied.code, 0, applied.err)
  await node.stop()
  node = await world.node()
  await node.stop()
  // The node stands: the way back is open all the same.
  const back = await ecluse('rollback', '--reason', 'too slow', '-c', config, '-o', 'json')
  assert.equal(back.code, 0, back.err)
  assert.equal(readFileSync(config, 'utf8'), text('100ms'))
  const audit = join(folder, 'data', 'audit')
  const entries = readdirSync(audit)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(audit, name), 'utf8'))
  for (const step of ['proposed', 'applied', 'rolled back']) assert.match(entries.join(''), new RegExp(`"step":"${step}"`))
  assert.equal(
    readdirSync(folder).some((name) => name.endsWith('.draft')),
    false,
  )
})
