/** Long enough for what a start still does behind its first answers. */
const SETTLED_MS = 5_000

/**
 * Collects once, a while from now, what a start has left behind in this thread: sources, compiled modules, schemas. A node at rest allocates so little
 * that the engine would keep these megabytes for hours. Collected as when memory runs out: only then are half-empty pages given back, too (20 MB of a node, for
 * 45 ms of CPU). Does nothing where Node was started without `--expose-gc`, which `bin/ecluse.js` gives it. Keeps no process
 * alive; the result calls it off.
 */
export function collectAfterStart(ms = SETTLED_MS): () => void {
  const timer = setTimeout(() => globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }), ms)
  timer.unref()
  return () => clearTimeout(timer)
}
