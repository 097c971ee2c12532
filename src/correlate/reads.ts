import type { Correlation, JoinValue, Kpi } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { compileValue, compileWhere, variablesOf } from './expressions.ts'
import { factsOf } from './facts.ts'
import { kpiValues, placesOf } from './kpi.ts'
import { signalsOf } from './plan.ts'
import { relatedName } from './related-values.ts'
import { idPattern } from './signal-values.ts'

/** What one correlation or figure reads. */
export interface ResultReads {
  readonly name: string
  readonly type: 'join' | 'kpi'
  /** Whole ids or globs over them, with how the file names each. */
  readonly signals: readonly { readonly pattern: string; readonly ref: string }[]
  /** Kinds of records and names of facts. */
  readonly subject: string | undefined
  readonly related: readonly string[]
  /** Fields of these that it names, itself or in an expression; they need not exist. */
  readonly fields: readonly { readonly of: string; readonly name: string }[]
  /** Declared paths that a figure is told for; undefined: for none in particular. */
  readonly places: readonly string[] | undefined
  /** Names of its values. */
  readonly values: readonly string[]
}

interface Declared {
  readonly correlations: Readonly<Record<string, Correlation>>
  readonly kpis: Readonly<Record<string, Kpi>>
}

/** Asks every correlation and figure what it reads. */
export function readsOfResults(declared: Declared, base: CorrelateContext & { readonly equipment: readonly string[] }): ResultReads[] {
  const context = { ...base, events: factsOf(declared, base) }
  return [
    ...Object.entries(declared.correlations).map(([name, one]): ResultReads => {
      const { each, during, equipment } = one
      const own = [during.from, during.to].flatMap((field) => field ?? []).map((field) => ({ of: each, name: field }))
      return resultReads(
        { name, type: 'join' },
        { each, values: one.values, places: equipment === undefined ? undefined : [equipment] },
        own,
        context,
      )
    }),
    ...Object.entries(declared.kpis).map(([name, one]): ResultReads => {
      const each = typeof one.per === 'string' ? undefined : one.per.record
      const places = placesOf(one.equipment, base.equipment).flatMap((path) => path ?? [])
      const shape = { each, values: kpiValues(one), places: one.equipment === undefined ? undefined : places }
      return resultReads({ name, type: 'kpi' }, shape, [], context)
    }),
  ]
}

interface Shape {
  readonly each: string | undefined
  readonly values: Readonly<Record<string, JoinValue>>
  readonly places: readonly string[] | undefined
}

function resultReads(
  head: Pick<ResultReads, 'name' | 'type'>,
  { each, values, places }: Shape,
  own: ResultReads['fields'],
  context: CorrelateContext,
): ResultReads {
  const related = new Set<string>()
  const fields = new Map(own.map((field) => [`${field.of}/${field.name}`, field]))
  const add = (of: string, name: string) => fields.set(`${of}/${name}`, { of, name })
  for (const [name, value] of Object.entries(values)) {
    if ('expression' in value) {
      const { variables } = compileValue(name, { ...(each !== undefined && { each }), values }, context)
      for (const variable of variables) if (each !== undefined && variable.startsWith('each.')) add(each, variable.slice('each.'.length))
    } else if ('asOf' in value) {
      if (each !== undefined && value.at !== 'from' && value.at !== 'to') add(each, value.at)
    } else if (!('function' in value)) {
      const of = 'next' in value ? value.next : relatedName(value)
      related.add(of)
      if ('take' in value) add(of, value.value)
      if ('next' in value && value.of !== undefined) add(of, value.of)
      if (value.where === undefined) continue
      const known = variablesOf(of, context) ?? {}
      for (const variable of compileWhere(value.where, of, each, context).variables) {
        if (Object.hasOwn(known, variable)) add(of, variable)
        else if (each !== undefined) add(each, variable.slice('each.'.length))
      }
    }
  }
  const refs = [...new Set(Object.values(values).flatMap(signalsOf))]
  const signals = refs.flatMap((ref) => {
    if (places === undefined || !ref.startsWith('./')) return [{ pattern: idPattern(ref, context.site), ref }]
    return places.map((place) => ({ pattern: `${context.site}/${place}/${ref.slice(2)}`, ref: `${place}/${ref.slice(2)}` }))
  })
  return { ...head, signals, subject: each, related: [...related], fields: [...fields.values()], places, values: Object.keys(values) }
}
