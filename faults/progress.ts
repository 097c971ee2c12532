const EVERY_MS = 15_000

/** Says on standard error, now and then, how far a long form is: some take an hour. */
export function progressOf(what: string, of: number): (done: number) => void {
  const began = performance.now()
  let said = began
  return (done) => {
    const now = performance.now()
    if (now - said < EVERY_MS) return
    said = now
    const spent = (now - began) / 60_000
    const left = done > 0 ? `, about ${((spent / done) * (of - done)).toFixed(0)} min left` : ''
    console.error(`${what}: ${done.toLocaleString('en')} of ${of.toLocaleString('en')} in ${spent.toFixed(1)} min${left}`)
  }
}
