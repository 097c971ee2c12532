import assert from 'node:assert/strict'
import type { InputSpan } from '../src/core/derivation.ts'
import type { FactInput, StoredFact } from '../src/core/facts.ts'
import { DAY, type Micros, SECOND } from '../src/core/time.ts'
import { held, type Row, type SpoolFiles, steps } from './spool-files.ts'

/** What the demo computes, worked out a second time from what stands in the spool's files. Nothing of the pipeline is used. */

export interface PickedSample {
  readonly signal: string
  readonly time: Micros
  readonly value: number
  readonly text: string | undefined
  readonly status: number
  /** Of the record of the log that it claims to have come in. */
  readonly sequence: number | undefined
  readonly origin: readonly InputSpan[]
}

export interface PickedValue {
  readonly fact: StoredFact
  readonly name: string
  /** Of the ingests that it names. */
  readonly sequences: ReadonlyMap<number, number>
}

/** Why it could not be worked out; undefined: it was, and is the same. Throws where it is another. */
type Told = string | undefined

/** Three phases at 400 V, power factor 0.82, as the file says. */
const WATTS_PER_AMPERE = 400 * 1.732 * 0.82

const isBad = (status: number) => status >>> 30 === 2
const isGood = (status: number) => status >>> 30 === 0

function near(found: unknown, expected: number, what: string): void {
  const isNear = typeof found === 'number' && Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected))
  assert.ok(isNear, `${what}: ${found} is stored, ${expected} comes of the spool`)
}

export function workedOutSample({ samples }: SpoolFiles, { signal, time, value, text, status, sequence, origin }: PickedSample): Told {
  const what = `${signal} at ${time}`
  const stored = (samples.get(signal) ?? []).filter((row) => row.time === time && row.sequence === sequence)
  const isThere = stored.some((row) => Object.is(row.value, value) && row.text === text && row.status === status)
  assert.ok(isThere, `${what}: not in record ${sequence} of the spool`)
  if (isBad(status)) return 'it is Bad'
  if (held(samples.get(signal)).find((row) => row.time === time)?.sequence !== sequence) return undefined
  const spans = new Map(origin.map((span) => [span.signal.split('/').at(-1), span]))
  const rowsOf = (name: string) => {
    const span = spans.get(name)
    assert.ok(span, `${what}: it does not say that it came of ${name}`)
    return held(samples.get(span.signal))
  }
  if (signal.endsWith('/motor/power')) {
    const current = rowsOf('current').find((row) => row.time === time)
    near(value, (current?.value ?? Number.NaN) * WATTS_PER_AMPERE, what)
  } else if (signal.endsWith('-1min')) {
    const name = signal.includes('/cooling/') ? 'electrical-power' : 'power'
    const { area, us } = steps(rowsOf(name), time, time + 60 * SECOND, name === 'power' ? 5 * SECOND : 10 * SECOND, isTaken)
    near(value, area / us, what)
  } else if (signal.endsWith('/drive/mode')) {
    const is = (name: string) => rowsOf(name).findLast((row) => row.time <= time)?.value === 1
    assert.equal(text, is('fault') ? 'FAULT' : is('local-control') ? 'MAINTENANCE' : is('running') ? 'RUNNING' : 'STANDBY', what)
  } else assert.equal(origin.length, 0, `${what}: a reading is made of nothing`)
  return undefined
}

export function workedOutValue(files: SpoolFiles, { fact, name, sequences }: PickedValue): Told {
  const { definition, key, values } = fact
  const what = `${definition} ${key} revision ${fact.revision}: ${name}`
  const value = values[name]
  assert.ok(value, what)
  const stored = files.facts.some(
    (one) => one.sequence === sequences.get(fact.ingest) && one.fact.key === key && one.fact.values[name]?.value === value.value,
  )
  assert.ok(stored, `${what}: not in the record of the spool that it claims`)
  if (value.value === null) return 'it has no value'
  const read = (signal: string) => {
    const input = fact.inputs.find((one): one is SignalInput => 'signal' in one && one.signal.endsWith(signal))
    if (!input) return undefined
    const newest = sequences.get(input.newestIngest) ?? 0
    // What was there when it was computed: nothing newer than the newest record that it names.
    return { ...input, rows: held(files.samples.get(input.signal)?.filter(({ sequence }) => sequence <= newest)) }
  }
  if (definition === 'jam') jam(fact, name, read, what)
  else if (definition === 'flight_baggage') flight(files, fact, name, read, what)
  else figure(files, fact, name, read, what)
  // So far it was right; what it comes to nobody can say yet.
  return fact.to === null ? 'it goes on' : undefined
}

type SignalInput = Extract<FactInput, { readonly signal: string }>
type Read = (signal: string) => (SignalInput & { readonly rows: readonly Row[] }) | undefined

