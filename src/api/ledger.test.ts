import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { LedgerLine, SignalSum } from '../core/ledger.ts'
import { LIMITS } from '../core/limits.ts'
import { HOUR } from '../core/time.ts'
import { type Fixture, json, startFixture } from './fixture.ts'
import { ledgerAnswer } from './ledger-schemas.ts'
import { API_LIMITS } from './limits.ts'

const to = { destination: 'historian', delivered: 8, dropped: { flood: 1 }, pending: 1, off: 0, isOwnWord: true }
const line = (connection: string, off = 0): LedgerLine => ({
  ...{ node: 'n', connection, unit: 'samples', read: 10 + off, known: 0, quarantined: {} },
  destinations: [{ ...to, off }],
})

describe('the ledger over HTTP', () => {
  let api: Fixture
  let asked: unknown
  const decided: unknown[] = []
  let lines: LedgerLine[] = []
  let sums: SignalSum[] | undefined = []
  before(async () => {
    api = await startFixture(0, {
      node: {
        ledger: async (period) => {
          asked = period
          if (period && period.to - period.from > 1_000 * 24 * HOUR) throw new RangeError('at most 400 days at once')
          return { period, lines }
        },
        ledgerOfSignals: async (_isAsked, period) => {
          if (!sums) throw new RangeError('more than 5 signals')
          return { from: 1, to: 9, ...(period && { period }), sums }
        },
        discardQuarantined: async (ids, decision) => {
          decided.push(decision)
          return { discarded: [...ids], refused: [] }
        },
      },
    })
    await api.signIn()
  })
  after(() => api.close())
  const read = async (query = '') => ledgerAnswer.parse(await (await api.call(`/api/v1/ledger${query}`)).json())

  test('what does not close comes first; a name narrows it down, and what is left out is said', async () => {
    lines = [line('a'), line('b', 2), line('c')]
    const all = await read()
    assert.deepEqual([all.closes, all.truncated, all.from], [false, false, undefined])
    assert.deepEqual(
      all.rows.map(({ connection, off }) => [connection, off]),
      [
        ['b', 2],
        ['a', 0],
        ['c', 0],
      ],
    )
    const some = await read('?connection=[ac]&limit=1')
    assert.deepEqual([some.closes, some.truncated, some.rows.length], [true, true, 1])
    const none = await api.call('/api/v1/ledger?connection=zz')
    assert.deepEqual(
      [none.status, /unknown-connection/.test(await none.text())],
      [404, true],
      'that every sum of nothing closes says nothing',
    )
    lines = Array.from({ length: API_LIMITS.ledgerRows + 1 }, (_, i) => line(`c${i}`))
    assert.equal((await read(`?limit=${API_LIMITS.ledgerRows}`)).truncated, true)
    assert.equal((await api.call(`/api/v1/ledger?limit=${API_LIMITS.ledgerRows + 1}`)).status, 400)
  })

  test('a period is asked for as everywhere; one that is too long is refused', async () => {
    lines = [line('a')]
    await read('?from=2026-11-23T08:00:00Z&to=2026-11-23T10:00:00Z')
    assert.deepEqual(asked, { from: Date.parse('2026-11-23T08:00:00Z') * 1000, to: Date.parse('2026-11-23T10:00:00Z') * 1000 })
    const long = await api.call('/api/v1/ledger?from=2001-01-01T00:00:00Z')
    assert.equal(long.status, 400)
    assert.match(await long.text(), /period-too-long/)
  })

  test('signals have sums of their own, over the log that is there; with drops that nobody told apart they do not close', async () => {
    const sum = {
      ...{ node: 'n', connection: 'plc', signals: 1, logged: 8, delivered: 8, pending: 0, off: 0, signalsOff: 0, examples: [] },
      ...({ droppedOfConnection: 0, state: 'closed' } as const),
    }
    sums = [sum, { ...sum, connection: 'other', droppedOfConnection: 2, state: 'not-told-apart' }]
    const all = await read('?signals=t/**')
    assert.deepEqual([all.closes, all.rows, all.signals?.sums.length, all.signals?.match, all.signals?.to], [false, [], 2, 't/**', 9])
    const one = await read('?signals=t/**&connection=plc')
    assert.deepEqual([one.closes, one.signals?.sums.length], [true, 1])
    const hour = await read('?signals=t/**&from=2026-11-27T08:10:00Z&to=2026-11-27T08:20:00Z')
    assert.deepEqual(
      [hour.from, hour.to].map((time) => Date.parse(time ?? '')),
      ['2026-11-27T08:10:00Z', '2026-11-27T08:20:00Z'].map(Date.parse),
    )
    sums = undefined
    assert.match(await (await api.call('/api/v1/ledger?signals=t/**')).text(), /too-many-signals/)
  })

  test('who decides about quarantine says who it is and why, within limits', async () => {
    const token = readFileSync(join(api.directory, 'local-token'), 'utf8').trim()
    const local = { cookie: '', authorization: `Bearer ${token}` }
    const decide = (body: object, headers: Record<string, string> = {}) => {
      const init = json({ ids: ['1.1'], ...body })
      return api.call('/api/v1/records/quarantine/discard', {
        ...init,
        headers: { ...(init.headers as Record<string, string>), ...headers },
      })
    }
    assert.equal((await decide({})).status, 400)
    assert.equal((await decide({ reason: '  ' })).status, 400)
    assert.equal((await decide({ reason: 'x'.repeat(LIMITS.settledText + 1) })).status, 400)
    assert.match(await (await decide({ reason: 'a test' }, local)).text(), /no-name/)
    assert.equal((await decide({ reason: 'a test', by: 'Ada' }, local)).status, 200)
    // An account answers under its own name, whatever it says.
    assert.equal((await decide({ reason: 'another', by: 'Ada' })).status, 200)
    assert.deepEqual(decided, [
      { by: 'Ada', reason: 'a test' },
      { by: 'ana', reason: 'another' },
    ])
  })
})
