import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseTime } from '../../core/time.ts'
import type { SetTo, SimulatedVariable } from './simulator.ts'
import { opcuaSource } from './source.ts'
import { readUntil, type SeenSample, testConfig, testContext, testSimulator } from './test-bench.ts'

/** A folder of cases/: what the server has and says, and the samples that must come of it, in order per signal. */
const setting = z.strictObject({
  variable: z.string(),
  value: z
    .union([z.custom<number>((given) => typeof given === 'number'), z.boolean(), z.string(), z.null(), z.array(z.number())])
    .optional(),
  /** Instead of value: an integer beyond what YAML holds, or a text of so many characters. */
  bigint: z.string().optional(),
  repeat: z.int().optional(),
  array: z.boolean().optional(),
  status: z.int().optional(),
  sourceTime: z.string().optional(),
})
const caseFile = z.strictObject({
  about: z.string(),
  signals: z.array(z.record(z.string(), z.unknown())),
  variables: z.array(z.record(z.string(), z.unknown())),
  set: z.array(setting),
  /** Set once every signal has come. */
  next: z.array(setting).default([]),
  expect: z.array(
    z.strictObject({
      id: z.string(),
      value: z.union([z.number(), z.string(), z.null()]),
      status: z.int(),
      reasons: z.array(z.string()).default([]),
      sourceTime: z.string().optional(),
    }),
  ),
  dropped: z.record(z.string(), z.number()).default({}),
  /** What the last problem must name. */
  problem: z.string().optional(),
})
type Setting = z.infer<typeof setting>

function toSet(one: Setting): SetTo {
  const value = one.bigint !== undefined ? BigInt(one.bigint) : one.repeat !== undefined ? 'x'.repeat(one.repeat) : (one.value ?? null)
  return {
    value,
    ...(one.status !== undefined && { status: one.status }),
    ...(one.array !== undefined && { array: one.array }),
    ...(one.sourceTime !== undefined && { sourceTime: parseTime(one.sourceTime) }),
  }
}

interface Described {
  id: string
  value: number | string | null
  status: number
  reasons: readonly string[]
  sourceTime?: number
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
const describe = ({ id, value, status, reasons, sourceTime }: SeenSample): Described => ({ id, value, status, reasons, sourceTime })

/** Fills in what the case leaves open: a source time that is not said, and `received`. */
function expected(seen: readonly SeenSample[]) {
  const taken = new Set<SeenSample>()
  return (want: z.infer<typeof caseFile>['expect'][number]): Described => {
    const sample = seen.find((s) => s.id === want.id && !taken.has(s))
    if (sample) taken.add(sample)
    const { id, value, status, reasons } = want
    const open =
      want.sourceTime === undefined
        ? sample?.sourceTime
        : want.sourceTime === 'received'
          ? sample?.receivedTime
          : parseTime(want.sourceTime)
    return { id, value, status, reasons, ...(open !== undefined && { sourceTime: open }) }
  }
}

const folder = new URL('cases/', import.meta.url)
for (const name of await readdir(folder)) {
  test(`case ${name}`, async (t) => {
    const about = caseFile.parse(parse(await readFile(new URL(`${name}/case.yaml`, folder), 'utf8')))
    const context = await testContext(t)
    const simulator = await testSimulator(t, { variables: about.variables as unknown as SimulatedVariable[], modes: ['none'] })
    for (const one of about.set) simulator.set(one.variable, toSet(one))
    const source = opcuaSource(testConfig(simulator.endpoint, about.signals), context)
    t.after(() => source.close())
    await source.connect(AbortSignal.timeout(10_000))
    const ids = new Set(about.signals.map((signal) => signal.id))
    const seen = await readUntil(source, context, (all) => new Set(all.map((s) => s.id)).size === ids.size)
    for (const one of about.next) simulator.set(one.variable, toSet(one))
    if (about.next.length > 0) seen.push(...(await readUntil(source, context, (more) => more.length >= about.next.length)))
    assert.deepEqual(seen.map(describe).sort(byId), about.expect.map(expected(seen)).sort(byId))
    assert.deepEqual(source.counters.dropped, about.dropped)
    if (about.problem !== undefined) assert.ok(source.counters.lastProblem?.includes(about.problem), source.counters.lastProblem)
  })
}
