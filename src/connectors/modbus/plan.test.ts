import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MODBUS_LIMITS, type ModbusConfig, modbusConfig, width } from './config.ts'
import { decoderOf } from './decode.ts'
import { type Block, halve, planAll } from './plan.ts'
import { Schedule } from './schedule.ts'

function blocksOf(config: ModbusConfig): { period: number; blocks: Block[] }[] {
  const wanted = config.signals.map((signal, index) => ({ index, config: signal, decoder: decoderOf(signal, config) }))
  return [...planAll(config, wanted)].map(([period, blocks]) => ({ period, blocks }))
}

const signal = fc.record({
  id: fc.nat({ max: 1e9 }).map((n) => `s${n}`),
  table: fc.constantFrom('input-register', 'holding-register'),
  address: fc.nat({ max: 400 }),
  type: fc.constantFrom('uint16', 'float32', 'int64'),
  unitId: fc.constantFrom(1, 2),
  period: fc.constantFrom('1s', '5s'),
})

test('every signal is read exactly once, by its own unit, table and period, within the limits', () => {
  fc.assert(
    fc.property(
      fc.array(signal, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 4, max: 125 }),
      fc.nat({ max: 20 }),
      (signals, limit, gap) => {
        const config = modbusConfig.parse({ host: 'h', maxRegistersPerRequest: limit, maxGap: gap, signals })
        const seen = new Set<number>()
        for (const { period, blocks } of blocksOf(config)) {
          for (const block of blocks) {
            assert.ok(block.count <= limit)
            let end = block.address
            for (const item of block.items) {
              const wanted = config.signals[item.signal] as ModbusConfig['signals'][number]
              assert.ok(!seen.has(item.signal))
              seen.add(item.signal)
              assert.deepEqual([wanted.unitId, wanted.table, wanted.period], [block.unitId, block.table, period])
              assert.ok(item.address >= block.address && item.address + width(wanted) <= block.address + block.count)
              assert.ok(item.address - end <= gap, 'nothing needless beyond the gap')
              end = Math.max(end, item.address + item.width)
            }
          }
        }
        assert.equal(seen.size, signals.length)
      },
    ),
  )
})

test('halves hold the same signals and end at single ones', () => {
  const signals = [0, 1, 2, 3, 4, 5, 6].map((address) => ({ id: `r${address}`, table: 'holding-register', address }))
  const [whole] = blocksOf(modbusConfig.parse({ host: 'h', signals }))[0]?.blocks ?? []
  const leaves = (block: Block): Block[] => halve(block)?.flatMap(leaves) ?? [block]
  assert.deepEqual(
    whole && leaves(whole).map(({ address, count, items }) => [address, count, items.length]),
    [0, 1, 2, 3, 4, 5, 6].map((a) => [a, 1, 1]),
  )
})

test('bits share requests of up to 2000, registers up to 125', () => {
  const coils = Array.from({ length: 2 * MODBUS_LIMITS.bitsPerRequest }, (_, address) => ({ id: `c${address}`, table: 'coil', address }))
  const wide = Array.from({ length: 100 }, (_, i) => ({ id: `f${i}`, table: 'input-register', address: 2 * i, type: 'float32' }))
  const [group] = blocksOf(modbusConfig.parse({ host: 'h', signals: [...coils, ...wide] }))
  assert.deepEqual(
    group?.blocks.map(({ table, address, count }) => [table, address, count]),
    [
      ['coil', 0, MODBUS_LIMITS.bitsPerRequest],
      ['coil', MODBUS_LIMITS.bitsPerRequest, MODBUS_LIMITS.bitsPerRequest],
      ['input-register', 0, MODBUS_LIMITS.registersPerRequest - 1],
      ['input-register', 124, 76],
    ],
  )
})

test('the schedule never drifts, and every poll is either made or missed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 5_000 }), fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 40 }), (period, steps) => {
      const schedule = new Schedule(period, 1_000)
      let now = 1_000
      let polls = 0
      for (const step of steps) {
        now += step
        if (now >= schedule.dueMs) polls += 1 + schedule.take(now)
        assert.equal(schedule.dueMs, 1_000 + polls * period)
        assert.ok(schedule.dueMs > now)
      }
    }),
  )
})
