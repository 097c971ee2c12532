import { dirname, resolve } from 'node:path'
import { feedsOf, type LoadedConfig, type LoadedConnection } from '../../config/index.ts'
import type { Historian } from '../../core/historian.ts'
import type { RecordKind } from '../../core/it-records.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Logger } from '../../core/log.ts'
import type { ConnectionHealth } from '../../core/node-view.ts'
import type { Spool } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import { BackOff } from '../../lib/back-off.ts'
import { Drops } from '../drops.ts'
import { endpointOf } from '../endpoint.ts'
import type { RunningFlows } from '../flows/start.ts'
import { HealthRecord } from '../health.ts'
import { againstCaller, recordsThroughConduit } from '../policy/collecting.ts'
import type { Policing } from '../policy/policing.ts'
import { scoped } from '../scoped.ts'
import { RecordBook } from './book.ts'
import { type RecordRunParts, runRecords } from './run.ts'

const BACK_OFF_FIRST_MS = 500
const BACK_OFF_LIMIT_MS = 30_000

export interface RecordParts {
  readonly loaded: LoadedConfig
  readonly books: ReadonlyMap<string, RecordBook>
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly spool: Pick<Spool, 'appendContent' | 'stats'>
  /** Absent: no zones are declared. */
  readonly policing?: Policing | undefined
  readonly history: Pick<Historian, 'records'>
  /** Resolves when the historian has everything up to a sequence. */
  readonly stored: (sequence: number, stop: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly stop: AbortSignal
  readonly flows: RunningFlows
}

export interface Started {
  health(): ConnectionHealth
  finish(): Promise<void>
}

/** Starts every connection that brings IT records. */
export function startRecordConnections(parts: RecordParts): Started[] {
  return parts.loaded.connections.flatMap((connection) => {
    const book = parts.books.get(connection.name)
    return book && feedsOf(connection).length > 0 ? [start(connection, book, parts)] : []
  })
}

function start(connection: LoadedConnection, book: RecordBook, parts: RecordParts): Started {
  const { clock, random, history, stored, spool, loaded, stop, kinds } = parts
  const { name, kind, label, config } = connection
  const log = scoped(parts.log, name)
  const health = new HealthRecord({ name, kind, endpoint: endpointOf(config), ...(label && { label }) }, clock)
  const directory = dirname(resolve(loaded.files[0] ?? '.'))
  const exchanges = parts.flows.recordsOf(connection)
  const gate = parts.policing?.gateOf(name)
  const feeds = feedsOf(connection)
  const kindsOfFeeds = feeds.map(({ record }) => record)
  const system = connection.connector.records?.(config, {
    connection: name,
    clock,
    log,
    random,
    directory,
    onExchange: exchanges.tell,
    cursor: (feed) => book.cursor(feed),
    ...(gate && { against: againstCaller(gate, kindsOfFeeds) }),
  })
  if (!system) throw new Error(`${kind} has no records`)
  const source = gate ? recordsThroughConduit(system, gate, kindsOfFeeds) : system
  const counts = { rows: 0, known: 0, versions: 0, deleted: 0, quarantined: 0, blurred: 0 }
  const lastVersions: RecordRunParts['lastVersions'] = async (query, until) => {
    await stored(spool.stats().lastSequence, until)
    return (await history.records({ ...query, limit: LIMITS.deliveryRows })).versions
  }
  const backOff = new BackOff(BACK_OFF_FIRST_MS, BACK_OFF_LIMIT_MS, random)
  const running = runRecords({
    ...{
      source,
      book,
      drops: new Drops(name, 'rows', () => source.counters.dropped),
      kinds,
      feeds,
      spool,
      lastVersions,
      counts,
      health,
      backOff,
      clock,
      log,
      random,
      stop,
      onDelivered: exchanges.delivered,
    },
  })
  return {
    health: () => {
      const { dropped, latencyMs } = source.counters
      return { ...health.view({ signals: 0, dropped, latencyMs }), records: { ...counts } }
    },
    finish: () => running,
  }
}

/** What the history holds of each connection's records, so that its source goes on and only news makes a version. */
export async function openBooks(
  connections: readonly LoadedConnection[],
  history: Pick<Historian, 'records' | 'recordCursors'>,
  node: string,
): Promise<Map<string, RecordBook>> {
  const books = new Map<string, RecordBook>()
  const bringing = connections.filter((connection) => feedsOf(connection).length > 0)
  const cursors = bringing.length > 0 ? await history.recordCursors() : []
  for (const connection of bringing) {
    const book = await openBook(connection, history)
    for (const one of cursors) if (one.node === node && one.source === connection.name) book.restoreCursor(one.feed, one.cursor)
    books.set(connection.name, book)
  }
  return books
}

async function openBook(connection: LoadedConnection, history: Pick<Historian, 'records'>): Promise<RecordBook> {
  const book = new RecordBook(connection.name)
  for (const kind of new Set(feedsOf(connection).map(({ record }) => record))) {
    for (let afterKey: string | undefined; ; ) {
      const page = { kind, source: connection.name, limit: LIMITS.deliveryRows, ...(afterKey !== undefined && { afterKey }) }
      const { versions, truncated } = await history.records(page)
      book.learn({ feed: 0, versions, quarantined: [] })
      afterKey = versions.at(-1)?.key
      if (!truncated || afterKey === undefined) break
    }
  }
  return book
}
