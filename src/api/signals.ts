import { z } from 'zod'
import type { NodeView } from '../core/node-view.ts'
import { displayOf, inUnit, restated, unitQuery } from './in-unit.ts'
import { API_LIMITS } from './limits.ts'
import { compileGlob } from './match.ts'
import { lastSample, timesOnce } from './render.ts'
import type { Resources, Server } from './route.ts'
import { lastPage, type Signal, signalPage } from './schemas.ts'

const match = z.string().default('**').describe('Glob over ids: t2e/baggage/**/current')
const limit = z.coerce.number().int().min(1).max(API_LIMITS.signals).default(1_000)

/** Signal indices in order of id, sorted again only when the table has grown. */
function idOrder({ signals }: NodeView): () => readonly number[] {
  let order: number[] = []
  return () => {
    if (order.length !== signals.size) {
      const ids = signals.all().map(({ id }) => id)
      order = ids.map((_, index) => index).sort((a, b) => ((ids[a] as string) < (ids[b] as string) ? -1 : 1))
    }
    return order
  }
}

function toSignal(view: NodeView, index: number, display: ReturnType<typeof displayOf>): Signal | undefined {
  const definition = view.signals.at(index)
  if (!definition) return undefined
  const scale = display(definition)
  const { id, connection, address, dataType, unit, displayUnit, sourceUnit, label, decimals, range } = definition
  const node = view.nodeOf(index)
  const last = lastSample(view, index)
  return {
    ...{ id, connection, address, dataType },
    ...(node !== undefined && { node }),
    ...(unit !== undefined && { unit }),
    ...(displayUnit !== undefined && { displayUnit }),
    ...(scale && { display: scale }),
    ...(sourceUnit !== undefined && { sourceUnit }),
    ...(label && { label }),
    ...(decimals !== undefined && { decimals }),
    ...(range && { range: [range[0], range[1]] as [number, number] }),
    ...(last && { last }),
  }
}

export function signalRoutes(server: Server, { view: whole, viewOf }: Resources): void {
  const ordered = idOrder(whole)
  const idAt = (index: number): string => whole.signals.at(index)?.id ?? ''
  const matching = ({ signals }: NodeView, glob: string, connection?: string): number[] => {
    const matches = compileGlob(glob)
    return ordered().filter((index) => {
      const signal = signals.at(index)
      return signal !== undefined && matches(signal.id) && (connection === undefined || signal.connection === connection)
    })
  }

  server.get(
    '/api/v1/signals',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Signals by id, with what is known of them and their last value',
        querystring: z.strictObject({
          match,
          limit,
          after: z.string().optional().describe('`next` of the page before'),
          connection: z.string().optional(),
        }),
        response: { 200: signalPage },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const all = matching(view, query.match, query.connection)
      const { after } = query
      const rest = after === undefined ? all : all.filter((index) => idAt(index) > after)
      const page = rest.slice(0, query.limit)
      const display = displayOf()
      const next = rest.length > page.length ? idAt(page.at(-1) as number) : undefined
      return {
        signals: page.flatMap((index) => toSignal(view, index, display) ?? []),
        total: all.length,
        ...(next !== undefined && { next }),
      }
    },
  )

  server.get(
    '/api/v1/last',
    {
      config: { permission: 'read', scope: 'any' },
      schema: { summary: 'Last values by id', querystring: z.strictObject({ match, limit, unit: unitQuery }), response: { 200: lastPage } },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const all = matching(view, query.match).filter((index) => view.last.has(index))
      const saying = inUnit(query.unit)
      const textOf = timesOnce()
      const samples = all.slice(0, query.limit).flatMap((index) => {
        const signal = view.signals.at(index)
        const sample = lastSample(view, index, textOf)
        return signal && sample ? restated(sample, saying(signal)) : []
      })
      return { samples, total: all.length, truncated: all.length > samples.length }
    },
  )
}
