import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { loadavg } from 'node:os'
import { basename, join } from 'node:path'
import { machine } from '../bench/report.ts'
import { type Fault, type Form, HEADING, line, mayMount, missing, notRun } from './row.ts'

/**
 * `npm run faults [-- NAME ...] [--long]`: the scorecard, one Markdown table. Every fault is a file `faults/NAME.fault.ts` and runs in a process of
 * its own; with `--json` that process says its rows as JSON instead. The exit code is 1 when a target was missed or a fault could not be run.
 */
const folder = import.meta.dirname
const all = globSync('*.fault.ts', { cwd: folder })
  .map((file) => basename(file, '.fault.ts'))
  .sort()

const words = process.argv.slice(2)
const form: Form = words.includes('--long') ? 'long' : 'short'
const names = words.filter((word) => !word.startsWith('--'))

if (words.includes('--one')) {
  await one(names[0] as string)
  process.exit()
}

const unknown = names.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`no fault named ${unknown.join(', ')}; there are: ${all.join(', ')}`)
  process.exit(1)
}
console.log(
  `Machine: ${machine()}, load ${(loadavg()[0] as number).toFixed(1)}. ${new Date().toISOString().slice(0, 10)}, ${form} form.\n\n${HEADING}`,
)
let failed = 0
for (const name of names.length > 0 ? names : all) {
  const args = [import.meta.filename, '--one', name, ...(form === 'long' ? ['--long'] : [])]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) failed++
}
process.exit(failed > 0 ? 1 : 0)

async function one(name: string): Promise<void> {
  const fault = (await import(join(folder, `${name}.fault.ts`))) as Fault
  const lacking = missing(fault)
  const why = lacking.length > 0 ? `not installed: ${lacking.join(', ')}` : fault.mounts && !mayMount() ? 'may not mount here' : undefined
  if (why) {
    console.log(words.includes('--json') ? JSON.stringify({ why }) : notRun(fault.title, why))
    return
  }
  try {
    const rows = await fault.run(form)
    if (words.includes('--json')) console.log(JSON.stringify({ rows }))
    else for (const row of rows) console.log(line(row))
    if (rows.some(({ met }) => !met)) process.exitCode = 1
  } catch (error) {
    console.error(error)
    console.log(notRun(fault.title, `failed: ${error instanceof Error ? error.message.split('\n')[0] : error}`))
    process.exitCode = 1
  }
}
