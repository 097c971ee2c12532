import { parentPort, workerData } from 'node:worker_threads'
import { HistorianBusy, QueryRefused } from '../../core/historian.ts'
import type { Logger } from '../../core/log.ts'
import { collectAfterStart } from '../../lib/after-start.ts'
import { openOwner } from './owner.ts'
import type { Call, Level, Operation, Reply, StoreOptions } from './protocol.ts'

/** Entry of the thread that owns the database file: messages in, messages out. */
const port = parentPort
if (!port) throw new Error('owner-thread.ts is started as a worker thread by historian.ts')

const send = (reply: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(reply, transfer)
const logTo = (level: Level) => (fields: object, message: string) => send({ type: 'log', level, fields, message })
const log: Logger = { debug: logTo('debug'), info: logTo('info'), warn: logTo('warn'), error: logTo('error') }

const operations = await openOwner(workerData as StoreOptions, log)

port.on('message', async (call: Call) => {
  const { id, op, args } = call
  try {
    const run = operations[op] as (...args: readonly unknown[]) => Promise<unknown>
    const value = await run(...args)
    send({ type: 'done', id, value }, buffersOf(op, value))
  } catch (cause) {
    const isBusy = cause instanceof HistorianBusy
    send({
      type: 'failed',
      id,
      refused: cause instanceof QueryRefused,
      isBusy,
      message: cause instanceof Error ? cause.message : String(cause),
    })
  }
  if (op === 'close') port.close()
})
send({ type: 'ready' })
collectAfterStart()

/** Columns of an answer with samples are handed over instead of copied. */
function buffersOf(op: Operation, value: unknown): ArrayBuffer[] {
  if ((op !== 'samples' && op !== 'series') || typeof value !== 'object' || value === null) return []
  const answers = Array.isArray(value) ? (value as object[]) : [value]
  const buffers = new Set<ArrayBuffer>()
  for (const answer of answers)
    for (const column of Object.values(answer))
      if (ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer) buffers.add(column.buffer)
  return [...buffers]
}
