import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { BatchBuilder } from '../../core/batch.ts'
import type { Fact, StoredFact } from '../../core/facts.ts'
import type { Historian } from '../../core/historian.ts'
import { silent } from '../../core/log.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { parseRecord } from '../../core/record-content.ts'
import { SignalTable } from '../../core/signals.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { DAY, HOUR, systemClock } from '../../core/time.ts'
import { openSpool } from '../../gateway/index.ts'
import { openHistorian } from '../../historian/index.ts'
import { Feeder } from '../feeder.ts'
import { DERIVING_CONSUMER } from './following.ts'
import { createDeriving, type Deriving } from './index.ts'
import { derivationsOf, placeOf, S } from './plant.fixture.ts'

const clock = systemClock

/** A node's log, history and engine, without connections. Records that `holds` come into the history when it resolves. */
async function startNode(directory: string, holds: (records: readonly SpoolRecord[]) => Promise<void> = async () => {}) {
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const { spool } = await openSpool({
    ...{ directory: join(directory, 'spool'), node: 'node-1', signals, reasons, clock, random: Math.random, log: silent },
    ...{ config: { version: 'v1', loadedTime: clock.now() }, maxBytes: 64 * 2 ** 20, maxAgeMs: 7 * 86_400_000 },
    ...{ overflow: 'block', segmentBytes: 2 ** 20, consumers: ['historian', DERIVING_CONSUMER] },
  })
  const historian = await openHistorian({
    ...{
      directory: join(directory, 'historian'),
      memoryLimitBytes: 2 ** 28,
      threads: 1,
      compactAfterMs: 86_400_000,
      queryTimeoutMs: 10_000,
    },
    ...{ clock, log: silent },
  })
  const from = (await historian.checkpoints()).find(({ node }) => node === 'node-1')?.sequence ?? 0
  const power = signals.define({ id: 'site/stand-1/power', connection: 'plc', address: 'a', dataType: 'number' })
  let deriving: Deriving | undefined
  const held: Historian = {
    ...historian,
    write: async (records) => {
      await holds(records)
      return historian.write(records)
    },
  }
  const feeder = new Feeder({
    ...{ spool, historian: held, from, commitRows: 1_000, commitIntervalMs: 5, clock, random: Math.random, log: silent },
    onStored: (sequence) => deriving?.stored(sequence),
  })
  const file = join(directory, 'deriving', 'state')
  deriving = await createDeriving({
    ...{
      derivations: derivationsOf(),
      history: historian,
      spool,
      signals,
      reasons,
      writers: await historian.writers(),
      storedSequence: from,
    },
    ...{ append: (batch) => spool.append(batch), placeOf, nodeOf: () => undefined, horizonUs: 7 * DAY, file, clock, log: silent },
  })
  const sample = (time: number, value: number) => {
    const builder = new BatchBuilder(1)
    builder.push(power, time, value, 0)
    return spool.append(builder.build(clock.now()))
  }
  const record = (kind: string, start: number, end: number, isDeleted = false) => {
    const values = { id: '1', start, end, stand: 'stand-1' }
    const version = { kind, key: '1', source: 'a', validFrom: start, validTo: end, isDeleted, values }
    return spool.appendContent({ kind: 'records', records: { source: 'a', feed: 0, versions: [version], quarantined: [] } })
  }
  const flight = (start: number, end: number, isDeleted = false) => record('flight', start, end, isDeleted)
  const facts = async (definition = 'turnaround'): Promise<StoredFact[]> =>
    (await historian.facts({ definition, allRevisions: true, limit: 100 })).facts
  const close = async () => {
    await deriving.close()
    await feeder.close(5_000)
    await spool.close()
    await historian.close()
  }
  return { deriving, spool, sample, record, flight, facts, file, close }
}

