import { BatchBuilder } from '../../core/batch.ts'
import { type CheckStep, failedStep, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { type ModbusConfig, type ModbusSignal, typeOf, width } from './config.ts'
import { decode, decoderOf } from './decode.ts'
import { ofException } from './exceptions.ts'
import type { ReadRequest } from './frame.ts'
import { type Answer, ModbusLine } from './line.ts'

/** Signals of one unit that are read beside its first. */
export const CHECKED_SIGNALS = 250
/** Refused signals named in one line. */
const NAMED = 5

/**
 * Reaches the device: TCP, then of each unit the first signal, then its others one by one, so that each wrong address is named. A unit that does not answer
 * costs the others nothing; over RTU it ends the list, since a late answer could be taken for that of the next.
 */
export async function* check(config: ModbusConfig, context: SourceContext, stop: AbortSignal): AsyncIterable<CheckStep> {
  const { clock } = context
  const line = new ModbusLine({ ...config, clock })
  const target = `${config.host}:${config.port}`
  try {
    const started = clock.monotonicMs()
    const opened = await attempt(() => line.open(stop))
    if (opened instanceof NotConnected) return yield failedStep('tcp', opened)
    yield { step: 'tcp', ok: true, detail: `${target} accepts connections`, latencyMs: clock.monotonicMs() - started }
    for (const [first, ...others] of byUnit(config)) {
      if (!first) continue
      const answer = await attempt(() => line.request(requestOf(first, config), stop))
      if (answer instanceof NotConnected) return yield failedStep('first read', answer)
      yield judge(first, answer, config, line.latencyMs)
      if (answer.kind === 'data' || answer.kind === 'exception') {
        const step = await readOthers(line, others.slice(0, CHECKED_SIGNALS), config, stop)
        if (step) yield step
      } else if (config.framing !== 'tcp') return
    }
  } finally {
    line.close()
  }
}

async function readOthers(
  line: ModbusLine,
  signals: readonly ModbusSignal[],
  config: ModbusConfig,
  stop: AbortSignal,
): Promise<CheckStep | undefined> {
  if (signals.length === 0) return undefined
  const step = 'other signals'
  const refused: CheckStep[] = []
  for (const signal of signals) {
    const answer = await attempt(() => line.request(requestOf(signal, config), stop))
    if (answer instanceof NotConnected) return failedStep(step, answer)
    const judged = judge(signal, answer, config, undefined)
    if (!judged.ok) refused.push(judged)
    if (answer.kind === 'silent' || answer.kind === 'malformed') break
  }
  const [one] = refused
  if (!one) return { step, ok: true, detail: `${signals.length} more of unit ${signals[0]?.unitId ?? config.unitId} answered` }
  const named = refused.slice(0, NAMED).map(({ detail }) => detail)
  const more = refused.length > NAMED ? `; and ${refused.length - NAMED} more` : ''
  return { step, ok: false, detail: `${named.join('; ')}${more}`, ...(one.hint && { hint: one.hint }) }
}

async function attempt<T>(action: () => Promise<T>): Promise<T | NotConnected> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof NotConnected) return error
    throw error
  }
}

function byUnit(config: ModbusConfig): ModbusSignal[][] {
  return [...Map.groupBy(config.signals, ({ unitId }) => unitId ?? config.unitId).values()]
}

function requestOf(signal: ModbusSignal, config: ModbusConfig): ReadRequest {
  return { unitId: signal.unitId ?? config.unitId, table: signal.table, address: signal.address, count: width(signal) }
}

function judge(signal: ModbusSignal, answer: Answer, config: ModbusConfig, latencyMs: number | undefined): CheckStep {
  const step = 'first read'
  const what = `unit ${signal.unitId ?? config.unitId}, ${signal.table} ${signal.address} (${signal.id}, ${typeOf(signal)})`
  switch (answer.kind) {
    case 'data': {
      const detail = `${what} is ${shownValue(signal, answer.data, config)}`
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

/** The value as it would be stored, with its unit, and the bytes it was made of: a wrong word order is seen here first. */
function shownValue(signal: ModbusSignal, data: Buffer, config: ModbusConfig): string {
  const into = new BatchBuilder(1)
  decode({ into, reasons: new ReasonSets(), data, time: 0, scratch: Buffer.alloc(8) }, decoderOf(signal, config), 0, 0)
  const batch = into.build(0)
  const value = batch.text?.get(0) ?? batch.value[0]
  return `${value}${signal.unit ? ` ${signal.unit}` : ''} (bytes ${data.toString('hex')})`
}

const SILENT_HINT =
  'Is `unitId` right (many devices want 1 or 255), and `framing` (tcp or rtu-over-tcp)? Behind a gateway: is the device on, and `timeout` long enough?'
const EXCEPTION_HINT = 'The device refuses the request; its manual says why.'
const EXCEPTION_HINTS: Readonly<Record<number, string>> = {
  1: 'The device does not have this table: try holding-register instead of input-register, or the other way round.',
  2: 'The device has nothing at this address. Addresses count from 0 here: what manuals call 40001 is holding-register 0.',
  3: 'The device refuses this address or this many at once: compare its manual, or lower maxRegistersPerRequest or maxBitsPerRequest.',
  4: 'The device cannot answer this. Behind a gateway, or with a simulator: is there such a unit (`unitId`)?',
  6: 'The device is busy: is another client polling it hard?',
  10: 'The gateway has no path to this unit: check `unitId` and the gateway’s settings.',
  11: 'The device behind the gateway does not answer: is it on, and wired?',
}
