import type { Moment } from './day.ts'

export type PointValue = number | boolean | string

/** One measured thing: what the simulators show and what ecluse.yaml says of it come from the same description. */
export interface Point {
  /** Equipment path and name under the site. */
  readonly id: string
  readonly fr: string
  readonly en: string
  /** UCUM. */
  readonly unit?: string
  readonly decimals?: number
  /** What a sound reading may be. */
  readonly range?: readonly [number, number]
  /** Name of the model in ecluse.yaml that says unit, decimals and what a sound reading is. */
  readonly model?: string
  readonly value: (at: Moment) => PointValue
}

/** Remembers the state of one machine for the last instant asked, so that its dozen points share one calculation. */
export function shared<State>(model: (at: Moment) => State): (at: Moment) => State {
  let last: Moment | undefined
  let state: State | undefined
  return (at) => {
    if (last !== at || state === undefined) {
      state = model(at)
      last = at
    }
    return state
  }
}
