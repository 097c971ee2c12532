import { BlockList, isIP, isIPv4 } from 'node:net'
import { flowName } from '../baseline.ts'
import type { Detector } from '../detector.ts'

/** Addresses that are inside some site (RFC 1918, 4193, 6598, 3927, 4291), or no single host. */
const INSIDE = [
  ...([
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '169.254.0.0/16',
    '127.0.0.0/8',
    '224.0.0.0/3',
    '0.0.0.0/8',
  ] as const),
  ...(['fc00::/7', 'fe80::/10', 'ff00::/8', '::1/128', '::/128'] as const),
]

const inside = listOf(INSIDE)

/** An address on the internet. A name is taken for inside: what the file names, somebody meant. */
export function isOutside(host: string): boolean {
  return isIP(host) !== 0 && !inside.check(host, isIPv4(host) ? 'ipv4' : 'ipv6')
}

export const newEgress: Detector = {
  observe(seen, { baseline, ownerOf }) {
    if (!isOutside(seen.destination) || !baseline || baseline.flow(seen)) return undefined
    const { via, source, destination, port, protocol } = seen
    return {
      code: 'new-egress',
      severity: 'critical',
      subject: flowName(seen),
      owner: ownerOf(seen),
      evidence: { via, source, destination, port, protocol },
    }
  },
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6')
  }
  return list
}
