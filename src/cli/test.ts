import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { ComputedExample } from '../process/examples.ts'
import type { Example } from '../qualify/examples.ts'
import { configPath, load } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { printable, writeResult } from './output.ts'

const FILES = 1_000

/** What differs, and where: a reading, or a line of a signal or of events. */
interface Difference {
  readonly at: string
  readonly expected: string
  readonly got: string
}

interface Outcome {
  readonly file: string
  readonly name: string
  readonly differences: readonly Difference[]
  readonly ms: number
}

/**
 * `ecluse test [PATH]`: runs the examples of `tests/*.yaml` beside the configuration, readings through the rules and signals through what is computed of them; 1 when
 * one does not hold.
 */
export async function test(verb: Verb, path: string | undefined, options: CommonOptions & { junit?: string }): Promise<Exit> {
  const words = verb.words.test
  const loaded = await load(verb, path)
  const { EXAMPLE_LIMITS, example, runExample } = await import('../qualify/examples.ts')
  const { computedExample, runComputed } = await import('../process/examples.ts')
  const parsed = (one: unknown) => (isComputed(one) ? computedExample : example).parse(one)
  const config = configPath(verb, path)
  const folder = join(statSync(config).isDirectory() ? config : dirname(config), 'tests')
  const files = existsSync(folder) ? globSync('*.{yaml,yml}', { cwd: folder }).sort() : []
  if (files.length === 0) throw new Refused(words.none(folder), words.noneHint)
  if (files.length > FILES) throw new Refused(words.tooMany(FILES))
  const outcomes: Outcome[] = []
  for (const file of files) {
    const shown = relative(process.cwd(), join(folder, file))
    const examples = read(join(folder, file), shown, verb, (value) =>
      eachOf(bound(value, loaded.config.models), EXAMPLE_LIMITS.examples, parsed),
    )
    for (const example of examples) {
      const begin = performance.now()
      const differences = await tried(shown, verb, () =>
        isComputed(example)
          ? runComputed(example, loaded.config).then((found) =>
              found.map(({ name, line, ...rest }) => ({ at: words.line(name, line + 1), ...rest })),
            )
          : runExample(example as Example).map(({ reading, ...rest }) => ({ at: words.reading(reading + 1), ...rest })),
      )
      outcomes.push({ file: shown, name: example.name, differences, ms: performance.now() - begin })
    }
  }
  const failed = outcomes.filter(({ differences }) => differences.length > 0)
  if (options.junit !== undefined) {
    if (options.junit === '-') verb.io.out(junit(outcomes))
    else writeFileSync(options.junit, junit(outcomes))
  }
  if (options.junit !== '-') {
    writeResult(verb.io, options.output, { passed: outcomes.length - failed.length, failed: failed.length, examples: outcomes }, () =>
      [
        ...failed.flatMap(({ file, name, differences }) => [
          `✗ ${file}: ${name}`,
          ...differences.map(({ at, expected, got }) => `    ${at}: ${words.expected(expected)}, ${words.got(got)}`),
        ]),
        words.summary(outcomes.length - failed.length, failed.length),
      ].join('\n'),
    )
  }
  return failed.length === 0 ? EXIT.ok : EXIT.failed
}

/** Examples of a file; what is wrong with one is said with its place in the list. */
function eachOf<T>(value: unknown, most: number, parsed: (one: unknown) => T): T[] {
  return z
    .array(z.unknown())
    .max(most)
    .parse(value)
    .map((one, index) => {
      try {
        return parsed(one)
      } catch (error) {
        if (!(error instanceof z.ZodError)) throw error
        throw new z.ZodError(error.issues.map((issue) => ({ ...issue, path: [index, ...issue.path] })))
      }
    })
}

/** What is expected by name, and not reading by reading, is computed. */
function isComputed(one: unknown): one is ComputedExample {
  const expected = (one as { expect?: unknown } | null)?.expect
  return typeof expected === 'object' && expected !== null && !Array.isArray(expected)
}

/** Parses a file's text, or says where it is wrong. */
function read<T>(file: string, shown: string, verb: Verb, make: (value: unknown) => T): T {
  try {
    return make(parse(readFileSync(file, 'utf8'), { maxAliasCount: 100 }))
  } catch (error) {
    throw refused(shown, verb, error)
  }
}

async function tried<T>(shown: string, verb: Verb, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    throw refused(shown, verb, error)
  }
}

function refused(shown: string, { words: { test: words } }: Verb, error: unknown): Refused {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues
    return new Refused(words.invalid(`${shown}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`), words.invalidHint)
  }
  return new Refused(words.invalid(`${shown}: ${error instanceof Error ? error.message.split('\n')[0] : error}`), words.invalidHint)
}

/** Examples with the keys of the models they name, as in the configuration. */
function bound(value: unknown, models: Readonly<Record<string, object>>): unknown {
  if (!Array.isArray(value)) return value
  const withModel = (declared: unknown): unknown => {
    const { model, ...own } = (declared ?? {}) as { model?: string }
    const found = model === undefined ? undefined : models[model]
    if (model !== undefined && !found) throw new Error(`there is no model ${model}`)
    return { ...asWritten(found ?? {}), ...own }
  }
  return value.map((example: { signal?: unknown; signals?: Record<string, unknown> }) =>
    isComputed(example)
      ? example
      : {
          ...example,
          ...(example?.signal !== undefined && { signal: withModel(example.signal) }),
          ...(example?.signals && {
            signals: Object.fromEntries(Object.entries(example.signals).map(([name, one]) => [name, withModel(one)])),
          }),
        },
  )
}

/** A model as the file has it: durations were read as milliseconds. */
function asWritten(model: object): object {
  const { label: _, states: __, ...keys } = model as Record<string, unknown>
  const durations = ['expectedPeriod', 'flatLine', 'lateAfter', 'acceptLate', 'staleAfter']
  return Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, durations.includes(key) ? `${value}ms` : value]))
}

function junit(outcomes: readonly Outcome[]): string {
  const failures = outcomes.filter(({ differences }) => differences.length > 0).length
  const cases = outcomes.map(({ file, name, differences, ms }) => {
    const text = differences.map(({ at, expected, got }) => `${at}: expected ${expected}, got ${got}`).join('\n')
    const failure = differences.length > 0 ? `<failure message="${xml(text.split('\n')[0] ?? '')}">${xml(text)}</failure>` : ''
    return `  <testcase classname="${xml(file)}" name="${xml(name)}" time="${(ms / 1000).toFixed(4)}">${failure}</testcase>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="ecluse" tests="${outcomes.length}" failures="${failures}">\n${cases.join('\n')}\n</testsuite>\n`
}

const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

const xml = (text: string): string =>
  text
    .split('\n')
    .map((line) => printable(line).replace(/[<>&"]/g, (c) => ENTITIES[c] as string))
    .join('\n')
