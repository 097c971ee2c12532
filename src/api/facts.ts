import { z } from 'zod'
import type { FactInput, FactValue, StoredFact } from '../core/facts.ts'
import { NEVER } from '../core/it-records.ts'
import type { NodeView } from '../core/node-view.ts'
import { severity, statusName } from '../core/status.ts'
import { formatTime } from '../core/time.ts'
import { nearest } from '../lib/suggest.ts'
import { audited, callerIn } from './audited.ts'
import { type DefinitionList, definitionList, type FactView, factList, recomputeAnswer } from './fact-schemas.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import { EARLIEST, period, readMoment, readOverlap, readPeriod } from './query-times.ts'
import type { Resources, Server } from './route.ts'

const KEY_SEPARATOR = '\u001f'
const SHOWN_SEPARATOR = ' · '

const listQuery = z.object({
  definition: z
    .union([z.string().min(1).max(64), z.array(z.string().min(1).max(64)).max(API_LIMITS.factDefinitions)])
    .describe('may repeat: then the results of all of them, `limit` of each at most'),
  key: z.string().max(512).optional().describe('the fact’s key; of a record’s several key fields, comma-separated'),
  equipment: z.string().max(512).optional(),
  from: z.string().optional().describe('RFC 3339, or a duration before now: -8h; only facts that hold at some moment of [from, to)'),
  to: z.string().optional(),
  asKnownAt: z.string().optional().describe('as it was known then'),
  revisions: z.enum(['newest', 'all']).default('newest'),
  order: z.enum(['oldest', 'newest']).default('newest'),
  limit: z.coerce.number().int().min(1).max(API_LIMITS.factRows).default(1_000),
})

/** Results with their revisions, the definitions behind them, and computing anew on demand. */
export function factRoutes(server: Server, { view: whole, viewOf, access }: Resources): void {
  server.get(
    '/api/v1/facts/definitions',
    {
      config: { permission: 'read', scope: 'any' },
      schema: { summary: 'What is computed, and how far', response: { 200: definitionList } },
    },
    async (request) => ({ definitions: definitionsOf(viewOf(request)) }),
  )
  server.get(
    '/api/v1/facts',
    {
      config: { permission: 'read', scope: 'any' },
      schema: { summary: 'Results of a definition, with their revisions', querystring: listQuery, response: { 200: factList } },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const definitions = [...new Set([query.definition].flat())]
      for (const definition of definitions) {
        known(view, definition)
        const found = view.derivations().find(({ name }) => name === definition)
        if (found?.type === 'signal') throw new Refusal(400, 'no-facts', definition)
      }
      const momentOf = (text: string | undefined) => (text === undefined ? undefined : readMoment(text, view.clock.now()))
      const asKnownAt = momentOf(query.asKnownAt)
      const overlapping = readOverlap(query, view.clock.now())
      const asked = {
        limit: Math.min(query.limit, Math.floor(API_LIMITS.factRows / definitions.length)),
        allRevisions: query.revisions === 'all',
        descending: query.order === 'newest',
        ...(query.key !== undefined && { keys: keysOf(query.key) }),
        ...(query.equipment !== undefined && { equipment: query.equipment }),
        ...((query.from ?? query.to) !== undefined && { overlapping }),
        ...(asKnownAt !== undefined && { asKnownAt }),
      }
      const found: FactView[] = []
      let truncated = false
      for (const definition of definitions) {
        const some = await view.historian.facts({ definition, ...asked })
        found.push(...factViews(some.facts))
        truncated ||= some.truncated
      }
      return { facts: found, truncated }
    },
  )
  const body = z.object({ definition: z.string().max(64).optional(), ...period, from: z.string().max(64) })
  server.post(
    '/api/v1/facts/recompute',
    {
      config: { permission: 'operate', scope: 'node' },
      schema: { summary: 'Compute results of a period anew, also those beyond the horizon', body, response: { 200: recomputeAnswer } },
    },
    async (request) => {
      const { definition, ...asked } = request.body
      if (definition !== undefined) known(whole, definition)
      const { from, to } = readPeriod(asked, whole.clock.now())
      const detail = { from: formatTime(from), to: formatTime(to) }
      await audited(whole.audit, { kind: 'recompute', outcome: 'done', ...callerIn(request, access), what: definition ?? '*', detail })
      return { definitions: [...(await whole.recompute({ ...(definition !== undefined && { definition }), from, to }))] }
    },
  )
}

