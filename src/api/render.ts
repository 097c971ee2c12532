import type { SampleBatch } from '../core/batch.ts'
import type { NodeView } from '../core/node-view.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { isNull, severity, statusName } from '../core/status.ts'
import { formatTime, type Micros } from '../core/time.ts'
import { Refusal } from './problem.ts'
import type { Sample } from './schemas.ts'

/** One sample as numbers and names, ready to be said. */
export interface Raw {
  readonly time: number
  readonly receivedTime?: number | undefined
  readonly recordedTime?: number | undefined
  readonly value: number
  readonly status: number
  readonly reasons: readonly string[]
  readonly text?: string | undefined
}

/** Writes the times of one answer, of which many are the same: what came in one record was received at once. */
export function timesOnce(): (time: Micros) => string {
  const known = new Map<Micros, string>()
  return (time) => {
    const text = known.get(time) ?? formatTime(time)
    known.set(time, text)
    return text
  }
}

/** A sample in the shape of the API. */
export function toSample(signal: Pick<SignalDefinition, 'id' | 'dataType' | 'unit'>, raw: Raw, textOf = formatTime): Sample {
  // Written member by member: an answer may have ten thousand of them.
  const sample = { signal: signal.id, time: textOf(raw.time) } as Sample
  if (raw.receivedTime !== undefined) sample.receivedTime = textOf(raw.receivedTime)
  if (raw.recordedTime !== undefined) sample.recordedTime = textOf(raw.recordedTime)
  sample.value = valueIn(signal, raw)
  if (signal.unit !== undefined) sample.unit = signal.unit
  sample.status = severity(raw.status)
  sample.statusCode = statusName(raw.status)
  sample.reasons = [...raw.reasons]
  return sample
}

function valueIn({ dataType }: Pick<SignalDefinition, 'dataType'>, { value, status, text }: Raw): Sample['value'] {
  if (isNull(status)) return null
  if (text !== undefined) return text
  if (!Number.isFinite(value)) return null
  return dataType === 'boolean' ? value !== 0 : value
}

/** A row of a live batch. */
export function batchSample({ signals, reasons }: NodeView, batch: SampleBatch, row: number): Sample | undefined {
  const signal = signals.at(batch.signal[row] as number)
  if (!signal) return undefined
  return toSample(signal, {
    time: batch.sourceTime[row] as number,
    receivedTime: batch.receivedTime,
    value: batch.value[row] as number,
    status: batch.status[row] as number,
    reasons: reasons.names(batch.reasons[row] as number),
    text: batch.text?.get(row),
  })
}

/** The last value of a signal; undefined when it never had one. */
export function lastSample({ signals, reasons, last }: NodeView, index: number, textOf = formatTime): Sample | undefined {
  const signal = signals.at(index)
  if (!signal || !last.has(index)) return undefined
  const raw = {
    time: last.sourceTime[index] as number,
    receivedTime: last.receivedTime[index] as number,
    value: last.value[index] as number,
    status: last.status[index] as number,
    reasons: reasons.names(last.reasons[index] as number),
    text: last.text.get(index),
  }
  return toSample(signal, raw, textOf)
}

/** The definition of an id; 404 with the nearest known ids otherwise. */
export function signalOf({ signals }: NodeView, id: string): SignalDefinition {
  const index = signals.indexOf(id)
  const signal = index === undefined ? undefined : signals.at(index)
  if (signal) return signal
  const name = id.split('/').at(-1) ?? id
  const all = signals.all()
  // Most likely the site is missing, as in the file; then what ends or begins alike.
  const whole = all.filter((one) => one.id.endsWith(`/${id}`))
  const near = whole.length > 0 ? whole : all.filter((one) => one.id.endsWith(`/${name}`) || one.id.startsWith(`${id}/`))
  const ids = near.slice(0, 3).map((one) => one.id)
  throw new Refusal(404, 'unknown-signal', id.slice(0, 200), ids)
}
