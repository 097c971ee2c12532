import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { DeliveredRow } from '../../core/account.ts'
import type { HistorianStats, IngestRow, LastRow } from '../../core/historian.ts'
import type { Logger } from '../../core/log.ts'
import type { Micros } from '../../core/time.ts'
import { readAccounts } from './accounts.ts'
import { removeFile, sweep } from './cold.ts'
import { type CompactContext, compactDay, dropDays, firstOpenDay, hotDays, refreshView } from './compact.ts'
import type { Dictionaries } from './dictionaries.ts'
import { saveFacts } from './measure-cache.ts'
import type { Facts } from './measure-facts.ts'
import type { CompactResult, StoreOptions } from './protocol.ts'
import { Readers } from './readers.ts'
import { rowsOf, whole } from './rows.ts'
import { createSchema, HOT_TABLES, quote } from './schema.ts'
import { openPastTornLog } from './torn-log.ts'
import { SampleWriter } from './writer.ts'

/** WAL size at which the engine folds it into the file: longer means fewer pauses and a longer start after a crash. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024

/** One opening of the database: the instance, its connections, and what is kept in memory. All of it is replaced when the engine breaks. */
export class Store {
  readonly options: StoreOptions
  readonly coldDirectory: string
  readonly readers: Readers
  readonly writer: SampleWriter
  /** Catalogued files that were not there on opening. */
  readonly missing: readonly string[]
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #compaction: DuckDBConnection

  private constructor(
    options: StoreOptions,
    instance: DuckDBInstance,
    writer: SampleWriter,
    connections: DuckDBConnection[],
    missing: string[],
  ) {
    this.options = options
    this.coldDirectory = join(options.directory, 'cold')
    this.#instance = instance
    this.writer = writer
    const [connection, compaction] = connections
    if (!connection || !compaction) throw new Error('a store needs two connections')
    this.#connection = connection
    this.#compaction = compaction
    this.readers = new Readers(instance, options.limits, options.memoryLimitBytes)
    this.missing = missing
  }

  static async open(options: StoreOptions, log: Logger): Promise<Store> {
    const coldDirectory = join(options.directory, 'cold')
    const temporary = join(options.directory, 'tmp')
    await rm(temporary, { recursive: true, force: true })
    await mkdir(coldDirectory, { recursive: true })
    const database = databaseOf(options.directory)
    const settings = {
      memory_limit: `${Math.ceil(options.memoryLimitBytes / 1024)}KiB`,
      threads: String(options.threads),
      temp_directory: temporary,
      checkpoint_threshold: `${CHECKPOINT_BYTES / 1024}KiB`,
      preserve_insertion_order: 'true',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
    }
    const instance = await openPastTornLog(database, log, () => DuckDBInstance.create(database, settings))
    try {
      const connection = await instance.connect()
      await connection.run("SET GLOBAL TimeZone = 'UTC'")
      // From here on the engine itself reaches no file but the cold ones, and nobody can change that.
      await connection.run(`SET allowed_directories = [${quote(`${coldDirectory}/`)}]`)
      await connection.run('SET enable_external_access = false')
      await connection.run('SET lock_configuration = true')
      await createSchema(connection)
      const missing = await sweep(connection, coldDirectory)
      for (const name of missing)
        log.error({ file: name }, 'a cold file is missing and its samples with it; restore it from a backup and start again')
      await refreshView(connection, coldDirectory)
      const writer = await SampleWriter.open(connection, log, options.limits)
      return new Store(options, instance, writer, [connection, await instance.connect()], missing)
    } catch (cause) {
      instance.closeSync()
      throw cause
    }
  }

  get dictionaries(): Dictionaries {
    return this.writer.dictionaries
  }

