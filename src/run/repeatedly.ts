import type { SignalTable } from '../core/signals.ts'
import type { Clock } from '../core/time.ts'

/** Calls `work` every `ms` until stopped; never two at once. */
export async function repeatedly(clock: Clock, ms: number, stop: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(ms, stop)
    if (!stop.aborted) await work()
  }
}

/** Runs pieces of work one after the other. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }
}

/** What `make` gives, until a signal is defined or redefined. */
export function whileSame<T>(signals: SignalTable, make: () => T): () => T {
  let known: { readonly version: number; readonly value: T } | undefined
  return () => {
    if (known?.version !== signals.version) known = { version: signals.version, value: make() }
    return known.value
  }
}
