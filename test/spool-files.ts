import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fact } from '../src/core/facts.ts'
import type { RecordVersion } from '../src/core/it-records.ts'
import { parseRecord } from '../src/core/record-content.ts'
import { RECORD_KINDS } from '../src/core/spool.ts'
import type { Micros } from '../src/core/time.ts'

export interface Row {
  readonly time: Micros
  readonly value: number
  readonly text: string | undefined
  readonly status: number
  readonly sequence: number
}

/** All that a node's log says, as it says it. */
export interface SpoolFiles {
  /** By signal, in the order of the log. */
  readonly samples: ReadonlyMap<string, readonly Row[]>
  readonly facts: readonly { readonly sequence: number; readonly fact: Fact }[]
  readonly records: readonly { readonly sequence: number; readonly version: RecordVersion }[]
}

const SEGMENT_HEADER = 384
const RECORD_HEADER = 88
const RECORD_MAGIC = 0x31524345

/** Reads the spool's files by the layout as it is documented; nothing of the spool's own reading is used. */
export function readSpoolFiles(directory: string): SpoolFiles {
  const samples = new Map<string, Row[]>()
  const facts: SpoolFiles['facts'][number][] = []
  const records: SpoolFiles['records'][number][] = []
  const ids: string[] = []
  const names = readdirSync(directory).filter((one) => one.endsWith('.seg'))
  for (const name of names.sort()) {
    const bytes = readFileSync(join(directory, name))
    for (let at = SEGMENT_HEADER; at + RECORD_HEADER <= bytes.length && bytes.readUInt32LE(at) === RECORD_MAGIC; ) {
      const size = bytes.readUInt32LE(at + 12)
      const kind = RECORD_KINDS[bytes.readUInt32LE(at + 16)] as (typeof RECORD_KINDS)[number]
      const sequence = bytes.readDoubleLE(at + 24)
      const content = parseRecord(kind, new Uint8Array(bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + size)))
      if (content.kind === 'signals') for (const [index, { id }] of content.signals) ids[index] = id
      if (content.kind === 'facts') for (const fact of content.facts) facts.push({ sequence, fact })
      if (content.kind === 'records') for (const version of content.records.versions) records.push({ sequence, version })
      if (content.kind === 'batch') {
        const { count, signal, sourceTime, value, status, text } = content.batch
        for (let i = 0; i < count; i++) {
          const id = ids[signal[i] as number] as string
          const list = samples.get(id) ?? []
          samples.set(id, list)
          list.push({
            ...{ time: sourceTime[i] as number, value: value[i] as number, text: text?.get(i) },
            ...{ status: status[i] as number, sequence },
          })
        }
      }
      at += RECORD_HEADER + ((size + 7) & ~7)
    }
  }
  return { samples, facts, records }
}

/** What holds: of several samples at one time the last that came. */
export const held = (rows: readonly Row[] | undefined): Row[] =>
  [...new Map((rows ?? []).map((row) => [row.time, row])).values()].sort((a, b) => a.time - b.time)

/** Over [from, to) in value-microseconds and microseconds: each reading holds until the next, for `holdUs` at most; one that is not chosen says nothing until the next. */
export function steps(
  rows: readonly Row[],
  from: Micros,
  to: Micros,
  holdUs: Micros,
  isChosen = ({ value }: Row) => !Number.isNaN(value),
): { readonly area: number; readonly us: number } {
  let [area, us] = [0, 0]
  rows.forEach((row, i) => {
    const begin = Math.max(from, row.time)
    const end = Math.min(to, rows[i + 1]?.time ?? to, row.time + holdUs)
    if (end <= begin || !isChosen(row)) return
    area += row.value * (end - begin)
    us += end - begin
  })
  return { area, us }
}
