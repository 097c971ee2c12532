import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Fact } from '../core/facts.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import type { DerivationView } from '../core/node-view.ts'
import { parseTime } from '../core/time.ts'
import { definitionList, factList } from './fact-schemas.ts'
import { type Fixture, json, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'

const at = (text: string) => parseTime(`2026-07-01T${text}Z`)
const derivation = (name: string, type: DerivationView['type']): DerivationView => ({
  ...{ name, type, declaration: { id: name }, version: 'v1', dirty: 0, lagSeconds: 0, watermark: at('08:00:00') },
  ...{ computed: 2, published: 2, withdrawn: 0, late: 0, isStopped: false, problem: undefined },
})

describe('facts', () => {
  const history = new MemoryHistory()
  let fixture: Fixture
  const publish = (fact: Partial<Fact> & Pick<Fact, 'definition' | 'key' | 'from' | 'to'>) =>
    history.publish({ type: 'event', version: 'v1', values: {}, inputs: [], cause: 'first', ...fact })
  const current = (value: number) => ({ peak: { value, unit: 'A', status: 0, coverage: 0.9, reasons: ['coverage'] } })
  before(async () => {
    publish({ definition: 'jam', key: 'c3\u001f08:00', equipment: 'baggage/c3', from: at('08:00:00'), to: null, values: current(18) })
    publish({
      ...{ definition: 'jam', key: 'c3\u001f08:00', equipment: 'baggage/c3', from: at('08:00:00'), to: at('08:02:00') },
      ...{ values: current(19), cause: 'late-samples' },
    })
    const inputs = [{ fact: 'jam', key: 'c3\u001f08:00', revision: 2 }]
    publish({ definition: 'stops', key: 'AF1\u001f1', type: 'join', from: at('07:30:00'), to: at('08:30:00'), inputs, toleranceUs: 5e6 })
    const derivations = () => [derivation('jam', 'event'), derivation('stops', 'join'), derivation('*/power', 'signal')]
    fixture = await startFixture(1, { history, node: { derivations, recompute: async ({ definition }) => [definition ?? 'jam'] } })
    await fixture.signIn()
  })
  after(() => fixture.close())
  const get = async (query: string) => factList.parse(await (await fixture.call(`/api/v1/facts?${query}`)).json())

  test('definitions say how far they are', async () => {
    const { definitions } = definitionList.parse(await (await fixture.call('/api/v1/facts/definitions')).json())
    assert.deepEqual(
      definitions.map(({ name, type, watermark }) => [name, type, watermark]),
      [
        ['jam', 'event', '2026-07-01T08:00:00.000Z'],
        ['stops', 'join', '2026-07-01T08:00:00.000Z'],
        ['*/power', 'signal', '2026-07-01T08:00:00.000Z'],
      ],
    )
  })

  test('what has no results says where to look; a time that ends before it begins is refused', async () => {
    const refused = async (query: string) => ((await (await fixture.call(`/api/v1/facts?${query}`)).json()) as { code: string }).code
    assert.equal(await refused('definition=*/power'), 'no-facts')
    assert.equal(await refused('definition=jam&from=2026-07-02T00:00:00Z&to=2026-07-01T00:00:00Z'), 'invalid-period')
  })

  test('results of several definitions in one answer, each within the limit', async () => {
    const { facts, truncated } = await get('definition=jam&definition=stops&definition=jam&limit=1')
    assert.deepEqual(
      facts.map(({ definition, revision }) => [definition, revision]),
      [
        ['jam', 2],
        ['stops', 1],
      ],
    )
    assert.equal(truncated, false)
    const many = Array.from({ length: API_LIMITS.factDefinitions + 1 }, () => 'definition=jam').join('&')
    assert.equal((await fixture.call(`/api/v1/facts?${many}`)).status, 400)
  })

  test('a key is found as it is shown, also where another result names it as its input', async () => {
    const [stop] = (await get('definition=stops&key=AF1,1')).facts
    const input = stop?.inputs[0]
    assert.deepEqual(input, { fact: 'jam', key: 'c3 · 08:00', revision: 2 })
    assert.equal(stop?.tolerance, '5s')
    const { facts } = await get(`definition=jam&revisions=all&order=oldest&key=${encodeURIComponent('c3 · 08:00')}`)
    assert.deepEqual(
      facts.map(({ revision, cause, changed, to }) => [revision, cause, changed, to]),
      [
        [1, 'first', undefined, null],
        [2, 'late-samples', ['to', 'peak'], '2026-07-01T08:02:00.000Z'],
      ],
    )
  })

  test('an unknown definition is refused with what is meant; computing anew needs its permission', async () => {
    const unknown = await fixture.call('/api/v1/facts?definition=jan')
    assert.equal(unknown.status, 404)
    assert.match(await unknown.text(), /did you mean jam/)
    const body = json({ definition: 'jam', from: '2026-07-01T00:00:00Z', to: '2026-07-02T00:00:00Z' })
    assert.deepEqual(await (await fixture.call('/api/v1/facts/recompute', body)).json(), { definitions: ['jam'] })
    assert.equal((await fetch(`${fixture.url}/api/v1/facts/recompute`, body)).status, 401)
  })
})
