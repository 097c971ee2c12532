import type { Micros } from '../../core/time.ts'

/** Stations between a value and the device, nearest to the value first. */
export const HOP_KINDS = [
  ...(['result', 'facts', 'records', 'derived', 'samples', 'rules', 'log', 'link', 'connection', 'conduit', 'configuration'] as const),
] as const
export type HopKind = (typeof HOP_KINDS)[number]

/**
 * `whole`: it is there and speaks. `dead`: it should be there and is not. `absent`: nobody has declared such a thing, so nothing can be said of it. `unread`: it was
 * too much to be read.
 */
export const HOP_STATES = ['whole', 'dead', 'absent', 'unread'] as const
export type HopState = (typeof HOP_STATES)[number]

/** Why a hop is not whole. */
export const HOP_PROBLEMS = [
  ...([
    'declaration-gone',
    'declaration-changed',
    'fact-gone',
    'record-gone',
    'samples-gone',
    'log-record-gone',
    'not-stored-yet',
  ] as const),
  ...([
    'connection-gone',
    'source-silent',
    'node-silent',
    'node-unknown',
    'seen-at-node',
    'no-conduit',
    'no-approval',
    'not-asked',
    'not-approved',
    'too-many',
  ] as const),
] as const
export type HopProblem = (typeof HOP_PROBLEMS)[number]

export interface Hop {
  /** Names it within one chain, and the same in the next answer for the same value. */
  readonly id: string
  readonly kind: HopKind
  readonly name: string
  /** Hops that it feeds. */
  readonly feeds: readonly string[]
  readonly state: HopState
  readonly problem?: HopProblem
  /** Who answers for it, as contracts say. */
  readonly owners?: { readonly ot: readonly string[]; readonly it: readonly string[] }
  /** What it stands for: counts come before names. */
  readonly counts?: { readonly signals?: number; readonly samples?: number; readonly records?: number; readonly facts?: number }
  /** The worst status in it, as a code. */
  readonly worst?: number
  readonly oldest?: Micros
  readonly newest?: Micros
  /** When it was last heard of. */
  readonly lastSeen?: Micros
  /** How long what came last took from the hop before to this one. */
  readonly delayUs?: Micros
  /** What else is known of it, by the names of the words. */
  readonly details: Readonly<Record<string, string | number>>
  /** It can be asked for its members. */
  readonly canExpand: boolean
}

/** One thing that a hop stands for. */
export interface Member {
  /** A signal's id, a fact's or a record's key. */
  readonly name: string
  readonly samples?: number
  readonly worst?: number
  readonly newest?: Micros
  readonly revision?: number
  readonly reasons?: readonly string[]
  readonly problem?: HopProblem
}
