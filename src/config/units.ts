import { unitText } from '../core/config-parts.ts'
import { nearestUnits, unitReader, whyNot } from '../core/units/index.ts'
import type { Located, Problems } from './places.ts'
import { type AnySchema, describedBy, SchemaMemo } from './schema-walk.ts'
import type { ConfigWords } from './words.ts'

/**
 * Refuses a unit nobody knows, and a `displayUnit` into which values of `unit` beside it cannot be converted. A signal has the keys of its model beside
 * its own: what the model says wrong is said there, once.
 */
export function checkUnits(value: unknown, at: Located, schemas: readonly AnySchema[], problems: Problems, words: ConfigWords): void {
  const memo = new SchemaMemo()
  const read = unitReader()
  const walk = (here: unknown, place: Located, under: readonly AnySchema[]): void => {
    if (under.length === 0 || typeof here !== 'object' || here === null) return
    if (Array.isArray(here)) {
      const element = memo.inside(under, 0)
      here.forEach((item, index) => {
        walk(item, place.items?.[index] ?? place, element)
      })
      return
    }
    const units = new Map<string, NonNullable<ReturnType<typeof read>>>()
    for (const [key, item] of Object.entries(here)) {
      const found = place.keys?.get(key)?.value
      if (typeof item !== 'string' || !UNIT_KEYS.includes(key)) walk(item, found ?? place, memo.inside(under, key))
      else if (item !== '' && describedBy(memo.inside(under, key), unitText)) {
        const unit = read(item)
        if (unit) units.set(key, unit)
        else if (found) problems.add(found, 'E_UNIT_UNKNOWN', words.unitUnknown(nearestUnits(item).join('`, `') || undefined))
      }
    }
    const [stored, shown] = UNIT_KEYS.map((key) => units.get(key))
    const written = place.keys?.get('displayUnit') ?? place.keys?.get('unit')
    const refusal = written && stored && shown && whyNot(stored, shown)
    if (refusal) problems.add(written.value, 'E_UNIT_DIMENSION', words.unitDimension(refusal.why))
  }
  walk(value, at, schemas)
}

const UNIT_KEYS = ['unit', 'displayUnit']
