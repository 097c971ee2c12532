import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { EquipmentNames, equipmentConfig } from '../core/equipment.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import { recordKindsConfig, toRecordKinds } from '../core/record-kinds.ts'
import { parseTime } from '../core/time.ts'
import { type Fixture, json, startFixture } from './fixture.ts'
import { recordKindList, recordList, unknownEquipmentList } from './record-schemas.ts'

const kinds = toRecordKinds(
  recordKindsConfig.parse({
    flight: {
      label: { en: 'Flight' },
      key: ['number', 'day'],
      fields: { number: {}, day: {}, belt: {}, first: { type: 'time' }, last: { type: 'time' }, bags: { type: 'number' } },
      validity: { from: 'first', to: 'last' },
      equipment: { field: 'belt', system: 'flights' },
      authority: { default: ['aodb'] },
    },
  }),
)
const equipment = equipmentConfig.parse({ 'baggage/carousel-3': { level: 'work-unit', aliases: [{ system: 'flights', name: 'Belt 3' }] } })
const at = (text: string) => parseTime(`2026-07-01T${text}Z`)

describe('records', () => {
  const history = new MemoryHistory()
  let fixture: Fixture
  const flight = (number: string, source: string, belt: string, bags: number | null, last: string, isDeleted = false) => {
    const values = { number, day: '1', belt, first: at('08:00:00'), last: at(last), bags }
    history.record({ kind: 'flight', key: `${number}\u001f1`, source, validFrom: at('08:00:00'), validTo: at(last), isDeleted, values })
  }
  before(async () => {
    flight('AF1', 'fids', 'Belt 3', 100, '08:30:00')
    flight('AF1', 'aodb', 'Belt 3', 112, '08:30:00')
    flight('AF2', 'fids', 'Belt 33', null, '08:30:00')
    flight('AF1', 'fids', 'Belt 3', 100, '08:45:00')
    const recordSources = () => ['fids', 'aodb']
    fixture = await startFixture(1, { history, node: { recordKinds: kinds, equipmentNames: new EquipmentNames(equipment), recordSources } })
    await fixture.signIn()
  })
  after(() => fixture.close())
  const get = async (query: string) => recordList.parse(await (await fixture.call(`/api/v1/records?kind=flight&${query}`)).json())

  test('kinds, with the sources in their order', async () => {
    const { kinds: found } = recordKindList.parse(await (await fixture.call('/api/v1/records/kinds')).json())
    assert.deepEqual(found[0]?.sources, ['aodb', 'fids'])
    assert.deepEqual(found[0]?.fields[0], { name: 'number', type: 'text', required: true })
    assert.deepEqual(
      found[0]?.counts.map(({ source, records, quarantined }) => [source, records, quarantined]),
      [
        ['aodb', 1, 0],
        ['fids', 2, 0],
      ],
    )
  })

  test('the newest versions: both sources of one fact, which one counts, and where they disagree', async () => {
    const { records } = await get('')
    assert.deepEqual(
      records.map(({ key, source, revision, authoritative, disagrees, equipment: place, validTo }) => [
        key.join(' '),
        source,
        revision,
        authoritative,
        disagrees,
        place,
        validTo,
      ]),
      [
        ['AF1 1', 'aodb', 1, true, undefined, 'baggage/carousel-3', '2026-07-01T08:30:00.000Z'],
        ['AF1 1', 'fids', 2, false, ['last', 'bags'], 'baggage/carousel-3', '2026-07-01T08:45:00.000Z'],
        ['AF2 1', 'fids', 1, undefined, undefined, null, '2026-07-01T08:30:00.000Z'],
      ],
    )
  })

  test('one record with all its versions, and as it was valid and known at a time', async () => {
    const { records } = await get('key=AF1,1&source=fids&versions=all')
    assert.deepEqual(
      records.map(({ revision, values }) => [revision, values.last]),
      [
        [1, '2026-07-01T08:30:00.000Z'],
        [2, '2026-07-01T08:45:00.000Z'],
      ],
    )
    assert.equal((await get('key=AF1&key=1&source=fids')).records[0]?.revision, 2)
    const late = await get('from=2026-07-01T08:40:00Z&to=2026-07-01T08:41:00Z')
    assert.deepEqual(
      late.records.map(({ source }) => source),
      ['fids'],
    )
  })

  test('pages end between records, and go on', async () => {
    const first = await get('limit=1')
    assert.equal(first.truncated, true)
    const rest = await get(`limit=10&after=${encodeURIComponent(first.next ?? '')}`)
    assert.deepEqual(
      rest.records.map(({ key }) => key[0]),
      ['AF2'],
    )
  })

  test('names of equipment that nobody declared, with what they may mean', async () => {
    const { names } = unknownEquipmentList.parse(await (await fixture.call('/api/v1/records/equipment')).json())
    assert.deepEqual(names, [{ kind: 'flight', source: 'fids', system: 'flights', name: 'Belt 33', records: 1, suggestions: [] }])
  })

  test('an unknown kind and a time that is none are refused with what to do', async () => {
    const unknown = await fixture.call('/api/v1/records?kind=fligth')
    assert.equal(unknown.status, 404)
    assert.match(await unknown.text(), /did you mean flight/)
    assert.equal((await fixture.call('/api/v1/records?kind=flight&from=yesterday')).status, 400)
  })

  test('releasing is refused to a caller who may only read', async () => {
    const release = (headers: Record<string, string> = {}) => {
      const body = json({ ids: ['1.0'], reason: 'corrected', by: 'Ada' })
      return fixture.call('/api/v1/records/quarantine/release', {
        ...body,
        headers: { ...(body.headers as Record<string, string>), ...headers },
      })
    }
    assert.equal((await release()).status, 200)
    assert.equal((await fetch(`${fixture.url}/api/v1/records/quarantine/release`, json({ ids: ['1.0'] }))).status, 401)
  })
})
