import { DatabaseSync } from 'node:sqlite'
import { CAROUSEL_REPAIR } from './story.ts'

/**
 * The maintenance system: a table of work orders in an SQL database, with the equipment by its number there. When carousel 3 trips, an order is written; it is
 * in progress while somebody repairs, and closed afterwards. Another carousel has an inspection that was planned long ago.
 */
export interface Orders {
  /** Brings the table to where the story is. */
  renew(nowMs: number): void
  close(): void
}

interface Order {
  readonly number: string
  readonly asset: string
  readonly title: string
  readonly status: 'APPROVED' | 'IN PROGRESS' | 'COMPLETE'
  readonly reported: string
  readonly started: string | null
  readonly finished: string | null
}

const FIRST_NUMBER = 104_170

export function openOrders(file: string, startMs: number): Orders {
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL;
    DROP TABLE IF EXISTS workorder;
    CREATE TABLE workorder (wonum TEXT PRIMARY KEY, assetnum TEXT, description TEXT, status TEXT, reportdate TEXT, actstart TEXT, actfinish TEXT, changedate TEXT)`)
  const put = database.prepare(
    `INSERT INTO workorder VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (wonum) DO UPDATE SET status = excluded.status, actstart = excluded.actstart,
     actfinish = excluded.actfinish, changedate = excluded.changedate WHERE status <> excluded.status`,
  )
  return {
    renew: (nowMs) => {
      for (const { number, asset, title, status, reported, started, finished } of ordersAt(nowMs, startMs))
        put.run(number, asset, title, status, reported, started, finished, new Date(nowMs).toISOString())
    },
    close: () => database.close(),
  }
}

/** The orders there are at a moment. */
export function ordersAt(nowMs: number, startMs: number): Order[] {
  const { trips, repairFrom, repaired, repeats } = CAROUSEL_REPAIR
  const time = (second: number) => new Date(startMs + second * 1000).toISOString()
  const second = (nowMs - startMs) / 1000
  const orders: Order[] = [
    {
      ...{ number: `WO${FIRST_NUMBER}`, asset: 'CAR-01', title: 'Yearly inspection of the drive', status: 'APPROVED' },
      ...{ reported: new Date(startMs - 30 * 86_400_000).toISOString(), started: null, finished: null },
    },
  ]
  for (let round = 0; round * repeats + trips <= second; round++) {
    const from = round * repeats
    const status = second < from + repairFrom ? 'APPROVED' : second < from + repaired ? 'IN PROGRESS' : 'COMPLETE'
    orders.push({
      ...{ number: `WO${FIRST_NUMBER + 1 + round}`, asset: 'CAR-03', title: 'Drive tripped: motor bearing', status },
      ...{ reported: time(from + trips), started: status === 'APPROVED' ? null : time(from + repairFrom) },
      finished: status === 'COMPLETE' ? time(from + repaired) : null,
    })
  }
  return orders
}