function jam({ from, to, values }: StoredFact, name: string, read: Read, what: string): void {
  const fault = read('/drive/fault')
  assert.ok(fault, `${what}: it names no fault of the drive`)
  assert.equal(fault.rows.find((row) => row.time === from)?.value, 1, `${what}: the drive does not fail then`)
  assert.equal(fault.rows.findLast((row) => row.time < from)?.value ?? 0, 0, `${what}: it failed before`)
  if (to === null) return
  assert.equal(fault.rows.find((row) => row.time > from && row.value === 0)?.time, to, `${what}: it ends at another time`)
  const { value } = values[name] as { value: unknown }
  if (name === 'duration') near(value, (to - from) / SECOND, what)
  else if (name === 'severity') assert.equal(value, 700, what)
  else {
    const rows = read('/motor/temperature')?.rows.filter((row) => row.time >= from && row.time < to && isTaken(row)) ?? []
    near(value, Math.max(...rows.map((row) => row.value)), what)
  }
}

/** What OPC 10000-13 takes by default: Uncertain readings are left out like Bad ones. */
const isTaken = ({ status, value }: Row) => isGood(status) && !Number.isNaN(value)

/** Watt-seconds of a motor over what the fact says it read. */
function energyOf(read: Read): number | undefined {
  const power = read('/motor/power')
  return power && steps(power.rows, power.from, power.to, DAY, isTaken).area / SECOND
}

function flight(files: SpoolFiles, fact: StoredFact, name: string, read: Read, what: string): void {
  const { from, to, inputs, values } = fact
  const { value } = values[name] as { value: unknown }
  // Measurements of clocks are read up to the last moment, what is computed from up to it.
  const until = to ?? Math.max(...inputs.flatMap((one) => ('signal' in one && !/\/clock-\w+$/.test(one.signal) ? [one.to] : [])))
  if (name === 'energy') near(value, (energyOf(read) ?? Number.NaN) / 3_600_000, what)
  else if (name === 'belt_running') {
    const belt = read('/belt/speed')
    assert.ok(belt, `${what}: it names no speed of the belt`)
    near(value, steps(belt.rows, belt.from, belt.to, DAY, (row) => isTaken(row) && row.value !== 0).us / 1_000, what)
  } else if (name === 'work_orders') {
    const numbers = String(value) === '' ? [] : String(value).split(', ')
    assert.deepEqual(
      numbers,
      inputs.flatMap((one) => ('record' in one && one.record === 'work_order' ? [one.key] : [])),
      what,
    )
    for (const number of numbers) {
      const orders = files.records.filter(({ version }) => version.kind === 'work_order' && version.key === number)
      assert.ok(
        orders.some(({ version: { validFrom, validTo } }) => (validFrom ?? 0) < until && (validTo ?? Number.POSITIVE_INFINITY) > from),
        `${what}: order ${number} has nothing to do with it`,
      )
    }
  } else {
    const jams = claimed(files, inputs, 'jam')
    for (const one of jams) assert.equal(one.equipment, fact.equipment, `${what}: a jam elsewhere`)
    if (name === 'jams') near(value, jams.length, what)
    else {
      const us = jams.reduce((sum, one) => sum + Math.max(0, Math.min(until, one.to ?? until) - Math.max(from, one.from)), 0)
      near(value, us / SECOND, what)
    }
  }
}

/** The revisions of facts that a fact says it was made of, counted in the order of the log. */
function claimed({ facts }: SpoolFiles, inputs: readonly FactInput[], name: string) {
  return inputs.flatMap((input) => {
    if (!('fact' in input) || input.fact !== name) return []
    const versions = facts.filter(({ fact }) => fact.definition === name && fact.key === input.key)
    const one = versions[input.revision - 1]?.fact
    assert.ok(one, `revision ${input.revision} of ${name} ${input.key} is not in the spool`)
    return [one]
  })
}

function figure(files: SpoolFiles, { values, inputs }: StoredFact, name: string, read: Read, what: string): void {
  const record = inputs.find((one) => 'record' in one && one.record === 'flight')
  assert.ok(record && 'record' in record, `${what}: it names no flight`)
  const flights = files.records.filter(({ version }) => version.kind === 'flight' && version.key === record.key)
  const bags = flights[record.revision - 1]?.version.values.bags
  assert.ok(typeof bags === 'number', `${what}: revision ${record.revision} of flight ${record.key} is not in the spool`)
  const wattHours = (energyOf(read) ?? Number.NaN) / 3_600
  const expected = { energy: wattHours, made: bags, value: wattHours / bags }[name]
  assert.ok(expected !== undefined, what)
  near(values[name]?.value, expected, what)
}
