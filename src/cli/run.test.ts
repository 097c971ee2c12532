import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findHome } from './home.ts'

const program = join(findHome().directory, 'bin', 'ecluse.js')
const env = { PATH: process.env.PATH ?? '', LANG: 'en_GB.UTF-8' }

/** One command in its own process, as a person starts it. */
function ecluse(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }))
  return { child, said, ended }
}

/** Waits until the process has said something; fails when it ends before. */
async function until(child: ChildProcess, said: { out: string; err: string }, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = pattern.exec(said.out)
    if (found) return found
    if (child.exitCode !== null) throw new Error(`ended before it said ${pattern}: ${said.err}`)
    await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, 'data'), once(child, 'close')])
  }
}

function configured(port: number) {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-run-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'ecluse.yaml')
  const nobody = 'plc-1: { kind: modbus, host: 127.0.0.1, port: 1, signals: [{ id: a, table: holding-register, address: 0 }] }'
  writeFileSync(config, `version: 1\nsite: { id: t2e }\nhttp: { port: ${port} }\nconnections:\n  ${nobody}\n`)
  return { folder, config }
}

test('a node runs, is found by the other commands, and ends with 0 when asked', { timeout: 60_000 }, async () => {
  const { folder, config } = configured(0)
  const { child, said, ended } = ecluse('run', config)
  after(() => child.kill('SIGKILL'))
  const [, url] = await until(child, said, /^t2e\/node-1 is running: (http:\/\/127\.0\.0\.1:\d+)\n/)
  await until(child, said, /Create the first account \(works once\): http:\S+\n/)
  assert.equal(statSync(join(folder, 'data', 'running.json')).mode & 0o077, 0)
  child.kill('SIGUSR1')

  const status = await ecluse('status', '-c', config, '-o', 'json').ended
  assert.equal(status.code, 0, status.err)
  const health = JSON.parse(status.out)
  assert.deepEqual([health.site.id, health.connections[0].name, health.connections[0].good], ['t2e', 'plc-1', 0])
  const stranger = await ecluse('status', '--url', url ?? '', '-c', join(folder, 'none.yaml')).ended
  assert.equal(stranger.code, 1, 'nobody without the token')
  assert.match(stranger.err, /without a token/)

  const second = await ecluse('run', config, '--lang', 'fr').ended
  assert.equal(second.code, 1)
  assert.match(second.err, /✗ un autre nœud tourne sur \S+data\n {2}conseil : arrêtez-le/)

  child.kill('SIGINT')
  const { code, err } = await ended
  assert.equal(code, 0)
  assert.match(err, /stopped; everything that was read is stored\n$/)
  assert.doesNotMatch(err, /Debugger listening/)
  assert.equal(existsSync(join(folder, 'data', 'running.json')), false)
})

test('a node does not start where others may read its keys', { timeout: 60_000 }, async () => {
  const { folder, config } = configured(0)
  mkdirSync(join(folder, 'data', 'identity'), { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'data', 'identity', 'node.key'), 'x', { mode: 0o644 })
  const { code, out, err } = await ecluse('run', config).ended
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /what security rests on does not hold here: files with secrets: .*node\.key/)
})

test('a port that is taken is said to be, and nothing is left running', { timeout: 60_000 }, async () => {
  const other = createServer()
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', () => resolve()))
  after(() => other.close())
  const { port } = other.address() as { port: number }
  const { code, err } = await ecluse('run', configured(port).config, '--log-level', 'silent').ended
  assert.equal(code, 1)
  assert.match(err, new RegExp(`✗ 127\\.0\\.0\\.1:${port} is used by another program\\n {2}hint: is another node running`))
})

test('data of a newer version is refused and left as it is', { timeout: 60_000 }, async () => {
  const { folder, config } = configured(0)
  const written = '{"format":99,"version":"9.1.0"}'
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'format.json'), written)
  const { code, err } = await ecluse('run', config, '--log-level', 'silent').ended
  assert.equal(code, 1)
  assert.match(
    err,
    /✗ the data in .+ was written by version 9\.1\.0, in a form that this one does not know\n {2}hint: install that version again/,
  )
  assert.deepEqual(readdirSync(join(folder, 'data')), ['format.json'])
  assert.equal(readFileSync(join(folder, 'data', 'format.json'), 'utf8'), written)
})

test('a bad configuration ends with 78 before anything starts', { timeout: 60_000 }, async () => {
  const { folder, config } = configured(0)
  writeFileSync(config, 'version: 1\nsite: { id: t2e }\nconections: {}\n')
  const { code, out, err } = await ecluse('run', config).ended
  assert.deepEqual([code, out], [78, ''])
  assert.match(err, /ecluse\.yaml:3:1 E_UNKNOWN_KEY unknown key `conections`\n {2}hint: did you mean `connections`\?/)
  assert.equal(existsSync(join(folder, 'data')), false)
})
