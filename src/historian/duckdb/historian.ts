import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Historian, HistorianBusy, QueryRefused } from '../../core/historian.ts'
import type { Logger } from '../../core/log.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import { STORE_LIMITS, type StoreLimits } from './limits.ts'
import { takeLock } from './lock.ts'
import type { Call, Operation, Operations, PackedRecord, PackedRecords, Reply, StoreOptions } from './protocol.ts'

export interface HistorianOptions {
  /** Holds the database, the cold files and the lock; made when absent. */
  readonly directory: string
  readonly memoryLimitBytes: number
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
  /** Default 2. */
  readonly threads?: number
  /** How long after its end a day is compacted; default one day. */
  readonly compactAfterMs?: number
  /** Absent: nothing is ever removed. */
  readonly retentionMs?: number
  /** For `samples`, `aggregate` and the other queries that bring no limit of their own; default 10 s. */
  readonly queryTimeoutMs?: number
  readonly limits?: Partial<StoreLimits>
}

/** Opens or creates the historian in a directory. Throws HistorianInUse when it is open already, here or in another process. */
export async function openHistorian(options: HistorianOptions): Promise<Historian> {
  const directory = resolve(options.directory)
  const release = takeLock(directory, randomUUID())
  try {
    const owner = await startOwner(
      {
        directory,
        memoryLimitBytes: options.memoryLimitBytes,
        threads: options.threads ?? 2,
        compactAfterMs: options.compactAfterMs ?? 86_400_000,
        retentionMs: options.retentionMs,
        queryTimeoutMs: options.queryTimeoutMs ?? 10_000,
        limits: { ...STORE_LIMITS, ...options.limits },
      },
      options.log,
      release,
    )
    return proxy(owner, options.clock)
  } catch (cause) {
    release()
    throw cause
  }
}

interface Owner {
  readonly ended: Promise<void>
  call<K extends Operation>(op: K, args: Parameters<Operations[K]>, transfer?: ArrayBuffer[]): ReturnType<Operations[K]>
}

function proxy(owner: Owner, clock: Pick<Clock, 'now'>): Historian {
  let closing: Promise<void> | undefined
  return {
    checkpoints: () => owner.call('checkpoints', []),
    write: (records) => {
      if (records.length === 0) return Promise.resolve()
      const packed = pack(records)
      return owner.call('write', [packed, clock.now()], [packed.bytes.buffer])
    },
    samples: (query) => owner.call('samples', [query]),
    series: (query) => owner.call('series', [query]),
    records: (query) => owner.call('records', [query]),
    facts: (query) => owner.call('facts', [query]),
    recordCursors: () => owner.call('recordCursors', []),
    accounts: (period) => owner.call('accounts', [period]),
    recordCounts: () => owner.call('recordCounts', []),
    quarantine: (query) => owner.call('quarantine', [query]),
    aggregate: (query) => owner.call('aggregate', [query]),
    tally: (query) => owner.call('tally', [query]),
    lastAll: () => owner.call('lastAll', []),
    sql: (text, limits) => owner.call('sql', [text, limits]),
    ingests: (ids) => owner.call('ingests', [ids]),
    writers: () => owner.call('writers', []),
    declared: (configVersion) => owner.call('declared', [configVersion]),
    definitions: (signal) => owner.call('definitions', [signal]),
    measures: (query) => owner.call('measures', [query, clock.now()]),
    compact: (now, settled) => owner.call('compact', [now, settled]),
    stats: () => owner.call('stats', []),
    days: () => owner.call('days', []),
    // Closed means closed for others too: the thread has ended and the lock is given back.
    close: () => (closing ??= owner.call('close', []).finally(() => owner.ended)),
  }
}

/** One copy of all payloads. A payload may be a view on a buffer that the spool and the link read too, so it can not be transferred itself. */
function pack(records: readonly SpoolRecord[]): PackedRecords {
  let size = 0
  const packed: PackedRecord[] = records.map((record) => {
    const at = size
    size += (record.payload.length + 7) & ~7
    const { node, epoch, sequence, kind, recordedTime } = record
    return { node, epoch, sequence, kind, recordedTime, at, length: record.payload.length }
  })
  const bytes = new Uint8Array(size)
  records.forEach((record, i) => {
    bytes.set(record.payload, packed[i]?.at)
  })
  return { records: packed, bytes }
}

function failure({ refused, isBusy, message }: Extract<Reply, { type: 'failed' }>): Error {
  if (isBusy) return new HistorianBusy(message)
  return refused ? new QueryRefused(message) : new Error(message)
}

interface Waiting {
  resolve(value: never): void
  reject(error: Error): void
}

/** Starts the one thread that owns the database file, and resolves when it has opened it. */
function startOwner(options: StoreOptions, log: Logger, release: () => void): Promise<Owner> {
  // Compiled for publishing, this file and the thread's both end in `.js`.
  const script = import.meta.url.endsWith('.ts') ? './owner-thread.ts' : './owner-thread.js'
  const worker = new Worker(new URL(script, import.meta.url), { workerData: options, name: 'historian' })
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let gone: Error | undefined
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const owner: Owner = {
    ended,
    call: ((op: Operation, args: readonly unknown[], transfer: ArrayBuffer[] = []) =>
      new Promise((resolve, reject) => {
        if (gone) return reject(gone)
        const call: Call = { id: ++lastId, op, args }
        waiting.set(call.id, { resolve, reject })
        worker.postMessage(call, transfer)
      })) as Owner['call'],
  }
  return new Promise((resolve, reject) => {
    const end = (cause: Error) => {
      gone ??= cause
      for (const call of waiting.values()) call.reject(gone)
      waiting.clear()
      reject(gone)
    }
    worker.on('message', (reply: Reply) => {
      if (reply.type === 'ready') {
        resolve(owner)
        return
      }
      if (reply.type === 'log') {
        log[reply.level](reply.fields, reply.message)
        return
      }
      const call = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (reply.type === 'done') call?.resolve(reply.value as never)
      else call?.reject(failure(reply))
    })
    worker.on('error', (cause) => end(new Error(`the historian's thread failed: ${(cause as Error).message}`, { cause })))
    worker.on('exit', () => {
      // The thread is gone and with it the engine's hold on the file: only now may someone else have it.
      release()
      end(new Error('the historian is closed'))
    })
  })
}
