import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { modbusConfig, type Table } from './config.ts'
import { rows, testContext } from './fixture.ts'
import { startModbusSimulator, type UnitImage } from './simulator.ts'
import { ModbusSource } from './source.ts'

/** Every folder of cases/: a connection, what the device holds, and what the first poll must give. A bug report becomes a folder. */
const folder = join(import.meta.dirname, 'cases')

interface Device {
  readonly units: Record<number, UnitImage>
  readonly fail?: { unitId: number; exception: number; table?: Table; address?: number }[]
}

for (const name of readdirSync(folder)) {
  test(`case ${name}`, async (t) => {
    const text = (file: string) => readFileSync(join(folder, name, file), 'utf8')
    const device = JSON.parse(text('device.json')) as Device
    const keys = parse(text('connection.yaml')) as { framing?: 'tcp' | 'rtu-over-tcp' }
    const simulator = await startModbusSimulator({ units: device.units, ...(keys.framing && { framing: keys.framing }) })
    for (const { unitId, exception, table, address } of device.fail ?? []) {
      simulator.failWith(unitId, exception, table && address !== undefined ? { table, address } : undefined)
    }
    const context = testContext()
    const source = new ModbusSource(modbusConfig.parse({ ...keys, port: simulator.port }), context)
    t.after(async () => {
      await source.close()
      await simulator.stop()
    })
    await source.connect(t.signal)
    const expected = JSON.parse(text('expected.json')) as Record<string, string>
    const got: Record<string, string> = {}
    while (Object.keys(got).length < Object.keys(expected).length) Object.assign(got, rows((await source.read(t.signal)).batch, context))
    assert.deepEqual(got, Object.fromEntries(Object.entries(expected).sort()))
  })
}

test('the sample in README.md is the case energy-meter', () => {
  const sample = readFileSync(join(folder, 'energy-meter', 'connection.yaml'), 'utf8')
  assert.ok(readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').includes(sample))
})
