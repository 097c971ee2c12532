import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findHome } from './home.ts'

const program = join(findHome().directory, 'bin', 'ecluse.js')

function demo(temporary: string, ...args: string[]) {
  const env = { PATH: process.env.PATH ?? '', LANG: 'en_GB.UTF-8', TMPDIR: temporary }
  const child = spawn(process.execPath, [program, 'demo', '--no-open', '--log-level', 'error', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  after(() => child.kill('SIGKILL'))
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  return { child, said, ended: once(child, 'close').then(([code]) => code as number | null) }
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ecluse-demo-test-'))
  after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('the demo collects from every device, ends by itself with 0, and leaves nothing behind', { timeout: 90_000 }, async () => {
  const temporary = folder()
  const other = createServer()
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', () => resolve()))
  after(() => other.close())
  const { port } = other.address() as { port: number }
  const { said, ended } = demo(temporary, '--for', '4s', '--port', String(port))
  assert.equal(await ended, 0, said.err)
  assert.match(said.out, /^Écluse is running: http:\/\/127\.0\.0\.1:\d+\nCreate the first account \(works once\): http:\S+\n/)
  assert.match(said.err, new RegExp(`port ${port} is used by another program; took \\d+`))
  assert.match(said.err, /first sample stored \d+\.\d s after the start/)
  const rows = said.out.split('\n').map((line) => line.split(/ {2,}/))
  const head = rows.findIndex(([first]) => first === 'CONNECTION')
  assert.deepEqual(rows[head], ['CONNECTION', 'KIND', 'SIGNALS', 'READ', 'STORED', 'GOOD', 'UNCERTAIN', 'BAD', 'GAPS'])
  for (const name of ['baggage', 'energy', 'cooling', 'gates']) {
    const [, , signals, read, stored, good] = rows.find(([first]) => first === name) ?? []
    assert.ok(Number(signals) > 0 && Number(good) > 0, `${name}: ${said.out}`)
    assert.equal(read, stored, 'what was read is stored')
  }
  assert.deepEqual(readdirSync(temporary), [])
})

test('Ctrl-C ends the demo with 0 and its summary; --data keeps what was collected', { timeout: 90_000 }, async () => {
  const data = join(folder(), 'kept')
  const { child, said, ended } = demo(folder(), '--port', '0', '--data', data, '-o', 'json')
  while (!/first sample stored/.test(said.err)) {
    if (child.exitCode !== null) assert.fail(said.err)
    await Promise.race([once(child.stderr, 'data'), once(child, 'close')])
  }
  child.kill('SIGINT')
  assert.equal(await ended, 0, said.err)
  const rows: { stored?: number; records?: { versions: number } }[] = JSON.parse(said.out.slice(said.out.indexOf('[')))
  assert.equal(rows.length, 6, 'four connections of samples, two of records')
  assert.ok(rows.some(({ stored = 0 }) => stored > 0))
  assert.match(readFileSync(join(data, 'ecluse.yaml'), 'utf8'), /^version: 1$/m)
  assert.ok(existsSync(join(data, 'data')))
})
