import { z } from 'zod'
import { editDistance } from '../lib/suggest.ts'
import { label } from './config-parts.ts'
import { isSignalId } from './names.ts'
import type { Label } from './signals.ts'
import { type Micros, parseTime } from './time.ts'

/** Levels of the equipment hierarchy below the site, in the words of ISA-95 (IEC 62264-1, 5.3). */
export const EQUIPMENT_LEVELS = ['area', 'work-center', 'work-unit', 'equipment'] as const

/** A physical asset in a place: the motor with that serial number, from that moment on. The place (equipment) and what stands in it are two things. */
const asset = z.strictObject({
  serial: z.string().min(1).max(128),
  from: z.iso.datetime().describe('RFC 3339 UTC: when it was put in place'),
  type: z.string().max(128).optional().describe('Maker and type'),
  note: z.string().max(200).optional().describe('Why it was changed'),
})

/** What another system calls a place, from when to when: flights say `belt 3`, maintenance says `CAR-03`. */
const alias = z.strictObject({
  system: z.string().min(1).max(64).describe('Whose name it is, as `system` of a record kind says'),
  name: z.string().min(1).max(128),
  from: z.iso.datetime().optional().describe('RFC 3339 UTC; absent: since ever'),
  to: z.iso.datetime().optional().describe('RFC 3339 UTC, exclusive; absent: for ever'),
})

/** A place in the equipment hierarchy; what has stood in it, oldest first: each entry is the event of a swap. */
export const equipment = z
  .strictObject({
    level: z.enum(EQUIPMENT_LEVELS),
    label: label.optional(),
    assets: z.array(asset).max(1_000).default([]),
    aliases: z.array(alias).max(1_000).default([]).describe('What other systems call it'),
  })
  .refine(({ assets }) => assets.every((one, i) => i === 0 || Date.parse(assets[i - 1]?.from ?? '') < Date.parse(one.from)), {
    message: 'assets are listed in the order in which they were put in place',
    path: ['assets'],
  })

export const equipmentConfig = z
  .record(z.string().refine(isSignalId, 'a path is segments joined by /'), equipment)
  .default({})
  .describe('Places by path under the site: baggage/carousel-3; signals below them belong to them')
export type EquipmentConfig = z.output<typeof equipmentConfig>

/** A place that a signal belongs to, with what stood in it at a time. */
export interface Place {
  readonly path: string
  readonly level: (typeof EQUIPMENT_LEVELS)[number]
  readonly label?: Label
  readonly asset?: { readonly serial: string; readonly since: Micros; readonly type?: string; readonly note?: string }
}

/** The declared places above a signal, outermost first, as they were at a time. `id` is the whole id, site included. */
export function placesOf(id: string, declared: EquipmentConfig, at: Micros): Place[] {
  const segments = id.split('/').slice(1)
  return segments.flatMap((_, depth) => {
    const path = segments.slice(0, depth).join('/')
    const found = Object.hasOwn(declared, path) ? declared[path] : undefined
    if (!found) return []
    const stood = found.assets.findLast(({ from }) => parseTime(from) <= at)
    const { from, ...known } = stood ?? { from: '' }
    const asset = stood && { ...(known as { serial: string }), since: parseTime(from) }
    return [{ path, level: found.level, ...(found.label && { label: found.label as Label }), ...(asset && { asset }) }]
  })
}

/** Aliases that mean another place too, at some moment of their time; each with the path that stands before it. */
export function aliasClashes(declared: EquipmentConfig): { readonly path: string; readonly index: number; readonly other: string }[] {
  const known = new Map<string, { readonly path: string; readonly from: Micros; readonly to: Micros }[]>()
  return Object.entries(declared).flatMap(([path, { aliases }]) =>
    aliases.flatMap(({ system, name, from, to }, index) => {
      const own = { path, from: from ? parseTime(from) : Number.NEGATIVE_INFINITY, to: to ? parseTime(to) : Number.POSITIVE_INFINITY }
      const spans = known.get(named(system, name)) ?? []
      known.set(named(system, name), [...spans, own])
      const other = spans.find((one) => one.path !== path && one.from < own.to && own.from < one.to)
      return other ? [{ path, index, other: other.path }] : []
    }),
  )
}

/** What names of places mean: paths under the site, or what a system called a place at a time. */
export class EquipmentNames {
  readonly #paths: ReadonlySet<string>
  /** By system and folded name. */
  readonly #aliases = new Map<string, { readonly path: string; readonly from: Micros; readonly to: Micros }[]>()
  readonly #names = new Map<string, Set<string>>()

  constructor(declared: EquipmentConfig) {
    this.#paths = new Set(Object.keys(declared))
    for (const [path, { aliases }] of Object.entries(declared)) {
      for (const { system, name, from, to } of aliases) {
        const spans = this.#aliases.get(named(system, name)) ?? []
        spans.push({ path, from: from ? parseTime(from) : Number.NEGATIVE_INFINITY, to: to ? parseTime(to) : Number.POSITIVE_INFINITY })
        this.#aliases.set(named(system, name), spans)
        this.#names.set(system, (this.#names.get(system) ?? new Set()).add(name))
      }
    }
  }

  /** The place that `system` called so at a time; a path under the site is its own name everywhere. Undefined: nobody has declared it. */
  placeOf(system: string | undefined, name: string, at: Micros): string | undefined {
    const spans = system === undefined ? undefined : this.#aliases.get(named(system, name))
    const found = spans?.find(({ from, to }) => at >= from && at < to)
    return found?.path ?? (this.#paths.has(name) ? name : undefined)
  }

  /** Names and paths near one that nobody has declared: most likely first, at most `most`. */
  suggest(system: string | undefined, name: string, most = 3): { readonly name: string; readonly path: string }[] {
    const known = [...(system === undefined ? [] : (this.#names.get(system) ?? []))].map((one) => ({
      name: one,
      path: this.#newest(system, one),
    }))
    const places = [...this.#paths].map((path) => ({ name: path, path }))
    return [...known, ...places]
      .map((one) => ({ ...one, far: distance(name, one.name) }))
      .filter(({ far }) => far <= 0.5)
      .sort((a, b) => a.far - b.far)
      .filter(({ path }, i, all) => all.findIndex((other) => other.path === path) === i)
      .slice(0, most)
      .map(({ name: near, path }) => ({ name: near, path }))
  }

  #newest(system: string | undefined, name: string): string {
    return this.#aliases.get(named(system ?? '', name))?.at(-1)?.path ?? name
  }
}

/** Case and blanks are no difference to people, nor is a zero before a number. */
const folded = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s_.-]+/g, '')
    .replace(/0+(?=\d)/g, '')
const named = (system: string, name: string): string => `${system}\u001f${name.trim().toLowerCase()}`

/** 0: the same; 1: nothing in common. Numbers must be the same: `belt 3` is not nearly `belt 4`. */
function distance(a: string, b: string): number {
  const [x, y] = [folded(a), folded(b.split('/').at(-1) ?? b)]
  const digits = (text: string): string => text.replace(/\D+/g, ' ').trim()
  if (digits(x) !== '' && digits(y) !== '' && digits(x) !== digits(y)) return 1
  const most = Math.max(x.length, y.length)
  const letters = editDistance(x, y) / Math.max(1, most)
  // `CAR-03` and `carousel-3`: one begins as the other does, and the numbers agree.
  const begins = x.slice(0, 3) === y.slice(0, 3) && digits(x) === digits(y) && digits(x) !== ''
  return begins ? Math.min(letters, 0.3) : letters
}
