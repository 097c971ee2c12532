import { isDeepStrictEqual } from 'node:util'
import type { DependencyKind } from '../../core/dependencies.ts'

/** One thing that a configuration declares, with what it says of it, as written. `setting`: what belongs to no thing, e.g. `historian.retention`. */
export interface Thing {
  readonly kind: DependencyKind | 'setting'
  readonly id: string
  readonly says: Readonly<Record<string, unknown>>
}

export interface ChangedKey {
  readonly key: string
  /** Undefined: it said nothing. */
  readonly before: unknown
  readonly after: unknown
}

/** Things that changed in the same way, told once. */
export interface Change {
  readonly is: 'added' | 'removed' | 'changed'
  readonly kind: Thing['kind']
  /** All of them, in the order of the file. */
  readonly ids: readonly string[]
  /** What is said of them; of several the values that they have in common, else undefined. Empty where they were added or removed. */
  readonly keys: readonly ChangedKey[]
  /** Only how it is called or shown, and who answers for it: no number changes. */
  readonly cosmetic: boolean
}

/** Keys that no number depends on. */
const COSMETIC = new Set([
  'label',
  'author',
  'decimals',
  'displayUnit',
  'description',
  'scope',
  'notes',
  'note',
  'reason',
  'audience',
  'id',
  'trend',
])

/** What differs from one list of things to another. */
export function changesBetween(before: readonly Thing[], after: readonly Thing[]): Change[] {
  const name = ({ kind, id }: Thing) => `${kind}:${id}`
  const known = new Map(before.map((thing) => [name(thing), thing]))
  const now = new Map(after.map((thing) => [name(thing), thing]))
  const groups = new Map<string, { -readonly [K in keyof Change]: Change[K] } & { ids: string[]; keys: ChangedKey[] }>()
  const add = (is: Change['is'], { kind, id }: Thing, keys: readonly ChangedKey[]) => {
    const cosmetic = is === 'changed' && keys.every(({ key }) => COSMETIC.has(key))
    const group = JSON.stringify([is, kind, keys.map(({ key }) => key)])
    const found = groups.get(group)
    if (!found) {
      groups.set(group, { is, kind, ids: [id], keys: [...keys], cosmetic })
      return
    }
    found.ids.push(id)
    found.keys = found.keys.map((one, i) => inCommon(one, keys[i] as ChangedKey))
  }
  for (const [key, thing] of known) if (!now.has(key)) add('removed', thing, [])
  for (const [key, thing] of now) {
    const was = known.get(key)
    if (!was) add('added', thing, [])
    else {
      const keys = changedKeys(was.says, thing.says)
      if (keys.length > 0) add('changed', thing, keys)
    }
  }
  return [...groups.values()]
}

function changedKeys(before: Thing['says'], after: Thing['says']): ChangedKey[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return keys.flatMap((key) => (isDeepStrictEqual(before[key], after[key]) ? [] : [{ key, before: before[key], after: after[key] }]))
}

function inCommon(a: ChangedKey, b: ChangedKey): ChangedKey {
  const same = (one: unknown, other: unknown) => (isDeepStrictEqual(one, other) ? one : undefined)
  return { key: a.key, before: same(a.before, b.before), after: same(a.after, b.after) }
}
