import type { RecordDelivery, Row } from '../../core/record-source.ts'
import { FILES_LIMITS } from './limits.ts'

/** Rows of a file, and what in it is no row. */
export interface Part {
  readonly rows: readonly Row[]
  readonly unreadable: NonNullable<RecordDelivery['unreadable']>
}
export type Parts = AsyncGenerator<Part, void, undefined>

/** The file as a whole cannot be read: it is broken, too large, or of another kind. */
export class BrokenFile extends Error {
  override name = 'BrokenFile'
}

/** Gathers rows until a part is full. */
export class PartBuilder {
  #rows: Row[] = []
  #unreadable: { row: string; reason: string }[] = []
  #chars = 0

  get isFull(): boolean {
    return this.#rows.length + this.#unreadable.length >= FILES_LIMITS.partRows || this.#chars >= FILES_LIMITS.partChars
  }

  /** Do as many more fit into this part? */
  hasRoom(count: number): boolean {
    return this.#rows.length + this.#unreadable.length + count <= FILES_LIMITS.partRows
  }

  add(row: Row, chars: number): void {
    this.#rows.push(row)
    this.#chars += chars
  }

  refuse(row: string, reason: string): void {
    const kept = row.slice(0, FILES_LIMITS.unreadableChars)
    this.#unreadable.push({ row: kept, reason })
    this.#chars += kept.length
  }

  take(): Part {
    const part = { rows: this.#rows, unreadable: this.#unreadable }
    this.#rows = []
    this.#unreadable = []
    this.#chars = 0
    return part
  }
}
