import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EquipmentNames, equipmentConfig, placesOf } from './equipment.ts'
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

test('names of other systems mean places, each in its time; what nobody declared is suggested', () => {
  const declared = equipmentConfig.parse({
    'baggage/carousel-3': {
      level: 'work-unit',
      aliases: [
        { system: 'flights', name: 'Belt 3', to: '2026-06-01T00:00:00Z' },
        { system: 'maximo', name: 'CAR-03' },
      ],
    },
    'baggage/carousel-4': { level: 'work-unit', aliases: [{ system: 'flights', name: 'Belt 3', from: '2026-06-01T00:00:00Z' }] },
  })
  const names = new EquipmentNames(declared)
  const at = (text: string) => Date.parse(text) * 1000
  assert.equal(names.placeOf('flights', 'belt 3', at('2026-05-31T23:59:59Z')), 'baggage/carousel-3')
  assert.equal(names.placeOf('flights', ' BELT 3', at('2026-06-01T00:00:00Z')), 'baggage/carousel-4')
  assert.equal(names.placeOf('maximo', 'belt 3', at('2026-06-01T00:00:00Z')), undefined, 'another system’s name')
  assert.equal(names.placeOf(undefined, 'baggage/carousel-3', 0), 'baggage/carousel-3', 'a path is its own name')
  assert.deepEqual(names.suggest('maximo', 'CAR 3'), [{ name: 'CAR-03', path: 'baggage/carousel-3' }])
  assert.deepEqual(
    names.suggest('sap', 'CAROUSEL03').map(({ path }) => path),
    ['baggage/carousel-3'],
    'the number must agree',
  )
  assert.deepEqual(names.suggest('sap', 'chiller'), [])
})
