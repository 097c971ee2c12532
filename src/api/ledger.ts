import { z } from 'zod'
import type { LedgerView } from '../core/ledger.ts'
import type { NodeView } from '../core/node-view.ts'
import { formatTime } from '../core/time.ts'
import { type LedgerAnswer, ledgerAnswer } from './ledger-schemas.ts'
import { API_LIMITS } from './limits.ts'
import { compileGlob } from './match.ts'
import { Refusal } from './problem.ts'
import { period, readPeriod } from './query-times.ts'
import type { Resources, Server } from './route.ts'

interface LedgerQuery {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly connection?: string | undefined
  readonly node?: string | undefined
}

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
          signals: z
            .string()
            .min(1)
            .max(API_LIMITS.globLength)
            .optional()
            .describe(
              'Glob over ids of signals: their own sums, over the log that is still there; of a period by recorded time, in whole hours',
            ),
          limit: z.coerce.number().int().min(1).max(API_LIMITS.ledgerRows).default(1_000),
        }),
        response: { 200: ledgerAnswer },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const { from, to, connection, node, limit } = query
      if (query.signals !== undefined) return ofSignals(view, { ...query, signals: query.signals })
      const asked = from === undefined && to === undefined ? undefined : readPeriod(query, view.clock.now())
      const matches = connection === undefined ? () => true : compileGlob(connection)
      const found = await view.ledger(asked).catch((error: unknown) => {
        if (error instanceof RangeError) throw new Refusal(400, 'period-too-long/days')
        throw error
      })
      const known = [...view.connections().map(({ name }) => name), ...found.lines.map((line) => line.connection)]
      if (connection !== undefined && !known.some(matches)) throw new Refusal(404, 'unknown-connection', connection)
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

async function ofSignals(view: NodeView, query: LedgerQuery & { readonly signals: string }): Promise<LedgerAnswer> {
  const { from, to, connection, node, signals } = query
  const asked = from === undefined && to === undefined ? undefined : readPeriod(query, view.clock.now())
  const [isSignal, isConnection] = [compileGlob(signals), connection === undefined ? () => true : compileGlob(connection)]
  // With the site or without it.
  const isAsked = (id: string) => isSignal(id) || isSignal(id.slice(view.site.id.length + 1))
  const { sums, fromTime, period, ...range } = await view.ledgerOfSignals(isAsked, asked).catch((error: unknown) => {
    if (error instanceof RangeError)
      throw new Refusal(400, error.message.includes('days') ? 'period-too-long/days' : 'too-many-signals/ledger')
    throw error
  })
  const found = sums.filter((one) => isConnection(one.connection) && (node === undefined || one.node === node))
  return {
    ...(period && { from: formatTime(period.from), to: formatTime(period.to) }),
    closes: found.every(({ state }) => state === 'closed'),
    ...{ rows: [], truncated: false },
    signals: {
      ...{ match: signals, ...range, ...(fromTime !== undefined && { fromTime: formatTime(fromTime) }) },
      sums: found.map((one) => ({ ...one, examples: [...one.examples] })),
    },
  }
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
