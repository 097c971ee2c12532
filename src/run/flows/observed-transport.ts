import { type Exchange, SELF } from '../../core/flows.ts'
import { blockBytes } from '../../core/forwarded.ts'
import type { Channel, Link, Peer, Reception, Transport } from '../../core/link.ts'
import { splitEndpoint } from './declared.ts'

/** One frame or one run of records over the link; `node` is the peer that dialled us, by the name it proved. */
export type OnLink = (
  via: 'link' | 'diode',
  exchange: Pick<Exchange, 'host' | 'port' | 'isOpenedByPeer' | 'sentBytes' | 'receivedBytes' | 'service'>,
  peer?: Peer,
) => void

/** The same transport, with what goes over it told of: a frame at a time. */
export function observedTransport(transport: Transport, tell: OnLink): Transport {
  const { dial, listen, oneWay, endpoint = '' } = transport
  const next = splitEndpoint(endpoint.replace(/^udp /, ''))
  const out = { ...next, service: 'records' }
  return {
    ...transport,
    ...(dial && {
      dial: async (stop) =>
        observedChannel(await dial.call(transport, stop), (sentBytes, receivedBytes) => tell('link', { ...out, sentBytes, receivedBytes })),
    }),
    ...(listen && {
      listen: async (onChannel, turnedAway) => {
        let port = 0
        const observe = (channel: Channel) => {
          const { peer } = channel
          const from = { host: peer.node, isOpenedByPeer: true, service: 'records' } as const
          // What we send is what the one who dialled receives.
          onChannel(
            observedChannel(channel, (sent, received) => tell('link', { ...from, port, sentBytes: received, receivedBytes: sent }, peer)),
          )
        }
        const listening = await listen.call(transport, observe, turnedAway)
        port = splitEndpoint(listening.address).port
        return listening
      },
    }),
    ...(oneWay && { oneWay: observedOneWay(oneWay, out, tell) }),
  }
}

function observedChannel(channel: Channel, told: (sentBytes: number, receivedBytes: number) => void): Channel {
  return {
    peer: channel.peer,
    get queuedBytes() {
      return channel.queuedBytes
    },
    send: (frame) => {
      told(frame.length, 0)
      return channel.send(frame)
    },
    receive: async () => {
      const frame = await channel.receive()
      told(0, frame.length)
      return frame
    },
    close: (isClean) => channel.close(isClean),
  }
}

type OneWay = NonNullable<Transport['oneWay']>

/** What is repaired and repeated on the wire is not counted: the records that it carries are. */
function observedOneWay(oneWay: OneWay, out: { host: string; port: number; service: string }, tell: OnLink): OneWay {
  const { link, receive } = oneWay
  return {
    ...oneWay,
    ...(link && {
      link: async (...asked) =>
        observedLink(await link.apply(oneWay, asked), (bytes) => tell('diode', { ...out, sentBytes: bytes, receivedBytes: 0 })),
    }),
    ...(receive && {
      receive: (reception) =>
        receive.call(oneWay, (peer) => {
          const inner = reception(peer)
          const from = { host: peer.node, port: 0, isOpenedByPeer: true, service: 'records' } as const
          return observedReception(inner, (bytes) => tell('diode', { ...from, sentBytes: bytes, receivedBytes: 0 }, peer))
        }),
    }),
  }
}

function observedLink(link: Link, told: (bytes: number) => void): Link {
  return new Proxy(link, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (key === 'send')
        return (records: Parameters<Link['send']>[0]) => {
          told(blockBytes(records))
          return target.send(records)
        }
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  })
}

function observedReception<R extends Reception>(reception: R, told: (bytes: number) => void): R {
  return {
    ...reception,
    take: (records: Parameters<Reception['take']>[0]) => {
      told(blockBytes(records))
      return reception.take(records)
    },
  }
}

export const sourceOf = (host: string, isOpenedByPeer: boolean | undefined): { source: string; destination: string } =>
  isOpenedByPeer ? { source: host, destination: SELF } : { source: SELF, destination: host }
