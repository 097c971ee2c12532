import { BatchBuilder, type SampleBatch } from '../../core/batch.ts'
import type { Contract } from '../../core/contracts.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import { HOUR, SECOND } from '../../core/time.ts'
import { toContract } from './contract.ts'
import { ContractDocument } from './document.ts'
import { odcs } from './schema.ts'
import { createContractWatch } from './watch.ts'

/** For tests: a contract of one object `m` with these properties and these other keys, each as YAML flow text. */
export function contractOf(properties: readonly string[], custom: readonly string[] = [], more: Record<string, string> = {}): Contract {
  const keys = { id: 'c', version: '"1"', status: 'active', ...more }
  const text = [
    'apiVersion: v3.1.0',
    'kind: DataContract',
    ...Object.entries(keys).map(([key, value]) => `${key}: ${value}`),
    `schema: [{ name: m, properties: [${properties.join(', ')}] }]`,
    `customProperties: [${custom.join(', ')}]`,
  ].join('\n')
  return toContract(odcs.parse(new ContractDocument(text).value), 'c.odcs.yaml')
}

/** One entry of customProperties. */
export const custom = (property: string, value: unknown): string => JSON.stringify({ property, value })
/** One property with its customProperties. */
export const property = (name: string, keys: object, fields: Record<string, unknown> = {}): string =>
  JSON.stringify({ name, ...keys, customProperties: Object.entries(fields).map(([key, value]) => ({ property: key, value })) })

export const T0 = 1_700_000_000 * SECOND
export interface Row {
  readonly signal: number
  readonly value: number
  readonly status?: number
  readonly text?: string
  /** Seconds before the batch was received. */
  readonly age?: number
}

/** Signals 0 a/current (A), 1 a/state (text), 2 a/running (boolean), 3 a/mode (number), 4 b/current (mA), 5 free. */
export function bench(contracts: readonly Contract[], since = T0 - 3 * HOUR) {
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const define = (id: string, dataType: 'number' | 'text' | 'boolean', unit?: string) =>
    signals.define({ id: `t/${id}`, connection: 'c', address: 'a', dataType, ...(unit !== undefined && { unit }) })
  define('a/current', 'number', 'A')
  define('a/state', 'text')
  define('a/running', 'boolean')
  define('a/mode', 'number')
  define('b/current', 'number', 'mA')
  define('free', 'number')
  const watch = createContractWatch({ contracts, site: 't', signals, reasons, since })
  const judge = (rows: readonly Row[], receivedTime = T0) => {
    const batch = batchOf(rows, receivedTime)
    watch.judge(batch)
    return rows.map((_, i) => ({ status: batch.status[i] as number, reasons: reasons.names(batch.reasons[i] as number) }))
  }
  const kinds = (now = T0) =>
    watch.findings(now).flatMap(({ findings }) => findings.map(({ property: name, kind, count }) => `${name} ${kind} ${count}`))
  return { signals, reasons, judge, kinds, watch }
}

export function batchOf(rows: readonly Row[], receivedTime: number): SampleBatch {
  const builder = new BatchBuilder()
  for (const { signal, value, status = 0, text, age = 0 } of rows) {
    const row = builder.push(signal, receivedTime - age * SECOND, value, status)
    if (text !== undefined) builder.setText(row, text)
  }
  return builder.build(receivedTime)
}
