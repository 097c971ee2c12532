import { BlockList, isIP, isIPv4 } from 'node:net'

/** A host and a port; the port undefined where any is meant. */
export interface HostPort {
  readonly host: string
  readonly port: number | undefined
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`, `v6`; a name in lower case. */
export function toHostPort(text: string): HostPort {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text)
  const plain = isIP(text) ? [text, text, undefined] : /^([^:]+)(?::(\d{1,5}))?$/.exec(text)
  const [, host = text, port] = bracketed ?? plain ?? []
  return { host: host.toLowerCase(), port: port === undefined ? undefined : Number(port) }
}

/** True for an address that one of the declared peers names; names are compared as they are written, never resolved. */
export type PeerMatch = (peer: string) => boolean

/** What a conduit says of the other end; undefined where it says nothing. Throws RangeError for a network that is none. */
export function compilePeers(declared: readonly string[]): PeerMatch | undefined {
  if (declared.length === 0) return undefined
  const networks = new BlockList()
  const hosts: HostPort[] = []
  for (const one of declared) {
    const [, address, bits] = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(one) ?? []
    if (address === undefined) hosts.push(toHostPort(one))
    else {
      const isV4 = isIPv4(address)
      if (!isIP(address) || Number(bits) > (isV4 ? 32 : 128)) throw new RangeError(`${one} is no network`)
      networks.addSubnet(address, Number(bits), isV4 ? 'ipv4' : 'ipv6')
    }
  }
  return (peer) => {
    const { host, port } = toHostPort(peer)
    if (isIP(host) && networks.check(host, isIPv4(host) ? 'ipv4' : 'ipv6')) return true
    return hosts.some((one) => one.host === host && (one.port === undefined || one.port === port))
  }
}
