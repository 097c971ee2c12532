import { BatchBuilder } from '../core/batch.ts'
import { encodeBatch } from '../core/batch-codec.ts'
import type { SampleColumns } from '../core/historian.ts'
import type { SignalDefinition } from '../core/signals.ts'
import type { RecordKind, SpoolRecord } from '../core/spool.ts'
import { isNull } from '../core/status.ts'
import type { Micros } from '../core/time.ts'

/** One sample as a test writes and compares it. */
export interface Sample {
  readonly signal: number
  readonly time: Micros
  readonly value?: number
  readonly text?: string
  readonly status?: number
  readonly reasons?: number
}

/** Writes the records of one spool, as a node would. */
export class Recorder {
  readonly node: string
  readonly epoch: number
  sequence = 0
  receivedTime: Micros = 0

  constructor(node = 'node-1', epoch = 1) {
    this.node = node
    this.epoch = epoch
  }

  signals(...entries: [number, Partial<SignalDefinition> & { id: string }][]): SpoolRecord {
    return this.json(
      'signals',
      entries.map(([index, definition]) => [index, { connection: 'plc-1', address: `a/${index}`, dataType: 'number', ...definition }]),
    )
  }

  reasons(first: number, ...sets: string[][]): SpoolRecord {
    return this.json('reasons', { first, sets })
  }

  config(version: string): SpoolRecord {
    return this.json('config', { version, loadedTime: 0 })
  }

  gap(from: number, to: number, cause: string): SpoolRecord {
    return this.json('gap', { from, to, cause })
  }

  batch(...samples: Sample[]): SpoolRecord {
    const builder = new BatchBuilder(Math.max(1, samples.length))
    for (const { signal, time, value, text, status = 0, reasons = 0 } of samples) {
      const row = builder.push(signal, time, text !== undefined || isNull(status) ? Number.NaN : (value ?? Number.NaN), status, reasons)
      if (text !== undefined) builder.setText(row, text)
    }
    return this.record('batch', encodeBatch(builder.build(this.receivedTime)))
  }

  json(kind: RecordKind, content: unknown): SpoolRecord {
    return this.record(kind, new TextEncoder().encode(JSON.stringify(content)))
  }

  record(kind: RecordKind, payload: Uint8Array): SpoolRecord {
    return { node: this.node, epoch: this.epoch, sequence: ++this.sequence, kind, recordedTime: this.receivedTime, payload }
  }
}

/** Columns as rows, to compare and to read in a failure. */
export function toRows(columns: SampleColumns): unknown[] {
  return Array.from({ length: columns.count }, (_, i) => {
    const value = columns.value[i] as number
    const text = columns.text?.get(i)
    return {
      time: columns.time[i],
      value: Number.isNaN(value) ? null : value,
      status: columns.status[i],
      reasons: columns.reasonSets.get(columns.reasons[i] as number),
      ...(text !== undefined && { text }),
    }
  })
}