async function until<T>(look: () => Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const end = performance.now() + 20_000
  for (;;) {
    const found = await look()
    if (isSo(found)) return found
    if (performance.now() > end) assert.fail(`never so: ${JSON.stringify(found)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function temporary(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-deriving-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const isIdle = ({ deriving }: { deriving: Deriving }) => {
  const { lagRecords, derivations } = deriving.view()
  return lagRecords === 0 && derivations.every(({ lagSeconds }) => lagSeconds === 0)
}

test('a record and its readings become a fact; late samples, deletion and a restart in between are followed', async (context) => {
  const directory = await temporary(context)
  const start = clock.now() - HOUR
  let node = await startNode(directory)
  await node.sample(start, 4)
  await node.sample(start + 30 * S, 6)
  await node.flight(start, start + 60 * S)
  const [first] = await until(
    () => node.facts(),
    (found) => found.length === 1,
  )
  assert.equal(first?.cause, 'first')
  assert.equal(first?.values.mean?.value, 5)
  assert.equal(first?.to, start + 60 * S)

  await node.sample(start + 45 * S, 8)
  const late = (
    await until(
      () => node.facts(),
      (found) => found.length === 2,
    )
  )[1]
  assert.equal(late?.cause, 'late-samples')
  assert.equal(late?.values.mean?.value, 5.5)
  await until(async () => isIdle(node), Boolean)
  await node.close()

  node = await startNode(directory)
  await until(async () => isIdle(node), Boolean)
  assert.equal((await node.facts()).length, 2, 'a restart publishes nothing')
  assert.deepEqual(
    node.deriving
      .view()
      .derivations.slice(0, 2)
      .map(({ computed }) => computed),
    [0, 0],
    'and has nothing to compute',
  )
  await node.flight(start, start + 60 * S, true)
  const gone = (
    await until(
      () => node.facts(),
      (found) => found.length === 3,
    )
  )[2]
  assert.equal(gone?.isWithdrawn, true)
  assert.equal(gone?.cause, 'record')
  await node.close()

  await writeFile(node.file, `${(await readFile(node.file, 'utf8')).slice(0, -3)}`)
  node = await startNode(directory)
  await until(async () => isIdle(node), Boolean)
  assert.equal((await node.facts()).length, 3, 'without its saved state it computes all anew and finds nothing to say')
  await node.close()
})

test('what is computed from a fact does not wait until that is stored', async (context) => {
  const released = Promise.withResolvers<void>()
  let isHeld = false
  const isFacts = ({ kind }: SpoolRecord) => kind === 'facts'
  const node = await startNode(await temporary(context), (records) =>
    isHeld && records.some(isFacts) ? released.promise : Promise.resolve(),
  )
  const start = clock.now() - HOUR
  await node.sample(start, 4)
  await node.record('work', start, start + 60 * S)
  await until(
    () => node.facts('review'),
    (found) => found.length > 0,
  )
  await until(async () => isIdle(node), Boolean)
  isHeld = true
  // Only now a flight during that work: its turnaround is computed, and what counts turnarounds again from it.
  await node.flight(start, start + 60 * S)
  const said = async () => {
    const records = await node.spool.read(node.spool.stats().firstSequence, 1_000, 2 ** 24)
    return records.filter(isFacts).flatMap(({ kind, payload }) => {
      const content = parseRecord(kind, payload)
      return content.kind === 'facts' ? content.facts : []
    })
  }
  const reviewed = (found: readonly Fact[]) => found.findLast(({ definition }) => definition === 'review')?.values.flights?.value === 1
  await until(said, reviewed)
  assert.deepEqual(await node.facts('turnaround'), [], 'the history knows nothing of it')
  released.resolve()
  await until(() => node.facts('review'), reviewed)
  await until(async () => isIdle(node), Boolean)
  assert.deepEqual(
    (await node.facts('turnaround')).map(({ revision, cause }) => [revision, cause]),
    [[1, 'first']],
    'and it is said once',
  )
  await node.close()
})

test('what changes beyond the horizon waits until somebody asks for it', async (context) => {
  const node = await startNode(await temporary(context))
  const start = clock.now() - 30 * DAY
  await node.sample(start, 4)
  await node.flight(start, start + 60 * S)
  const ofFlights = async () => node.deriving.pending().filter(({ definition }) => definition === 'turnaround')
  const [pending] = await until(ofFlights, (found) => found.length === 1)
  assert.ok((pending?.from ?? 0) <= start && (pending?.to ?? 0) >= start)
  assert.equal((await node.facts()).length, 0)
  await assert.rejects(node.deriving.recompute('nothing', 0, 1, AbortSignal.timeout(1_000)), RangeError)
  await node.deriving.recompute('turnaround', start - HOUR, start + HOUR, AbortSignal.timeout(20_000))
  assert.equal((await node.facts())[0]?.values.mean?.value, 4)
  assert.deepEqual(await ofFlights(), [])
  await node.close()
})
