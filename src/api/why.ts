import { z } from 'zod'
import { type Place, placesOf } from '../core/equipment.ts'
import type { DefinitionRow, SampleColumns } from '../core/historian.ts'
import type { NodeView } from '../core/node-view.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { DAY, formatTime, HOUR, type Micros } from '../core/time.ts'
import { appliedRules, explain } from '../qualify/index.ts'
import { measured, toQualityRow } from './quality.ts'
import { why } from './quality-schemas.ts'
import { readMoment } from './query-times.ts'
import { lastSample, signalOf, toSample } from './render.ts'
import type { Resources, Server } from './route.ts'
import type { Sample, Why } from './schemas.ts'
import { withRecords } from './why-records.ts'

/** How far back the reading in force is looked for. */
const LOOK_BACK: Micros = 31 * DAY

export function whyRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/why',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'The reading in force at a time, and why its status is what it is: the rules as they were declared then',
        querystring: z.strictObject({ signal: z.string(), at: z.string().max(64).optional().describe('Default now') }),
        response: { 200: why },
      },
    },
    (request) => answerWhy(viewOf(request), request.query),
  )
}

/** Why a reading is what it is: of the newest, or of the one in force at a time. */
export async function answerWhy(view: NodeView, query: { readonly signal: string; readonly at?: string | undefined }): Promise<Why> {
  const now = view.clock.now()
  const signal = signalOf(view, query.signal)
  const at = query.at === undefined ? now : readMoment(query.at, now)
  const versions = await view.historian.definitions(signal.id)
  const found = query.at === undefined ? undefined : await stored(view, signal, at)
  const sample = found?.sample ?? (query.at === undefined ? lastSample(view, view.signals.indexOf(signal.id) as number) : undefined)
  const version = versions.findLast(({ sinceIngest }) => found === undefined || sinceIngest <= found.ingest) ?? versions[0]
  const definition = version?.definition ?? signal
  const [came] = found === undefined ? [] : await view.historian.ingests([found.ingest])
  const declared = await view.historian.declared(came?.configVersion ?? view.configVersion)
  const reading = { signal: signal.id, time: found?.time ?? at, knownAt: came?.recordedTime ?? now }
  const explained = (sample?.reasons ?? []).flatMap((reason) => explain(reason, definition, declared, reading.time) ?? [])
  const hour = Math.floor(at / HOUR) * HOUR
  const { rows } = await measured(view, { from: hour, to: hour + HOUR }, [signal.id], 1)
  return {
    signal: signal.id,
    at: formatTime(at),
    ...(sample && { sample }),
    equipment: placesOf(signal.id, view.equipment, at).map(toPlace),
    rules: await Promise.all(explained.map((rule) => withRecords(view, rule, reading))),
    applied: appliedRules(definition, declared),
    ...declaration(version, definition),
    ...(rows.length > 0 && { quality: toQualityRow(view, signal.id, rows) }),
  }
}

function toPlace({ asset, label, ...place }: Place): Why['equipment'][number] {
  return { ...place, ...(label && { label }), ...(asset && { asset: { ...asset, since: formatTime(asset.since) } }) }
}

/** The newest stored sample at or before a time, with the record it came in. */
async function stored(
  view: NodeView,
  signal: SignalDefinition,
  at: Micros,
): Promise<{ sample: Sample; ingest: number; time: Micros } | undefined> {
  const columns = await view.historian.samples({ signal: signal.id, from: at - LOOK_BACK, to: at + 1, limit: 1, descending: true })
  if (columns.count === 0) return undefined
  return { sample: sampleOf(signal, columns), ingest: columns.ingest[0] as number, time: columns.time[0] as number }
}

function sampleOf(signal: SignalDefinition, { time, value, status, reasons, reasonSets, text }: SampleColumns): Sample {
  const names = reasonSets.get(reasons[0] as number) ?? []
  return toSample(signal, {
    time: time[0] as number,
    value: value[0] as number,
    status: status[0] as number,
    reasons: names,
    text: text?.get(0),
  })
}

function declaration(version: DefinitionRow | undefined, { model, author }: SignalDefinition): Pick<Why, 'declaration'> {
  const known = {
    ...(version && { since: formatTime(version.recordedTime), configVersion: version.configVersion }),
    ...(model !== undefined && { model }),
    ...(author !== undefined && { author }),
  }
  return Object.keys(known).length > 0 ? { declaration: known } : {}
}
