import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Candidate, type Offered, type PlannedThing, PlanRefused, type PlanTold } from '../core/planning.ts'
import { type Fixture, json, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'
import { planAnswer } from './plan-schemas.ts'

const thing = (kind: string, id: string, equipment?: string): PlannedThing => ({
  ...{ kind, id, why: 'through', detail: 'signal:t/a' },
  ...(equipment !== undefined && { equipment }),
})
const EMPTY: PlanTold = {
  ...{ before: 'a', after: 'b', ok: true, changes: [], breaks: [], touches: [], contracts: [] },
  ...{ people: [], recompute: [], load: [], problems: [] },
}
let api: Fixture
let asked: Candidate | undefined
let answer: () => Promise<Offered> = async () => ({ problems: [], plan: EMPTY })

before(async () => {
  api = await startFixture(0, {
    node: {
      plan: (candidate) => {
        asked = candidate
        return answer()
      },
    },
  })
  await api.signIn()
})
after(() => api.close())

const files = [{ name: 'ecluse.yaml', text: 'version: 1' }]
const offer = (body: object) => api.call('/api/v1/plan', json({ files, ...body }))

test('what breaks is told by place with counts first; what finds no room is counted', async () => {
  const many = Array.from({ length: API_LIMITS.planItems }, (_, i) => thing('signal', `t/line/s${i}`, 'line'))
  const removed = {
    ...({ is: 'removed', kind: 'signal', ids: Array.from({ length: 99 }, (_, i) => `t/${i}`), cosmetic: false } as const),
    ...{ keys: [{ key: 'unit', before: 'A', after: undefined }], breaks: many, changes: [] },
  }
  const rewritten = {
    ...({ is: 'changed', kind: 'setting', ids: ['site'], cosmetic: false, breaks: [], changes: [] } as const),
    keys: [{ key: 'label', before: undefined, after: 'x'.repeat(API_LIMITS.planValue + 1) }],
  }
  const breaks = [...many, thing('kpi', 'k'), thing('signal', 't/x/y', 'x')]
  answer = async () => ({ problems: [], plan: { ...EMPTY, changes: [removed, rewritten], breaks, recompute: ['kpi:k'] } })
  const found = planAnswer.parse(await (await offer({ language: 'fr' })).json())
  assert.deepEqual(asked, { files, isWhole: false, language: 'fr' })
  assert.deepEqual(
    found.plan?.breaks.groups.map(({ equipment, counts, items }) => [equipment, counts[0]?.count, items.length]),
    [
      [null, 1, 1],
      ['line', API_LIMITS.planItems, API_LIMITS.planItems - 1],
      ['x', 1, 0],
    ],
  )
  const [change, long] = found.plan?.changes ?? []
  assert.equal(long?.keys[0]?.after?.length, API_LIMITS.planValue)
  assert.deepEqual(
    [change?.ids.length, change?.idsTotal, change?.keys, found.plan?.recompute],
    [API_LIMITS.planNames, 99, [{ key: 'unit', before: '"A"' }], ['k']],
  )
})

test('a file that cannot be read has problems and no plan', async () => {
  const problem = { file: 'ecluse.yaml', line: 1, column: 2, code: 'E_YAML', message: 'what?', level: 'error' } as const
  answer = async () => ({ problems: Array.from({ length: API_LIMITS.configProblems + 1 }, () => problem) })
  const found = planAnswer.parse(await (await offer({ whole: true })).json())
  assert.deepEqual(
    [found.ok, found.plan, found.problems.length, found.problemsTotal],
    [false, undefined, API_LIMITS.configProblems, API_LIMITS.configProblems + 1],
  )
  assert.equal(asked?.isWhole, true)
})

test('what is refused says why and what to do; a request has its limits', async () => {
  for (const [code, status] of [
    ['busy', 429],
    ['not-kept', 404],
    ['bad-name', 400],
    ['too-long', 413],
    ['took-too-long', 503],
    ['failed', 500],
  ] as const) {
    answer = () => Promise.reject(new PlanRefused(code, 'because'))
    const refused = await offer({})
    assert.equal(refused.status, status, code)
    assert.match(await refused.text(), new RegExp(`"plan-${code}"`))
  }
  assert.equal((await offer({ files: [] })).status, 400)
  assert.equal((await offer({ files: Array.from({ length: API_LIMITS.planFiles + 1 }, () => files[0]) })).status, 400)
  assert.equal((await offer({ files: [{ name: 'a', text: 'x'.repeat(API_LIMITS.planBodyBytes) }] })).status, 413)
})
