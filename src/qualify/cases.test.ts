import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { exampleFile, runExample } from './examples.ts'
import { RULES } from './rules/index.ts'

/** Every file of cases/ holds examples of rules, in the form that `ecluse test` reads. A bug report becomes an example. */
const folder = join(import.meta.dirname, 'cases')
const seen = new Set<string>()

for (const file of globSync('*.yaml', { cwd: folder }).sort()) {
  for (const example of exampleFile.parse(parse(readFileSync(join(folder, file), 'utf8')))) {
    for (const line of example.expect) for (const reason of line.split(/\s+/).slice(1)) seen.add(reason)
    test(`${file}: ${example.name}`, () => {
      assert.deepEqual(runExample(example), [])
    })
  }
}

test('every reason of every rule has an example', () => {
  const without = RULES.flatMap(({ reasons }) => reasons).filter((reason) => !seen.has(reason))
  assert.deepEqual(without, [])
})

test('an example that does not hold says where, what was expected, and what came', () => {
  const [example] = exampleFile.parse([{ name: 'x', signal: { range: [0, 1] }, series: [0, 2], expect: ['Good', 'Good'] }])
  assert.ok(example)
  assert.deepEqual(runExample(example), [{ reading: 1, expected: 'Good', got: 'UncertainEngineeringUnitsExceeded range' }])
})
