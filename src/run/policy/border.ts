import { join } from 'node:path'
import type { LoadedConfig } from '../../config/index.ts'
import type { SampleBatch } from '../../core/batch.ts'
import { LinkRefused, type Peer, type StreamId } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import { conduitReason } from '../../core/policy.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import type { Gate } from './gate.ts'
import type { OutwardPolicy } from './outward.ts'
import type { Policing } from './policing.ts'
import { StreamIds } from './stream-ids.ts'
import { Withhold } from './withhold.ts'

/** The policy at a node's links: what may leave by the one on, and what is taken from those below. */
export interface Border {
  readonly outward: OutwardPolicy | undefined
  admit(peer: Peer): void
  take(records: readonly SpoolRecord[], peer: Peer): Promise<readonly SpoolRecord[]>
  visible(stream: StreamId, batch: SampleBatch, peer: Peer): SampleBatch
}

export interface BorderParts {
  readonly loaded: LoadedConfig
  readonly spool: Pick<Spool, 'node' | 'epoch'>
  readonly log: Logger
}

export async function borderOf(policing: Policing, { loaded, spool, log }: BorderParts): Promise<Border> {
  const { config } = loaded
  const others = await StreamIds.open(join(config.data, 'link', 'signals'), log)
  const idsOf = (stream: StreamId) => (stream.node === spool.node ? policing.idOf : others.of(stream))
  const out = policing.gateFor('link-out')
  const outward = out && outwardOf(new Withhold(out, idsOf))
  const below = new Map<string, Withhold>()
  const withholdFrom = (peer: Peer): Withhold | undefined => {
    const declared = policing.gateFor('link-in', peer.node)
    if (!declared) return undefined
    // What is carried by hand has no address.
    const address = peer.isCarried ? undefined : peer.address
    const known = below.get(peer.node)
    if (known && known.gate.crossing.peers?.[0] === address) return known
    const gate = address === undefined ? declared.forWhoever() : declared.forPeers([address])
    const made = known?.through(gate) ?? new Withhold(gate, idsOf)
    below.set(peer.node, made)
    return made
  }
  return {
    outward,
    admit: (peer) => {
      if (!Object.hasOwn(config.link?.nodes ?? {}, peer.node))
        throw new LinkRefused('no-conduit', `${peer.node} is not declared under link.nodes of ${spool.node}: ${conduitReason('no-zone')}`)
      const gate = withholdFrom(peer)?.gate
      if (gate) mustBePermitted(gate)
    },
    take: async (records, peer) => {
      await others.learn(records)
      const taken = withholdFrom(peer)?.pass(records) ?? records
      // A relay keeps nothing for itself: what it may not pass on is withheld before it is in its log, so that its ledger has it as well.
      return config.node.role === 'relay' && outward ? outward.pass(taken) : taken
    },
    visible: (stream, batch, peer) => withholdFrom(peer)?.visible(stream, batch) ?? batch,
  }
}

function outwardOf(withhold: Withhold): OutwardPolicy {
  return {
    mustBeOpen: () => {
      const { permitted, reason, conduit } = withhold.whole()
      if (!permitted) throw new LinkRefused('no-conduit', `${conduit ? `conduit ${conduit}: ` : ''}${conduitReason(reason)}`)
    },
    pass: (records) => withhold.pass(records),
    visible: (stream, batch) => withhold.visible(stream, batch),
    waitMs: (record) => withhold.waitMs(record),
  }
}

function mustBePermitted(gate: Gate): void {
  const { from, to } = gate.crossing
  const { permitted, reason, conduit } = gate.whole()
  if (permitted) return
  throw new LinkRefused('no-conduit', `${conduit ? `conduit ${conduit}` : `${from} -> ${to}`}: ${conduitReason(reason)}`)
}
