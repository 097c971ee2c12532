import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIMITS } from './limits.ts'
import { parseRecord } from './record-content.ts'

const named = (id: string) =>
  parseRecord('signals', Buffer.from(JSON.stringify([[0, { id, connection: 'plc', address: 'a', dataType: 'number' }]])))

test('a signal that another node names is held to what a name is: nothing that a path, a page, a log or a spreadsheet would act on', () => {
  for (const good of ['t/line/motor', 't/température/été', 'lost-by-damage/signal-5', `t/${'x'.repeat(LIMITS.idLength - 2)}`]) named(good)
  const odd = [
    '',
    '../t',
    't/../x',
    '/t',
    't/',
    't//x',
    't/a b',
    't/a\n',
    't/\u001b[2J',
    't/\u202ex',
    't/$x',
    't/<b>',
    '=t',
    '-t/x',
    '__proto__/ ',
    't/a\u0301',
  ]
  for (const bad of [...odd, 't/*', 't/{a,b}', `t/${'x'.repeat(LIMITS.idLength - 1)}`]) assert.throws(() => named(bad), RangeError, bad)
})
