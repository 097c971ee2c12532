import type { DuckDBConnection } from '@duckdb/node-api'
import type { Logger } from '../../core/log.ts'
import { heldDays } from './held-days.ts'
import type { Facts } from './measure-facts.ts'
import type { CompactResult, Operations, StoreOptions } from './protocol.ts'
import { readAggregate } from './read-aggregate.ts'
import { readDefinitions } from './read-definitions.ts'
import { readFacts } from './read-facts.ts'
import { readMeasures } from './read-measures.ts'
import { readCounts, readCursors, readQuarantine, readRecords } from './read-records.ts'
import { type ReadContext, readSamples } from './read-samples.ts'
import { readSeries } from './read-series.ts'
import { readSql } from './read-sql.ts'
import { readTally } from './read-tally.ts'
import { Store } from './store.ts'

/** Opens the database and answers the calls of the main thread. Writes wait for each other; queries run beside them. */
export async function openOwner(options: StoreOptions, log: Logger): Promise<Operations> {
  let store = await Store.open(options, log)
  const problems = new Map<string, string>()
  if (store.missing.length > 0) problems.set('open', `cold files are missing: ${store.missing.join(', ')}`)
  let writing: Promise<unknown> = Promise.resolve()
  let compacting: Promise<unknown> = Promise.resolve()

  /** One after the other with all other writes. */
  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = writing.then(work)
    writing = turn.catch(() => undefined)
    return turn
  }

  async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      problems.delete(what)
      return result
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      problems.set(what, `${what}: ${message}`)
      log.error({ cause: message }, `the historian cannot ${what}`)
      throw cause
    }
  }

  /** After a failed write to its file the engine may refuse everything; it is then closed completely before it is opened again. */
  async function reviveIfBroken(): Promise<void> {
    if (await store.isUsable()) return
    log.warn({}, 'the storage engine stopped after a failure; opening it again')
    await store.close()
    store = await Store.open(options, log)
  }

  const query: Store['readers']['query'] = (timeoutMs, work) => store.readers.query(timeoutMs, work)
  const { queryTimeoutMs, limits } = options
  const context = (connection: DuckDBConnection): ReadContext => ({
    connection,
    coldDirectory: store.coldDirectory,
    dictionaries: store.dictionaries,
    lastIngest: store.writer.lastIngest,
  })

  return {
    checkpoints: () => exclusive(async () => store.dictionaries.checkpoints()),
    write: (packed, now) =>
      exclusive(() =>
        attempt('write', async () => {
          await reviveIfBroken()
          await store.writer.write(packed, now)
        }),
      ),
    samples: (q) => query(queryTimeoutMs, (connection) => readSamples(context(connection), q, limits.sampleRows)),
    series: (q) =>
      store.writer.recent.series(q, (asked) => query(queryTimeoutMs, (connection) => readSeries(context(connection), asked, limits))),
    records: (q) =>
      store.writer.recentStated.records(q, (asked) => query(queryTimeoutMs, (connection) => readRecords(connection, asked, limits))),
    facts: (q) =>
      store.writer.recentStated.facts(q, (asked) => query(queryTimeoutMs, (connection) => readFacts(connection, asked, limits))),
    recordCursors: () => query(queryTimeoutMs, readCursors),
    accounts: (period) => exclusive(async () => ({ checkpoints: store.dictionaries.checkpoints(), rows: await store.accounts(period) })),
    recordCounts: () => query(queryTimeoutMs, (connection) => readCounts(connection, limits)),
    quarantine: (q) => query(queryTimeoutMs, (connection) => readQuarantine(connection, q, limits)),
    aggregate: (q) => query(queryTimeoutMs, (connection) => readAggregate(context(connection), q, limits)),
    tally: (q) => query(queryTimeoutMs, (connection) => readTally(context(connection), q, limits)),
    lastAll: () => exclusive(async () => store.lastAll()),
    sql: (text, bounds) => store.readers.sql(bounds.timeoutMs, (connection) => readSql(connection, text, bounds.maxRows, limits)),
    ingests: (ids) => query(queryTimeoutMs, (connection) => store.ingests(connection, ids)),
    writers: () => exclusive(async () => store.dictionaries.tables()),
    declared: (configVersion) => exclusive(async () => store.dictionaries.declaredIn(configVersion)),
    definitions: (signal) => query(queryTimeoutMs, (connection) => readDefinitions(context(connection), signal, limits.definitionVersions)),
    measures: async (q, now) => {
      const learnt: Facts[] = []
      try {
        return await query(queryTimeoutMs, (connection) => {
          const began = performance.now()
          const isOver = () => performance.now() - began > queryTimeoutMs / 2
          return readMeasures(context(connection), q, { now, limits, learnt, isOver })
        })
      } finally {
        // Also what was measured before a question was stopped: the next one goes on from there.
        if (learnt.length > 0)
          await exclusive(() => store.keepMeasures(learnt)).catch((cause: unknown) =>
            log.debug({ cause: String(cause) }, 'measures are not kept'),
          )
      }
    },
    compact: (now, settled) => {
      const turn = compacting.then(() => attempt<CompactResult>('compact', () => store.compact(now, settled, exclusive)))
      compacting = turn.catch(() => undefined)
      return turn
    },
    days: () => query(queryTimeoutMs, heldDays),
    stats: async () => {
      const counted = await query(queryTimeoutMs, (connection) => store.stats(connection))
      return { ...counted, problem: problems.size > 0 ? [...problems.values()].join('; ') : undefined }
    },
    close: async () => {
      // A large day takes minutes to sort: stopping must not wait for it.
      const timer = setInterval(() => store.interruptCompaction(), 20)
      await compacting
      clearInterval(timer)
      await exclusive(() => store.close())
    },
  }
}
