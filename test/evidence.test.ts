import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../bench/node.ts'
import type { AuditList, Evidence, VerifyStateView } from '../src/api/schemas.ts'
import { runCli } from '../src/cli/index.ts'
import type { Io } from '../src/cli/io.ts'
import type { Connector } from '../src/core/connector.ts'
import { rootFromProof } from '../src/lib/merkle.ts'
import { countingConnector } from './counting-source.ts'

const LIMIT_MS = 60_000
const PASSWORD = 'a long enough password'

function makeWorld(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-evidence-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'ecluse.yaml')
  const write = (extra = '') =>
    writeFileSync(
      config,
      `version: 1\nsite: { id: b }\nhttp: { port: 0 }\nspool: { segmentBytes: 1MiB, maxBytes: 256MiB }\n${extra}connections:\n  c: { kind: counting, first: 0 }\n`,
    )
  write()
  let acknowledged = 0
  const counting = countingConnector((last) => {
    acknowledged = last
  })
  const run = async (args: readonly string[], stop?: AbortSignal, onOut?: (text: string) => void) => {
    const said = { out: '', err: '' }
    const io: Io = {
      out: (text) => {
        said.out += text
        onOut?.(text)
      },
      err: (text) => {
        said.err += text
      },
      env: { LANG: 'en_GB.UTF-8' },
      ...{ interactive: false, colour: { out: false, err: false }, ask: async () => '' },
      stopSignal: () => stop ?? new AbortController().signal,
    }
    return { code: await runCli(args, { io, connectors: async () => [counting as Connector] }), ...said }
  }
  const start = async () => {
    const stop = new AbortController()
    t.after(() => stop.abort())
    let said = ''
    const ended = run(['run', config, '--log-level', 'error'], stop.signal, (text) => {
      said += text
    })
    await Promise.race([until('a node', LIMIT_MS, () => /running/.test(said)), ended.then(({ err }) => assert.fail(err))])
    // The lines after the address come with it.
    await new Promise((resolve) => setImmediate(resolve))
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ''
    const halt = async () => {
      stop.abort()
      const { code, err } = await ended
      assert.equal(code, 0, err)
    }
    return { url, token: /token=([\w-]+)/.exec(said)?.[1], halt }
  }
  return { folder, config, data: join(folder, 'data'), write, run, start, acknowledged: () => acknowledged }
}

