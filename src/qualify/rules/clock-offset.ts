import type { ReasonSets } from '../../core/reasons.ts'
import { Status } from '../../core/status.ts'
import { mark, type Rule } from '../rule.ts'

/** The connections whose device's clock is known to be off by more than its limit; told by whoever measures it. */
export class ClocksOff {
  readonly #connections = new Set<string>()

  get size(): number {
    return this.#connections.size
  }

  has(connection: string): boolean {
    return this.#connections.has(connection)
  }

  set(connection: string, isOff: boolean): void {
    if (isOff) this.#connections.add(connection)
    else this.#connections.delete(connection)
  }
}

/** Clock offset: while a device's clock is off by more than the limit of its connection, whatever the uncertainty, its readings have no time to rely on. */
export function clockOffset(reasons: ReasonSets, clocks: ClocksOff): Rule {
  const connectionOf: (string | undefined)[] = []
  return {
    get isActive() {
      return clocks.size > 0
    },
    declare: (signal, { connection }) => {
      connectionOf[signal] = connection
      return undefined
    },
    judge: (rows) => {
      let last: string | undefined
      let isOff = false
      for (let i = 0; i < rows.count; i++) {
        const connection = connectionOf[rows.signal[i] as number]
        if (connection !== last) {
          last = connection
          isOff = connection !== undefined && clocks.has(connection)
        }
        if (isOff) mark(rows, i, reasons, 'clock-offset', Status.Uncertain)
      }
    },
  }
}
