import type { Connector } from '../core/connector.ts'
import type { Label } from '../core/signals.ts'
import { nearest } from '../lib/suggest.ts'
import { checkConnector, checkSignalIds, type DeclaredSignals } from './checks.ts'
import { addIssues, noDefaultMessage } from './issues.ts'
import { bindModels } from './models.ts'
import { type Located, locate, locateHolder, locateKey } from './places.ts'
import { pathKey, type ReferenceContext, resolveReferences } from './references.ts'
import { type ConnectionCommon, connectionCommon } from './schema.ts'
import type { AnySchema } from './schema-walk.ts'
import { checkUnits } from './units.ts'

/** One connection of the file, checked, with the connector that speaks its language. */
export interface LoadedConnection {
  readonly name: string
  readonly kind: string
  readonly label: Label | undefined
  /** Of the device; undefined: the one of this node. */
  readonly zone: string | undefined
  /** Milliseconds of silence until its signals are Uncertain, then Bad. */
  readonly silence: { readonly uncertainAfter: number; readonly badAfter: number }
  /** Milliseconds that what is computed waits for readings. */
  readonly lateness: number
  /** Milliseconds the device's clock may be off, and the zone its times are written in when that is not UTC. */
  readonly clock: ConnectionCommon['clock']
  /** The connector's own keys, parsed by its schema. */
  readonly config: unknown
  readonly connector: Connector
}

const COMMON = Object.keys(connectionCommon.shape)

export interface ReadConnection {
  readonly loaded: LoadedConnection | undefined
  readonly canonical: unknown
}

/** Checks one connection: the common keys, then the rest by its connector's schema, then what schemas cannot see. */
export function readConnection(
  name: string,
  raw: unknown,
  at: Located,
  declared: DeclaredSignals,
  connectors: readonly Connector[],
  context: ReferenceContext & { readonly models: unknown },
): ReadConnection {
  const { problems, words } = context
  const none = { loaded: undefined, canonical: raw }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    problems.add(
      at,
      'E_TYPE',
      words.wrongType(words.map(), raw === null ? words.nothing() : Array.isArray(raw) ? words.list() : words.text()),
    )
    return none
  }
  const connector = findConnector(raw, at, connectors, context)
  const schemas: AnySchema[] = [connectionCommon, ...(connector ? [connector.config] : [])]
  const resolved = resolveReferences(bindModels(raw, at, context), at, schemas, context)
  if (!connector) return { loaded: undefined, canonical: resolved.canonical }
  const entries = Object.entries(resolved.value as object)
  const common = connectionCommon.safeParse(pick(entries, true), { error: noDefaultMessage })
  const own = connector.config.safeParse(pick(entries, false), { error: noDefaultMessage })
  const issues = [...(common.error?.issues ?? []), ...(own.error?.issues ?? [])]
  const shown = issues.filter((issue) => !resolved.unknown.has(pathKey(issue.path)))
  addIssues(shown, { at, value: resolved.value, schemas, problems, words })
  checkSignalIds(resolved.value, at, schemas, declared, problems, words)
  checkUnits(resolved.value, at, schemas, problems, words)
  if (common.data && common.data.silence.uncertainAfter >= common.data.silence.badAfter) {
    const written = locate(at, ['silence'])
    problems.add(written === at ? locateHolder(at, []) : written, 'E_SILENCE_ORDER', words.silenceOrder())
  }
  const clockKeys = connector.timeless ? at.keys?.get('clock')?.value.keys : undefined
  for (const key of clockKeys?.keys() ?? [])
    problems.add(locateKey(at, ['clock'], key), 'W_CLOCK_UNUSED', words.clockUnused(key, connector.kind))
  if (!common.data || !own.success) return { loaded: undefined, canonical: resolved.canonical }
  checkConnector(connector, own.data, at, problems, words)
  const { kind, label, zone, silence, clock, lateness } = common.data
  const loaded = { name, kind, label: label as Label | undefined, zone, silence, clock, lateness, config: own.data, connector }
  return { loaded, canonical: resolved.canonical }
}

function pick(entries: readonly (readonly [string, unknown])[], common: boolean): object {
  return Object.fromEntries(entries.filter(([key]) => COMMON.includes(key) === common))
}

function findConnector(
  raw: object,
  at: Located,
  connectors: readonly Connector[],
  { problems, words }: ReferenceContext,
): Connector | undefined {
  const known = connectors.map((connector) => connector.kind)
  const kind = 'kind' in raw ? raw.kind : undefined
  if (kind === undefined || kind === null) {
    problems.add(at, 'E_MISSING_KEY', words.kindMissing(known.join(', ')))
    return undefined
  }
  const found = connectors.find((connector) => connector.kind === kind)
  if (!found) {
    const shown = typeof kind === 'string' && kind.length <= 40 ? kind : '...'
    const place = at.keys?.get('kind')?.value ?? locateKey(at, [], 'kind')
    problems.add(place, 'E_UNKNOWN_KIND', words.unknownKind(shown, nearest(shown, known), known.join(', ')))
  }
  return found
}