test('a node signs in, is refused, stops; its evidence is exported, verified, altered, and found altered', {
  timeout: 120_000,
}, async (t) => {
  const world = makeWorld(t)
  const { config, folder, data, run } = world
  const node = await world.start()
  let cookie = ''
  const call = async (path: string, body?: object, method = body ? 'POST' : 'GET') => {
    const headers = { ...(body && { 'content-type': 'application/json' }), ...(cookie && { cookie }) }
    const answer = await fetch(`${node.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] || cookie
    return answer
  }
  assert.equal((await call('/api/v1/accounts', { token: node.token, name: 'ada', password: PASSWORD })).status, 201)
  assert.equal((await call('/api/v1/session', { name: 'ada', password: 'not the password' })).status, 401)
  assert.equal((await call('/api/v1/session', { name: 'ada', password: PASSWORD })).status, 200)
  const stranger = await fetch(`${node.url}/api/v1/audit`, { headers: { authorization: `Bearer ${'x'.repeat(43)}` } })
  assert.equal(stranger.status, 401)
  assert.equal((await call('/api/v1/facts/recompute', { from: '-1h' })).status, 200)
  const { entries } = (await (await call('/api/v1/audit')).json()) as AuditList
  const kinds = entries.map(({ kind, outcome, who }) => `${kind} ${outcome} ${who ?? '-'}`).reverse()
  assert.deepEqual(kinds, [
    'start done -',
    'account done ada',
    'sign-in refused ada',
    'sign-in done ada',
    'denial refused -',
    'recompute done ada',
  ])
  await until('a few segments', LIMIT_MS, () => world.acknowledged() > 60_000)

  // Checked while it runs.
  assert.equal((await call('/api/v1/evidence/verification', {})).status, 202)
  let state: VerifyStateView | undefined
  await until('the verification', LIMIT_MS, async () => {
    state = (await (await call('/api/v1/evidence/verification')).json()) as VerifyStateView
    return state.finishedTime !== undefined
  })
  assert.equal(state?.problem, undefined)
  assert.equal(state?.result?.tampered, undefined, JSON.stringify(state?.result?.tampered))
  assert.ok((state?.result?.spool?.segments ?? 0) >= 1)

  // A stored value leads to its record, and the record to the root of its hour.
  const evidence = (await (await call('/api/v1/evidence')).json()) as Evidence
  const [stream] = evidence.streams
  const proof = (await (await call(`/api/v1/evidence/proof?node=node-1&epoch=${stream?.epoch}&sequence=40`)).json()) as {
    hash: string
    index: number
    records: number
    path: string[]
    root: string
  }
  const bytes = (hex: string) => Buffer.from(hex, 'hex')
  assert.equal(rootFromProof(bytes(proof.hash), proof.index, proof.records, proof.path.map(bytes))?.toString('hex'), proof.root)

  // A folder made while it runs.
  const live = join(folder, 'live')
  const made = await run(['evidence', 'export', '-c', config, '--out', live, '-o', 'json'])
  assert.equal(made.code, 0, made.err)
  assert.deepEqual(
    JSON.parse(made.out).absent.map(({ file }: { file: string }) => file),
    [],
  )
  const key = join(folder, 'key.pem')
  const shown = await run(['evidence', 'key', '-c', config])
  writeFileSync(key, shown.out)
  assert.match(shown.err, new RegExp(evidence.key))
  const sound = await run(['evidence', 'verify', live, '--key', key])
  assert.equal(sound.code, 0, sound.out)
  assert.match(
    sound.out,
    /^Nothing was found altered, missing or reordered\.\n {2}\d+ files are as the signed list says\n {2}\d+ records, 1 to/,
  )
  assert.match(readFileSync(join(live, 'index.fr.html'), 'utf8'), /Rien n’a été trouvé altéré/)
  await node.halt()

  // The data directory itself, stopped: everything is signed.
  const whole = JSON.parse((await run(['evidence', 'verify', data, '--key', key, '-o', 'json'])).out)
  assert.equal(whole.tampered, undefined, JSON.stringify(whole.tampered))
  assert.deepEqual([whole.spool.unsignedRecords, whole.audit.unsignedEntries, whole.spool.isStopped], [0, 0, true])

  // One bit in the folder, in the spool, in the audit log; and another key.
  const flip = (path: string) => {
    const content = readFileSync(path)
    content[1000] = (content[1000] as number) ^ 4
    writeFileSync(path, content)
    return () => {
      content[1000] = (content[1000] as number) ^ 4
      writeFileSync(path, content)
    }
  }
  const segment = readdirSync(join(live, 'spool')).find((name) => name.endsWith('.seg')) as string
  const back = flip(join(live, 'spool', segment))
  const altered = await run(['evidence', 'verify', live, '--key', key, '--lang', 'fr'])
  assert.equal(altered.code, 1)
  assert.match(altered.out, new RegExp(`^Premier défaut dans ${segment} : record \\d+ `))
  back()
  writeFileSync(join(live, 'extra.txt'), 'x')
  assert.match((await run(['evidence', 'verify', live, '--key', key])).out, /extra\.txt: the file is not in the signed list/)
  // The node's own may have moved on since the folder was made.
  const newest = readdirSync(join(data, 'spool'))
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .at(-1) as string
  const undo = flip(join(data, 'spool', newest))
  assert.match(
    (await run(['evidence', 'verify', data, '--key', key])).out,
    new RegExp(`^Something is wrong first in ${newest}: record \\d+ .* \\(record \\d+\\)\n`),
  )
  undo()
  const mend = flip(join(data, 'audit', 'audit-0000000001.jsonl'))
  assert.match((await run(['evidence', 'verify', data, '--key', key])).out, /audit-0000000001\.jsonl: .* \(entry \d+\)/)
  mend()
  assert.equal((await run(['evidence', 'verify', data, '--key', key])).code, 0)

  // Another version of the file is a change that is recorded.
  world.write('audit: { keep: 90d }\n')
  const again = await world.start()
  const listed = await run(['audit', '-c', config, '--kind', 'configuration'])
  assert.equal(listed.code, 0, listed.err)
  assert.match(listed.out, /^ *N +TIME +KIND +OUTCOME +WHO +FROM +WHAT\n *\d+ +\S+ +configuration +done +- +- +[0-9a-f]{16}\n$/)
  await again.halt()
})

test('what a command does while no node runs is recorded all the same; where it cannot be, it is not done', {
  timeout: 60_000,
}, async (t) => {
  const { config, data, run, folder } = makeWorld(t)
  const hub = `${config}.hub.yaml`
  writeFileSync(hub, `version: 1\nsite: { id: b }\ndata: ${data}\nnode: { id: hub-1, role: hub }\n`)
  const added = await run(['node', 'add', 'edge-1', '-c', hub, '--address', '127.0.0.1:8490'])
  assert.equal(added.code, 0, added.err)
  const key = join(folder, 'key.pem')
  writeFileSync(key, (await run(['evidence', 'key', '-c', hub])).out)
  const text = readFileSync(join(data, 'audit', 'audit-0000000001.jsonl'), 'utf8')
  assert.match(text, /"kind":"enrolment","outcome":"done","who":"local\/\w+","what":"edge-1"/)
  assert.equal((await run(['evidence', 'verify', join(data, 'audit'), '--key', key])).code, 0)
  writeFileSync(join(data, 'audit', 'lock'), JSON.stringify({ pid: process.ppid, started: startOf(process.ppid) }))
  const refused = await run(['node', 'add', 'edge-2', '-c', hub, '--address', '127.0.0.1:8490'])
  assert.equal(refused.code, 1)
  assert.match(refused.err, /must be recorded in the audit log/)
  assert.doesNotMatch((await run(['node', 'list', '-c', hub])).out, /edge-2/)
})

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}
