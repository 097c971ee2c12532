import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../bench/node.ts'
import type { Health } from '../src/api/schemas.ts'
import { compare, configFile } from './kill-run.ts'

const LIMIT_MS = 60_000
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0

test('a full disk in a whole node: health says so, nothing more is acknowledged, all goes on when there is room, nothing is lost or stored twice', {
  skip: !hasPrlimit && 'no prlimit here',
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-full-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = configFile(directory, 0)
  // A process that may not write to files stands for a full disk; the signal that comes with the limit is ignored, as a full disk sends none.
  const child = spawn(
    'sh',
    ['-c', `trap '' XFSZ; exec "$0" "$@"`, process.execPath, join(import.meta.dirname, 'full-child.ts'), file, directory],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const room = (bytes: number | 'unlimited') => execFileSync('prlimit', [`--fsize=${bytes}:unlimited`, '--pid', String(child.pid)])
  const told = listen(child.stdout)
  await until('a node that collects', LIMIT_MS, () => told.url !== undefined && told.acknowledged > 1_000)
  const authorization = `Bearer ${readFileSync(join(directory, 'local-token'), 'utf8').trim()}`
  const health = async () => (await (await fetch(`${told.url}/api/v1/health`, { headers: { authorization } })).json()) as Health
  assert.equal((await health()).status, 'ok')

  room(0)
  // The spool says so first; the connection when it has been refused, a moment later.
  let full = await health()
  await until('health says that the disk is full, and whom it stops', LIMIT_MS, async () => {
    full = await health()
    return full.status === 'failing' && full.connections[0]?.lastError !== undefined
  })
  const acknowledged = told.acknowledged
  assert.match(full.spool.problem ?? '', /EFBIG/)
  assert.match(full.connections[0]?.lastError?.message ?? '', /the spool does not take samples/)
  assert.ok((full.connections[0]?.pending ?? 0) > 0, 'what was read waits in memory')
  const tried = full.connections[0]?.lastError?.time ?? ''
  await until('a later try', LIMIT_MS, async () => ((await health()).connections[0]?.lastError?.time ?? '') > tried)
  assert.equal(told.acknowledged, acknowledged, 'no acknowledgement without a disk')

  room('unlimited')
  await until('collection goes on', LIMIT_MS, () => told.acknowledged > acknowledged + 1_000)
  await until('health is well again', LIMIT_MS, async () => (await health()).status === 'ok')
  child.stdin.write('stop\n')
  assert.deepEqual(await ended, [0, null])
  assert.deepEqual(await compare(file, [{ first: 0, last: told.acknowledged }]), { lost: 0, twice: 0, unclosed: [] })
})

/** What the child says, as it says it. */
function listen(stdout: NodeJS.ReadableStream) {
  const told = { url: undefined as string | undefined, acknowledged: -1 }
  let rest = ''
  stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [word, value] = line.split(' ')
      if (word === 'url') told.url = value
      else told.acknowledged = Number(value)
    }
  })
  return told
}
