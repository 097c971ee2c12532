import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { startFixture } from '../api/fixture.ts'
import type { Fact } from '../core/facts.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import type { DerivationView } from '../core/node-view.ts'
import { Status } from '../core/status.ts'
import { parseTime } from '../core/time.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

const at = (text: string) => parseTime(`2026-07-01T${text}Z`)

function fact(key: string, to: string | null, lost: number | null): Fact {
  const status = lost === null ? Status.BadNoData : Status.Good
  return {
    ...{ definition: 'flight_baggage', type: 'join', version: '1', key, equipment: 'baggage/carousel-3', cause: 'first', inputs: [] },
    ...{ from: at('08:00:00'), to: to === null ? null : at(to), toleranceUs: 5_000_000 },
    values: {
      time_lost: { value: lost, unit: 's', status, coverage: 0.75, reasons: lost === null ? ['no-samples'] : ['coverage'] },
      orders: { value: '=WO1, "urgent"', status: 0, coverage: null },
    },
  }
}

async function world() {
  const history = new MemoryHistory()
  for (const one of [fact('AF1', null, 30), fact('AF1', '08:30:00', 90), fact('AF2', '08:20:00', null)]) history.publish(one)
  const derivations = () => [
    {
      name: 'flight_baggage',
      type: 'join',
      declaration: {},
      version: '1',
      watermark: at('09:00:00'),
      dirty: 2,
      lagSeconds: 0.5,
    } as DerivationView,
  ]
  const asked: unknown[] = []
  const recompute = async (query: object) => {
    asked.push(query)
    return ['flight_baggage']
  }
  const fixture = await startFixture(0, { history, node: { derivations, recompute } })
  after(() => fixture.close())
  const { write, run } = makeWorld()
  writeFileSync(join(fixture.directory, 'running.json'), JSON.stringify({ url: fixture.url }))
  const file = write('node.yaml', paperYaml({}, `data: ${fixture.directory}`).replace('connections:', 'connections: {}'))
  return { asked, directory: fixture.directory, run: (...args: string[]) => run([...args, '-c', file]) }
}

test('facts: the newest results with what is missing or doubtful beside each number; an unknown name is refused with what was meant', async () => {
  const { run } = await world()
  const { code, out } = await run('facts', 'flight_baggage')
  assert.equal(code, 0)
  assert.match(out, /^KEY +EQUIPMENT +FROM +TO +TIME_LOST +ORDERS/)
  assert.match(out, /AF1 .* 90 s 75 %/)
  assert.match(out, /AF2 .* - s 75 % BadNoData \(no-samples\)/)
  const wrong = await run('facts', 'flight_bagage')
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /did you mean flight_baggage\?/)
})

test('facts --out: a row each, every revision when asked for, as CSV and as Parquet that another program reads', async () => {
  const { run, directory } = await world()
  const [csv, parquet] = [join(directory, 'facts.csv'), join(directory, 'facts.parquet')]
  assert.equal((await run('facts', 'flight_baggage', '--out', csv)).code, 0)
  const lines = readFileSync(csv, 'utf8').split('\r\n')
  assert.match(
    lines[0] ?? '',
    /^definition,key,revision,equipment,from,to,known_time,cause,is_withdrawn,tolerance,time_lost,time_lost.unit,/,
  )
  assert.match(lines[1] ?? '', /^flight_baggage,AF1,2,.*,5s,90,s,Good,0.75,coverage,"'=WO1, ""urgent""",/)
  assert.equal((await run('facts', 'flight_baggage', '--revisions', '--out', parquet)).code, 0)
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const rows = await connection.runAndReadAll(
    `SELECT key, revision::INT, "time_lost", "time_lost.status", epoch_ms("from")::BIGINT FROM read_parquet('${parquet}') ORDER BY key, revision`,
  )
  const from = BigInt(at('08:00:00') / 1000)
  assert.deepEqual(rows.getRows(), [
    ['AF1', 1, 30, 'Good', from],
    ['AF1', 2, 90, 'Good', from],
    ['AF2', 1, null, 'BadNoData', from],
  ])
  const again = await run('facts', 'flight_baggage', '--out', csv)
  assert.deepEqual([again.code, /is there already; nothing was written/.test(again.err)], [1, true])
  const other = await run('facts', 'flight_baggage', '--out', join(directory, 'facts.xlsx'))
  assert.match(other.err, /ends neither in .csv, .jsonl nor .parquet/)
  assert.equal(existsSync(join(directory, 'facts.xlsx')), false)
})

test('recompute asks for a period, of one definition or of all', async () => {
  const { run, asked } = await world()
  const { code, out } = await run('recompute', 'flight_baggage', '--from', '2026-07-01T00:00:00Z', '--to', '2026-07-02T00:00:00Z')
  assert.equal(code, 0)
  assert.match(out, /computing anew: flight_baggage/)
  assert.deepEqual(asked, [{ definition: 'flight_baggage', from: at('00:00:00'), to: at('00:00:00') + 86_400_000_000 }])
})
