import type { BaselineAnswer, FindingList, FindingView, FlowList } from '../../src/api/schemas.ts'
import type { policyOf } from './fixture-policy.ts'

const time = '2026-11-27T08:00:00Z'
const sees = {
  en: 'A node sees its own traffic and what is mirrored to it.',
  fr: 'Un nœud voit son propre trafic et ce qui lui est copié.',
}

/** A write that is open, and one that somebody knows of; acknowledged as the API does. */
export function securityOf(policy?: ReturnType<typeof policyOf>) {
  const finding = (id: string, more: Partial<FindingView>): FindingView => ({
    ...{
      id,
      code: 'unexpected-write',
      severity: 'critical',
      state: 'open',
      subject: 'a',
      owner: 'shift lead',
      firstSeen: time,
      lastSeen: time,
    },
    ...{ count: 3, evidence: { service: '16', addresses: '0..1' }, techniques: [{ id: 'T0836', name: 'Modify Parameter' }] },
    text: { en: 'a write that did not come from this node', fr: 'une écriture qui ne vient pas de ce nœud' },
    advice: { en: 'Ask the control room.', fr: 'Demandez à la salle de contrôle.' },
    ...more,
  })
  const known = { who: 'ana', reason: 'new panel', time }
  const all = [
    finding('0123456789abcdef', {}),
    finding('fedcba9876543210', { state: 'acknowledged', severity: 'high', acknowledged: known }),
    ...(policy ? [policy.finding] : []),
  ]
  const flows: FlowList = {
    ...{
      sees,
      total: 1,
      refused: 0,
      sensors: [{ name: 'span', state: 'failed', packets: 7, observations: 3, skipped: {}, problem: 'no right to capture' }],
    },
    flows: [
      {
        ...{ via: 'sensor:span', source: '10.0.0.66', destination: '10.0.0.5', port: 502, protocol: 'modbus', units: [[1, 1]] },
        services: [{ service: '16', count: 1, exceptions: 0, firstSeen: time, lastSeen: time, addresses: [[0, 1]] }],
        ...{ sentBytes: 17, receivedBytes: 12, sent: 1, received: 1, exceptions: 0, firstSeen: time, lastSeen: time, longestGapSeconds: 0 },
        ...{ identities: [], clients: [], capped: 0 },
      },
    ],
  }
  const baseline: BaselineAnswer = {
    ...{ state: 'learning', learningSince: time, changes: [{ change: 'added', flow: 'a', what: 'talks' }], changesTotal: 1 },
    candidateHash: 'ab'.repeat(32),
  }
  return {
    flows: (conduit: string | null): FlowList => {
      const all = policy?.flows ?? flows.flows
      const asked = all.filter(({ crossing }) => conduit === null || crossing?.conduit === conduit)
      return { ...flows, flows: asked, total: asked.length }
    },
    baseline,
    accept: (hash: string, reason: string): boolean => {
      if (hash !== baseline.candidateHash) return false
      delete baseline.candidateHash
      baseline.changes = []
      baseline.changesTotal = 0
      baseline.accepted = { who: 'ana', reason, time, hash, flows: 1 }
      baseline.state = 'accepted'
      return true
    },
    list: (search: URLSearchParams): FindingList => {
      const [state, conduit] = [search.get('state'), search.get('conduit')]
      const isOf = (one: FindingView) => conduit === null || one.evidence.conduit === conduit
      const asked = all.filter((one) => (!state || one.state === state) && isOf(one))
      const open = all.filter((one) => one.state === 'open')
      const openByConduit: Record<string, number> = {}
      for (const { evidence } of open) if (typeof evidence.conduit === 'string') openByConduit[evidence.conduit] = 300
      const total = conduit !== null && openByConduit[conduit] ? 300 : asked.length
      return { sees, findings: asked.slice(0, Number(search.get('limit') ?? 200)), total, open: open.length, openByConduit }
    },
    acknowledge: (id: string, reason: string): FindingView | undefined => {
      const at = all.findIndex((one) => one.id === id)
      if (at < 0) return undefined
      all[at] = { ...(all[at] as FindingView), state: 'acknowledged', acknowledged: { who: 'ana', reason, time } }
      return all[at]
    },
  }
}
