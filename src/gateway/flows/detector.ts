import type { SampleBatch } from '../../core/batch.ts'
import type { FlowEnds, Observation } from '../../core/flows.ts'
import type { Micros } from '../../core/time.ts'
import type { Baseline } from './baseline.ts'
import type { Raised } from './findings.ts'

export interface DetectContext {
  /** Undefined while nothing was accepted: what is new cannot be told then. */
  readonly baseline: Baseline | undefined
  /** Who answers for a flow. */
  ownerOf(ends: FlowEnds): string | undefined
  /** True for this program and the addresses of this machine. */
  isOwn(address: string): boolean
}

/** Samples of one connection, as they were judged. */
export interface Delivered {
  readonly connection: string
  readonly batch: SampleBatch
  readonly nameOf: (signal: number) => string | undefined
  /** The protocol brings no time of the device. */
  readonly isTimeless: boolean
}

export interface SignIn {
  readonly from: string
  readonly who: string | undefined
  readonly time: Micros
}

/** One way to see something wrong. State bounded, constant work per event. */
export interface Detector {
  observe?(seen: Observation, context: DetectContext): Raised | undefined
  deliver?(delivered: Delivered, context: DetectContext): readonly Raised[]
  refusedSignIn?(signIn: SignIn): Raised | undefined
}
