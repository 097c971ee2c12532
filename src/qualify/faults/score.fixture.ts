import { BatchBuilder } from '../../core/batch.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { Qualify } from '../index.ts'
import { FAULTS, type Fault, Injector, type Label, type Reading } from './inject.fixture.ts'
import { hall, ROLLOVER, SITE } from './plant.fixture.ts'
import { randomFrom } from './random.fixture.ts'

/** Reasons that detect a fault: a marked reading of its event is a hit. */
export const DETECTS: Record<Fault, readonly string[]> = {
  range: ['range', 'instrument-range'],
  spike: ['spike', 'rate'],
  'flat-line': ['flat-line'],
  drift: ['peers'],
  gap: ['gap'],
  duplicate: ['duplicate'],
  reorder: ['out-of-order'],
  'clock-ahead': ['clock-ahead'],
  'clock-behind': ['late', 'too-late'],
  'unit-swap': ['range', 'instrument-range', 'rate', 'spike', 'peers', 'unit-mismatch'],
  'state-swap': ['state-transition', 'state-undeclared', 'state-too-long'],
  'counter-reset': ['counter-reset'],
}
/** Reasons that are right about a reading of the fault without being counted as its detection: a jump out of range is a jump. */
const RIGHT_TOO: Record<Fault, readonly string[]> = {
  range: ['rate', 'spike', 'peers'],
  spike: ['range', 'instrument-range', 'peers'],
  'flat-line': ['peers'],
  drift: ['range', 'instrument-range'],
  gap: ['state-transition'],
  duplicate: [],
  reorder: [],
  'clock-ahead': [],
  'clock-behind': ['out-of-order'],
  'unit-swap': [],
  'state-swap': [],
  'counter-reset': [],
}

export interface Score {
  readonly fault: Fault
  readonly events: number
  /** Events of which at least one reading was marked with a detecting reason. */
  readonly detected: number
  /** Wrong readings, and those of them that were marked with a detecting reason. */
  readonly wrong: number
  readonly hit: number
  /** Readings marked with a detecting reason rightly (wrong ones, and peers of one where peers disagree), and readings so marked that no event explains. */
  readonly right: number
  readonly false: number
  /** Of the false ones, those on the first sound reading of the signal after an event: the series does jump back there. */
  readonly after: number
}

export interface Run {
  readonly samples: number
  readonly scores: readonly Score[]
  /** Readings of no event: how many, how many with any reason, how many that lost their Good; and why, by reason. */
  readonly sound: number
  readonly falseAlarms: number
  readonly lowered: number
  readonly reasonsOfFalse: Readonly<Record<string, number>>
}

/** The longest an event lasts, of any kind. */
const LONGEST_S = 7_200
const T0 = Date.UTC(2026, 10, 1) * 1000

/** Simulates `halls` halls for `seconds`, with or without faults, judges them a second at a time and compares with the truth. */
export function runPlant({ seed, halls, seconds, faults }: { seed: number; halls: number; seconds: number; faults: boolean }): Run {
  const random = randomFrom(seed)
  const plant = Array.from({ length: halls }, (_, n) => hall(n, random))
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const peers = Object.assign({}, ...plant.map((one) => one.peers))
  const qualify = new Qualify(signals, reasons, { site: SITE, peers, maintenance: [], substitutes: {} })
  let events = 0
  const number = () => events++
  const lanes = plant
    .flatMap(({ groups }) => groups)
    .map((group) => ({
      group,
      injector: faults ? new Injector(group, randomFrom(random.whole(1, 2 ** 31)), number, seconds - LONGEST_S) : undefined,
    }))
  for (const { group } of lanes) for (const { definition } of group.signals) signals.define(definition)
  const tally = new Tally(reasons)
  for (let t = 0; t < seconds; t++) {
    const arrived: Reading[] = []
    for (const { group, injector } of lanes) {
      for (const signal of group.signals) {
        if (t % signal.periodS !== 0) continue
        // Scans are not exact: 5 % of the period.
        const time = T0 + Math.round((t + signal.periodS * random.between(-0.05, 0.05)) * SECOND)
        const clean = { signal, time, value: signal.read(t) }
        if (injector) arrived.push(...injector.pass(clean, t))
        else arrived.push(clean)
      }
    }
    const builder = new BatchBuilder(Math.max(1, arrived.length))
    for (const { signal, time, value } of arrived) builder.push(signals.indexOf(signal.definition.id) as number, time, value, Status.Good)
    const { batch } = qualify.judge(builder.build(T0 + (t + 0.7) * SECOND))
    for (const [row, reading] of arrived.entries()) tally.add(reading, batch.status[row] as number, batch.reasons[row] as number)
  }
  return tally.result()
}

