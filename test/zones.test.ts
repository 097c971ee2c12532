import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openSums } from '../faults/ledger.ts'
import { loadConfig } from '../src/config/index.ts'
import { silent } from '../src/core/log.ts'
import { parseRecord } from '../src/core/record-content.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import { systemClock } from '../src/core/time.ts'
import { findLog, walk } from '../src/gateway/spool/walk.ts'
import { startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'

/** Whole nodes under a policy: what no conduit lets pass is nowhere but in the counts. */

const CASE = 'necessity: n, impact: i, owner: o, riskOwner: r, isolation: { by: [shift lead] }'
const poll = (more: string) =>
  `{ from: field, to: control, direction: pull, transports: [counting], ${CASE}, reviewBy: 2999-12-31, ${more} }`

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-zones-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > end) assert.fail(`not within 30 s: ${what}`)
    await systemClock.sleep(20)
  }
}

async function* recordsOf(directory: string): AsyncGenerator<SpoolRecord> {
  const log = await findLog(directory)
  assert.ok(log)
  for await (const step of walk(log, 1, Number.MAX_SAFE_INTEGER)) if (step.what === 'record') yield step.record
}

async function startUnder(directory: string, conduits: string, device: ReturnType<typeof countingConnector>) {
  const file = join(directory, 'ecluse.yaml')
  const zones = 'zones: { field: { level: 1 }, control: { level: 2 } }'
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: n, zone: control }\ndata: ${join(directory, 'data')}\n${zones}\nconduits:\n${conduits}connections:\n  c: { kind: counting, zone: field, first: 0 }\n`,
  )
  const loaded = await loadConfig(file, { connectors: [device], env: {} })
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
}

test('device crossing: a signal that no conduit names never reaches the log, and every sample of it is counted', async (t) => {
  const directory = folder(t)
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const node = await startUnder(directory, `  poll: ${poll('signals: ["count/[0-6]"]')}\n`, device)
  await until('some', () => acknowledged > 2_000)
  const [line] = (await node.view.ledger()).lines
  assert.deepEqual(await openSums(node.view), [])
  const dropped = line?.destinations[0]?.dropped['conduit-not-named'] ?? 0
  // Of ten signals three are refused, in each batch of fifty.
  assert.ok(dropped > 0 && dropped % 15 === 0, `${dropped}`)
  assert.equal(node.view.last.has(node.view.signals.indexOf('t/count/6') as number), true)
  assert.equal(node.view.last.has(node.view.signals.indexOf('t/count/7') as number), false)
  assert.equal(node.view.signals.at(0)?.zone, 'field')
  await node.stop()
  const refused = new Set([7, 8, 9])
  let samples = 0
  for await (const { kind, payload } of recordsOf(join(directory, 'data', 'spool'))) {
    const content = kind === 'batch' ? parseRecord(kind, payload) : undefined
    if (content?.kind !== 'batch') continue
    samples += content.batch.count
    for (const index of content.batch.signal) assert.equal(refused.has(index), false, 'a refused signal in the log')
  }
  assert.ok(samples > 0)
})

test('a conduit that is cut, or past its review: the device is not even asked, and its health says why', async (t) => {
  for (const [more, reason] of [
    ['signals: ["**"], cut: true', 'conduit poll: conduit-cut'],
    ['signals: ["**"], reviewBy: 2020-01-01', 'conduit poll: conduit-expired'],
  ] as const) {
    let acknowledged = 0
    const device = countingConnector(() => acknowledged++)
    const conduit = more.includes('reviewBy') ? poll(more).replace('reviewBy: 2999-12-31, ', '') : poll(more)
    const node = await startUnder(folder(t), `  poll: ${conduit}\n`, device)
    await until(reason, () => node.view.connections()[0]?.lastError?.message === reason)
    await node.stop()
    assert.equal(acknowledged, 0)
    assert.equal(node.view.spool().lastSequence, 0)
  }
})

test('more than its rate does not pass: counted, and the sums close', async (t) => {
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const node = await startUnder(folder(t), `  poll: ${poll('signals: ["**"], maxSamplesPerSecond: 10')}\n`, device)
  await until('more than ten seconds of it', () => acknowledged > 50)
  await until('the rest is counted', async () => ((await node.view.ledger()).lines[0]?.destinations[0]?.dropped['conduit-rate'] ?? 0) > 500)
  assert.deepEqual(await openSums(node.view), [])
  await node.stop()
})
