import type { RunEvent } from '../../continuity/openlineage/index.ts'
import { conduitReason } from '../../core/policy.ts'
import type { OpenLineageParts } from '../open-lineage.ts'
import type { Gate } from './gate.ts'
import type { Policing } from './policing.ts'

/** What may be told by OpenLineage. An event names its datasets, so that each signal it names has to be permitted. */
export function tellingThrough(gate: Gate, site: string): NonNullable<OpenLineageParts['policy']> {
  return {
    mustBeOpen: () => {
      const { permitted, reason } = gate.whole()
      if (!permitted) throw new Error(conduitReason(reason))
    },
    mayTell: ({ inputs, outputs }: RunEvent) => {
      const signals = [...inputs, ...outputs].map(({ name }) => name).filter((name) => name.startsWith(`${site}/`))
      const against = signals.map((id) => gate.ask({ kind: 'signal', id })).find(({ permitted }) => !permitted)
      if (against) gate.refuse(conduitReason(against.reason), 1)
      else gate.counts.passed++
      return against === undefined
    },
  }
}

/** Why a receiver of the audit log may be told nothing just now. */
export function forwardingUnder(policing: Policing): (receiver: { readonly host: string; readonly port: number }) => string | undefined {
  return ({ host, port }) => {
    const decision = policing.gateFor('syslog', `${host}:${port}`)?.whole()
    return decision && !decision.permitted ? conduitReason(decision.reason) : undefined
  }
}
