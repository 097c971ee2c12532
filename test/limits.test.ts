import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { test } from 'node:test'
import { TUNING } from './limits.ts'

const root = join(import.meta.dirname, '..')
const text = (file: string) => readFileSync(join(root, file), 'utf8')
const isTest = (file: string) => file.endsWith('.test.ts') || file.includes(`${sep}contract-`) || file.endsWith(`${sep}contract.ts`)

interface Limit {
  readonly name: string
  readonly key: string
  readonly folder: string
}

/** The keys at the top of an object literal that begins at `from`. */
function keysOf(source: string, from: number): string[] {
  const keys: string[] = []
  let depth = 0
  for (let at = from; at < source.length; at++) {
    const letter = source[at] as string
    if ('{[('.includes(letter)) depth++
    else if ('}])'.includes(letter) && --depth === 0) break
    const key = depth === 1 && /^[{,\s](\w+):/.exec(source.slice(at, at + 64))?.[1]
    if (key) keys.push(key)
  }
  return keys
}

const withoutComments = (source: string) => source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

function limits(): Limit[] {
  return globSync('src/**/*.ts', { cwd: root })
    .filter((file) => !isTest(file))
    .flatMap((file) => {
      const source = withoutComments(text(file))
      return [...source.matchAll(/^export const (\w*LIMITS)\b[^=\n]*= (?=\{)/gm)].flatMap((found) =>
        keysOf(source, found.index + found[0].length).map((key) => ({
          name: `${found[1]}.${key}`,
          key,
          folder: dirname(file),
        })),
      )
    })
}

const tests = globSync('{src,test,faults,sim}/**/*.ts', { cwd: root })
  .filter((file) => isTest(file) && file !== join('test', 'limits.test.ts'))
  .map((file) => ({ file, source: text(file) }))

/** The tests that reach a limit: they name it, or, beside the code that keeps it, give it another number. */
const reachedBy = ({ name, key, folder }: Limit) =>
  tests.filter(
    ({ file, source }) =>
      source.includes(key) &&
      (new RegExp(`\\b${name.replace('.', '\\.')}\\b`).test(source) ||
        new RegExp(`\\{[^{}]*\\b${key}\\b[^{}]*\\} = ${name.split('.')[0]}\\b`).test(source) ||
        (file.startsWith(folder + sep) && new RegExp(`\\b${key}: [\\d(]`).test(source))),
  )

test('every limit has a test that names it, or is tuning for a reason that is given', () => {
  const all = limits()
  assert.ok(all.length > 450, `${all.length} limits found`)
  const lacking = all.filter((limit) => !Object.hasOwn(TUNING, limit.name) && reachedBy(limit).length === 0)
  assert.deepEqual(
    lacking.map(({ name }) => name),
    [],
  )
})

test('what is listed as tuning is a limit', () => {
  const known = new Set(limits().map(({ name }) => name))
  assert.deepEqual(
    Object.keys(TUNING).filter((name) => !known.has(name)),
    [],
  )
})
