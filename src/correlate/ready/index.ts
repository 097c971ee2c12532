import type { Label } from '../../core/signals.ts'
import type { Kpi } from '../config.ts'
import { energyPerUnit } from './energy-per-unit.ts'
import { mtbf, mttr } from './failures.ts'
import { oee } from './oee.ts'

/** A figure that only needs to be told where its inputs come from. */
export interface Ready {
  readonly label: Required<Label>
  readonly description: string
  readonly scope: string
  /** What its inputs mean, and the unit they have to come in. */
  readonly inputs: Readonly<Record<string, { readonly unit: string; readonly meaning: Required<Label> }>>
  /** Figures on the way to it. */
  readonly parts?: Readonly<Record<string, { readonly expression: string; readonly unit: string; readonly range?: Kpi['range'] }>>
  readonly formula: string
  readonly unit: string
  readonly range: { readonly lower?: number; readonly upper?: number }
  readonly trend: 'higher' | 'lower'
}

export const READY = { oee, mtbf, mttr, energyPerUnit } as const satisfies Record<string, Ready>
export type ReadyName = keyof typeof READY