class Tally {
  readonly #reasons: ReasonSets
  readonly #counts = new Map(FAULTS.map((fault) => [fault, { wrong: 0, hit: 0, right: 0, false: 0, after: 0 }]))
  readonly #events = new Map(FAULTS.map((fault) => [fault, { all: new Set<number>(), detected: new Set<number>() }]))
  readonly #before = new Map<unknown, number>()
  readonly #broken = new Set<unknown>()
  readonly #why: Record<string, number> = {}
  #samples = 0
  #sound = 0
  #alarms = 0
  #lowered = 0

  constructor(reasons: ReasonSets) {
    this.#reasons = reasons
  }

  add({ signal, value, label }: Reading, status: number, set: number): void {
    this.#samples++
    // `peers:NAME` is one reason here.
    const names = set === 0 ? [] : this.#reasons.names(set).map((name) => name.split(':')[0] as string)
    const given = names.filter((name) => !(name === 'counter-rollover' && isRollover(this.#before.get(signal), value, label)))
    if (signal.definition.counter) this.#before.set(signal, value)
    if (label?.role === 'own') this.#own(label, given)
    if (!label) {
      this.#sound++
      if (given.length > 0) this.#alarms++
      if (status !== Status.Good) this.#lowered++
      for (const name of given) this.#why[name] = (this.#why[name] ?? 0) + 1
    }
    for (const fault of given.length > 0 ? FAULTS : []) {
      const marks = given.filter((name) => DETECTS[fault].includes(name))
      if (marks.length === 0) continue
      const counts = this.#of(fault)
      if (label && isRight(label, marks)) counts.right += label.fault === fault ? 1 : 0
      else {
        counts.false++
        if (!label && this.#broken.has(signal)) counts.after++
      }
    }
    if (label) this.#broken.add(signal)
    else this.#broken.delete(signal)
  }

  #own({ fault, event }: Label, given: readonly string[]): void {
    const { all, detected } = this.#events.get(fault) as { all: Set<number>; detected: Set<number> }
    const counts = this.#of(fault)
    all.add(event)
    counts.wrong++
    if (!given.some((name) => DETECTS[fault].includes(name))) return
    detected.add(event)
    counts.hit++
  }

  #of(fault: Fault) {
    return this.#counts.get(fault) as { wrong: number; hit: number; right: number; false: number; after: number }
  }

  result(): Run {
    const scores = FAULTS.map((fault) => {
      const { all, detected } = this.#events.get(fault) as { all: Set<number>; detected: Set<number> }
      return { fault, events: all.size, detected: detected.size, ...this.#of(fault) }
    })
    return {
      ...{ samples: this.#samples, scores, sound: this.#sound, falseAlarms: this.#alarms, lowered: this.#lowered },
      reasonsOfFalse: this.#why,
    }
  }
}

/** True when one of the marks is right about this reading. */
function isRight({ fault, role }: Label, marks: readonly string[]): boolean {
  if (role === 'around') return marks.includes('gap')
  const right = role === 'peer' ? ['peers'] : [...DETECTS[fault], ...RIGHT_TOO[fault]]
  return marks.some((mark) => right.includes(mark))
}

function isRollover(before: number | undefined, value: number, label: Label | undefined): boolean {
  return before !== undefined && before > 0.9 * ROLLOVER && value < before && label?.fault !== 'counter-reset'
}
