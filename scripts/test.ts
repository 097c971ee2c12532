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
  'src/api/people/flood.test.ts',
  'src/historian/duckdb/series-cold.test.ts',
  'src/run/dependencies.test.ts',
  'src/run/planning/planning.test.ts',
  'test/mirror.test.ts',
  'test/quiet.test.ts',
  'web/test/many-signals.test.ts',
]
/** Tests that wait most of the time for what has to happen within some seconds: two at a time. The long ones first. */
const WAITING = [
  'faults/seconds-gateway.test.ts',
  'faults/seconds.test.ts',
  'test/attacks.test.ts',
  'test/diode.test.ts',
  'test/unplug.test.ts',
  'src/api/api.test.ts',
  'src/gateway/link/tls-hostile.test.ts',
]
/** Tests in a process of their own: the first two take minutes and are begun first, the others measure the memory and the descriptors of their process. */
const ALONE = [
  'test/demo-lineage.test.ts',
  'faults/faults.test.ts',
  'test/cve/http.test.ts',
  'test/cve/messages.test.ts',
  'test/cve/opcua.test.ts',
]
/** Where Node keeps what it made of each file: most of the processes of a run load the same ones. */
const COMPILED = join('node_modules', '.cache', 'compile')
/** Longer than any test may take: a process that says nothing for as long hangs. */
const SILENT_MS = 330_000
/** What test-files.ts adds to each file. */
const END_OF_FILE = /^ {2}✔ end of file .*\n/gm
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
let browser: string | undefined

if (patterns.length === 0) {
  for (const { code } of await Promise.all(checks.map(([command, args]) => run([command, ...args].join(' '), command, args)))) {
    if (code === 0) passed++
    else failed++
  }
}

const found = globSync(patterns.length > 0 ? patterns : ['{src,test,examples,web,faults,sim}/**/*.test.ts'], {
  exclude: ['**/node_modules/**'],
}).sort()
const missing = [...TIMED, ...WAITING, ...ALONE].filter((file) => patterns.length === 0 && !found.includes(file))
if (missing.length > 0) {
  console.error(`scripts/test.ts names tests that are gone: ${missing.join(', ')}`)
  failed++
}
browser = await browserOf(found)
const waiting = WAITING.filter((file) => found.includes(file))
const timed = TIMED.filter((file) => found.includes(file))
for (const [groups, width] of [
  [grouped(found.filter((file) => !waiting.includes(file) && !timed.includes(file))), 3],
  [waiting.map((file) => [file]), 2],
  [timed.map((file) => [file]), 1],
] as const) {
  const queue = [...groups]
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let group = queue.shift(); group; group = queue.shift()) await runFiles(group)
    }),
  )
}
if (skipped > 0 && process.env.ECLUSE_PEERS === 'required') {
  console.error(`${skipped} skipped although ECLUSE_PEERS=required: a peer or the browser is missing, see the lines marked ﹣ above`)
  failed += skipped
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)

/** One browser for all tests that open pages, where there are several and the machine has one. */
async function browserOf(files: string[]): Promise<string | undefined> {
  if (files.filter((file) => file.startsWith('web/')).length < 2) return undefined
  const { noBrowser, serveBrowser } = await import('../web/test/browser.ts')
  return noBrowser ? undefined : (await serveBrowser()).wsEndpoint()
}

/** Files that load the same things share a process, a folder at a time: those that start whole nodes and browsers first, as the long ones shall not be left alone at the end. */
function grouped(files: string[]): string[][] {
  const shared = files.filter((file) => !ALONE.includes(file))
  const byFolder = Object.groupBy(shared, (file) => /^(?:src\/(?:(?:connectors|gateway|core)\/(?=[^/]+\/))?)?[^/]+/.exec(file)?.[0] ?? file)
  const groups = Object.entries(byFolder).flatMap(([folder, group = []]) => parts(group, folder.startsWith('src/') ? 17 : 6))
  const isUnit = ([first]: string[]) => first?.startsWith('src/') ?? false
  groups.sort((a, b) => Number(isUnit(a)) - Number(isUnit(b)) || b.length - a.length)
  return [...ALONE.filter((file) => files.includes(file)).map((file) => [file]), ...groups]
}

/** As few parts as hold so many each, for several cores to share. */
function parts(files: string[], size: number): string[][] {
  const number = Math.ceil(files.length / size)
  return Array.from({ length: number }, (_, i) => files.slice((files.length * i) / number, (files.length * (i + 1)) / number))
}

/** A file that ends or hangs its process has failed, by name; those after it run in a new one. */
async function runFiles(files: string[]): Promise<void> {
  for (let left = files; left.length > 0; ) {
    const { code, output } = await run(
      left.length === 1 ? (left[0] as string) : `${left[0]} to ${left.at(-1)}, ${left.length} files in one process`,
      process.execPath,
      ['--import', './scripts/seed-laws.ts', '--test-timeout=300000', 'scripts/test-files.ts', ...left],
      (text) => {
        // A file at a time, so that what runs side by side reads as one after another.
        const end = [...text.matchAll(/^[✔✖﹣].*\n/gm)].at(-1)
        return end ? end.index + end[0].length : 0
      },
    )
    const marked = (mark: string) => left.filter((file) => `\n${output}`.includes(`\n${mark} ${file} (`))
    const [good, bad] = [marked('✔'), marked('✖')]
    // A file is a test of its own here: it is not counted, unless nothing in it failed but itself. Nothing is counted of a process without a last word.
    passed += Math.max(0, count(output, 'pass') - good.length - [...output.matchAll(END_OF_FILE)].length)
    failed += Math.max(count(output, 'fail') + count(output, 'cancelled') - bad.length, bad.length)
    skipped += count(output, 'skipped')
    const [ended, ...rest] = left.filter((file) => !good.includes(file) && !bad.includes(file))
    const how = `its process ended with ${code ?? 'a signal'}`
    if (ended) console.error(`✖ ${ended} did not come to its end: ${how}`)
    else if (code !== 0 && bad.length === 0) console.error(`✖ after the tests of ${left.join(', ')} ${how}`)
    if (ended || (code !== 0 && bad.length === 0)) failed++
    left = rest
  }
}

function count(output: string, word: string): number {
  return Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
}

/** @param upTo how much of what is held back may be shown now; all of it when the process has ended. */
function run(
  title: string,
  command: string,
  args: string[],
  upTo = (text: string) => text.length,
): Promise<{ code: number | null; output: string }> {
  console.log(`> ${title}`)
  return new Promise((done) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...{ ...process.env, FORCE_COLOR: '0', NODE_COMPILE_CACHE: resolve(COMPILED) },
        ...(browser !== undefined && { ECLUSE_BROWSER: browser }),
        // Tests that build the product need not check its types again.
        ...(patterns.length === 0 && { ECLUSE_TYPES: 'checked' }),
      },
    })
    let output = ''
    let shown = 0
    const show = (end: number) => {
      process.stdout.write(output.slice(shown, end).replaceAll(END_OF_FILE, ''))
      shown = end
    }
    const silent = setTimeout(() => child.kill('SIGKILL'), SILENT_MS)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      silent.refresh()
      show(shown + upTo(output.slice(shown)))
    })
    child.on('close', (code) => {
      clearTimeout(silent)
      show(output.length)
      done({ code, output })
    })
  })
}
