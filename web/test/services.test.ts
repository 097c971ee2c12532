import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byFlow, serviceText, whatText } from '../src/live/services.ts'
import { security as en } from '../src/words/en-security.ts'
import { security as fr } from '../src/words/fr-security.ts'

test('a Modbus function code is read with its name, in both languages; a service that has a name keeps it', () => {
  assert.equal(serviceText('modbus', '3 0..14', en.modbus), '3 read holding registers 0..14')
  assert.equal(serviceText('modbus', '6', fr.modbus), '6 écriture d’un registre')
  assert.equal(serviceText('opcua', '3', en.modbus), '3')
  assert.equal(serviceText('modbus', '99 4', en.modbus), '99 4')
  assert.equal(whatText('modbus', 'unit 1..2', fr), 'unité 1..2')
  assert.equal(whatText('mqtt', 'talks', fr), 'communique')
  assert.deepEqual(Object.keys(en.modbus), Object.keys(fr.modbus))
})

test('lines of one flow are one row; what comes and what goes stay apart', () => {
  const flow = 'self → 10.0.0.5:502 modbus (meters)'
  const rows = byFlow([
    { change: 'added', flow, what: 'talks' },
    { change: 'added', flow, what: '3 0..14' },
    { change: 'removed', flow, what: '4 0..3' },
    { change: 'added', flow: 'line1/temperature', what: 'repeats itself' },
  ])
  assert.deepEqual(
    rows.map(({ change, protocol, whats }) => [change, protocol, whats]),
    [
      ['added', 'modbus', ['talks', '3 0..14']],
      ['removed', 'modbus', ['4 0..3']],
      ['added', '', ['repeats itself']],
    ],
  )
})
