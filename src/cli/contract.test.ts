import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeWorld } from './world.fixture.ts'

const contract = (version: string, maximum: number, owner: string): string => `apiVersion: v3.1.0
kind: DataContract
id: motor
version: ${version}
status: active
schema:
  - name: motor
    properties:
      - { name: current, logicalType: number, logicalTypeOptions: { maximum: ${maximum} } }
customProperties:
  - { property: otOwner, value: ${owner} }
`

test('contract diff: a breaking change ends with 1 and comes first, in both languages and as data', async () => {
  const world = makeWorld()
  const a = world.write('a.odcs.yaml', contract('1.0.0', 9, 'Maintenance'))
  const b = world.write('b.odcs.yaml', contract('2.0.0', 12, 'Night shift'))
  const { code, out, err } = await world.run(['contract', 'diff', a, b])
  assert.deepEqual([code, err], [1, ''])
  assert.deepEqual(
    out.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['', 'WHERE', 'CHANGE', 'BEFORE', 'AFTER'],
      ['breaking', 'motor.current', 'range widened', ']-∞, 9]', ']-∞, 12]'],
      ['-', '(contract)', 'version', '1.0.0', '2.0.0'],
      ['-', '(contract)', 'OT owner', 'Maintenance', 'Night shift'],
      ['1 breaking change(s), 2 other(s)'],
      [''],
    ],
  )
  assert.match((await world.run(['contract', 'diff', a, b, '--lang', 'fr'])).out, /incompatible +motor\.current +plage élargie/)
  const json = JSON.parse((await world.run(['contract', 'diff', a, b, '-o', 'json'])).out)
  assert.deepEqual([json.breaking, json.changes[0].kind, json.changes.length, json.after.version], [1, 'range-widened', 3, '2.0.0'])
})

test('contract diff: no breaking change ends with 0', async () => {
  const world = makeWorld()
  const a = world.write('a.odcs.yaml', contract('1.0.0', 9, 'Maintenance'))
  const b = world.write('b.odcs.yaml', contract('1.1.0', 8, 'Maintenance'))
  assert.equal((await world.run(['contract', 'diff', a, b])).code, 0)
  const same = await world.run(['contract', 'diff', a, a])
  assert.deepEqual([same.code, same.out], [0, 'nothing changed that either side relies on\n'])
})

test('contract diff: a contract that cannot be read ends with 78 and its place', async () => {
  const world = makeWorld()
  const a = world.write('a.odcs.yaml', contract('1.0.0', 9, 'Maintenance'))
  const b = world.write('b.odcs.yaml', contract('1.0.0', 9, 'Maintenance').replace('status:', 'staus:'))
  const { code, err } = await world.run(['contract', 'diff', a, b])
  assert.equal(code, 78)
  assert.match(err, /b\.odcs\.yaml:5:1 E_UNKNOWN_KEY unknown key `staus`/)
  const gone = await world.run(['contract', 'diff', a, `${a}.gone`])
  assert.equal(gone.code, 78)
  assert.match(gone.err, /E_FILE/)
})

test('contract: its parts are listed, and a mistyped one is refused', async () => {
  const world = makeWorld()
  const alone = await world.run(['contract'])
  assert.deepEqual([alone.code, alone.out], [1, ''])
  assert.match(alone.err, /diff \[options\] <A> <B>/)
  assert.match((await world.run(['contract', '--help', '--lang', 'fr'])).out, /Usage : ecluse contract/)
  assert.equal((await world.run(['contract', 'diff', 'a'])).code, 1)
  assert.equal((await world.run(['contract', 'dif', 'a', 'b'])).code, 1)
})
