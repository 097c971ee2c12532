import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckStep } from '../../core/connector.ts'
import { CHECKED_SIGNALS } from './check.ts'
import { MODBUS_LIMITS, modbusConfig } from './config.ts'
import { rawDevice, testContext } from './fixture.ts'
import { modbus } from './index.ts'
import { startModbusSimulator } from './simulator.ts'

const never = new AbortController().signal
const base = { id: 'a', table: 'holding-register', address: 0 }

async function steps(config: object): Promise<CheckStep[]> {
  const found: CheckStep[] = []
  for await (const step of modbus.check(modbusConfig.parse({ host: '127.0.0.1', signals: [base], ...config }), testContext(), never))
    found.push(step)
  return found
}

test('defaults are the protocol’s', () => {
  const config = modbusConfig.parse({ host: 'plc', signals: [base] })
  assert.deepEqual(
    { ...config, signals: 0 },
    {
      host: 'plc',
      port: 502,
      framing: 'tcp',
      unitId: 1,
      timeout: 2_000,
      period: 1_000,
      byteOrder: 'big',
      wordOrder: 'big',
      maxRegistersPerRequest: 125,
      maxBitsPerRequest: 2_000,
      maxGap: 8,
      signals: 0,
    },
  )
})

test('contradictions in one signal are refused where they stand', () => {
  const wrong: [object, string][] = [
    [{ type: 'bit' }, 'bit'],
    [{ bit: 3 }, 'bit'],
    [{ type: 'text' }, 'length'],
    [{ type: 'float32', length: 2 }, 'length'],
    [{ type: 'float32', bits: [0, 3] }, 'bits'],
    [{ bits: [10, 8] }, 'bits'],
    [{ type: 'bool', scale: 2 }, 'scale'],
    [{ scale: 0 }, 'scale'],
    [{ table: 'coil', type: 'uint16' }, 'type'],
    [{ address: MODBUS_LIMITS.addresses - 1, type: 'float32' }, 'address'],
    [{ address: MODBUS_LIMITS.addresses }, 'address'],
    [{ adress: 3 }, ''],
  ]
  for (const [keys, at] of wrong) {
    const result = modbusConfig.safeParse({ host: 'plc', signals: [{ ...base, ...keys }] })
    assert.equal(result.success, false, JSON.stringify(keys))
    assert.equal(result.error?.issues[0]?.path.slice(2).join('.') ?? '', at)
  }
})

test('lint finds values wider than a request, and periods far below the time-out', () => {
  const signals = [base, { ...base, address: 4, type: 'float64' }]
  const config = modbusConfig.parse({ host: 'plc', maxRegistersPerRequest: 2, period: '10ms', signals })
  assert.deepEqual(new Set(modbus.lint?.(config).map(({ code }) => code)), new Set(['E_MODBUS_TOO_WIDE', 'W_MODBUS_PERIOD']))
  assert.deepEqual(modbus.lint?.(modbusConfig.parse({ host: 'plc', signals: [base] })), [])
})

test('lint asks about addresses as manuals write them', () => {
  const lint = (table: string, address: number) =>
    modbus
      .lint?.(modbusConfig.parse({ host: 'plc', signals: [{ id: 'x', table, address }] }))
      .map(({ code, message }) => `${code} ${message}`)
  const said = 'W_MODBUS_MANUAL_ADDRESS 40001 looks like the number that manuals give to holding-register 0'
  assert.deepEqual(lint('holding-register', 40_001), [said])
  assert.deepEqual(lint('input-register', 30_017)?.length, 1)
  assert.deepEqual([lint('holding-register', 40_000), lint('coil', 10_001), lint('input-register', 40_001)], [[], [], []])
})

test('check: tcp, then one first read per unit with its latency', async (t) => {
  const simulator = await startModbusSimulator({ units: { 1: { 'holding-register': [7] }, 2: { 'holding-register': [8] } } })
  t.after(() => simulator.stop())
  const found = await steps({ port: simulator.port, signals: [base, { ...base, id: 'b', unitId: 2 }] })
  assert.deepEqual(
    found.map(({ step, ok }) => [step, ok]),
    [
      ['tcp', true],
      ['first read', true],
      ['first read', true],
    ],
  )
  assert.match(found[2]?.detail ?? '', /unit 2, holding-register 0 \(b, uint16\) is 8 \(bytes 0008\)/)
  assert.ok(found.every(({ latencyMs }) => (latencyMs ?? -1) >= 0))
})

test('check: every signal of every unit is asked for, and the wrong ones are named', async (t) => {
  const simulator = await startModbusSimulator({ units: { 1: { 'holding-register': [0x4148, 0] }, 3: { 'holding-register': [5, 6] } } })
  t.after(() => simulator.stop())
  const more = Array.from({ length: CHECKED_SIGNALS + 9 }, (_, i) => ({ ...base, id: `m${i}`, unitId: 3 }))
  const signals = [
    { ...base, type: 'float32', unit: 'kW' },
    { ...base, id: 'away', unitId: 2 },
    { ...base, id: 'far', address: 90 },
    ...more,
  ]
  const found = await steps({ port: simulator.port, timeout: '500ms', signals })
  assert.deepEqual(
    found.map(({ step, ok, detail }) => `${step} ${ok} ${detail}`.replace(/127.*accepts/, 'accepts')),
    [
      'tcp true accepts connections',
      'first read true unit 1, holding-register 0 (a, float32) is 12.5 kW (bytes 41480000)',
      'other signals false unit 1, holding-register 90 (far, uint16): modbus-illegal-data-address',
      'first read false unit 2, holding-register 0 (away, uint16): no answer within 500 ms',
      'first read true unit 3, holding-register 0 (m0, uint16) is 5 (bytes 0005)',
      `other signals true ${CHECKED_SIGNALS} more of unit 3 answered`,
    ],
  )
})

test('check: what is wrong, and what to do', async (t) => {
  const simulator = await startModbusSimulator({ units: { 1: { 'holding-register': [7] }, 2: {} } })
  const garbage = await rawDevice((_request, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
  t.after(async () => {
    await garbage.stop()
    await simulator.stop()
  })
  const last = async (config: object) => (await steps(config)).at(-1)
  assert.match((await last({ port: simulator.port, signals: [{ ...base, address: 9 }] }))?.hint ?? '', /40001 is holding-register 0/)
  assert.match((await last({ port: simulator.port, unitId: 7, timeout: '20ms' }))?.hint ?? '', /unitId/)
  assert.match((await last({ port: garbage.port }))?.hint ?? '', /framing/)
  const closed = await startModbusSimulator({ units: {} })
  await closed.stop()
  const refused = await steps({ port: closed.port })
  assert.deepEqual([refused.length, refused[0]?.step, refused[0]?.ok], [1, 'tcp', false])
  assert.match(refused[0]?.hint ?? '', /nothing listens/)
})

test('registers bring no time: `clock` at a Modbus connection is warned of', () => {
  assert.equal(modbus.timeless, true)
})
