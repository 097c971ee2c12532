import type { ForwardPolicy } from '../../continuity/index.ts'
import type { RunEvent } from '../../continuity/openlineage/index.ts'
import { conduitReason } from '../../core/policy.ts'
import type { OpenLineageParts } from '../open-lineage.ts'
import { countRefused } from './counts.ts'
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
      const asked = signals.map((id) => gate.ask({ kind: 'signal', id }))
      const against = asked.find(({ permitted }) => !permitted)
      if (against) gate.refuse(against, 1)
      else gate.passed(asked[0] ?? gate.whole(), 1)
      return against === undefined
    },
  }
}

/** What receivers of the audit log may be told, and the counts of it. */
export function forwardingUnder(policing: Policing): ForwardPolicy {
  const gateOf = ({ host, port }: { readonly host: string; readonly port: number }) => policing.gateFor('syslog', `${host}:${port}`)
  return {
    against: (receiver) => {
      const decision = gateOf(receiver)?.whole()
      return decision && !decision.permitted ? conduitReason(decision.reason) : undefined
    },
    passed: (receiver, entries) => {
      const gate = gateOf(receiver)
      gate?.passed(gate.whole(), entries)
    },
    held: (receiver, reason, entries) => {
      const gate = gateOf(receiver)
      if (gate) countRefused(gate.counts, gate.whole().conduit, reason, entries)
    },
  }
}
