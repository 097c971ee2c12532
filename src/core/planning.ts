import type { ConfigProblem } from './errors.ts'

/** Files that somebody offers as the next configuration. */
export interface Candidate {
  /** Names as the running configuration has them, relative, `/` between folders. */
  readonly files: readonly { readonly name: string; readonly text: string }[]
  /** True: these are all of its files. False: they take the place of those of the same names, and the others stay. */
  readonly isWhole: boolean
  readonly language: 'en' | 'fr'
}

/** One thing that a plan names. */
export interface PlannedThing {
  readonly kind: string
  readonly id: string
  readonly equipment?: string | undefined
  /** As `Consequence.why` has it. */
  readonly why: string
  readonly detail: string
}

/** A plan as plain data. */
export interface PlanTold {
  readonly before: string
  readonly after: string
  /** The new file passes lint. */
  readonly ok: boolean
  readonly changes: readonly {
    readonly is: 'added' | 'removed' | 'changed'
    readonly kind: string
    readonly ids: readonly string[]
    readonly keys: readonly { readonly key: string; readonly before: unknown; readonly after: unknown }[]
    readonly cosmetic: boolean
    readonly breaks: readonly PlannedThing[]
    readonly changes: readonly PlannedThing[]
  }[]
  readonly breaks: readonly PlannedThing[]
  readonly touches: readonly PlannedThing[]
  readonly contracts: readonly {
    readonly id: string
    readonly version: string
    readonly otOwner: string | undefined
    readonly itOwner: string | undefined
    readonly changes: readonly {
      readonly breaking: boolean
      readonly kind: string
      readonly where: string
      readonly before: string
      readonly after: string
    }[]
    readonly isBroken: boolean
  }[]
  readonly people: readonly {
    readonly name: string
    readonly roles: readonly string[]
    readonly breaks: readonly string[]
    readonly changes: readonly string[]
  }[]
  readonly recompute: readonly string[]
  readonly load: readonly { readonly connection: string; readonly before: LoadTold | undefined; readonly after: LoadTold | undefined }[]
  /** What lint says of the new file and did not say of the old one. */
  readonly problems: readonly ConfigProblem[]
}

export interface LoadTold {
  readonly signals: number
  readonly readingsPerSecond: number | undefined
  readonly requestsPerSecond: number | undefined
}

/** `plan` absent: the file cannot be read so far that it could be compared. */
export interface Offered {
  readonly problems: readonly ConfigProblem[]
  readonly plan?: PlanTold
  /** Of the files as they would run (`digestOf`). */
  readonly digest?: string
}

/** Why a candidate is not looked at. */
export type PlanRefusalCode = 'busy' | 'not-kept' | 'bad-name' | 'too-long' | 'took-too-long' | 'failed'

export class PlanRefused extends Error {
  override name = 'PlanRefused'
  readonly code: PlanRefusalCode
  constructor(code: PlanRefusalCode, message: string) {
    super(message)
    this.code = code
  }
}
