import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { durationUs, toContract } from './contract.ts'
import { ContractDocument } from './document.ts'
import { odcs } from './schema.ts'

const TEXT = `# Signed on the 3rd.
apiVersion: v3.1.0
kind: DataContract
id: motor   # never reused
version: '1.2.0'
status: active

schema:
  # One carousel.
  - name: motor
    properties:
      - { name: current, logicalType: number, logicalTypeOptions: { exclusiveMinimum: 0, maximum: 9 } }
      - name: state
        logicalType: string
        physicalName: "b/state"
      - name: gearbox
        logicalType: object
        properties:
          - name: temperature
            physicalName: b/gearbox/temperature
            required: true
slaProperties:
  - { property: latency, value: 5, unit: s }
  - { property: latency, value: 1, unit: min, element: motor.state }
  - { property: frequency, value: 1, unit: h }
customProperties:
  - { property: validStates, value: [RUNNING, 3, true] }
  - { property: permittedUses, value: reporting }
  - { property: minimumStatus, value: Uncertain }
`

const read = (text: string) => toContract(odcs.parse(new ContractDocument(text).value), 'motor.odcs.yaml')

test('a contract is read with its limits, states, delays and inner properties', () => {
  const { properties, permittedUses, forbiddenUses, otOwner } = read(TEXT)
  const [current, state, gearbox, temperature] = properties
  assert.deepEqual(
    properties.map(({ name }) => name),
    ['motor.current', 'motor.state', 'motor.gearbox', 'motor.gearbox.temperature'],
  )
  assert.deepEqual(current?.range, { low: 0, high: 9, lowOpen: true, highOpen: false })
  assert.deepEqual(
    [current?.states, state?.states],
    [undefined, ['RUNNING', '3', 'true']],
    'states of the whole contract are for its texts',
  )
  assert.deepEqual([current?.delayUs, state?.delayUs], [5e6, 60e6], 'the nearest promise counts, and latency before frequency')
  assert.deepEqual([state?.signal, temperature?.signal, gearbox?.signal], ['b/state', 'b/gearbox/temperature', undefined])
  assert.deepEqual([temperature?.required, current?.required, current?.minimumStatus], [true, false, 'Uncertain'])
  assert.deepEqual([permittedUses, forbiddenUses, otOwner], [['reporting'], [], undefined])
})

test('a plain physical name is a column, not a signal', () => {
  assert.equal(read(TEXT.replace('"b/state"', 'state')).properties[1]?.signal, undefined)
})

test('what is not changed comes back byte for byte', () => {
  const document = new ContractDocument(TEXT)
  assert.equal(document.toString(), TEXT)
})

test('after a change the comments, the order of keys and the quotes are as before', () => {
  const document = new ContractDocument(TEXT)
  document.set(['version'], '1.3.0')
  const squeezed = (text: string) => text.replace(/ +#/g, ' #').replace(/\[ | \]/g, (bracket) => bracket.trim())
  assert.equal(squeezed(document.toString()), squeezed(TEXT).replace("'1.2.0'", "'1.3.0'"))
  document.set(['customProperties', 1, 'value'], ['reporting', 'planning'])
  const value = new ContractDocument(document.toString()).value as { customProperties: { value: unknown }[] }
  assert.deepEqual(value.customProperties[1]?.value, ['reporting', 'planning'])
})

test('values survive writing and reading', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), (value, text) => {
      const document = new ContractDocument(TEXT)
      document.set(['customProperties', 0, 'value'], value)
      document.set(['name'], text)
      const back = new ContractDocument(document.toString()).value as { name: string; customProperties: { value: unknown }[] }
      // JSON's -0 is YAML's 0.
      assert.equal(JSON.stringify(back.customProperties[0]?.value), JSON.stringify(value))
      assert.equal(back.name, text)
    }),
    { numRuns: 200 },
  )
})

test('times of service levels: units that are clear, nothing else', () => {
  assert.equal(durationUs({ value: 250, unit: 'ms' }), 250_000)
  assert.equal(durationUs({ value: '2', unit: 'hours' }), 7200e6)
  for (const wrong of [
    { value: 1, unit: 'm' },
    { value: 1, unit: undefined },
    { value: -1, unit: 's' },
    { value: 'soon', unit: 's' },
    { value: null, unit: 's' },
  ])
    assert.equal(durationUs(wrong), undefined)
})

test('text that is not YAML is refused', () => {
  assert.throws(() => new ContractDocument('a: [1'), SyntaxError)
})
