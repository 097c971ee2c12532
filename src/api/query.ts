import { z } from 'zod'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'
import { sqlResult } from './schemas.ts'

export function queryRoutes(server: Server, { view }: Resources): void {
  let running = 0
  server.post(
    '/api/v1/query',
    {
      config: { permission: 'query', scope: 'every' },
      schema: {
        summary:
          'One read-only SQL statement over the views signals, samples, ingests, gaps, definitions, records, facts and quarantine; bounded in rows and time',
        body: z.strictObject({
          sql: z.string().min(1).max(API_LIMITS.sqlLength),
          limit: z.int().min(1).max(API_LIMITS.sqlRows).default(1_000),
        }),
        response: { 200: sqlResult },
      },
    },
    async ({ body }) => {
      if (running >= API_LIMITS.queries) throw new Refusal(429, 'busy/queries', API_LIMITS.queries)
      running++
      try {
        const { columns, rows, truncated } = await view.historian.sql(body.sql, { maxRows: body.limit, timeoutMs: API_LIMITS.sqlMs })
        return { columns: [...columns], rows: rows.map((row) => [...row]), truncated }
      } finally {
        running--
      }
    },
  )
}
