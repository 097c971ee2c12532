import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const parts = ['connectors', 'qualify', 'process', 'correlate', 'historian', 'gateway', 'govern', 'continuity']
const everything = ['main.ts', 'index.ts', 'cli', 'lib', 'core', 'config', 'run', 'api', ...parts]

/** Who may import whom, as ARCHITECTURE.md says. A folder may always import itself; a connector never imports another. */
const allowed: Record<string, readonly string[]> = {
  'main.ts': everything,
  'index.ts': ['core', 'connectors'],
  cli: everything.filter((part) => part !== 'main.ts'),
  lib: [],
  core: ['lib'],
  config: ['core', 'lib', 'connectors', ...parts],
  run: ['core', 'lib', 'config', ...parts],
  api: ['core', 'lib', 'config', 'qualify', 'continuity'],
  ...Object.fromEntries(parts.map((part) => [part, ['core', 'lib']])),
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(root, join(root, dirname(file), match[1] as string)),
  )
}

const partOf = (file: string) => file.split(sep)[1] as string
const files = (pattern: string) => globSync(pattern, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })

test('folders of src import only what the table of ARCHITECTURE.md lets them', () => {
  const wrong = files('src/**/*.ts').flatMap((file) => {
    const from = partOf(file)
    const may = allowed[from]
    if (!may) return [`${file}: the folder ${from} is not in the table`]
    return imports(file)
      .filter((to) => to.startsWith('src') && partOf(to) !== from && !may.includes(partOf(to)))
      .map((to) => `${file} may not import ${to}`)
  })
  assert.deepEqual(wrong, [])
})

test('config reads of a part only its config.ts, or the list of connectors', () => {
  const wrong = files('src/config/**/*.ts').flatMap((file) =>
    imports(file)
      .filter((to) => parts.includes(partOf(to)) && !to.endsWith('config.ts') && to !== join('src', 'connectors', 'index.ts'))
      .map((to) => `${file} may not import ${to}`),
  )
  assert.deepEqual(wrong, [])
})

test('a connector imports no other connector', () => {
  const system = (file: string) => file.split(sep)[2] as string
  const wrong = files('src/connectors/*/**/*.ts').flatMap((file) =>
    imports(file)
      .filter((to) => to.startsWith(join('src', 'connectors')) && system(to) !== system(file))
      .map((to) => `${file} may not import ${to}`),
  )
  assert.deepEqual(wrong, [])
})

test('the thread that the node runs in loads no engine of the historian: one of its own has the file', () => {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(join(root, file), 'utf8')
    const values = [...text.matchAll(/^(?:import|export) (?!type\b)[^']*? from '([^']+)'/gms)].map((match) => match[1] as string)
    assert.ok(!values.some((name) => name.startsWith('@duckdb')), file)
    for (const name of values) if (name.startsWith('.')) visit(relative(root, join(root, dirname(file), name)))
  }
  visit(join('src', 'historian', 'duckdb', 'historian.ts'))
  assert.ok(seen.size > 3, `${seen.size}`)
  assert.match(readFileSync(join(root, 'src', 'historian', 'duckdb', 'historian.ts'), 'utf8'), /new Worker\(/)
})

test('the web pages import types of the API only; the examples import the public surface only', () => {
  const web = files('web/**/*.{ts,tsx}').flatMap((file) => {
    // A test may compare the pages with the node's own lists; the pages themselves know its answers only.
    if (file.endsWith('.test.ts')) return []
    const text = readFileSync(join(root, file), 'utf8')
    const values = [...text.matchAll(/^import (?!type\b)[^\n]*from '(\.[^']+)'/gm)]
    return [...imports(file).filter((to) => to.startsWith('src') && to !== join('src', 'api', 'schemas.ts'))]
      .concat(values.map((match) => relative(root, join(root, dirname(file), match[1] as string))).filter((to) => to.startsWith('src')))
      .map((to) => `${file} may not import ${to}`)
  })
  const examples = files('examples/**/*.ts').flatMap((file) =>
    imports(file)
      .filter((to) => to.startsWith('src') && to !== join('src', 'index.ts') && !file.endsWith('.test.ts'))
      .map((to) => `${file} may not import ${to}`),
  )
  assert.deepEqual([...web, ...examples], [])
})

test('no file of the product grows past 400 lines, and no folder of junk appears', () => {
  const long = files('{src,web,examples}/**/*.{ts,tsx}')
    .filter((file) => !/(\.test|\/contract)\.ts$/.test(file))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > 400)
  assert.deepEqual(long, [])
  const junk = files('src/**/*.ts').filter((file) => /(^|[\\/-])(utils?|helpers?|manager|common|misc)([\\/.-]|$)/i.test(file))
  assert.deepEqual(junk, [])
})
