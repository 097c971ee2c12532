import { NotConnected } from '../../core/errors.ts'
import { type Channel, LinkRefused, type Peer } from '../../core/link.ts'
import { Inbox } from '../../lib/inbox.ts'
import { LINK_LIMITS } from './limits.ts'

/** Bytes that wait at an end before its sender has to. */
const WINDOW_BYTES = 1024 * 1024

/** Two ends of a channel within one program, for tests and simulations; each names who is at the other end. */
export function memoryChannels(peers: { readonly atDialler: Peer; readonly atListener: Peer }): { dialler: Channel; listener: Channel } {
  const toDialler = new Pipe()
  const toListener = new Pipe()
  return { dialler: end(peers.atDialler, toDialler, toListener), listener: end(peers.atListener, toListener, toDialler) }
}

class Pipe {
  readonly inbox = new Inbox<Uint8Array>(Number.POSITIVE_INFINITY, (frame) => frame.length)
  readonly over = new AbortController()
  waiting: (() => void)[] = []
}

function end(peer: Peer, incoming: Pipe, outgoing: Pipe): Channel {
  const pending: Uint8Array[] = []
  const gone = () => new NotConnected('the channel has ended')
  return {
    peer,
    get queuedBytes() {
      return outgoing.inbox.weight
    },
    send: async (frame) => {
      if (outgoing.over.signal.aborted) throw gone()
      outgoing.inbox.put(frame.slice())
      while (outgoing.inbox.weight > WINDOW_BYTES && !outgoing.over.signal.aborted)
        await new Promise<void>((resolve) => outgoing.waiting.push(resolve))
    },
    receive: async () => {
      if (pending.length === 0) {
        pending.push(...(await incoming.inbox.take(incoming.over.signal).catch(() => Promise.reject(gone()))))
        for (const wake of incoming.waiting.splice(0)) wake()
      }
      const frame = pending.shift() as Uint8Array
      if (frame.length > LINK_LIMITS.frameBytes) throw new LinkRefused('too-large', `a frame of ${frame.length} bytes`)
      return frame
    },
    close: async () => {
      for (const pipe of [incoming, outgoing]) {
        pipe.over.abort()
        for (const wake of pipe.waiting.splice(0)) wake()
      }
    },
  }
}
