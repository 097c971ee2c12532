import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { DiscoveryView } from '../api/discovery-schemas.ts'
import { startFixture } from '../api/fixture.ts'
import type { DerivationView } from '../core/node-view.ts'
import { formatTime } from '../core/time.ts'
import { BEGIN, END, plant } from '../correlate/discover/plant.fixture.ts'
import { discover } from '../correlate/index.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

const DAYS = 14

/** A node that answers from a plant's history. */
async function world(drift: number) {
  const made = plant({ seed: 6, days: DAYS, noise: { white: 4, slow: 4, daily: 4 }, events: 24, drift })
  made.add('t/line/press/still', () => 4)
  const parts = { ...made, site: 't', equipment: {}, oldestTime: BEGIN, monotonicMs: () => 0, pause: async () => {} }
  const fixture = await startFixture(0, {
    node: {
      derivations: () => [{ name: 'jam', type: 'event' } as DerivationView],
      discover: (question, at) => discover(question, { ...parts, ...at }),
    },
  })
  after(() => fixture.close())
  const { write, run } = makeWorld()
  writeFileSync(join(fixture.directory, 'running.json'), JSON.stringify({ url: fixture.url }))
  const file = write('node.yaml', paperYaml({}, `data: ${fixture.directory}`).replace('connections:', 'connections: {}'))
  const period = ['--from', formatTime(BEGIN), '--to', formatTime(END(DAYS))]
  return (args: readonly string[], lang = 'en') => run(['discover', ...args, ...period, '-c', file, '--lang', lang])
}

test('what moved before a jam is shown with its evidence, what was not judged with the reason, and that it is no cause', async () => {
  const run = await world(2)
  const { code, out, err } = await run(['jam'])
  assert.equal(code, 0, err)
  assert.match(out, /^SIGNAL +MOVED +BEFORE +EFFECT/)
  assert.match(out, /\.\/motor\/current +\+ (level|slope) /)
  assert.match(out, /\.\/motor\/current: .*typically \+.* A/)
  assert.match(out, /does not make them causes/)
  assert.match(err, /reading: \d+ of \d+ windows/)
  assert.match(err, /looked at 24 of 24 moment\(s\) against \d+ others, 14 signal\(s\)/)
  assert.match(err, /not judged: 1 signal\(s\), it never moved: \.\/still/)
  const french = await run(['jam'], 'fr')
  assert.match(french.out, /n’en fait pas des causes/)
  assert.match(french.err, /non jugé : 1 signal\(aux\), n’a jamais bougé : \.\/still/)
  const asJson = JSON.parse((await run(['jam', '-o', 'json'])).out) as DiscoveryView
  assert.equal(asJson.findings[0]?.signal, './motor/current')
})

test('nothing found is an answer, too; what cannot be asked is refused', async () => {
  const run = await world(0)
  const { code, out } = await run(['jam'])
  assert.deepEqual([code, out], [0, 'nothing was found: no signal moved before in a way that chance does not explain\n'])
  const none = await run(['jam', '--match', 'elsewhere/**'])
  assert.deepEqual([none.code, none.out], [0, 'nothing could be compared, for the reasons told\n'])
  const unknown = await run(['jan'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.err, /there is no event, result or signal called jan\n.*did you mean jam\?/)
  for (const wrong of [
    ['jam', '--fdr', '1'],
    ['jam', '--lead', 'soon'],
    ['jam', '--seed', '-1'],
  ])
    assert.equal((await run(wrong)).code, 1)
  const long = await run(['jam', '--lead', '3d'])
  assert.match(long.err, /the lead is from 1s to 1d/)
})
