import type { CheckStep, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { type ModbusConfig, typeOf, width } from './config.ts'
import { ofException } from './exceptions.ts'
import type { ReadRequest } from './frame.ts'
import { type Answer, ModbusLine } from './line.ts'

/** Reaches the device: TCP, then the first signal of each unit. The first failure ends the list. */
export async function* check(config: ModbusConfig, context: SourceContext, stop: AbortSignal): AsyncIterable<CheckStep> {
  const { clock } = context
  const line = new ModbusLine({ ...config, clock })
  const target = `${config.host}:${config.port}`
  try {
    const started = clock.monotonicMs()
    const opened = await attempt(() => line.open(stop))
    if (opened instanceof NotConnected) return yield failed('tcp', opened)
    yield { step: 'tcp', ok: true, detail: `${target} accepts connections`, latencyMs: clock.monotonicMs() - started }
    for (const request of firstOfEachUnit(config)) {
      const answer = await attempt(() => line.request(request, stop))
      if (answer instanceof NotConnected) return yield failed('first read', answer)
      const step = judge(request, answer, config, line.latencyMs)
      yield step
      if (!step.ok) return
    }
  } finally {
    line.close()
  }
}

async function attempt<T>(action: () => Promise<T>): Promise<T | NotConnected> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof NotConnected) return error
    throw error
  }
}

function failed(step: string, error: NotConnected): CheckStep {
  return { step, ok: false, detail: error.message, ...(error.hint && { hint: error.hint }) }
}

function firstOfEachUnit(config: ModbusConfig): ReadRequest[] {
  const byUnit = new Map<number, ReadRequest>()
  for (const signal of config.signals) {
    const unitId = signal.unitId ?? config.unitId
    if (!byUnit.has(unitId)) byUnit.set(unitId, { unitId, table: signal.table, address: signal.address, count: width(signal) })
  }
  return [...byUnit.values()]
}

function judge(request: ReadRequest, answer: Answer, config: ModbusConfig, latencyMs: number | undefined): CheckStep {
  const step = 'first read'
  const what = `unit ${request.unitId}, ${request.table} ${request.address}`
  switch (answer.kind) {
    case 'data': {
      const signal = config.signals.find((s) => (s.unitId ?? config.unitId) === request.unitId)
      const detail = `${what} (${signal?.id}, ${signal && typeOf(signal)}) answered ${answer.data.toString('hex')}`
      return { step, ok: true, detail, ...(latencyMs !== undefined && { latencyMs }) }
    }
    case 'exception':
      return {
        step,
        ok: false,
        detail: `${what}: ${ofException(answer.code).reason}`,
        hint: EXCEPTION_HINTS[answer.code] ?? EXCEPTION_HINT,
      }
    case 'silent':
      return { step, ok: false, detail: `${what}: no answer within ${config.timeout} ms`, hint: SILENT_HINT }
    case 'malformed':
      return {
        step,
        ok: false,
        detail: `${what}: ${answer.detail}`,
        hint: 'Is `framing` right (tcp or rtu-over-tcp), and is this port Modbus?',
      }
  }
}

const SILENT_HINT =
  'Is `unitId` right (many devices want 1 or 255), and `framing` (tcp or rtu-over-tcp)? Behind a gateway: is the device on, and `timeout` long enough?'
const EXCEPTION_HINT = 'The device refuses the request; its manual says why.'
const EXCEPTION_HINTS: Readonly<Record<number, string>> = {
  1: 'The device does not have this table: try holding-register instead of input-register, or the other way round.',
  2: 'The device has nothing at this address. Addresses count from 0 here: what manuals call 40001 is holding-register 0.',
  3: 'The device refuses this many at once: lower maxRegistersPerRequest or maxBitsPerRequest.',
  6: 'The device is busy: is another client polling it hard?',
  10: 'The gateway has no path to this unit: check `unitId` and the gateway’s settings.',
  11: 'The device behind the gateway does not answer: is it on, and wired?',
}
