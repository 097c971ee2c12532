import { z } from 'zod'
import type { KnownSignal, KnownSignals } from '../govern/contracts/config.ts'
import type { LoadedConnection } from './connections.ts'

/** What every connector's `signals:` have in common; what is not there or is written otherwise is not known. */
const listed = z.object({
  id: z.string(),
  unit: z.string().optional().catch(undefined),
  /** Milliseconds. */
  expectedPeriod: z.number().optional().catch(undefined),
  range: z.tuple([z.number(), z.number()]).optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  stateCodes: z.record(z.string(), z.string()).optional().catch(undefined),
  counter: z.looseObject({}).optional().catch(undefined),
  mayFall: z.boolean().optional().catch(undefined),
})
const listing = z.object({ signals: z.array(z.unknown()).catch([]), discover: z.boolean().optional().catch(undefined) })

/** The signals that the file declares by id, and where devices may bring others (templates, discovery, a connection that cannot be read). */
export function knownSignals(
  connections: readonly (LoadedConnection | undefined)[],
  models: Readonly<Record<string, { readonly states?: object | undefined }>>,
  substitutes: Readonly<Record<string, { readonly of: string }>>,
): KnownSignals {
  const declared = new Map<string, KnownSignal>()
  const open = new Set<string>()
  for (const connection of connections) {
    const config = listing.safeParse(connection?.config)
    if (!config.success || config.data.discover) open.add('')
    for (const item of config.data?.signals ?? []) {
      const { data } = listed.safeParse(item)
      if (!data) continue
      const template = data.id.indexOf('{')
      if (template >= 0) open.add(data.id.slice(0, template))
      else declared.set(data.id, { unit: data.unit, range: data.range, states: statesOf(data, models) })
    }
  }
  // A substitute is a signal of its own, in the unit and the states of the one that it stands for.
  for (const [id, { of }] of Object.entries(substitutes)) declared.set(id, { ...declared.get(of), range: undefined })
  return { declared, open: [...open] }
}

/** What is said of the signals that devices bring, by the template of their ids (`halls/{1}/temperature`). */
export function templatesOf(connections: readonly (LoadedConnection | undefined)[]): Map<string, { unit?: string | undefined }> {
  const items = connections.flatMap((connection) => listing.safeParse(connection?.config).data?.signals ?? [])
  const found = items.flatMap((item) => listed.safeParse(item).data ?? [])
  return new Map(found.flatMap(({ id, unit }) => (id.includes('{') ? [[id, { unit }] as const] : [])))
}

/** Ids under the site that a connection's `signals:` gives; none of those that the device names. */
export function declaredIds(connection: LoadedConnection): string[] {
  const items = listing.safeParse(connection.config).data?.signals ?? []
  return items.flatMap((item) => listed.safeParse(item).data?.id ?? []).filter((id) => !id.includes('{'))
}

/** The states that the signal's model lists, or those its codes mean. */
function statesOf({ model, stateCodes }: z.infer<typeof listed>, models: Parameters<typeof knownSignals>[1]): string[] | undefined {
  const states = model !== undefined && Object.hasOwn(models, model) ? models[model]?.states : undefined
  if (states) return Object.keys(states)
  return stateCodes && [...new Set(Object.values(stateCodes))]
}

/** Ids under the site, as declared, of signals of which it is not said whether they only count up. */
export function fallsUnsaid(connections: readonly (LoadedConnection | undefined)[]): string[] {
  return connections.flatMap((connection) =>
    (listing.safeParse(connection?.config).data?.signals ?? []).flatMap((item) => {
      const { data } = listed.safeParse(item)
      return data && data.counter === undefined && !data.mayFall && data.stateCodes === undefined ? [data.id] : []
    }),
  )
}

/** What computing from signals needs to know of them: the unit, and how often they come. */
export function periodsOf(
  connections: readonly (LoadedConnection | undefined)[],
  known: KnownSignals,
  substitutes: Readonly<Record<string, { readonly of: string }>>,
): Map<string, { unit?: string | undefined; expectedPeriodUs?: number | undefined }> {
  const periods = new Map<string, number>()
  for (const connection of connections) {
    const config = listing.safeParse(connection?.config)
    for (const item of config.data?.signals ?? []) {
      const { data } = listed.safeParse(item)
      if (data?.expectedPeriod !== undefined) periods.set(data.id, data.expectedPeriod * 1000)
    }
  }
  for (const [id, { of }] of Object.entries(substitutes)) {
    const period = periods.get(of)
    if (period !== undefined) periods.set(id, period)
  }
  return new Map([...known.declared].map(([id, { unit }]) => [id, { unit, expectedPeriodUs: periods.get(id) }]))
}
