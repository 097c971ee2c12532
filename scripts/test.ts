import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'

/**
 * `npm test`: types, lint, dead code, then every test of the checkout. The last line counts them: `N passed, N failed, N skipped`.
 * Arguments are patterns of test files and leave the checks out: `npm test -- 'src/lib/*.test.ts'`.
 * With ECLUSE_PEERS=required a skipped test is a failure: the machine should have had what it needs.
 */
const patterns = process.argv.slice(2)
const bin = (name: string) => `node_modules/.bin/${name}`

const checks: [string, string[]][] = [
  [bin('tsc'), ['-p', '.']],
  [bin('tsc'), ['-p', 'web']],
  [bin('biome'), ['check', '--error-on-warnings', '.']],
  [bin('knip'), []],
]

let passed = 0
let failed = 0
let skipped = 0

if (patterns.length === 0) {
  for (const [command, args] of checks) {
    const { code } = await run(command, args)
    if (code === 0) passed++
    else failed++
  }
}

const found = globSync(patterns.length > 0 ? patterns : ['{src,test,examples,web,faults,sim}/**/*.test.ts'], {
  exclude: ['**/node_modules/**'],
}).sort()
// What starts processes, browsers and clocks of its own runs one file at a time, after the rest.
const whole = found.filter((file) => /^(test|web|faults)\//.test(file))
const unit = found.filter((file) => !whole.includes(file))
for (const [files, concurrency] of [
  [unit, 2],
  [whole, 1],
] as const) {
  if (files.length === 0) continue
  const { code, output } = await run(process.execPath, [
    '--import',
    './scripts/seed-laws.ts',
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=300000',
    ...files,
  ])
  passed += count(output, 'pass')
  failed += count(output, 'fail') + count(output, 'cancelled')
  skipped += count(output, 'skipped')
  if (code !== 0 && count(output, 'fail') + count(output, 'cancelled') === 0) failed++
}
if (skipped > 0 && process.env.ECLUSE_PEERS === 'required') {
  console.error(`${skipped} skipped although ECLUSE_PEERS=required: a peer or the browser is missing, see the lines marked ﹣ above`)
  failed += skipped
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)

function count(output: string, word: string): number {
  return Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
}

function run(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
  console.log(`> ${[command, ...args].join(' ').slice(0, 120)}`)
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, FORCE_COLOR: '0' } })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      process.stdout.write(text)
    })
    child.on('close', (code) => resolve({ code, output }))
  })
}
