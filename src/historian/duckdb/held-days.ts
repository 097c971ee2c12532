import type { DuckDBConnection } from '@duckdb/node-api'
import type { HeldDays } from '../../core/historian.ts'
import { DAY } from '../../core/time.ts'
import { rowsOf } from './rows.ts'
import { HOT_TABLES } from './schema.ts'

/** From the catalogue of the files, and from one column of the newest days. */
export async function heldDays(connection: DuckDBConnection): Promise<HeldDays> {
  const hot = HOT_TABLES.map((table) => `SELECT epoch_us(time) // ${DAY} - (epoch_us(time) % ${DAY} < 0)::INT AS day FROM ${table}`)
  const all = ['SELECT day FROM store.files WHERE present', ...hot].join(' UNION ALL ')
  const days = await rowsOf(connection, `SELECT DISTINCT day FROM (${all}) ORDER BY day`)
  const [oldest] = await rowsOf(connection, 'SELECT epoch_us(min(valid_from)) FROM store.records')
  const oldestRecord = oldest?.[0]
  return { samples: days.map(([day]) => (day as number) * DAY), oldestRecord: typeof oldestRecord === 'number' ? oldestRecord : undefined }
}
