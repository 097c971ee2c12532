import type { SampleBatch } from './batch.ts'
import type { ClockExchange, ClockMethod } from './clock-offset.ts'

/** A batch and the way to acknowledge it to the device. */
export interface Delivery {
  readonly batch: SampleBatch
  /** Called once, after the batch is durable on this node's disk. Absent where the protocol has nothing to acknowledge. */
  readonly ack?: () => void
}

/**
 * One connection's samples. The runner is the only caller and owns the loop, the back-off, the time-outs between attempts,
 * the health and the shutdown; a source owns one attempt.
 *
 * Order of calls: `connect`, then `read` again and again, then `close`. Never two at once, except `close`, which may come at any time
 * and must make a pending `connect` or `read` settle. After `close` a source may be connected again.
 */
export interface Source {
  /**
   * Makes one attempt and resolves when samples can flow. Throws NotConnected (the runner will retry) or ConfigurationError
   * (the runner stops this connection). Discovered signals are defined in the context's table before it resolves.
   * On every (re)connection the current value of every signal must be delivered again, changed or not.
   */
  connect(stop: AbortSignal): Promise<void>
  /**
   * Waits for the next batch. An empty batch says "alive, nothing changed" and feeds the liveness limit; a source that reports by
   * exception sends one for each keep-alive of its protocol. Throws NotConnected when the line drops, EndOfInput when nothing will
   * ever follow. A source holds at most a bounded number of undelivered samples and counts what it had to drop in `dropped`.
   */
  read(stop: AbortSignal): Promise<Delivery>
  /** For polling sources: the monotonic millisecond at which `read` wants to be called; the runner waits. */
  nextReadMs?(): number
  /** Ends the attempt and frees everything. Idempotent; never throws. */
  close(): Promise<void>
  /** Counters since the source was made; kept by the source, read by the runner. */
  readonly counters: SourceCounters
  /** How the device's clock is compared with ours; absent where the protocol carries no time (Modbus): not measurable. */
  readonly clock?: SourceClock
}

/**
 * One way: the times of the samples are held against their arrival, for the whole connection; behind a broker that is the clock most ahead.
 * Round trip: the source asks the device beside its reading.
 */
export interface SourceClock {
  readonly method: ClockMethod
  /** Round trips made since the last call, oldest first; a bounded number is kept. */
  takeExchanges?(): ClockExchange[]
}

export interface SourceCounters {
  /** Samples lost before they reached us, by reason (`server-queue-overflow`, `local-queue-full`, `sequence-gap`, `undecodable`). */
  dropped: Record<string, number>
  /** Round trip of the last request, in milliseconds. */
  latencyMs?: number
  /** The last thing that went wrong without ending the connection (a refused node, an undecodable message). */
  lastProblem?: string
}
