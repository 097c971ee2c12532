import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equipmentConfig, placesOf } from './equipment.ts'
import { parseTime } from './time.ts'

const declared = equipmentConfig.parse({
  baggage: { level: 'area', label: { en: 'Baggage' } },
  'baggage/carousel-3/motor': {
    level: 'equipment',
    assets: [
      { serial: 'M-1', from: '2024-05-01T00:00:00Z' },
      { serial: 'M-2', from: '2026-11-20T06:30:00Z', note: 'bearing worn' },
    ],
  },
})
const at = (time: string) => placesOf('t2e/baggage/carousel-3/motor/current', declared, parseTime(time))

test('a signal belongs to the places above it; what stood in them follows the date of the swap', () => {
  assert.deepEqual(at('2026-11-20T06:29:59Z'), [
    { path: 'baggage', level: 'area', label: { en: 'Baggage' } },
    { path: 'baggage/carousel-3/motor', level: 'equipment', asset: { serial: 'M-1', since: parseTime('2024-05-01T00:00:00Z') } },
  ])
  assert.deepEqual(at('2026-11-20T06:30:00Z')[1]?.asset, { serial: 'M-2', note: 'bearing worn', since: parseTime('2026-11-20T06:30:00Z') })
  assert.equal(at('2020-01-01T00:00:00Z')[1]?.asset, undefined)
  assert.deepEqual(placesOf('t2e/energy/a', declared, 0), [])
})

test('swaps out of order are refused', () => {
  const assets = [
    { serial: 'B', from: '2026-01-01T00:00:00Z' },
    { serial: 'A', from: '2025-01-01T00:00:00Z' },
  ]
  assert.match(equipmentConfig.safeParse({ x: { level: 'area', assets } }).error?.message ?? '', /in the order/)
})
