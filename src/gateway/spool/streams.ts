import type { Forwarded } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { SpoolRecord, StreamPosition } from '../../core/spool.ts'
import type { Entry, Step } from './queue.ts'

/** How far a log has those of other nodes. */
export class Streams {
  readonly #positions = new Map<string, StreamPosition>()

  constructor(positions: Iterable<StreamPosition> = []) {
    for (const position of positions) this.set(position)
  }

  all(): readonly StreamPosition[] {
    return [...this.#positions.values()]
  }

  /** Positions only move forward. */
  set(position: StreamPosition): void {
    const key = keyOf(position)
    const before = this.#positions.get(key)
    if ((before?.sequence ?? -1) >= position.sequence) return
    const segments = [...new Set([...(before?.segments ?? []), ...(position.segments ?? [])])].slice(-LIMITS.streamSegments)
    this.#positions.set(key, { ...position, segments })
  }

  /** What forwarded records do to their stream. Throws RangeError when they are none. */
  static step({ node, epoch, records }: Forwarded): Step {
    const [first] = records
    const last = records.at(-1)
    if (!first || !last) throw new RangeError('no records to forward')
    const segments = records.flatMap((record) => (record.kind === 'config' ? (segmentIn(record) ?? []) : []))
    return { after: startOf(first) - 1, to: { node, epoch, sequence: last.sequence, ...(last.seal && { hash: last.seal.hash }), segments } }
  }

  /**
   * Those of a group that may be written: batches, and records that follow what the log has of their stream, the group itself included. After a
   * failed write the ones behind it must not get in, or they would leave a hole that the sender believes filled.
   */
  check(group: readonly Entry[]): { accepted: Entry[]; refused: { entry: Entry; error: Error }[] } {
    const accepted: Entry[] = []
    const refused: { entry: Entry; error: Error }[] = []
    const reached = new Map<string, number>()
    for (const entry of group) {
      const { step } = entry
      const key = step ? keyOf(step.to) : ''
      const at = reached.get(key) ?? this.#positions.get(key)?.sequence ?? 0
      const isNew = step && !this.#positions.has(key) && !reached.has(key)
      if (step && at !== step.after) {
        refused.push({ entry, error: new RangeError(`records of ${step.to.node} from ${step.after + 1} do not follow ${at}`) })
      } else if (isNew && this.#positions.size + reached.size >= LIMITS.streams) {
        refused.push({ entry, error: new RangeError(`more than ${LIMITS.streams} logs of other nodes`) })
      } else {
        if (step) reached.set(key, step.to.sequence)
        accepted.push(entry)
      }
    }
    return { accepted, refused }
  }
}

function segmentIn(record: SpoolRecord): string | undefined {
  const content = parseRecord(record.kind, record.payload)
  return content.kind === 'config' ? content.segment : undefined
}

/** Where a record's claim begins: a gap stands for all the sequences it names. */
function startOf(record: SpoolRecord): number {
  const content = record.kind === 'gap' ? parseRecord('gap', record.payload) : undefined
  return content?.kind === 'gap' && content.to === record.sequence ? content.from : record.sequence
}

const keyOf = ({ node, epoch }: { node: string; epoch: number }): string => `${epoch} ${node}`
