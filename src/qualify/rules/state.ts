import type { SignalDefinition } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import { SECOND } from '../../core/time.ts'
import { Column } from '../column.ts'
import { mark, type Rows, type RuleKind } from '../rule.ts'
import { longestSilenceUs } from './gap.ts'

const NOT_KNOWN = -1

/** A signal's codes by number or text, and for each state, as an index, the states that may follow and the longest it lasts. */
interface States {
  readonly byCode: ReadonlyMap<number | string, number>
  readonly mayFollow: readonly (ReadonlySet<number> | undefined)[]
  readonly longestUs: readonly number[]
  readonly silenceUs: number
}

/**
 * State: a code the source's declared `stateCodes` do not name is `state-undeclared`; a state that may not follow the one before (declared
 * `transitions`) is `state-transition`: codes of two states swapped at the source, or states missed between. A state that readings without a gap show for longer
 * than its declared `maxStateTime` is `state-too-long`: the machine hangs, or the code means another state. All become Uncertain. What the last state that
 * was not in doubt explains is not in doubt itself: the source is right again.
 */
export const state: RuleKind = {
  id: 'state',
  version: 3,
  reasons: ['state-undeclared', 'state-transition', 'state-too-long'],
  parametersOf: ({ states, transitions, maxStateUs }) =>
    states && {
      states,
      ...(transitions && { transitions }),
      ...(maxStateUs && { longestSeconds: Object.fromEntries(Object.entries(maxStateUs).map(([name, us]) => [name, us / SECOND])) }),
    },
  create: (reasons) => {
    const declared = new Map<number, States>()
    /** The state a signal is in and since when, the one before it, and the last one that was not in doubt while this one is. */
    const memory = {
      ...{ state: new Column(NOT_KNOWN), before: new Column(NOT_KNOWN), trusted: new Column(NOT_KNOWN) },
      since: new Column(Number.NaN),
    }
    const change = (s: number, states: States, now: number, t: number): boolean => {
      const [last, trusted] = [memory.state.values, memory.trusted.values]
      const [before, doubt] = [last[s] as number, trusted[s] as number]
      last[s] = now
      memory.before.values[s] = before
      memory.since.values[s] = t
      trusted[s] = NOT_KNOWN
      if (mayFollow(states, before, now)) return true
      if (doubt !== NOT_KNOWN && isBack(states, doubt, now)) {
        // Or the codes of this state and the one before are exchanged, and it is in that one now.
        if (mayFollow(states, now, before)) trusted[s] = before
        return true
      }
      trusted[s] = doubt === NOT_KNOWN ? before : doubt
      return false
    }
    return {
      memory,
      get isActive() {
        return declared.size > 0
      },
      declare: (signal, definition) => {
        for (const column of Object.values(memory)) column.reserve(signal + 1)
        const states = statesOf(definition)
        if (states) declared.set(signal, states)
        else declared.delete(signal)
        return { isAlways: states !== undefined }
      },
      judge: (rows) => {
        const { noticed, row, signal, sourceTime, newest, isInOrder } = rows
        const [last, before, trusted, since] = [memory.state.values, memory.before.values, memory.trusted.values, memory.since.values]
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const s = signal[i] as number
          const states = declared.get(s)
          const code = states && codeOf(rows, i)
          if (!states || code === undefined) continue
          const now = states.byCode.get(code)
          if (now === undefined) {
            mark(rows, i, reasons, 'state-undeclared', Status.Uncertain)
            continue
          }
          if (isInOrder[k] === 0) continue
          const t = sourceTime[i] as number
          if (now !== last[s]) {
            if (!change(s, states, now, t)) mark(rows, i, reasons, 'state-transition', Status.Uncertain)
            continue
          }
          // Nobody saw what it did in between.
          if (t - (newest[k] as number) > states.silenceUs) since[s] = t
          if (t - (since[s] as number) <= (states.longestUs[now] as number)) continue
          mark(rows, i, reasons, 'state-too-long', Status.Uncertain)
          if (trusted[s] === NOT_KNOWN) trusted[s] = before[s] as number
        }
      },
    }
  },
}

function mayFollow({ mayFollow }: States, before: number, now: number): boolean {
  return mayFollow[before]?.has(now) !== false
}

/** True for a state that `trusted` explains while the code between them is in doubt: itself, or what may follow it, at once or after the state that the code hid. */
function isBack(states: States, trusted: number, now: number): boolean {
  if (now === trusted || mayFollow(states, trusted, now)) return true
  for (const hidden of states.mayFollow[trusted] ?? []) if (mayFollow(states, hidden, now)) return true
  return false
}

function statesOf(definition: SignalDefinition): States | undefined {
  const { states, transitions = {}, maxStateUs = {} } = definition
  if (!states) return undefined
  const names = [...new Set(Object.values(states))]
  const byCode = new Map<number | string, number>()
  for (const [code, name] of Object.entries(states)) {
    byCode.set(code, names.indexOf(name))
    if (code.trim() !== '' && Number.isFinite(Number(code))) byCode.set(Number(code), names.indexOf(name))
    if (code === 'true' || code === 'false') byCode.set(code === 'true' ? 1 : 0, names.indexOf(name))
  }
  const mayFollow = names.map((name) => transitions[name] && new Set(transitions[name].map((next) => names.indexOf(next))))
  const longestUs = names.map((name) => maxStateUs[name] ?? Number.POSITIVE_INFINITY)
  return { byCode, mayFollow, longestUs, silenceUs: longestSilenceUs(definition) ?? Number.POSITIVE_INFINITY }
}

/** The code of a row: its text, else its number; undefined when the reading is null. */
function codeOf({ text, offset, value }: Rows, row: number): number | string | undefined {
  const number = value[row] as number
  return Number.isNaN(number) ? text?.get(offset + row) : number
}
