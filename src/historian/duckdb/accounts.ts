import type { DuckDBConnection } from '@duckdb/node-api'
import { type AccountUnit, accountHour, type DeliveredRow } from '../../core/account.ts'
import type { Micros } from '../../core/time.ts'
import { countRuns } from '../../lib/count-runs.ts'
import { type Cell, rowsOf, whole } from './rows.ts'

interface Count {
  readonly row: Omit<DeliveredRow, 'delivered' | 'refused'>
  delivered: number
  refused: number
}

/** What one commit stores, by connection: counted from the rows themselves as they are handed to the engine. Thrown away when the commit fails. */
export class Accounts {
  readonly #counts = new Map<string, Count>()

  add(node: string, connection: string, unit: AccountUnit, recordedTime: Micros, delivered: number, refused = 0): void {
    const hour = accountHour(recordedTime)
    const key = `${hour}\u001f${unit}\u001f${node}\u001f${connection}`
    const known = this.#counts.get(key) ?? { row: { node, connection, unit, hour }, delivered: 0, refused: 0 }
    known.delivered += delivered
    known.refused += refused
    this.#counts.set(key, known)
  }

  /** Samples of rows whose signals these are. `of`: by signal, the number of its connection in `names`. */
  addSamples(node: string, recordedTime: Micros, signals: Uint32Array, of: Uint32Array, names: readonly string[]): void {
    const counts = new Float64Array(names.length)
    countRuns(signals, of, counts)
    counts.forEach((count, connection) => {
      if (count > 0) this.add(node, names[connection] as string, 'samples', recordedTime, count)
    })
  }

  /** Rows of the table `accounts`. */
  rows(): Cell[][] {
    return [...this.#counts.values()]
      .filter(({ delivered, refused }) => delivered + refused > 0)
      .map(({ row: { node, connection, unit, hour }, delivered, refused }) => {
        return [node.toWellFormed(), connection.toWellFormed(), unit, hour, delivered, refused]
      })
  }
}

const COLUMNS = 'node, connection, unit, hour'

/** Sums the rows of each hour up. */
export async function sumUp(connection: DuckDBConnection): Promise<void> {
  await connection.run('BEGIN')
  try {
    await connection.run(
      `CREATE TEMP TABLE summed AS SELECT ${COLUMNS}, sum(delivered)::BIGINT, sum(refused)::BIGINT FROM store.accounts GROUP BY ${COLUMNS}`,
    )
    await connection.run('DELETE FROM store.accounts')
    await connection.run('INSERT INTO store.accounts FROM summed')
    await connection.run('DROP TABLE summed')
    await connection.run('COMMIT')
  } catch (cause) {
    await connection.run('ROLLBACK')
    throw cause
  }
}

/** By hour within a period; without one, all hours as one. */
export async function readAccounts(
  connection: DuckDBConnection,
  period: { from: Micros; to: Micros } | undefined,
): Promise<DeliveredRow[]> {
  const where = period ? `WHERE hour >= ${whole(period.from)} AND hour < ${whole(period.to)}` : ''
  const hour = period ? 'hour' : '0'
  const rows = await rowsOf(
    connection,
    `SELECT node, connection, unit, ${hour}::BIGINT AS at, sum(delivered)::BIGINT, sum(refused)::BIGINT FROM store.accounts ${where} GROUP BY 1, 2, 3, 4`,
  )
  return rows.map(
    ([node, name, unit, at, delivered, refused]) => ({ node, connection: name, unit, hour: at, delivered, refused }) as DeliveredRow,
  )
}
