import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { secret, signalBase, signalId } from '../core/config-parts.ts'
import { editDistance, nearest } from '../lib/suggest.ts'
import { fakeConnectors } from './fake-connector.ts'
import { formatProblems } from './format.ts'
import { configSchema, lintText } from './index.ts'
import { CONFIG_LIMITS } from './limits.ts'
import { describedBy, isSecret, knownKeys, schemasAt, takesText } from './schema-walk.ts'
import { configWords } from './words.ts'

test('edit distance: nothing to itself, symmetric, at most the longer word, one for one edit', () => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, a), 0)
      assert.equal(editDistance(a, b), editDistance(b, a))
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length))
    }),
  )
  assert.equal(editDistance('retnetion', 'retention'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
})

test('the nearest word is offered only when it may have been meant', () => {
  assert.equal(nearest('max-rate', ['maxRate', 'range']), 'maxRate')
  assert.equal(nearest('x', ['endpoint', 'signals']), undefined)
  assert.equal(nearest('sginals', ['endpoint', 'signals']), 'signals')
})

test('schemas are read through optional, default, pipe, union, array, record and tuple', () => {
  const schema = z.strictObject({
    user: z.union([z.literal('nobody'), z.strictObject({ password: secret.optional().describe('given by the owner') })]).default('nobody'),
    list: z.array(signalBase.extend({ address: z.int() })).optional(),
    map: z.record(z.string(), z.tuple([z.number(), z.string()])).prefault({}),
    scaled: z.string().transform(Number).pipe(z.number()),
  })
  const at = (...path: (string | number)[]) => schemasAt([schema], path)
  assert.equal(isSecret(at('user', 'password')), true)
  assert.equal(isSecret(at('user')), false)
  assert.equal(describedBy(at('list', 3, 'id'), signalId), true)
  assert.deepEqual(knownKeys(at('user')), ['password'])
  assert.equal(takesText(at('map', 'x', 0)), false)
  assert.equal(takesText(at('map', 'x', 1)), true)
  assert.equal(takesText(at('scaled')), true)
  assert.deepEqual(at('nothing', 'here'), [])
})

test('both languages have the same sentences, and no sentence is left in the other language', () => {
  assert.deepEqual(Object.keys(configWords.fr).sort(), Object.keys(configWords.en).sort())
  const say = (language: 'fr' | 'en', key: string) =>
    JSON.stringify((configWords[language] as unknown as Record<string, (...args: string[]) => unknown>)[key]?.('x', 'y', 'z'))
  // The mistakes of expressions, and what parts say, have tests of their own.
  const same = Object.keys(configWords.en).filter((key) => key !== 'expression' && key !== 'said' && say('fr', key) === say('en', key))
  assert.deepEqual(same, [])
})

test('the JSON Schema describes the file as it is written, each connection by its kind', () => {
  const schema = configSchema(fakeConnectors) as {
    $schema: string
    required: string[]
    properties: Record<
      string,
      { additionalProperties: { oneOf: Record<string, unknown>[] }; properties: Record<string, Record<string, unknown>> }
    >
  }
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
  assert.deepEqual(schema.required, ['version', 'site'])
  const [fake] = schema.properties.connections?.additionalProperties.oneOf ?? []
  const { kind, silence, user, ...own } = (fake as { properties: Record<string, Record<string, unknown>> }).properties
  assert.equal(kind?.const, 'fake')
  assert.ok(silence && own.endpoint && own.signals)
  assert.deepEqual(fake?.required, ['kind', 'endpoint', 'signals'])
  assert.match(JSON.stringify(user), /"secret":true/)
  assert.doesNotMatch(JSON.stringify(schema), /"\$ref"/)
  assert.equal(typeof (schema.properties.spool?.properties.maxBytes?.default ?? '1GiB'), 'string', 'a default a person can write')
})

test('whatever text comes in, lint answers with problems at real places and never throws', () => {
  const line = fc.constantFrom(
    'version: 1',
    'site: { id: t2e }',
    'connections:',
    '  p: { kind: fake',
    '  - x',
    '&a',
    '*a',
    '${env:X}',
    '\t',
    '? [',
    '"',
    ': :',
    '!x y',
    '---',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 200 }),
        fc.array(fc.oneof(line, fc.string({ maxLength: 20 })), { maxLength: 12 }).map((lines) => lines.join('\n')),
      ),
      (text) => {
        const { problems } = lintText(text, { connectors: fakeConnectors, env: {} })
        const lines = text.split('\n').length
        for (const problem of problems)
          assert.ok(problem.line >= 1 && problem.line <= lines + 1 && problem.column >= 1, JSON.stringify(problem))
      },
    ),
    { numRuns: process.env.ECLUSE_LONG === '1' ? 100_000 : 500 },
  )
})

test('a flood of problems is shown up to its limit', () => {
  const problem = { file: 'a', line: 1, column: 1, code: 'E_TYPE', message: 'm', level: 'error' as const }
  const text = formatProblems(
    Array.from({ length: CONFIG_LIMITS.problems + 5 }, () => problem),
    'conseil :',
  )
  assert.equal(text.split('\n').length, CONFIG_LIMITS.problems + 1)
  assert.match(formatProblems([{ ...problem, hint: 'x' }], 'conseil :'), /\n {2}conseil : x$/)
  assert.match(text, /\.\.\. \+5$/)
})
