import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Long enough for what a start still does behind its first answers. */
const SETTLED_MS = 5_000

/**
 * Collects once, a while from now, what a start has left behind in this thread: sources, compiled modules, schemas. A node at rest allocates so little
 * that the engine would keep these megabytes for hours. Keeps no process alive; the result calls it off.
 */
export function collectAfterStart(ms = SETTLED_MS): () => void {
  const timer = setTimeout(() => {
    // There is no other way to it while a program runs; the flag is read when a context is made.
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    setFlagsFromString('--no-expose-gc')
    collect()
  }, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
