import { createSocket } from 'node:dgram'

/** What happens to datagrams on their way; shares 0..1; may be changed while they are. */
export interface Weather {
  loss: number
  /** Sent a second time, some milliseconds later. */
  doubled: number
  /** Held back until later ones have passed. */
  late: number
}

export const FAIR: Weather = { loss: 0, doubled: 0, late: 0 }

/** A datagram that is late, or the second of a pair, comes up to so many milliseconds later. */
const LATE_MS = 60

export interface LossyUdp {
  readonly port: number
  readonly weather: Weather
  readonly counters: { received: number; lost: number; doubled: number; late: number }
  close(): Promise<void>
}

/** Passes datagrams on to a port of loopback, as a bad one-way path does. The same seed makes the same draws in the same order. */
export async function startLossyUdp(to: number, random: () => number): Promise<LossyUdp> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  const weather = { ...FAIR }
  const counters = { received: 0, lost: 0, doubled: 0, late: 0 }
  const timers = new Set<NodeJS.Timeout>()
  const send = (bytes: Buffer) => socket.send(bytes, to, '127.0.0.1', () => undefined) // nobody there: lost, as on a wire
  const later = (bytes: Buffer) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      send(bytes)
    }, random() * LATE_MS)
    timers.add(timer)
  }
  socket.on('message', (bytes) => {
    counters.received++
    if (random() < weather.loss) return void counters.lost++
    if (random() < weather.doubled) {
      counters.doubled++
      later(bytes)
    }
    if (random() >= weather.late) return send(bytes)
    counters.late++
    later(bytes)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    ...{ port: socket.address().port, weather, counters },
    close: () => {
      for (const timer of timers) clearTimeout(timer)
      return new Promise((resolve) => socket.close(() => resolve()))
    },
  }
}
