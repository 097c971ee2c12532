import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { Sample, Signal } from '../api/schemas.ts'
import { randomFrom } from '../qualify/faults/random.fixture.ts'
import { SUGGEST_LIMITS } from './suggest.ts'
import { makeWorld } from './world.fixture.ts'

const BEGIN = Date.parse('2026-11-01T00:00:00Z')
const CONFIG = `version: 1
site: { id: t2e }
connections:
  plc:
    kind: paper
    signals:
      - id: hall/temperature # the north wall
      - id: hall/young
`

const signal = (id: string, rest: Partial<Signal> = {}): Signal => ({
  id: `t2e/${id}`,
  connection: 'plc',
  address: 'a',
  dataType: 'number',
  ...rest,
})

/** Half a degree of noise in steps of 0.1, each ten seconds; one reading in ten is wild and not Good. Newest first. */
function samplesOf(id: string, count: number): Sample[] {
  const random = randomFrom(5)
  return Array.from({ length: count }, (_, i) => {
    const isBad = i % 10 === 5
    return {
      ...{
        signal: id,
        time: new Date(BEGIN + i * 10_000).toISOString(),
        value: isBad ? 900 : Math.round(10 * (20 + random.normal(0.5))) / 10,
      },
      ...{ status: isBad ? 'Uncertain' : 'Good', statusCode: isBad ? 'Uncertain' : 'Good', reasons: [] },
    } as Sample
  }).reverse()
}

async function node(signals: readonly Signal[], total = signals.length) {
  const asked: URL[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://node')
    asked.push(url)
    const id = url.searchParams.get('signal') ?? ''
    const samples = samplesOf(id, id.endsWith('young') ? 100 : 2000)
    const page = { signal: id, from: new Date(BEGIN).toISOString(), to: new Date().toISOString(), samples, truncated: false }
    const body = url.pathname === '/api/v1/signals' ? { signals, total } : page
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

test('a change of the file with its evidence, from Good samples alone; too little history is said to be so; nothing is changed', async () => {
  const { run, write } = makeWorld()
  const config = write('ecluse.yaml', CONFIG)
  const text = signal('hall/name', { dataType: 'text' })
  const { url, asked } = await node([signal('hall/temperature', { unit: 'Cel' }), signal('hall/young'), signal('hall/found'), text])
  const { code, out, err } = await run(['suggest', 't2e/**', '-c', config, '--url', url, '--from', '-2d'])
  assert.equal(code, 0)
  assert.match(out, /^--- a\/.*ecluse\.yaml\n\+\+\+ b\//)
  assert.match(out, /^\+ {6}# suggested from 1800 Good samples \(200 not Good left out\), 2026-11-01T00:00:00Z to 2026-11-01T05:33:10Z$/m)
  assert.match(out, /^ {7}- id: hall\/temperature # the north wall\n\+ {8}unit: "Cel"\n(\+ {8}[a-zA-Z]+: .*\n)*\+ {8}resolution: 0\.1$/m)
  const [low, high] = /^\+ {8}range: \[([\d.]+), ([\d.]+)\]$/m.exec(out)?.slice(1).map(Number) ?? []
  assert.ok(low !== undefined && high !== undefined && low > 15 && low < 19 && high > 21 && high < 25, `${low} ${high}`)
  assert.match(out, /^\+ {2}# hall\/found: suggested from/m)
  assert.match(err, /t2e\/hall\/young: too little history, 90 Good sample\(s\) of 500 \(10 not Good\); nothing proposed/)
  assert.match(err, /1 signal\(s\) with proposed keys, 1 with a note, 1 with too little history; nothing was changed\n$/)
  assert.equal(readFileSync(config, 'utf8'), CONFIG)
  const first = asked[1]?.searchParams
  assert.deepEqual([first?.get('from'), first?.get('order'), first?.get('limit')], ['-2d', 'newest', String(SUGGEST_LIMITS.samples)])
  assert.equal(asked.length, 4)
})

test('as data; in French; 1 when there is nothing to go by', async () => {
  const { run, write } = makeWorld()
  const config = write('ecluse.yaml', CONFIG)
  const { url } = await node([signal('hall/temperature'), signal('hall/young')], 700)
  const both = await run(['suggest', '-c', config, '--url', url, '-o', 'json', '--min-samples', '50'])
  const { suggestions, diff } = JSON.parse(both.out)
  assert.deepEqual([suggestions.length, suggestions[0].where, suggestions[0].proposal.resolution], [2, 'key', 0.1])
  assert.match(diff, /^--- a/)
  assert.match(both.err, /looked at the first 2 of 700 signals/)
  const none = await run(['suggest', '-c', config, '--url', url, '--min-samples', '5000', '--lang', 'fr'])
  assert.deepEqual([none.code, none.out], [1, ''])
  assert.match(none.err, /historique trop court, 1800 échantillon\(s\) Good sur 5000/)
  const empty = await node([])
  assert.match((await run(['suggest', 'x', '-c', config, '--url', empty.url])).err, /no signal matches x/)
})
