import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until, withNode } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { silent } from '../src/core/log.ts'
import { statusName } from '../src/core/status.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: meter
version: 1.0.0
status: active
schema:
  - name: meter
    properties:
      - name: level
        logicalType: integer
        logicalTypeOptions: { maximum: 100 }
        customProperties: [{ property: signal, value: tank/level }]
slaProperties: [{ property: frequency, value: 200, unit: ms }, { property: latency, value: 1, unit: d }]
customProperties:
  - { property: otOwner, value: Water }
  - { property: itOwner, value: Data }
  - { property: forbiddenUses, value: [safety] }
`

test('a whole node keeps a contract: what breaks it is marked, counted with an example, and stored all the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-contract-'))
  const file = join(folder, 'meter.odcs.yaml')
  writeFileSync(file, CONTRACT)
  const device = await startModbusSimulator({ port: 0, units: { 1: {} } })
  device.setRegister(1, 'holding-register', 0, 11, 11)
  const signals = ['level', 'other'].map((name, at) => `{ id: tank/${name}, table: holding-register, address: ${at}, type: uint16 }`)
  const yaml = `  c: { kind: modbus, host: 127.0.0.1, port: ${device.port}, period: 50ms, timeout: 1s, signals: [${signals}] }\ncontracts: ['${file}']\n`
  try {
    await withNode(yaml, async (view) => {
      const index = (name: string) => view.signals.indexOf(`b/tank/${name}`) ?? -1
      const last = (name: string) => view.last.value[index(name)]
      const reasonsOf = (name: string) => view.reasons.names(view.last.reasons[index(name)] as number)
      await until('first values', 10_000, () => index('other') >= 0 && view.last.has(index('level')) && view.last.has(index('other')))
      assert.deepEqual(view.contracts(view.clock.now())[0]?.findings, [])
      device.setRegister(1, 'holding-register', 0, 101, 101)
      await until('the new values', 10_000, () => last('level') === 101 && last('other') === 101)
      assert.equal(statusName(view.last.status[index('level')] as number), 'UncertainEngineeringUnitsExceeded')
      assert.deepEqual([reasonsOf('level'), reasonsOf('other')], [['contract'], []])
      const [finding] = view.contracts(view.clock.now())[0]?.findings ?? []
      assert.deepEqual([finding?.property, finding?.kind, finding?.examples[0]?.value], ['meter.level', 'range', 101])
      const stored = async () => {
        const { count, reasons, reasonSets } = await view.historian.samples({
          signal: 'b/tank/level',
          from: 0,
          to: view.clock.now(),
          limit: 10_000,
        })
        return Array.from({ length: count }, (_, row) => reasonSets.get(reasons[row] as number) ?? []).some((names) =>
          names.includes('contract'),
        )
      }
      await until('stored with its reason', 10_000, stored)
    })
  } finally {
    await device.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a source that falls silent breaks a promise of freshness, and what was counted outlives a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-contract-'))
  writeFileSync(join(folder, 'meter.odcs.yaml'), CONTRACT)
  const device = await startModbusSimulator({ port: 0, units: { 1: {} } })
  device.setRegister(1, 'holding-register', 0, 101)
  const file = join(folder, 'ecluse.yaml')
  const signal = '{ id: tank/level, table: holding-register, address: 0, type: uint16 }'
  const silence = '{ uncertainAfter: 100ms, badAfter: 500ms }'
  writeFileSync(
    file,
    `version: 1\nsite: { id: b }\ncontracts: [meter.odcs.yaml]\nconnections:\n  c: { kind: modbus, host: 127.0.0.1, port: ${device.port}, period: 20ms, timeout: 1s, silence: ${silence}, signals: [${signal}] }\n`,
  )
  const run = async () => {
    const loaded = await loadConfig(file, { connectors, env: process.env })
    const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
    const findings = () => node.view.contracts(node.view.clock.now())[0]?.findings ?? []
    return { node, findings, kind: (name: string) => findings().find(({ kind }) => kind === name), data: loaded.config.data }
  }
  try {
    const first = await run()
    await until('breaches', 10_000, () => (first.kind('range')?.count ?? 0) > 3)
    await device.stop()
    await until('silence', 10_000, () => first.kind('silence') !== undefined)
    const { view } = first.node
    await until('the mark says so', 10_000, () => statusName(view.last.status[0] as number) === 'BadNoCommunication')
    assert.deepEqual(view.reasons.names(view.last.reasons[0] as number), ['contract', 'source-silent'])
    const before = first.findings()
    await first.node.stop()
    assert.ok(existsSync(join(first.data, 'contracts', 'findings')))
    const second = await run()
    const [range] = second.findings()
    assert.deepEqual([range?.count, range?.firstTime], [before[0]?.count, before[0]?.firstTime])
    assert.equal(second.kind('silence')?.count, 1)
    await second.node.stop()
  } finally {
    await device.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
