import type { Duplex } from 'node:stream'
import { NotConnected } from '../../core/errors.ts'
import { type Channel, LinkRefused, type Peer } from '../../core/link.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import { FrameReader, FrameTooLarge, frameHeader } from './frame-reader.ts'
import type { TlsLimits } from './tls-limits.ts'

/** Frames over a socket, with back-pressure both ways; what a Channel is before it is known who the other end is. */
export interface FramedSocket {
  /** The frame is not copied: its bytes must stay as they are until it is on its way. */
  send(frame: Uint8Array): Promise<void>
  /** One caller at a time. */
  receive(): Promise<Uint8Array>
  readonly queuedBytes: number
  close(isClean?: boolean): Promise<void>
  /** Ends it at once; what waits is told `why`. */
  fail(why: Error): void
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>
}

export interface FramingOptions {
  readonly clock: Clock
  readonly limits: TlsLimits
  /** Bytes the first frame may have; later ones have `limits.frameBytes`. */
  readonly firstBytes: number
}

/** What a frame costs beside its bytes, so that empty ones are bounded too. */
const FRAME_COST = 256

/** Takes over the socket: nobody else may read, write or end it from now on. */
export function frameSocket(socket: Duplex, { clock, limits, firstBytes }: FramingOptions): FramedSocket {
  const reader = new FrameReader(firstBytes, limits.frameBytes)
  const arrived: Uint8Array[] = []
  let arrivedBytes = 0
  let queuedBytes = 0
  let written = 0
  let failure: Error | undefined
  let isClosing = false
  let wakeReader = () => {}
  const sinks = new Set<() => void>()
  const gone = new AbortController()

  const fail = (why: Error) => {
    failure ??= why
    wakeReader()
    for (const wake of sinks) wake()
    socket.destroy()
  }
  socket.on('data', (chunk: Uint8Array) => {
    if (isClosing || failure) return
    try {
      for (const frame of reader.take(chunk)) {
        arrived.push(frame)
        arrivedBytes += frame.length + FRAME_COST
      }
    } catch (error) {
      if (!(error instanceof FrameTooLarge)) throw error
      return fail(new LinkRefused('too-large', error.message))
    }
    if (arrivedBytes > limits.receiveBytes) socket.pause()
    wakeReader()
  })
  socket.on('error', (error) =>
    fail(new NotConnected(`the line was lost: ${error.message}`, { cause: error, fault: fault('line-lost', { detail: error.message }) })),
  )
  socket.on('end', () => fail(new NotConnected('the other end closed the line', { fault: fault('line-closed') })))
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      fail(new NotConnected('the line is closed', { fault: fault('line-closed') }))
      gone.abort()
      resolve()
    })
  })

  /** Resolves when less than the limit is on its way; the other end may be slow but must take something now and then. */
  const drained = async () => {
    while (queuedBytes > limits.sendBytes) {
      if (failure) throw failure
      const before = written
      const late = new AbortController()
      await new Promise<void>((resolve) => {
        const wake = () => {
          sinks.delete(wake)
          late.abort()
          resolve()
        }
        sinks.add(wake)
        void clock.sleep(limits.stallMs, late.signal).then(wake)
      })
      if (!failure && written === before)
        fail(
          new NotConnected(`the other end took nothing for ${limits.stallMs / 1000} s`, {
            fault: fault('line-stalled', { seconds: limits.stallMs / 1000 }),
          }),
        )
    }
  }

  return {
    closed,
    fail,
    get queuedBytes() {
      return queuedBytes
    },
    send: async (frame) => {
      if (failure || isClosing) throw failure ?? new NotConnected('the line is being closed')
      if (frame.length > limits.frameBytes)
        throw new RangeError(`a frame of ${frame.length} bytes is over the limit of ${limits.frameBytes}`)
      queuedBytes += frame.length
      socket.cork()
      socket.write(frameHeader(frame.length))
      socket.write(frame, () => {
        queuedBytes -= frame.length
        written += frame.length + 1
        for (const wake of sinks) wake()
      })
      socket.uncork()
      await drained()
    },
    receive: async () => {
      while (arrived.length === 0) {
        if (failure) throw failure
        await new Promise<void>((resolve) => {
          wakeReader = resolve
        })
      }
      const frame = arrived.shift() as Uint8Array
      arrivedBytes -= frame.length + FRAME_COST
      if (arrivedBytes <= limits.receiveBytes / 2 && socket.isPaused() && !failure) socket.resume()
      return frame
    },
    close: async (isClean = true) => {
      if (!isClean) fail(new NotConnected('the line is closed'))
      else if (!isClosing && !failure) {
        isClosing = true
        // What still arrives is read and forgotten: unread bytes would reset the line and take our last frames with them.
        socket.resume()
        socket.end()
        await Promise.race([closed, clock.sleep(limits.closeMs, gone.signal)])
        socket.destroy()
      }
      await closed
    },
  }
}

/** The frames as a channel, once it is known who the other end is. */
export function channelOf(peer: Peer, frames: FramedSocket, receive = frames.receive): Channel {
  return {
    peer,
    send: frames.send,
    receive,
    close: frames.close,
    get queuedBytes() {
      return frames.queuedBytes
    },
  }
}
