import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { byAuthority, disagreements } from '../core/authority.ts'
import type { RecordCount } from '../core/historian.ts'
import { type FieldValue, NEVER, QUARANTINE_STATES, type RecordKind, type RecordVersion, type StoredVersion } from '../core/it-records.ts'
import { LIMITS } from '../core/limits.ts'
import type { NodeView } from '../core/node-view.ts'
import { isOnePlace, placeOfRecord, systemOf } from '../core/record-place.ts'
import { formatTime, type Micros } from '../core/time.ts'
import { nearest } from '../lib/suggest.ts'
import { audited, callerIn } from './audited.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import { languageOf } from './problem-words/index.ts'
import { setAsideInFrench } from './problem-words/quarantine-fr.ts'
import { readMoment, readOverlap } from './query-times.ts'
import type { RecordView } from './record-schemas.ts'
import {
  discardAnswer,
  quarantineList,
  recordKindList,
  recordList,
  releaseAnswer,
  type UnknownEquipmentList,
  unknownEquipmentList,
} from './record-schemas.ts'
import type { Resources, Server } from './route.ts'

const KEY_SEPARATOR = '\u001f'
const SUGGESTIONS = 3

const listQuery = z.object({
  kind: z.string().min(1).max(64),
  key: z
    .union([z.string().max(512), z.array(z.string().max(512)).max(8)])
    .optional()
    .describe('the values of the key fields: repeated, or comma-separated'),
  source: z.string().max(64).optional(),
  from: z.string().optional().describe('RFC 3339; only records that hold at some moment of [from, to)'),
  to: z.string().optional(),
  asKnownAt: z.string().optional().describe('RFC 3339; as it was known then'),
  versions: z.enum(['newest', 'all']).default('newest'),
  after: z.string().max(512).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(API_LIMITS.recordRows).default(1_000),
})

/** IT records: their kinds, what the sources say of them, what was set aside, and names of equipment that nobody has declared. */
export function recordRoutes(server: Server, resources: Resources): void {
  const { viewOf } = resources
  server.get(
    '/api/v1/records/kinds',
    { config: { permission: 'read', scope: 'any' }, schema: { summary: 'Kinds of IT records', response: { 200: recordKindList } } },
    async (request) => {
      const view = viewOf(request)
      const counts = view.recordKinds.size > 0 ? await view.historian.recordCounts() : []
      return { kinds: [...view.recordKinds.values()].map((kind) => kindView(kind, view, counts)) }
    },
  )
  server.get(
    '/api/v1/records',
    {
      config: { permission: 'read', scope: 'any' },
      schema: { summary: 'IT records of a kind, with their versions', querystring: listQuery, response: { 200: recordList } },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const kind = kindOf(view, query.kind)
      const momentOf = (text: string | undefined) => (text === undefined ? undefined : readMoment(text, view.clock.now()))
      const overlapping = readOverlap(query, view.clock.now())
      const asKnownAt = momentOf(query.asKnownAt)
      const { versions, truncated } = await view.historian.records({
        kind: kind.name,
        limit: query.limit,
        allVersions: query.versions === 'all',
        ...(query.key !== undefined && { keys: [keyOf(kind, query.key)] }),
        ...(query.source !== undefined && { source: query.source }),
        ...((query.from ?? query.to) !== undefined && { overlapping }),
        ...(asKnownAt !== undefined && { asKnownAt }),
        ...(query.after !== undefined && { afterKey: query.after }),
      })
      const shown = wholeKeys(versions, truncated)
      const next = truncated ? shown.at(-1)?.key : undefined
      return { records: recordViews(shown, kind, view), truncated, ...(next !== undefined && { next }) }
    },
  )
  quarantineRoutes(server, resources)
  server.get(
    '/api/v1/records/equipment',
    {
      config: { permission: 'read', scope: 'any' },
      schema: { summary: 'Names of equipment in IT records that nobody has declared', response: { 200: unknownEquipmentList } },
    },
    async (request) => unknownEquipment(viewOf(request)),
  )
}

