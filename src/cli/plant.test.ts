import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { findHome } from './home.ts'
import type { Io } from './io.ts'
import { startPlant } from './plant.ts'

const home = findHome()
const stub = { ...home, module: (path: string) => home.module(path === 'examples/airport/plant' ? 'src/cli/fixtures/plant' : path) }

function start(mode: string, stop = new AbortController().signal) {
  let err = ''
  const io = { err: (text: string) => void (err += text) } as unknown as Io
  return { plant: startPlant(stub, io, [mode], stop), said: () => err }
}

/** True while a process is there and is not merely waiting to be collected. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Process group: the third field after the name in brackets. */
function groupOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2])
}

/** Resolves when the process is gone; the test's own time-out ends a vain wait. */
async function gone(pid: number): Promise<void> {
  while (lives(pid)) await delay(5)
}

for (const mode of ['message', 'line']) {
  test(`a plant says where it listens by ${mode}, and ends when asked`, { timeout: 20_000 }, async () => {
    const plant = await start(mode).plant
    const { opcua, process: pid } = plant.endpoints as { opcua: string; process: number }
    assert.equal(opcua, 'opc.tcp://127.0.0.1:1')
    assert.ok(lives(pid))
    await plant.stop()
    assert.ok(!lives(pid))
    await plant.stop()
  })
}

test('a plant that cannot start is an error with its own words shown', { timeout: 20_000 }, async () => {
  const { plant, said } = start('fails')
  await assert.rejects(plant, /exit 3/)
  assert.match(said(), /no port left/)
})

test('a plant that ends by itself later is noticed', { timeout: 20_000 }, async () => {
  const plant = await start('brief').plant
  assert.equal(await plant.ended, 'exit 4')
})

test('Ctrl-C while the plant starts ends the wait and the plant', { timeout: 20_000 }, async () => {
  const stopping = new AbortController()
  const { plant } = start('silent', stopping.signal)
  stopping.abort(new Error('stopped'))
  await assert.rejects(plant, /stopped/)
})

test('the plant dies with its parent, also when the parent is killed and can do nothing', { timeout: 20_000 }, async () => {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'parent.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const { process: pid } = JSON.parse(line.toString()) as { process: number }
  assert.ok(lives(pid))
  if (process.platform === 'linux')
    assert.equal(groupOf(pid), pid, 'Ctrl-C reaches a process group; the parent alone decides when its plant ends')
  parent.kill('SIGKILL')
  await gone(pid)
})
