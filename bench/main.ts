import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Figure, machine, table } from './report.ts'

/**
 * `npm run bench [-- NAME ...]`: every measurement in a process of its own, printed as one Markdown table each.
 * A measurement is a file `bench/NAME.bench.ts` with `title` and `measure(): Promise<Figure[]>`; figures are medians of several runs.
 */
interface Measurement {
  readonly title: string
  measure(): Promise<Figure[]>
}

const folder = import.meta.dirname
const all = globSync('*.bench.ts', { cwd: folder })
  .map((file) => basename(file, '.bench.ts'))
  .sort()

if (process.argv[2] === '--one') {
  const { title, measure } = (await import(join(folder, `${process.argv[3]}.bench.ts`))) as Measurement
  console.log(table(title, await measure()))
  process.exit(0)
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : all
const unknown = wanted.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`no measurement named ${unknown.join(', ')}; there are: ${all.join(', ')}`)
  process.exit(1)
}
console.log(`Machine: ${machine()}. ${new Date().toISOString().slice(0, 10)}.\n`)
let failed = 0
for (const name of wanted) {
  const child = spawn(process.execPath, [import.meta.filename, '--one', name], { stdio: 'inherit' })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) {
    failed++
    console.log(`### ${name}\n\nfailed with exit code ${code}\n`)
  }
}
process.exit(failed > 0 ? 1 : 0)
