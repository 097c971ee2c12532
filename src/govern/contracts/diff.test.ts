import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CHANGE_KINDS, diffContracts } from './diff.ts'
import { contractOf, custom, property } from './fixture.ts'

const between = (a: string, b: string): string[] =>
  diffContracts(contractOf([a]), contractOf([b])).map(({ breaking, kind }) => `${breaking ? '!' : ''}${kind}`)
const limits = (logicalTypeOptions: object) => property('p', { logicalTypeOptions })
const states = (validStates: unknown[]) => property('p', {}, { validStates })

const cases: [name: string, a: string, b: string, expected: string[]][] = [
  ['nothing', limits({ minimum: 0 }), limits({ minimum: 0 }), []],
  ['a wider range', limits({ minimum: 0, maximum: 9 }), limits({ minimum: 0, maximum: 10 }), ['!range-widened']],
  ['a range without its limit', limits({ minimum: 0 }), limits({}), ['!range-widened']],
  ['a limit that is now included', limits({ exclusiveMinimum: 0 }), limits({ minimum: 0 }), ['!range-widened']],
  ['a narrower range', limits({ maximum: 9 }), limits({ minimum: 0, maximum: 8 }), ['range-narrowed']],
  ['a range moved aside', limits({ minimum: 0, maximum: 9 }), limits({ minimum: 1, maximum: 10 }), ['!range-widened']],
  ['other states', states(['A', 'B']), states(['B', 'C']), ['!states-added', 'states-removed']],
  ['any state', states(['A']), property('p', {}), ['!states-added']],
  ['declared states', property('p', {}), states(['A']), ['states-removed']],
  ['a type', property('p', { logicalType: 'number' }), property('p', { logicalType: 'string' }), ['!type']],
  ['a unit', property('p', {}, { unit: 'A' }), property('p', {}, { unit: 'mA' }), ['!unit']],
  ['a unit that is now said', property('p', {}), property('p', {}, { unit: 'mA' }), ['unit']],
  ['a unit that is no longer said', property('p', {}, { unit: 'mA' }), property('p', {}), ['!unit']],
  ['another signal', property('p', {}, { signal: 'a' }), property('p', {}, { signal: 'b' }), ['!signal']],
  ['optional', property('p', { required: true }), property('p', {}), ['!no-longer-required']],
  ['required', property('p', {}), property('p', { required: true }), ['now-required']],
  ['no longer unique', property('p', { unique: true }), property('p', {}), ['!no-longer-unique']],
  [
    'a lower status',
    property('p', {}, { minimumStatus: 'Good' }),
    property('p', {}, { minimumStatus: 'Uncertain' }),
    ['!minimum-status-lowered'],
  ],
  ['a higher status', property('p', {}), property('p', {}, { minimumStatus: 'Good' }), ['minimum-status-raised']],
  ['a meaning', property('p', {}, { meaning: 'rms' }), property('p', {}, { meaning: 'peak' }), ['!meaning']],
  ['another name', property('p', {}), property('q', {}), ['!property-removed', 'property-added']],
]
for (const [name, a, b, expected] of cases) test(`diff: ${name}`, () => assert.deepEqual(between(a, b), expected))

test('uses, owners and status', () => {
  const before = contractOf([], [custom('otOwner', 'a'), custom('permittedUses', ['x', 'y']), custom('forbiddenUses', ['z'])])
  const after = contractOf([], [custom('otOwner', 'b'), custom('permittedUses', ['y', 'w']), custom('forbiddenUses', ['v'])], {
    status: 'retired',
  })
  assert.deepEqual(
    diffContracts(before, after).map(({ breaking, kind, before: was, after: is }) => [breaking, kind, was, is]),
    [
      [true, 'status-withdrawn', 'active', 'retired'],
      [true, 'permitted-use-removed', 'x', ''],
      [true, 'forbidden-use-added', '', 'v'],
      [false, 'ot-owner', 'a', 'b'],
      [false, 'permitted-use-added', '', 'w'],
      [false, 'forbidden-use-removed', 'z', ''],
    ],
  )
})

test('service levels: which way is worse depends on the promise, and a unit is converted', () => {
  const kinds = (a: string, b: string) =>
    diffContracts(contractOf([], [], { slaProperties: a }), contractOf([], [], { slaProperties: b })).map(({ kind }) => kind)
  const level = (name: string, value: unknown, unit: string) => `[{ property: ${name}, value: ${value}, unit: "${unit}" }]`
  assert.deepEqual(kinds(level('latency', 60, 's'), level('latency', 1, 'min')), [])
  assert.deepEqual(kinds(level('latency', 60, 's'), level('latency', 2, 'min')), ['service-loosened'])
  assert.deepEqual(kinds(level('availability', 99, '%'), level('availability', 98, '%')), ['service-loosened'])
  assert.deepEqual(kinds(level('availability', 99, '%'), level('availability', '"99.9"', '%')), ['service-tightened'])
  assert.deepEqual(kinds(level('latency', 1, 's'), '[]'), ['service-removed'])
  assert.deepEqual(kinds('[]', level('latency', 1, 's')), ['service-added'])
  assert.deepEqual(kinds(level('support', 1, 's'), level('support', 2, 's')), ['service-changed'])
})

test('property: a contract does not differ from itself, and what is removed one way is added the other', () => {
  const range = fc.record({ minimum: fc.integer(), maximum: fc.integer() }, { requiredKeys: [] })
  const made = fc
    .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), range), { selector: ([name]) => name })
    .map((all) => contractOf(all.map(([name, logicalTypeOptions]) => property(name, { logicalTypeOptions }))))
  fc.assert(
    fc.property(made, made, (a, b) => {
      assert.deepEqual(diffContracts(a, a), [])
      const where = (from: typeof a, to: typeof a, wanted: string) =>
        diffContracts(from, to).flatMap(({ kind, where: name }) => (kind === wanted ? [name] : []))
      assert.deepEqual(where(a, b, 'property-removed').sort(), where(b, a, 'property-added').sort())
      for (const { kind } of diffContracts(a, b)) assert.ok(CHANGE_KINDS.includes(kind))
    }),
  )
})
