import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { readText, refuseBinary } from './cells.ts'
import type { DatabaseFileConfig } from './config.ts'
import { explainFile } from './explain.ts'
import type { Column, Dialect, Explained, Page, Session } from './session.ts'
import type { FromThread, ToThread } from './sqlite-thread.ts'

/** A file of SQLite, opened to read only, in a thread of its own. */
export const sqlite: Dialect<DatabaseFileConfig> = {
  quoting: { backtick: true, bracket: true },
  place: ({ file }) => file,
  open,
  literal: (kind, text) => (kind === 'number' ? text : `'${text.replaceAll("'", "''")}'`),
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  explain,
}

class SqliteError extends Error {
  override name = 'SqliteError'
  readonly code: number
  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

async function open({ file }: DatabaseFileConfig, directory: string): Promise<Session> {
  const path = resolve(directory, file)
  if (!existsSync(path)) throw new SqliteError('there is no such file', 14)
  const script = import.meta.url.endsWith('.ts') ? './sqlite-thread.ts' : './sqlite-thread.js'
  // What is experimental in Node would be said on the node's stderr.
  const worker = new Worker(new URL(script, import.meta.url), { workerData: path, execArgv: ['--disable-warning=ExperimentalWarning'] })
  const thread = talkTo(worker)
  await thread.next()
  const destroy = () => {
    thread.fail(new Error('the file was closed'))
    void worker.terminate()
  }
  return {
    tls: undefined,
    read: (query) => read(thread, query),
    destroy,
    ended: new Promise<void>((done) => worker.once('exit', () => done())),
  }
}

interface Thread {
  /** The thread's next word; throws what it says went wrong. */
  next(): Promise<Exclude<FromThread, { type: 'failed' }>>
  ask(message: ToThread): ReturnType<Thread['next']>
  fail(error: Error): void
}

/** One question at a time, one answer each. */
function talkTo(worker: Worker): Thread {
  let waiting: PromiseWithResolvers<FromThread> | undefined
  let gone: Error | undefined
  const fail = (error: Error) => {
    gone ??= error
    waiting?.reject(gone)
    waiting = undefined
  }
  worker.on('message', (message: FromThread) => {
    waiting?.resolve(message)
    waiting = undefined
  })
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the thread that reads the file ended')))
  const next: Thread['next'] = async () => {
    if (gone) throw gone
    waiting = Promise.withResolvers()
    const message = await waiting.promise
    if (message.type === 'failed') throw new SqliteError(message.message, message.code)
    return message
  }
  return {
    next,
    fail,
    ask: (message) => {
      const answer = next()
      worker.postMessage(message)
      return answer
    },
  }
}

async function* read(thread: Thread, query: string): AsyncGenerator<Page, void, undefined> {
  const begun = await thread.ask({ type: 'begin', query })
  const columns = begun.type === 'columns' ? begun.columns.map(column) : []
  try {
    for (;;) {
      const part = await thread.ask({ type: 'next' })
      if (part.type !== 'rows') return
      yield { columns, rows: part.rows }
      if (part.done) return
    }
  } finally {
    // The reading holds a lock on the file until it is ended.
    await thread.ask({ type: 'end' })
  }
}

/** Any cell may have any type here: the declared one is a habit. */
function column({ name, type }: { readonly name: string; readonly type: string | null }): Column {
  return {
    name,
    kind: /int|real|num|dec|doub|floa/i.test(type ?? '') ? 'number' : 'text',
    read: (raw) => {
      if (typeof raw === 'bigint') return Number.isSafeInteger(Number(raw)) ? Number(raw) : String(raw)
      if (typeof raw === 'string') return readText(raw)
      if (raw instanceof Uint8Array) return refuseBinary('BLOB')()
      return raw
    },
  }
}

const BUSY = 5

function explain(error: unknown, { file }: DatabaseFileConfig): Explained {
  const { message, code } = error as SqliteError
  if (code === BUSY)
    return {
      step: 'query',
      message: 'another program keeps the file locked',
      hint: 'PRAGMA journal_mode = WAL lets it write while others read',
    }
  return explainFile(message, file, error instanceof SqliteError && code === 1)
}
