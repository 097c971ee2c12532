import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * `npm test`: types, lint, dead code, the pages, then every test of the checkout. The last line counts them: `N passed, N failed, N skipped`.
 * Arguments are patterns of test files and leave the checks out: `npm test -- 'src/lib/*.test.ts'`.
 * With ECLUSE_PEERS=required a skipped test is a failure: the machine should have had what it needs.
 */
const patterns = process.argv.slice(2)
/** Tests that hold something against a clock: nothing else runs beside them. */
const TIMED = [
  'faults/timed.test.ts',
  'src/api/api.test.ts',
  'src/api/people/flood.test.ts',
  'src/gateway/link/tls-hostile.test.ts',
  'src/historian/duckdb/series-cold.test.ts',
  'src/run/dependencies.test.ts',
  'src/run/planning/planning.test.ts',
  'test/attacks.test.ts',
  'test/quiet.test.ts',
  'test/unplug.test.ts',
  'web/test/many-signals.test.ts',
]
/** Where Node keeps what it made of each file: most of the processes of a run load the same ones. */
const COMPILED = join('node_modules', '.cache', 'compile')
const bin = (name: string) => `node_modules/.bin/${name}`

const checks: [string, string[]][] = [
  [bin('tsc'), ['-p', '.']],
  [bin('tsc'), ['-p', 'web']],
  [bin('biome'), ['check', '--error-on-warnings', '.']],
  [bin('knip'), []],
  // Once, before tests that open pages would each build them, over one another's.
  [process.execPath, ['scripts/build-web.ts']],
]

let passed = 0
let failed = 0
let skipped = 0

if (patterns.length === 0) {
  for (const { code } of await Promise.all(checks.map(([command, args]) => run(command, args)))) {
    if (code === 0) passed++
    else failed++
  }
}

const found = globSync(patterns.length > 0 ? patterns : ['{src,test,examples,web,faults,sim}/**/*.test.ts'], {
  exclude: ['**/node_modules/**'],
}).sort()
// What says how long something may take runs one file at a time, after the rest, which mostly waits for sockets and files.
const missing = TIMED.filter((file) => patterns.length === 0 && !found.includes(file))
if (missing.length > 0) {
  console.error(`scripts/test.ts names tests that are gone: ${missing.join(', ')}`)
  failed++
}
const timed = found.filter((file) => TIMED.includes(file))
const together = found.filter((file) => !timed.includes(file))
// The long ones first, so that none of them is left alone at the end.
const whole = together.filter((file) => /^(faults|test|web)\//.test(file))
const unit = together.filter((file) => !whole.includes(file))
for (const [files, concurrency] of [
  [whole, 3],
  [unit, 3],
  [timed, 1],
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
  return new Promise((done) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FORCE_COLOR: '0', NODE_COMPILE_CACHE: resolve(COMPILED) },
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      process.stdout.write(text)
    })
    child.on('close', (code) => done({ code, output }))
  })
}
