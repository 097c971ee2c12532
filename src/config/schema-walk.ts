import { z } from 'zod'

/**
 * Reads what a zod schema says of the values inside it, without parsing: which keys it knows, which fields are secret,
 * where signal ids stand. Several schemas may apply to one place (unions), hence lists everywhere.
 */
export type AnySchema = z.core.$ZodType
type Definition = z.core.$ZodTypes['_zod']['def']

const definition = (schema: AnySchema): Definition => (schema as z.core.$ZodTypes)._zod.def
const MAX_LAYERS = 32

/** The schemas behind optional, default, pipe, lazy and union, wrappers included. */
export function layers(schema: AnySchema, depth = 0): AnySchema[] {
  if (depth > MAX_LAYERS) return []
  const inner = insides(schema)
  return [schema, ...inner.flatMap((next) => layers(next, depth + 1))]
}

function insides(schema: AnySchema): readonly AnySchema[] {
  const def = definition(schema)
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
    case 'nonoptional':
      return [def.innerType]
    case 'pipe':
      return [def.in]
    case 'lazy':
      return [def.getter()]
    case 'union':
      return def.options
    case 'intersection':
      return [def.left, def.right]
    default:
      return []
  }
}

/** What may stand under `key` (or at an index) of a value that these schemas describe. */
export function inside(schemas: readonly AnySchema[], key: PropertyKey): AnySchema[] {
  return schemas.flatMap((schema) =>
    layers(schema).flatMap((layer): AnySchema[] => {
      const def = definition(layer)
      if (def.type === 'object' && typeof key === 'string') return Object.hasOwn(def.shape, key) ? [def.shape[key] as AnySchema] : []
      if (def.type === 'record' && typeof key === 'string') return [def.valueType]
      if (def.type === 'array' && typeof key === 'number') return [def.element]
      if (def.type === 'tuple' && typeof key === 'number')
        return [def.items[key] ?? def.rest].filter((item) => item !== null && item !== undefined)
      return []
    }),
  )
}

/** The schemas at a path from the root. */
export function schemasAt(root: readonly AnySchema[], path: readonly PropertyKey[]): AnySchema[] {
  return path.reduce<AnySchema[]>(inside, [...root])
}

/** Every key these schemas know. */
export function knownKeys(schemas: readonly AnySchema[]): string[] {
  const keys = schemas.flatMap((schema) =>
    layers(schema).flatMap((layer) => {
      const def = definition(layer)
      return def.type === 'object' ? Object.keys(def.shape) : []
    }),
  )
  return [...new Set(keys)]
}

/** True where the field is marked `secret: true`. */
export function isSecret(schemas: readonly AnySchema[]): boolean {
  return schemas.some((schema) => layers(schema).some((layer) => z.globalRegistry.get(layer)?.secret === true))
}

/** True when the very schema `wanted` describes this place. */
export function describedBy(schemas: readonly AnySchema[], wanted: AnySchema): boolean {
  return schemas.some((schema) => layers(schema).includes(wanted))
}

const TEXT = new Set(['string', 'enum', 'literal', 'template_literal', 'any', 'unknown', 'custom'])

/** True where text may stand; also where nothing is known. */
export function takesText(schemas: readonly AnySchema[]): boolean {
  return schemas.length === 0 || schemas.some((schema) => layers(schema).some((layer) => TEXT.has(definition(layer).type)))
}

/** The same questions asked again and again, as over ten thousand signals: answers are remembered for as long as this lives. */
export class SchemaMemo {
  readonly #inside = new WeakMap<readonly AnySchema[], Map<PropertyKey, AnySchema[]>>()
  readonly #secret = new WeakMap<readonly AnySchema[], boolean>()

  /** As `inside`; the same list comes back for the same question, so that it can be asked further. */
  inside(schemas: readonly AnySchema[], key: PropertyKey): AnySchema[] {
    let known = this.#inside.get(schemas)
    if (!known) this.#inside.set(schemas, (known = new Map()))
    // All items of a list are described alike; only a tuple tells its first few apart.
    const asked = typeof key === 'number' && key > LONGEST_TUPLE ? LONGEST_TUPLE : key
    let found = known.get(asked)
    if (!found) known.set(asked, (found = inside(schemas, asked)))
    return found
  }

  isSecret(schemas: readonly AnySchema[]): boolean {
    let known = this.#secret.get(schemas)
    if (known === undefined) this.#secret.set(schemas, (known = isSecret(schemas)))
    return known
  }
}

const LONGEST_TUPLE = 64