function quarantineRoutes(server: Server, { view, viewOf, callerOf, access }: Resources): void {
  const query = z.object({
    kind: z.string().max(64).optional(),
    source: z.string().max(64).optional(),
    state: z.enum([...QUARANTINE_STATES, 'all']).default('waiting'),
    limit: z.coerce.number().int().min(1).max(API_LIMITS.recordRows).default(1_000),
  })
  server.get(
    '/api/v1/records/quarantine',
    {
      config: { permission: 'read', scope: 'any' },
      schema: { summary: 'Rows that are no record of their kind', querystring: query, response: { 200: quarantineList } },
    },
    async (request) => {
      const { state, limit, kind, source } = request.query
      const said = languageOf(request.headers['accept-language']) === 'fr' ? setAsideInFrench : (reason: string) => reason
      const asked = { limit, ...(kind !== undefined && { kind }), ...(source !== undefined && { source }) }
      const { rows, truncated } = await viewOf(request).historian.quarantine({
        ...asked,
        ...(state !== 'all' && { state }),
      })
      return {
        rows: rows.map(({ knownTime, releasedTime, discardedTime, settled, ...row }) => ({
          ...row,
          reason: said(row.reason),
          knownTime: formatTime(knownTime),
          ...(releasedTime !== undefined && { releasedTime: formatTime(releasedTime) }),
          ...(discardedTime !== undefined && { discardedTime: formatTime(discardedTime) }),
          ...(settled && { settledBy: settled.by, settledReason: settled.reason }),
        })),
        truncated,
      }
    },
  )
  /** Rows are decided on by who operates in the zones they came from, all of them. */
  const mustOperate = async (request: FastifyRequest, ids: readonly string[]) => {
    const { rights } = callerOf(request)
    if (rights.everywhere('operate')) return
    const { rows } = await view.historian.quarantine({ ids, limit: API_LIMITS.released })
    const isTheirs = ({ source }: { source: string }) => rights.may('operate', access.settings.zones.ofConnection(source))
    if (rows.length === ids.length && rows.every(isTheirs)) return
    throw new Refusal(403, 'forbidden/rows')
  }
  const said = z.string().trim().min(1).max(LIMITS.settledText)
  const body = z.strictObject({
    ids: z.array(z.string().max(64)).min(1).max(API_LIMITS.released),
    reason: said.describe('why, in words that will still be read in a year'),
    by: said.optional().describe('who decides; of a caller with an account it is the account'),
  })
  const decisionOf = (request: FastifyRequest, { reason, by }: z.infer<typeof body>) => {
    const { name, kind } = access.callerOf(request) ?? {}
    if (name !== undefined && kind !== 'local') return { by: name, reason }
    if (by === undefined) throw new Refusal(400, 'no-name')
    return { by, reason }
  }
  server.post(
    '/api/v1/records/quarantine/release',
    {
      config: { permission: 'operate', scope: 'any' },
      schema: { summary: 'Judge rows in quarantine again by the present declaration', body, response: { 200: releaseAnswer } },
    },
    async (request) => {
      const { ids } = request.body
      await mustOperate(request, ids)
      const detail = { rows: ids.length, first: ids[0] ?? '', last: ids.at(-1) ?? '' }
      await audited(view.audit, { kind: 'release', outcome: 'done', ...callerIn(request, access), what: 'records', detail })
      return view.releaseQuarantined(ids, decisionOf(request, request.body))
    },
  )
  server.post(
    '/api/v1/records/quarantine/discard',
    {
      config: { permission: 'operate', scope: 'any' },
      schema: { summary: 'Say of rows in quarantine that nobody takes them; they stay visible', body, response: { 200: discardAnswer } },
    },
    async (request) => {
      const { ids } = request.body
      await mustOperate(request, ids)
      const detail = { rows: ids.length, first: ids[0] ?? '', last: ids.at(-1) ?? '' }
      await audited(view.audit, { kind: 'discard', outcome: 'done', ...callerIn(request, access), what: 'records', detail })
      return view.discardQuarantined(ids, decisionOf(request, request.body))
    },
  )
}

/** A key of one field may hold commas of its own. */
function keyOf({ key }: RecordKind, asked: string | readonly string[]): string {
  const parts = typeof asked !== 'string' ? asked : key.length === 1 ? [asked] : asked.split(',')
  return parts.join(KEY_SEPARATOR)
}

function kindOf(view: NodeView, name: string): RecordKind {
  const kind = view.recordKinds.get(name)
  if (kind) return kind
  const near = nearest(name, view.recordKinds.keys())
  throw new Refusal(404, 'unknown-kind', name, near)
}

