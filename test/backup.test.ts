import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { type ModbusSimulator, startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { silent } from '../src/core/log.ts'
import { statusName } from '../src/core/status.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'

/** What docs/running.md says of backup and restore, done as it is written there. */

const LIMIT_MS = 30_000

const start = async (folder: string) => {
  const loaded = await loadConfig(join(folder, 'ecluse.yaml'), { connectors, env: {} })
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
}
type Node = Awaited<ReturnType<typeof start>>

const valuesOf = async ({ view }: Node) => {
  const { count, value, status } = await view.historian.samples({ signal: 'b/x', from: 0, to: systemClock.now() + 1e9, limit: 100_000 })
  return Array.from(value.subarray(0, count), (one, i) => (Number.isNaN(one) ? statusName(status[i] as number) : one))
}

/** A node whose device counts: every poll reads a value of its own. */
async function plant(t: TestContext): Promise<{ folder: string; device: ModbusSimulator; count: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-backup-'))
  const device = await startModbusSimulator({ units: { 1: { 'holding-register': [1] } } })
  t.after(async () => {
    await device.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  mkdirSync(join(folder, 'node'))
  const signals = '[{ id: x, table: holding-register, address: 0 }]'
  writeFileSync(
    join(folder, 'node', 'ecluse.yaml'),
    `version: 1\nsite: { id: b }\nconnections:\n  c: { kind: modbus, host: 127.0.0.1, port: ${device.port}, period: 50ms, signals: ${signals} }\n`,
  )
  let n = 1
  return { folder, device, count: () => device.setRegister(1, 'holding-register', 0, ++n) }
}

test('backup and restore: what was there is there, what came since is not, and the node goes on', { timeout: 120_000 }, async (t) => {
  const { folder, count } = await plant(t)
  const node = join(folder, 'node')
  const archive = join(folder, 'backup.tar')
  const seen = async (running: Node, value: number) =>
    until(`${value} stored`, LIMIT_MS, async () => (await valuesOf(running)).includes(value))

  let running = await start(node)
  await seen(running, 1)
  await running.stop()
  execFileSync('tar', ['-C', folder, '-cpf', archive, 'node'])

  running = await start(node)
  count()
  await seen(running, 2)
  await running.stop()
  rmSync(node, { recursive: true })
  execFileSync('tar', ['-C', folder, '-xpf', archive])

  count()
  running = await start(node)
  await seen(running, 3)
  const values = await valuesOf(running)
  assert.deepEqual([values.includes(1), values.includes(2), values.includes(3)], [true, false, true])
  assert.ok(values.includes('BadNoCommunication'), 'the time it did not run is no Good time')
  await running.stop()
})