/** A key as it is, and what is meant when its parts are written with commas or as an answer shows them. */
export const keysOf = (key: string): string[] => [
  ...new Set([key, key.split(',').join(KEY_SEPARATOR), key.split(SHOWN_SEPARATOR).join(KEY_SEPARATOR)]),
]
export const shownKey = (key: string): string => key.replaceAll(KEY_SEPARATOR, SHOWN_SEPARATOR)

export function known(view: NodeView, name: string): void {
  const names = view.derivations().map((one) => one.name)
  if (names.includes(name)) return
  const near = nearest(name, names)
  throw new Refusal(404, 'unknown-definition', name, near)
}

function definitionsOf(view: NodeView): DefinitionList['definitions'] {
  return view.derivations().map(({ name, type, label, declaration, version, watermark, dirty, lagSeconds, ...rest }) => {
    const { computed, published, withdrawn, late, isStopped, problem } = rest
    return {
      ...{ name, type, declaration, version, lagSeconds, computed, published, withdrawn, late, isStopped },
      ...(label && { label }),
      watermark: Number.isFinite(watermark) && watermark > EARLIEST && watermark < NEVER ? formatTime(watermark) : null,
      waiting: dirty,
      ...(problem !== undefined && { problem }),
    }
  })
}

/** Facts as people read them; each says what changed from the revision before it, where that is there too. */
export function factViews(facts: readonly StoredFact[]): FactView[] {
  const before = new Map(facts.map((one) => [`${one.key}\n${one.revision + 1}`, one]))
  return facts.map((one) => {
    const previous = before.get(`${one.key}\n${one.revision}`)
    return {
      ...{ definition: one.definition, type: one.type, key: shownKey(one.key), revision: one.revision, cause: one.cause },
      ...(previous && { changed: changes(previous, one) }),
      knownTime: formatTime(one.knownTime),
      ...(one.equipment !== undefined && { equipment: one.equipment }),
      ...{
        from: formatTime(one.from),
        to: one.to === null || one.to >= NEVER ? null : formatTime(one.to),
        isWithdrawn: one.isWithdrawn === true,
      },
      ...(one.toleranceUs !== undefined && { tolerance: `${one.toleranceUs / 1e6}s` }),
      values: Object.fromEntries(Object.entries(one.values).map(([name, value]) => [name, valueView(value)])),
      inputs: one.inputs.map(inputView),
    }
  })
}

export function valueView({ value, unit, status, coverage, reasons }: FactValue): FactView['values'][string] {
  return {
    value,
    ...(unit !== undefined && { unit }),
    status: severity(status),
    statusCode: statusName(status),
    coverage,
    reasons: [...(reasons ?? [])],
  }
}

function inputView(input: FactInput): FactView['inputs'][number] {
  if ('signal' in input) return { ...input, from: formatTime(input.from), to: formatTime(input.to) }
  return 'record' in input ? { ...input, key: input.key.split(KEY_SEPARATOR) } : { ...input, key: shownKey(input.key) }
}

/** Names of what differs: values, and `from`, `to`, `equipment`. */
export function changes(a: StoredFact, b: StoredFact): string[] {
  const names = new Set([...Object.keys(a.values), ...Object.keys(b.values)])
  const values = [...names].filter((name) => JSON.stringify(a.values[name]) !== JSON.stringify(b.values[name]))
  const frame = (['from', 'to', 'equipment', 'isWithdrawn'] as const).filter((name) => (a[name] ?? null) !== (b[name] ?? null))
  return [...frame, ...values]
}