function kindView(kind: RecordKind, view: NodeView, counts: readonly RecordCount[]): z.infer<typeof recordKindList>['kinds'][number] {
  const { name, label, key, fields, validity, equipment } = kind
  const bringing = view
    .recordSources(name)
    .map((source) => ({ source, isDeleted: false, kind: name, key: '', validFrom: null, validTo: null, values: {} }))
  return {
    name,
    ...(label && { label }),
    key: [...key],
    fields: Object.entries(fields).map(([field, { type, required, unit }]) => ({
      name: field,
      type,
      required: required || key.includes(field),
      ...(unit && { unit }),
    })),
    ...(validity && { validity }),
    ...(equipment && { equipment }),
    sources: byAuthority(bringing, kind).map(({ source }) => source),
    counts: counts
      .filter((one) => one.kind === name)
      .map(({ source, records, changedTime, quarantined }) => ({
        ...{ source, records, quarantined },
        ...(changedTime !== undefined && { changedTime: formatTime(changedTime) }),
      })),
  }
}

/** The sources of one key belong together: a page ends between keys. */
function wholeKeys(versions: readonly StoredVersion[], truncated: boolean): readonly StoredVersion[] {
  const last = versions.at(-1)?.key
  if (!truncated || versions[0]?.key === last) return versions
  return versions.filter(({ key }) => key !== last)
}

function recordViews(versions: readonly StoredVersion[], kind: RecordKind, view: NodeView): RecordView[] {
  const newest = new Map<string, StoredVersion[]>()
  for (const version of versions) {
    const of = (newest.get(version.key) ?? []).filter(({ source }) => source !== version.source)
    newest.set(version.key, [...of, version])
  }
  return versions.map((version) => {
    const standing = byAuthority(newest.get(version.key) ?? [], kind)
    const first = standing[0]
    const isNewest = standing.includes(version)
    const disagrees = first && isNewest && version !== first && !version.isDeleted ? disagreementsOf(version, first, kind, view) : []
    return {
      ...{
        kind: version.kind,
        key: version.key.split(KEY_SEPARATOR),
        source: version.source,
        revision: version.revision,
        isDeleted: version.isDeleted,
      },
      ...{ knownTime: formatTime(version.knownTime), validFrom: shownTime(version.validFrom), validTo: shownTime(version.validTo) },
      values: shownValues(version.values, kind),
      ...(kind.equipment && { equipment: equipmentOf(version, kind, view) ?? null }),
      ...(standing.length > 1 && isNewest && { authoritative: version === first }),
      ...(disagrees.length > 0 && { disagrees }),
    }
  })
}

/** Two names of one place are none. */
const disagreementsOf = (a: StoredVersion, b: StoredVersion, kind: RecordKind, view: NodeView): string[] =>
  disagreements(a.values, b.values).filter(
    (field) => field !== kind.equipment?.field || !isOnePlace(a, b, (one) => equipmentOf(one, kind, view)),
  )

const shownTime = (time: Micros | null): string | null => (time === null || time >= NEVER ? null : formatTime(time))

function shownValues(values: Readonly<Record<string, FieldValue>>, { fields }: RecordKind): Record<string, FieldValue> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      fields[name]?.type === 'time' && typeof value === 'number' ? formatTime(value) : value,
    ]),
  )
}

function equipmentOf(version: RecordVersion, kind: RecordKind, view: NodeView): string | undefined {
  return placeOfRecord(new Map([[kind.name, kind]]), view.equipmentNames, () => view.clock.now())(version)
}

/** Looks through the newest records of every kind that names equipment, as many as are read at once. */
async function unknownEquipment(view: NodeView): Promise<UnknownEquipmentList> {
  const found = new Map<string, UnknownEquipmentList['names'][number]>()
  let isCut = false
  for (const kind of view.recordKinds.values()) {
    const { equipment } = kind
    if (!equipment) continue
    const { versions, truncated } = await view.historian.records({ kind: kind.name, limit: API_LIMITS.recordRows })
    isCut ||= truncated
    for (const version of versions) {
      const name = version.values[equipment.field]
      if (version.isDeleted || typeof name !== 'string' || equipmentOf(version, kind, view) !== undefined) continue
      const id = `${kind.name}\n${version.source}\n${name}`
      const known = found.get(id)
      const system = systemOf(equipment, version.source)
      const suggestions = known?.suggestions ?? view.equipmentNames.suggest(system, name, SUGGESTIONS)
      found.set(id, {
        kind: kind.name,
        source: version.source,
        ...(system !== undefined && { system }),
        name,
        records: (known?.records ?? 0) + 1,
        suggestions,
      })
    }
  }
  return { names: [...found.values()].sort((a, b) => b.records - a.records), truncated: isCut }
}
