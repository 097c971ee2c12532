import type { SignalDefinition } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import { Column } from '../column.ts'
import { mark, type Rows, type RuleKind } from '../rule.ts'

const NOT_KNOWN = -1

/** A signal's codes by number or text, and from each state the states that may follow, as indices. */
interface States {
  readonly byCode: ReadonlyMap<number | string, number>
  readonly mayFollow: readonly (ReadonlySet<number> | undefined)[]
}

/**
 * State: a code the source's declared `stateCodes` do not name is `state-undeclared`; a state that may not follow the one before (declared
 * `transitions`) is `state-transition`: codes of two states swapped at the source, or states missed between. Both become Uncertain. What may follow the state
 * before a forbidden transition, or is that state again, is no second one: the source is right again.
 */
export const state: RuleKind = {
  id: 'state',
  version: 2,
  reasons: ['state-undeclared', 'state-transition'],
  parametersOf: ({ states, transitions }) => states && { states, ...(transitions && { transitions }) },
  create: (reasons) => {
    const declared = new Map<number, States>()
    const memory = { state: new Column(NOT_KNOWN), trusted: new Column(NOT_KNOWN) }
    return {
      memory,
      get isActive() {
        return declared.size > 0
      },
      declare: (signal, definition) => {
        memory.state.reserve(signal + 1)
        memory.trusted.reserve(signal + 1)
        const states = statesOf(definition)
        if (states) declared.set(signal, states)
        else declared.delete(signal)
        return { isAlways: states !== undefined }
      },
      judge: (rows) => {
        const { noticed, row, signal, isInOrder } = rows
        const [last, trusted] = [memory.state.values, memory.trusted.values]
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
          const before = last[s] as number
          if (now === before) continue
          last[s] = now
          const doubt = trusted[s] as number
          trusted[s] = NOT_KNOWN
          const isSound = mayFollow(states, before, now) || (doubt !== NOT_KNOWN && (now === doubt || mayFollow(states, doubt, now)))
          if (isSound) continue
          mark(rows, i, reasons, 'state-transition', Status.Uncertain)
          trusted[s] = doubt === NOT_KNOWN ? before : doubt
        }
      },
    }
  },
}

function mayFollow({ mayFollow }: States, before: number, now: number): boolean {
  return mayFollow[before]?.has(now) !== false
}

function statesOf({ states, transitions = {} }: SignalDefinition): States | undefined {
  if (!states) return undefined
  const names = [...new Set(Object.values(states))]
  const byCode = new Map<number | string, number>()
  for (const [code, name] of Object.entries(states)) {
    byCode.set(code, names.indexOf(name))
    if (code.trim() !== '' && Number.isFinite(Number(code))) byCode.set(Number(code), names.indexOf(name))
    if (code === 'true' || code === 'false') byCode.set(code === 'true' ? 1 : 0, names.indexOf(name))
  }
  const mayFollow = names.map((name) => transitions[name] && new Set(transitions[name].map((next) => names.indexOf(next))))
  return { byCode, mayFollow }
}

/** The code of a row: its text, else its number; undefined when the reading is null. */
function codeOf({ text, offset, value }: Rows, row: number): number | string | undefined {
  const number = value[row] as number
  return Number.isNaN(number) ? text?.get(offset + row) : number
}
