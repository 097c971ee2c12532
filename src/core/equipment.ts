import { z } from 'zod'
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

/** A place in the equipment hierarchy; what has stood in it, oldest first: each entry is the event of a swap. */
export const equipment = z
  .strictObject({
    level: z.enum(EQUIPMENT_LEVELS),
    label: label.optional(),
    assets: z.array(asset).max(1_000).default([]),
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
