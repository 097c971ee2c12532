import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { toUses, usesConfig } from '../continuity/config.ts'
import { CONTINUITY_LIMITS } from '../continuity/limits.ts'
import type { Fact } from '../core/facts.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import { type Fixture, startFixture } from './fixture.ts'
import { passport } from './passport-schemas.ts'
import type { Problem } from './schemas.ts'

const fact: Fact = {
  ...{ definition: 'old', type: 'kpi', version: '1', key: 'site@1', from: 1_000_000, to: 2_000_000, cause: 'first' },
  values: { value: { value: 4, unit: 'A', status: 0, coverage: 1 }, part: { value: 2, status: 0, coverage: 0.2 } },
  inputs: [{ signal: 't/line-1/m1', from: 1_000_000, to: 2_000_000, samples: 3, newestIngest: 1 }],
}

const wide: Fact = {
  ...{ ...fact, definition: 'wide', key: 'k' },
  inputs: Array.from({ length: CONTINUITY_LIMITS.members + 1 }, (_, i) => ({ fact: 'old', key: `gone-${i}`, revision: 1 })),
}

describe('passports over HTTP', () => {
  let fixture: Fixture
  before(async () => {
    const history = new MemoryHistory()
    history.publish(fact)
    history.publish(wide)
    history.publish({ ...fact, values: { ...fact.values, value: { value: 5, unit: 'A', status: 0, coverage: 1 } }, cause: 'late-samples' })
    const uses = toUses(usesConfig.parse({ billing: { contract: 'required' } }))
    fixture = await startFixture(10, { history, node: { uses } })
    await fixture.signIn()
  })
  after(() => fixture.close())
  const ask = async (query: string) => passport.parse(await (await fixture.call(`/api/v1/passport?${query}`)).json())
  const refused = async (query: string) => {
    const answer = await fixture.call(`/api/v1/passport?${query}`)
    const { code, hint } = (await answer.json()) as Problem
    return [answer.status, code, hint]
  }

  test('a result outlives its declaration: what is dead is named, and so is what is no more below it', async () => {
    const found = await ask('definition=old&key=site@1')
    assert.deepEqual([found.verdict, found.use.isDeclared], ['no', false])
    const dead = found.chain.filter(({ state }) => state === 'dead').map(({ kind, problem }) => [kind, problem])
    assert.deepEqual(dead, [
      ['result', 'declaration-gone'],
      ['samples', 'samples-gone'],
      ['connection', 'connection-gone'],
    ])
    assert.deepEqual(
      found.versions.map(({ revision, cause, isShown, changed }) => [revision, cause, isShown, changed]),
      [
        [2, 'late-samples', true, ['value']],
        [1, 'first', false, undefined],
      ],
    )
  })

  test('one value is judged alone; as it was known then, its version is shown and said to be superseded', async () => {
    const found = await ask('definition=old&key=site@1&value=value')
    assert.deepEqual([found.verdict, Object.keys(found.values)], ['with-care', ['value']])
    const then = await ask('definition=old&key=site@1&value=value&asKnownAt=1970-01-01T00:00:00.000001Z')
    assert.deepEqual([then.values.value?.value, then.knowledge.isNewest, then.knowledge.revision], [4, false, 1])
  })

  test('of many members of a hop so many are told at once, and where to go on', async () => {
    const most = CONTINUITY_LIMITS.members
    const members = async (after: number) => (await ask(`definition=wide&key=k&expand=facts:old&after=${after}`)).members
    const first = await members(0)
    assert.deepEqual([first?.members.length, first?.total, first?.next], [most, most + 1, most])
    const last = await members(most)
    assert.deepEqual([last?.members.map(({ problem }) => problem), last?.next], [['fact-gone'], undefined])
  })

  test('what nobody can answer is refused, with what there is', async () => {
    assert.deepEqual((await refused('definition=unknown')).slice(0, 2), [404, 'unknown-definition'])
    assert.deepEqual(await refused('definition=old&use=biling'), [404, 'unknown-use', 'did you mean billing? declared are billing'])
    assert.deepEqual(await refused('definition=old&value=valu'), [404, 'unknown-value', 'did you mean value?'])
    assert.deepEqual((await refused('')).slice(0, 2), [400, 'invalid-request'])
    assert.deepEqual((await refused('definition=old&signal=t/line-1/m1')).slice(0, 2), [400, 'invalid-request'])
    assert.deepEqual((await refused(`definition=old&key=${'x'.repeat(513)}`)).slice(0, 2), [400, 'invalid-request'])
    assert.deepEqual((await refused('signal=t/unknown')).slice(0, 2), [404, 'unknown-signal'])
    assert.deepEqual((await refused('definition=old&at=soon')).slice(0, 2), [400, 'invalid-time'])
    assert.equal((await fetch(`${fixture.url}/api/v1/passport?definition=old`)).status, 401)
  })
})