  /** True while the engine answers at all: after some failures of the disk it refuses everything until it is opened again. */
  async isUsable(): Promise<boolean> {
    return this.#connection.run('SELECT count(*) FROM store.writers').then(
      () => true,
      () => false,
    )
  }

  /** Moves closed days and applies retention; `exclusive` keeps writes away for the moment of folding the WAL. */
  async compact(now: Micros, settled: Micros | undefined, exclusive: <T>(work: () => Promise<T>) => Promise<T>): Promise<CompactResult> {
    const { compactAfterMs, retentionMs, limits } = this.options
    const context: CompactContext = {
      connection: this.#compaction,
      coldDirectory: this.coldDirectory,
      limits,
      last: () => this.writer.last,
      dictionaries: () => this.dictionaries,
    }
    const result: CompactResult = { days: 0, samples: 0, bytes: 0, removedDays: 0 }
    const unused: string[] = []
    if (retentionMs !== undefined && settled !== undefined) {
      const { days, dropped } = await dropDays(context, firstOpenDay(settled, retentionMs))
      result.removedDays = days
      if (days > 0) this.writer.recent.clear()
      unused.push(...dropped)
    }
    for (const day of await hotDays(this.#compaction, firstOpenDay(now, compactAfterMs))) {
      const { samples, bytes, replaced } = await compactDay(context, day)
      result.days++
      result.samples += samples
      result.bytes += bytes
      unused.push(...replaced)
    }
    // Queries that began before the commits may still open the old files; those that begin now do not know them.
    await this.readers.drained()
    for (const name of unused) await removeFile(this.coldDirectory, name)
    // Blocks of deleted samples become free at a checkpoint. The file is cut at its end where that is free, and elsewhere filled again.
    if (result.days + result.removedDays > 0) await exclusive(() => this.#connection.run('CHECKPOINT'))
    return result
  }

  /** Makes a running compaction fail and roll back; its day is compacted another time. */
  interruptCompaction(): void {
    this.#compaction.interrupt()
  }

  lastAll(): LastRow[] {
    const { last, dictionaries } = this.writer
    return last.keys().map((key) => {
      const text = last.text.get(key)
      return {
        signal: dictionaries.idOf(key),
        sourceTime: last.time[key] as number,
        receivedTime: last.received[key] as number,
        value: last.value[key] as number,
        status: last.status[key] as number,
        reasons: dictionaries.namesOf(last.reasons[key] as number),
        ...(text !== undefined && { text }),
      }
    })
  }

  async ingests(connection: DuckDBConnection, ids: readonly number[]): Promise<IngestRow[]> {
    if (ids.length === 0) return []
    const rows = await rowsOf(
      connection,
      `SELECT ingest, node, epoch, sequence, epoch_us(received_time), epoch_us(recorded_time), config_version
       FROM main.ingests WHERE ingest IN (${ids.map(whole).join(', ')}) ORDER BY ingest`,
    )
    return rows.map(([ingest, node, epoch, sequence, receivedTime, recordedTime, configVersion]) => ({
      ingest: ingest as number,
      node: node as string,
      epoch: epoch as number,
      sequence: sequence as number,
      receivedTime: receivedTime as number,
      recordedTime: recordedTime as number,
      configVersion: (configVersion ?? '') as string,
    }))
  }

  /** Not while a write runs. */
  accounts(period: { readonly from: Micros; readonly to: Micros } | undefined): Promise<DeliveredRow[]> {
    return readAccounts(this.#connection, period)
  }

  /** Not while a write runs. */
  keepMeasures(facts: readonly Facts[]): Promise<void> {
    return saveFacts(this.#connection, facts, this.options.limits.measuresKept)
  }

  async stats(connection: DuckDBConnection): Promise<Omit<HistorianStats, 'problem'>> {
    const [hot] = await rowsOf(
      connection,
      `SELECT count(*), epoch_us(min(time)), epoch_us(max(time)) FROM (${HOT_TABLES.map((table) => `SELECT time FROM ${table}`).join(' UNION ALL ')})`,
    )
    const [cold] = await rowsOf(
      connection,
      'SELECT coalesce(sum(samples), 0)::BIGINT, coalesce(sum(bytes), 0)::BIGINT, epoch_us(min(oldest)), epoch_us(max(newest)) FROM store.files WHERE present',
    )
    const times = [hot?.[1], hot?.[2], cold?.[2], cold?.[3]].filter((time) => typeof time === 'number')
    const path = databaseOf(this.options.directory)
    return {
      samples: Number(hot?.[0] ?? 0) + Number(cold?.[0] ?? 0),
      hotBytes: (await sizeOf(path)) + (await sizeOf(`${path}.wal`)),
      coldBytes: Number(cold?.[1] ?? 0),
      oldestTime: times.length > 0 ? Math.min(...times) : undefined,
      newestTime: times.length > 0 ? Math.max(...times) : undefined,
    }
  }

  /** Stops queries, then lets go of the file. Nobody may use the store afterwards. */
  async close(): Promise<void> {
    await this.readers.close()
    this.writer.close()
    this.#compaction.closeSync()
    this.#connection.closeSync()
    this.#instance.closeSync()
  }
}

const databaseOf = (directory: string): string => join(directory, 'historian.duckdb')

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  return found?.size ?? 0
}
