import { z } from 'zod'
import type { LedgerView } from '../core/ledger.ts'
import { formatTime } from '../core/time.ts'
import { type LedgerAnswer, ledgerAnswer } from './ledger-schemas.ts'
import { API_LIMITS } from './limits.ts'
import { compileGlob } from './match.ts'
import { Refusal } from './problem.ts'
import { period, readPeriod } from './query-times.ts'
import type { Resources, Server } from './route.ts'

/** What became of all that was read, by connection and destination. */
export function ledgerRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/ledger',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'What was read, delivered, set aside, dropped and waits, and whether the sums close',
        querystring: z.strictObject({
          ...period,
          connection: z.string().max(64).optional().describe('Glob over the names of connections'),
          node: z.string().max(64).optional(),
          limit: z.coerce.number().int().min(1).max(API_LIMITS.ledgerRows).default(1_000),
        }),
        response: { 200: ledgerAnswer },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const { from, to, connection, node, limit } = query
      const asked = from === undefined && to === undefined ? undefined : readPeriod(query, view.clock.now())
      const matches = connection === undefined ? () => true : compileGlob(connection)
      const found = await view.ledger(asked).catch((error: unknown) => {
        if (error instanceof RangeError) throw new Refusal(400, 'period-too-long', error.message, 'ask for a part of the period')
        throw error
      })
      const rows = rowsOf(found).filter((row) => matches(row.connection) && (node === undefined || row.node === node))
      return {
        ...(found.period && { from: formatTime(found.period.from), to: formatTime(found.period.to) }),
        closes: rows.every(({ off }) => off === 0),
        rows: rows.slice(0, limit),
        truncated: rows.length > limit,
      }
    },
  )
}

/** What does not close first, then by node, connection, unit and destination. */
function rowsOf({ lines }: LedgerView): LedgerAnswer['rows'] {
  const rows = lines.flatMap(({ node, connection, unit, read, known, quarantined, destinations }) =>
    destinations.map(({ destination, delivered, dropped, pending, off, isOwnWord }) => {
      const sums = { read, delivered, known, quarantined: { ...quarantined }, dropped: { ...dropped }, pending, off }
      return { node, connection, unit, destination, ...sums, ownWord: isOwnWord }
    }),
  )
  const order = (row: (typeof rows)[number]) => [row.off === 0 ? 1 : 0, row.node, row.connection, row.unit, row.destination].join('\u001f')
  return rows.sort((a, b) => (order(a) < order(b) ? -1 : 1))
}
