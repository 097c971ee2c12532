import { aliasClashes, type EquipmentConfig } from '../core/equipment.ts'
import type { FieldType } from '../core/it-records.ts'
import type { Feed, RecordKindsConfig } from '../core/record-kinds.ts'
import { nearest } from '../lib/suggest.ts'
import type { QualifyConfig } from '../qualify/config.ts'
import type { LoadedConnection } from './connections.ts'
import { type Located, locate, locateKey, type Path, type Problems } from './places.ts'
import type { ConfigWords } from './words.ts'

export interface RecordsContext {
  readonly at: Located
  readonly problems: Problems
  readonly words: ConfigWords
}

interface WithUnread extends RecordsContext {
  /** Connections of the file that could not be read: nobody knows what they bring. */
  readonly unread: readonly string[]
}

/** The feeds of a connection, in the order of the file; none where its system has no IT records. */
export function feedsOf({ connector, config }: Pick<LoadedConnection, 'connector' | 'config'>): readonly Feed[] {
  return connector.records ? ((config as { records?: readonly Feed[] }).records ?? []) : []
}

/** What the kinds of records and the feeds say of each other: that what they name is there, and is what it has to be. */
export function checkRecords(
  { records: kinds, equipment }: { readonly records: RecordKindsConfig; readonly equipment: EquipmentConfig },
  connections: readonly LoadedConnection[],
  context: WithUnread,
): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const at = (...path: Path): Path => ['records', name, ...path]
    const { fields, validity, equipment: place } = kind
    kind.key.forEach((field, i) => {
      checkField(field, fields, undefined, at('key', i), context)
    })
    if (validity) checkField(validity.from, fields, 'time', at('validity', 'from'), context)
    if (validity?.to !== undefined) checkField(validity.to, fields, 'time', at('validity', 'to'), context)
    if (place) checkField(place.field, fields, 'text', at('equipment', 'field'), context)
    if (place?.system !== undefined) checkSystem(place.system, equipment, at('equipment', 'system'), context)
    for (const [source, system] of Object.entries(place?.systems ?? {}))
      checkSystem(system, equipment, at('equipment', 'systems', source), context)
    const feeding = connections.filter((connection) => feedsOf(connection).some(({ record }) => record === name)).map((one) => one.name)
    const checkSource = (source: string, path: Path) => {
      if (!feeding.includes(source) && !context.unread.includes(source))
        add(path, 'E_UNKNOWN_SOURCE', context.words.unknownSource(source, name, nearest(source, feeding)), context)
    }
    for (const [use, sources] of Object.entries(kind.authority)) {
      sources.forEach((source, i) => {
        checkSource(source, at('authority', use, i))
      })
    }
    for (const source of Object.keys(place?.systems ?? {})) checkSource(source, at('equipment', 'systems', source))
  }
  for (const { path, index, other } of aliasClashes(equipment)) {
    const { system = '', name = '' } = equipment[path]?.aliases[index] ?? {}
    add(['equipment', path, 'aliases', index], 'E_ALIAS_TWICE', context.words.aliasTwice(name, system, other), context)
  }
  for (const connection of connections) checkFeeds(connection, kinds, context)
}

/** What rules take from records: the kind is there, says when it holds and where, and has the fields. */
export function checkRecordRules(
  config: Pick<QualifyConfig, 'maintenanceRecords' | 'calibrationRecords'> & { readonly records: RecordKindsConfig },
  context: RecordsContext,
): void {
  const { words, problems, at } = context
  for (const part of ['maintenanceRecords', 'calibrationRecords'] as const)
    config[part].forEach(({ record, only }, i) => {
      const kind = Object.hasOwn(config.records, record) ? config.records[record] : undefined
      const path: Path = [part, i, 'record']
      if (!kind) {
        add(path, 'E_UNKNOWN_RECORD', words.unknownRecord(record, nearest(record, Object.keys(config.records))), context)
        return
      }
      if (!kind.validity) add(path, 'E_NO_INTERVAL', words.noInterval(), context)
      if (!kind.equipment) add(path, 'E_PLACE_NEEDED', words.recordNeedsPlace(), context)
      for (const field of Object.keys(only ?? {}))
        if (!Object.hasOwn(kind.fields, field))
          problems.add(
            locateKey(at, [part, i, 'only'], field),
            'E_UNKNOWN_FIELD',
            words.unknownField(field, nearest(field, Object.keys(kind.fields))),
          )
    })
}

function checkFeeds(connection: LoadedConnection, kinds: RecordKindsConfig, context: RecordsContext): void {
  const { at, problems, words } = context
  const whole = new Set<string>()
  feedsOf(connection).forEach((feed, i) => {
    const path: Path = ['connections', connection.name, 'records', i]
    const kind = Object.hasOwn(kinds, feed.record) ? kinds[feed.record] : undefined
    if (!kind) {
      add([...path, 'record'], 'E_UNKNOWN_RECORD', words.unknownRecord(feed.record, nearest(feed.record, Object.keys(kinds))), context)
      return
    }
    for (const field of Object.keys(feed.map ?? {})) {
      if (!Object.hasOwn(kind.fields, field))
        problems.add(
          locateKey(at, [...path, 'map'], field),
          'E_UNKNOWN_FIELD',
          words.unknownField(field, nearest(field, Object.keys(kind.fields))),
        )
    }
    const isWhole = isSnapshot(feed)
    if (isWhole && whole.has(feed.record)) add([...path, 'record'], 'E_SNAPSHOT_TWICE', words.snapshotTwice(feed.record), context)
    if (isWhole) whole.add(feed.record)
  })
}

/** Each connector says it in its own way. */
function isSnapshot(feed: Feed): boolean {
  const { snapshot, mode } = feed as { snapshot?: unknown; mode?: unknown }
  return snapshot === true || mode === 'snapshot'
}

function checkField(
  field: string,
  fields: Readonly<Record<string, { type: FieldType }>>,
  type: FieldType | undefined,
  path: Path,
  context: RecordsContext,
): void {
  const found = Object.hasOwn(fields, field) ? fields[field] : undefined
  if (!found) add(path, 'E_UNKNOWN_FIELD', context.words.unknownField(field, nearest(field, Object.keys(fields))), context)
  else if (type && found.type !== type) add(path, 'E_FIELD_TYPE', context.words.fieldType(field, found.type, type), context)
}

function checkSystem(system: string, equipment: EquipmentConfig, path: Path, context: RecordsContext): void {
  const systems = new Set(Object.values(equipment).flatMap(({ aliases }) => aliases.map((alias) => alias.system)))
  if (!systems.has(system)) add(path, 'W_NO_ALIASES', context.words.noAliases(system, nearest(system, systems)), context)
}

function add(path: Path, code: string, wording: Parameters<Problems['add']>[2], { at, problems }: RecordsContext): void {
  problems.add(locate(at, path), code, wording)
}
