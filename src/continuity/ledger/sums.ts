import type { AccountUnit, DeliveredRow } from '../../core/account.ts'
import type { DestinationLine, LedgerLine } from '../../core/ledger.ts'
import type { Micros } from '../../core/time.ts'
import { addCell, type Cell, emptyCell, shareOf, tally, total } from './cells.ts'
import { NOT_TOLD_APART } from './holes.ts'

export interface Period {
  readonly from: Micros
  readonly to: Micros
}

/** So much of a cell a destination does not have: it waits for it, or, with the cause, will not get it. */
export type Waiting = readonly [Cell, number, cause: string | undefined]

/** What a destination says of itself that it has. */
interface Word {
  readonly delivered: number
  readonly refused: number
}

const NONE: Word = { delivered: 0, refused: 0 }

/** Adds cells up by node, connection and unit: of whole hours of a period, or of all there is. */
export class Sums {
  readonly #period: Period | undefined
  readonly #sums = new Map<string, Cell>()
  readonly #said = new Map<string, Map<string, Word>>()
  readonly #pending = new Map<string, Map<string, number>>()

  constructor(period: Period | undefined) {
    this.#period = period
  }

  count(cell: Cell): void {
    if (this.#isIn(cell.hour)) addCell(this.#into(cell), cell)
  }

  /** A destination that says nothing is believed as far as it is. */
  say(destination: string, rows: readonly DeliveredRow[]): void {
    const by = new Map<string, Word>()
    for (const row of rows) {
      if (!this.#isIn(row.hour)) continue
      const before = by.get(keyOf(this.#into(row))) ?? NONE
      by.set(keyOf(row), { delivered: before.delivered + row.delivered, refused: before.refused + row.refused })
    }
    this.#said.set(destination, by)
  }

  wait(destination: string, waiting: readonly Waiting[]): void {
    const pending = new Map<string, number>()
    for (const [cell, count, cause] of waiting) {
      if (!this.#isIn(cell.hour)) continue
      const sum = this.#into(cell)
      if (cause !== undefined) tally(shareOf(sum, destination).lost, cause, count)
      else pending.set(keyOf(sum), (pending.get(keyOf(sum)) ?? 0) + count)
    }
    this.#pending.set(destination, pending)
  }

  lines(): LedgerLine[] {
    return [...this.#sums].map(([key, cell]) => {
      const { node, connection, unit, known, quarantined } = cell
      const destinations = [...this.#pending].map(([name, pending]) => {
        const word = this.#said.get(name)
        return destinationLine(cell, name, pending.get(key) ?? 0, word && (word.get(key) ?? NONE))
      })
      return { node, connection, unit, read: readOf(cell), known, quarantined, destinations }
    })
  }

  #isIn(hour: number): boolean {
    const period = this.#period
    return !period || (hour >= period.from && hour < period.to)
  }

  #into(cell: Pick<Cell, 'node' | 'connection' | 'unit'>): Cell {
    const key = keyOf(cell)
    const known = this.#sums.get(key)
    if (known) return known
    const sum = emptyCell({ ...cell, hour: 0 })
    this.#sums.set(key, sum)
    return sum
  }
}

const keyOf = ({ node, connection, unit }: { node: string; connection: string; unit: AccountUnit }): string =>
  `${unit}\u001f${node}\u001f${connection}`

const readOf = (cell: Cell): number => cell.logged + cell.known + total(cell.quarantined) + total(cell.dropped)

function destinationLine(cell: Cell, name: string, pending: number, word: Word | undefined): DestinationLine {
  const { passed, lost } = cell.to[name] ?? { passed: 0, lost: {} }
  const dropped = { ...cell.dropped }
  // A destination that counts by itself knows how much of what the ledger could not tell apart it has.
  const arrived = word ? Math.min(lost[NOT_TOLD_APART] ?? 0, Math.max(0, word.delivered + word.refused - passed)) : 0
  for (const [reason, count] of Object.entries(lost)) {
    const gone = reason === NOT_TOLD_APART ? count - arrived : count
    if (gone !== 0) dropped[reason] = (dropped[reason] ?? 0) + gone
  }
  if (word && word.refused > 0) dropped['undefined-signal'] = (dropped['undefined-signal'] ?? 0) + word.refused
  const delivered = word ? word.delivered : passed
  const off = readOf(cell) - (delivered + cell.known + total(cell.quarantined) + total(dropped) + pending)
  return { destination: name, delivered, dropped, pending, off, isOwnWord: word !== undefined }
}
