import { parentPort, workerData } from 'node:worker_threads'
import { type SimulatedVariable, startOpcuaSimulator } from '../../src/index.ts'
import { pathOf } from './config.ts'
import { type Moment, momentAt } from './day.ts'
import { fleetOf } from './fleet.ts'
import type { Point } from './point.ts'

/** What the plant tells this thread, which answers with its port. */
export interface BaggageTask {
  readonly scale: number
  readonly seed: number
  /** Wall time of the plant's start, in milliseconds. */
  readonly startMs: number
}

/** How often the server renews its values. */
const PERIOD_MS = 1_000

/**
 * The baggage system's OPC UA server, in a thread of its own: reading the standard address space takes it a good second, in which the
 * meters and gates already answer.
 */
async function main({ scale, seed, startMs }: BaggageTask): Promise<void> {
  let last: Moment = momentAt(startMs, startMs)
  let lastMs = startMs
  const moment = (nowMs: number) => {
    if (nowMs !== lastMs) {
      last = momentAt(nowMs, startMs)
      lastMs = nowMs
    }
    return last
  }
  const variables = fleetOf(scale, seed).carousels.flatMap((points) => points.map((point) => variable(point, moment)))
  const server = await startOpcuaSimulator({ variables, periodMs: PERIOD_MS, modes: ['none'], policies: [], name: 'baggage' })
  parentPort?.postMessage(server.port)
  parentPort?.once('message', () => {
    void server.stop().finally(() => process.exit(0))
  })
}

function variable(point: Point, moment: (nowMs: number) => Moment): SimulatedVariable {
  const sample = point.value(moment(0))
  return {
    path: pathOf(point.id),
    dataType: typeof sample === 'number' ? 'Double' : typeof sample === 'boolean' ? 'Boolean' : 'String',
    ...(point.unit !== undefined && { unit: point.unit }),
    ...(point.range && { range: point.range }),
    value: (nowMs) => point.value(moment(nowMs)),
  }
}

await main(workerData as BaggageTask)
