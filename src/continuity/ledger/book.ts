import type { AccountUnit } from '../../core/account.ts'
import { accountHour } from '../../core/account.ts'
import { DAY } from '../../core/time.ts'
import { addCell, type Cell, emptyCell } from './cells.ts'
import { LEDGER_LIMITS } from './limits.ts'

export const dayOf = (hour: number): number => Math.floor(hour / DAY)

/**
 * The cells of the days that are open, and the sums of those that are closed. A day is open while something of it waits for a destination, and as long as more of
 * it is to be expected; one that is closed is opened again for what comes late.
 */
export class Book {
  readonly #days = new Map<number, Map<string, Cell>>()
  readonly #closed: Map<string, Cell>

  constructor(closed: Iterable<Cell> = [], open: Iterable<Cell> = []) {
    this.#closed = new Map([...closed].map((cell) => [keyOf({ ...cell, hour: 0 }), cell]))
    for (const cell of open) this.#day(dayOf(cell.hour)).set(keyOf(cell), cell)
  }

  get openDays(): readonly number[] {
    return [...this.#days.keys()]
  }

  isOpen(day: number): boolean {
    return this.#days.has(day)
  }

  /** The day a record is counted under: that of no hour when too many are open. */
  hourFor(recordedTime: number): number {
    const hour = accountHour(recordedTime)
    return this.#days.has(dayOf(hour)) || this.#days.size < LEDGER_LIMITS.openDays ? hour : 0
  }

  cell(node: string, connection: string, unit: AccountUnit, hour: number): Cell {
    const day = this.#day(dayOf(hour))
    const key = keyOf({ node, connection, unit, hour })
    const known = day.get(key)
    if (known) return known
    if (connection !== '' && day.size >= 24 * LEDGER_LIMITS.connections) return this.cell(node, '', unit, hour)
    const cell = emptyCell({ node, connection, unit, hour })
    day.set(key, cell)
    return cell
  }

  cellsOf(day: number): Cell[] {
    return [...(this.#days.get(day)?.values() ?? [])]
  }

  open(): Cell[] {
    return [...this.#days.values()].flatMap((cells) => [...cells.values()])
  }

  closed(): Cell[] {
    return [...this.#closed.values()]
  }

  /** Takes a day up again with the cells it was closed with. */
  reopen(day: number, cells: readonly Cell[]): void {
    for (const cell of cells) {
      this.#day(day).set(keyOf(cell), cell)
      addCell(this.#sum(cell), cell, -1)
    }
  }

  /** From here on the day stands in its file alone. */
  close(day: number): void {
    for (const cell of this.cellsOf(day)) addCell(this.#sum(cell), cell)
    this.#days.delete(day)
  }

  #sum(cell: Cell): Cell {
    const of = { ...cell, hour: 0 }
    const key = keyOf(of)
    const known = this.#closed.get(key)
    if (known) return known
    const sum = emptyCell(of)
    this.#closed.set(key, sum)
    return sum
  }

  #day(day: number): Map<string, Cell> {
    const known = this.#days.get(day)
    if (known) return known
    const cells = new Map<string, Cell>()
    this.#days.set(day, cells)
    return cells
  }
}

const keyOf = ({ node, connection, unit, hour }: Pick<Cell, 'node' | 'connection' | 'unit' | 'hour'>): string =>
  `${hour}\u001f${unit}\u001f${node}\u001f${connection}`
