import { crc32 } from 'node:zlib'
import { type Clock, type Micros, parseTime } from '../src/core/time.ts'

/** One start of a program: what belongs to an earlier one never happens. */
export interface Life {
  isOver: boolean
}

export interface Event {
  readonly dueMs: number
  readonly order: number
  readonly life: Life | undefined
  run: (() => void) | undefined
}

/**
 * Simulated time. It stands still while the code works, and jumps to the next event when all promises that can settle have. Everything that takes
 * time is an event here: timers, disk, network, historian, faults.
 */
export class Scheduler {
  /** Milliseconds since the start. */
  nowMs = 0
  steps = 0
  /** Over everything that happened, in order: two runs of one seed agree in it. */
  hash = 0
  readonly #heap: Event[] = []
  #order = 0

  after(ms: number, life: Life | undefined, run: () => void): Event {
    const event = { dueMs: this.nowMs + ms, order: this.#order++, life, run }
    this.#push(event)
    return event
  }

  /** Adds to the hash. */
  note(what: string | Uint8Array): void {
    this.hash = crc32(what, this.hash)
  }

  /** Runs the next event and all that follows from it at once; false when there is none up to `untilMs`, where time then is. */
  async step(untilMs: number): Promise<boolean> {
    const [next] = this.#heap
    if (!next || next.dueMs > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs)
      return false
    }
    this.#pop()
    const { run, life } = next
    if (!run || life?.isOver) return true
    this.nowMs = next.dueMs
    this.steps++
    this.note(`${next.dueMs} ${next.order}`)
    run()
    // One turn of the loop: every promise and every tick that can settle has settled by then.
    await new Promise((resolve) => setImmediate(resolve))
    return true
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent] as Event, event)) break
      heap[at] = heap[parent] as Event
      at = parent
    }
    heap[at] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Event
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++
      if (isBefore(last, heap[child] as Event)) break
      heap[at] = heap[child] as Event
      at = child
    }
    heap[at] = last
  }
}

const isBefore = (a: Event, b: Event): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)

const START: Micros = parseTime('2026-11-23T08:00:00Z')

/** How far a machine's wall clock is off; faults change it. */
export interface WallClock {
  offsetUs: number
}

/** The clock of one program: its wall time jumps with its machine's, its durations do not. */
export function clockOf(scheduler: Scheduler, wall: WallClock, life: Life): Clock {
  return {
    now: () => START + Math.round(scheduler.nowMs * 1000) + wall.offsetUs,
    monotonicMs: () => scheduler.nowMs,
    sleep: (ms, stop) =>
      new Promise((resolve) => {
        if (stop?.aborted) return resolve()
        const done = () => {
          timer.run = undefined
          stop?.removeEventListener('abort', done)
          resolve()
        }
        const timer = scheduler.after(Math.max(1, ms), life, done)
        stop?.addEventListener('abort', done, { once: true })
      }),
  }
}
