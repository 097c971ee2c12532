import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FINDING_CODES } from '../../core/flows.ts'
import { FindingBook, type Raised } from './findings.ts'
import { FLOW_LIMITS } from './limits.ts'

const raised = (subject: string, more: Partial<Raised> = {}): Raised => ({
  ...{ code: 'new-talker', severity: 'high', subject, evidence: {} },
  ...more,
})

test('a finding is seen, seen again, acknowledged, gone, and back again as a new one', () => {
  const book = new FindingBook()
  assert.equal(book.raise(raised('a'), 1), true)
  assert.equal(book.raise(raised('a'), 2), false)
  const [{ id, count, firstSeen, lastSeen } = { id: '' }] = book.view()
  assert.deepEqual([count, firstSeen, lastSeen], [2, 1, 2])
  assert.equal(book.acknowledge(id, 'ana', 'new HMI', 3)?.state, 'acknowledged')
  book.raise(raised('a'), 4)
  assert.equal(book.get(id)?.state, 'acknowledged', 'who knows of it is not told again')
  book.expire(10, 15)
  assert.deepEqual([book.get(id)?.state, book.get(id)?.resolvedTime], ['resolved', 15])
  assert.equal(book.raise(raised('a'), 20), true)
  assert.deepEqual([book.get(id)?.state, book.get(id)?.acknowledged], ['open', undefined])
  const after = new FindingBook()
  after.restore(book.keep())
  assert.deepEqual(after.view(), book.view())
})

test('a state that holds no longer is gone with the next look', () => {
  const book = new FindingBook()
  book.settle(['silence'], [raised('a', { code: 'silence' }), raised('b', { code: 'silence' })], 1)
  book.raise(raised('c'), 1)
  book.settle(['silence'], [raised('b', { code: 'silence' })], 2)
  assert.deepEqual(
    book.view().map(({ subject, state }) => [subject, state]),
    [
      ['b', 'open'],
      ['c', 'open'],
      ['a', 'resolved'],
    ],
  )
})

test('findings are bounded: only what is gone makes room, the rest is counted', () => {
  const book = new FindingBook()
  for (let i = 0; i < FLOW_LIMITS.findings; i++) book.raise(raised(`${i}`), i)
  book.raise(raised('one more'), 5_000)
  assert.deepEqual([book.view().length, book.refused], [FLOW_LIMITS.findings, 1])
  book.expire(0, 1_000)
  book.raise(raised('one more'), 5_000)
  assert.deepEqual([book.view().length, book.refused, book.view()[0]?.subject], [FLOW_LIMITS.findings, 1, 'one more'])
})

test('every code has words in both languages, advice and techniques', () => {
  const book = new FindingBook()
  for (const code of FINDING_CODES) book.raise(raised('it', { code }), 1)
  for (const { text, advice, techniques } of book.view()) {
    for (const said of [text.en, text.fr, advice.en, advice.fr]) assert.ok(said.length > 10)
    assert.match(techniques[0]?.id ?? '', /^T08\d\d$/)
  }
})
