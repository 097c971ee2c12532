import type { Socket } from 'node:net'
import type { Clock } from '../../core/time.ts'
import { addressGroup, plainAddress } from '../../lib/network-address.ts'
import type { TlsLimits } from './tls-limits.ts'

/** Sockets whose other end is not known yet: few, and not for long. */
export interface Strangers {
  /** False, and counted, when there are too many: the socket is to be destroyed. */
  admit(socket: Socket): boolean
  /** The other end of this socket is known, and its time no longer counted. */
  known(remote: Remote): void
  /** The handshake is over; what it says must come in time. */
  shookHands(remote: Remote): void
  /** Ends all of them. */
  clear(): void
  readonly counters: StrangerCounters
}

export interface StrangerCounters {
  tooManyOfAddress: number
  tooMany: number
  /** Closed because the handshake, or what had to follow it, did not come. */
  silent: number
}

type Remote = Pick<Socket, 'remoteAddress' | 'remotePort'>

interface Stranger {
  readonly socket: Socket
  readonly group: string
  readonly over: AbortController
  isPastHandshake: boolean
}

export function watchStrangers(clock: Clock, limits: TlsLimits): Strangers {
  const waiting = new Map<string, Stranger>()
  const perGroup = new Map<string, number>()
  const counters: StrangerCounters = { tooManyOfAddress: 0, tooMany: 0, silent: 0 }

  const forget = (key: string) => {
    const stranger = waiting.get(key)
    if (!stranger) return
    waiting.delete(key)
    stranger.over.abort()
    const left = (perGroup.get(stranger.group) ?? 1) - 1
    if (left > 0) perGroup.set(stranger.group, left)
    else perGroup.delete(stranger.group)
  }
  const expire = async (stranger: Stranger, afterMs: number, isLate: () => boolean) => {
    await clock.sleep(afterMs, stranger.over.signal)
    if (stranger.over.signal.aborted || !isLate()) return
    counters.silent++
    stranger.socket.destroy()
  }
  return {
    counters,
    admit: (socket) => {
      const group = addressGroup(plainAddress(socket.remoteAddress))
      const count = perGroup.get(group) ?? 0
      if (count >= limits.strangersPerAddress) counters.tooManyOfAddress++
      else if (waiting.size >= limits.strangers) counters.tooMany++
      else {
        const stranger: Stranger = { socket, group, over: new AbortController(), isPastHandshake: false }
        const key = keyOf(socket)
        waiting.set(key, stranger)
        perGroup.set(group, count + 1)
        socket.once('close', () => forget(key))
        void expire(stranger, limits.handshakeMs, () => !stranger.isPastHandshake)
        void expire(stranger, limits.admissionMs, () => true)
        return true
      }
      return false
    },
    known: (remote) => forget(keyOf(remote)),
    shookHands: (remote) => {
      const stranger = waiting.get(keyOf(remote))
      if (stranger) stranger.isPastHandshake = true
    },
    clear: () => {
      for (const { socket } of [...waiting.values()]) socket.destroy()
    },
  }
}

/** One listener has one socket per remote address and port. */
const keyOf = ({ remoteAddress, remotePort }: Remote): string => `${remoteAddress} ${remotePort}`
