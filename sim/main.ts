import { parseArgs } from 'node:util'
import { simulate } from './world.ts'

/**
 * `node sim/main.ts --seed 1 --hours 200 --runs 10`: seeds 1 to 10, each for 200 simulated hours with faults and then without. Ends at the first
 * violation with its seed and step (`--keep-going` does not), or after `--seconds` of real time; `--verbose` shows what led there.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    hours: { type: 'string', default: '100' },
    runs: { type: 'string', default: '1' },
    seconds: { type: 'string', default: 'Infinity' },
    'keep-going': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const [first, hours, runs, seconds] = [values.seed, values.hours, values.runs, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
]
// A trace of every abort is a tenth of the work.
if (!values.verbose) Error.stackTraceLimit = 0
const total = { runs: 0, hours: 0, steps: 0, acknowledged: 0, declared: 0, failed: 0 }
const faults: Record<string, number> = {}
const started = performance.now()
for (let seed = first; seed < first + runs && performance.now() - started < seconds * 1000; seed++) {
  const result = await simulate({
    ...{ seed, hours },
    ...(values.verbose && { onEvent: (at: number, text: string) => console.log(`${at.toFixed(5)} h  ${text}`) }),
  })
  total.runs++
  total.hours += result.hours
  total.steps += result.steps
  total.acknowledged += result.acknowledged
  total.declared += result.declared
  for (const [name, count] of Object.entries(result.faults)) faults[name] = (faults[name] ?? 0) + count
  if (result.violations.length === 0) continue
  total.failed++
  console.log(`seed ${seed} FAILED (${result.topology})`)
  for (const violation of result.violations) console.log(`  ${violation}`)
  console.log(`  replay: node sim/main.ts --seed ${seed} --hours ${hours} --verbose`)
  if (!values['keep-going']) break
}
const realHours = (performance.now() - started) / 3_600_000
console.log(
  `${total.runs} seeds, ${total.hours.toFixed(0)} simulated hours in ${(realHours * 3600).toFixed(1)} s, ${Math.round(total.hours / realHours)} per real hour; ` +
    `${total.steps} events, ${total.acknowledged} samples acknowledged, ${total.declared} of them declared as lost, ${total.failed} runs failed`,
)
console.log(
  `faults: ${Object.entries(faults)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')}`,
)
process.exitCode = total.failed > 0 ? 1 : 0
