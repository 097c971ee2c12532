import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const checkout = join(import.meta.dirname, '..')
/** What a build needs; the checkout itself is left as it is. */
const SOURCES = ['bin', 'docs', 'examples', 'scripts', 'src', 'web', 'package.json', 'README.md', 'LICENSE', 'NOTICE', 'SECURITY.md']
const CONFIGURATIONS = ['ARCHITECTURE.md', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
const PACKAGE_BYTES_MAX = 3 * 1024 * 1024
/** The package that an import, a re-export or an `import()` names; not a file of our own. */
const IMPORT = /(?:^(?:import|export) (?:[^'"=;()]* from )?|\bimport\()['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/gm

const work = mkdtempSync(join(tmpdir(), 'ecluse-pack-'))
after(() => rmSync(work, { recursive: true, force: true }))
const installed = join(work, 'installed', 'node_modules', 'ecluse')
let tarball = ''

/**
 * Builds and packs a copy, then unpacks the tarball where `npm install` would put it. The dependencies are those of the checkout, by links: the
 * test asks no registry, so it does not see a dependency that package.json declares as a development one. A test below compares those.
 */
before(async () => {
  const copy = join(work, 'copy')
  for (const name of [...SOURCES, ...CONFIGURATIONS]) cpSync(join(checkout, name), join(copy, name), { recursive: true })
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'))
  const { stdout } = await run('npm', ['pack', '--silent', '--offline'], { cwd: copy })
  tarball = join(copy, stdout.trim().split('\n').at(-1) ?? '')
  mkdirSync(installed, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
  for (const name of runtimeDependencies()) {
    const link = join(work, 'installed', 'node_modules', name)
    mkdirSync(join(link, '..'), { recursive: true })
    symlinkSync(join(checkout, 'node_modules', name), link)
  }
})

test('the package holds what runs and nothing that only tests need', { timeout: 60_000 }, () => {
  const files = globSync('**/*', { cwd: installed })
  for (const needed of [
    'bin/ecluse.js',
    'dist/src/main.js',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'dist/src/cli/tether.js',
    'dist/src/historian/duckdb/owner-thread.js',
    'dist/examples/airport/plant.js',
    'dist/examples/airport/baggage.js',
    'dist/web/index.html',
    'examples/airport/ecluse.yaml',
    'LICENSE',
    'NOTICE',
  ]) {
    assert.ok(files.includes(needed), `${needed} is missing`)
  }
  assert.deepEqual(
    files.filter((file) => /\.test\.|fixture|-child\.|(?<!\.d)\.ts$/.test(file)),
    [],
  )
  const { size } = statSync(tarball)
  assert.ok(size < PACKAGE_BYTES_MAX, `the package has ${size} bytes`)
})

test('every package that the installed code imports is declared for those who install it', { timeout: 60_000 }, () => {
  const declared = new Set(runtimeDependencies())
  const imported = globSync('dist/{src,examples}/**/*.js', { cwd: installed }).flatMap((file) =>
    [...readFileSync(join(installed, file), 'utf8').matchAll(IMPORT)]
      .map(([, name = '']) => ({ file, name }))
      .filter(({ name }) => !name.startsWith('node:')),
  )
  assert.ok(imported.length > 20, `only ${imported.length} imports were found`)
  assert.deepEqual(
    imported.filter(({ name }) => !declared.has(name)),
    [],
  )
})

test('the installed demo collects, stores and ends with 0', { timeout: 60_000 }, async () => {
  const { code, out, err } = await ecluse('demo', '--for', '6s', '--port', '0', '--no-open')
  assert.equal(code, 0, err)
  const rows = out.split('\n').map((line) => line.split(/ {2,}/))
  const stored = rows.find(([first]) => first === 'CONNECTION')?.indexOf('STORED') ?? -1
  for (const name of ['baggage', 'energy', 'cooling', 'gates']) {
    assert.ok(Number(rows.find(([first]) => first === name)?.[stored]) > 0, `${name} stored nothing:\n${out}${err}`)
  }
})

test('the installed library is imported by its name', { timeout: 60_000 }, async () => {
  const script = "const library = await import('ecluse'); console.log(Object.keys(library).length)"
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: join(work, 'installed') })
  assert.ok(Number(stdout) > 0, stdout)
})

/** Runs the installed program by its own first line, as a shell does: with the machine's Node, which may be older than the one it needs. */
async function ecluse(...args: string[]) {
  const bundled = join(checkout, 'node_modules', '.bin')
  const path = (process.env.PATH ?? '').split(':').filter((folder) => folder !== bundled)
  const child = spawn(join(installed, 'bin', 'ecluse.js'), args, {
    cwd: join(work, 'installed'),
    env: { PATH: path.join(':'), LANG: 'en_GB.UTF-8', TMPDIR: work },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  after(() => child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = await once(child, 'close')
  return { code: code as number | null, out, err }
}

function runtimeDependencies(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  return Object.keys(dependencies)
}
