import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { collectAfterStart } from '../../lib/after-start.ts'
import { SQL_LIMITS } from './limits.ts'
import { sizeOf } from './paging.ts'

/** Entry of the thread that reads one SQLite file: a statement that takes long keeps this thread, not the node. */
export type ToThread = { readonly type: 'begin'; readonly query: string } | { readonly type: 'next' } | { readonly type: 'end' }
export type FromThread =
  | { readonly type: 'open' }
  | { readonly type: 'columns'; readonly columns: readonly { readonly name: string; readonly type: string | null }[] }
  | { readonly type: 'rows'; readonly rows: readonly (readonly unknown[])[]; readonly done: boolean }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly message: string; readonly code: number }

const port = parentPort
if (!port) throw new Error('sqlite-thread.ts is started as a worker thread by sqlite.ts')
const send = (message: FromThread): void => port.postMessage(message)

let database: DatabaseSync | undefined
let rows: Iterator<unknown> | undefined

const attempt = (work: () => void): void => {
  try {
    work()
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number }
    send({ type: 'failed', message, code: errcode ?? 0 })
  }
}

attempt(() => {
  database = new DatabaseSync(workerData as string, { readOnly: true, timeout: SQL_LIMITS.busyMs })
  database.exec('PRAGMA query_only = 1; PRAGMA trusted_schema = 0')
  send({ type: 'open' })
})

collectAfterStart()
port.on('message', (message: ToThread) => attempt(() => handle(message)))

function handle(message: ToThread): void {
  if (message.type === 'begin') {
    const statement = database?.prepare(message.query)
    if (!statement) throw new Error('the file is not open')
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    send({ type: 'columns', columns: statement.columns().map(({ name, type }) => ({ name, type })) })
    rows = statement.iterate() as Iterator<unknown>
  } else if (message.type === 'next') page()
  else {
    rows?.return?.()
    rows = undefined
    send({ type: 'ended' })
  }
}

function page(): void {
  const found: unknown[][] = []
  let size = 0
  let done = false
  while (found.length < SQL_LIMITS.pageRows && size < SQL_LIMITS.pageChars) {
    const next = rows?.next()
    if (!next || next.done) {
      done = true
      break
    }
    found.push(next.value as unknown[])
    size += sizeOf(next.value as unknown[])
  }
  send({ type: 'rows', rows: found, done })
}
