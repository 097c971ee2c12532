import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isMap, isSeq, parseDocument } from 'yaml'
import { surelyMoreThan } from './count-yaml.ts'
import { fakeConnectors } from './fake-connector.ts'
import { lintText } from './index.ts'
import { CONFIG_LIMITS } from './limits.ts'

const lint = (text: string) => lintText(text, { connectors: fakeConnectors, env: {} }).problems
const found = (text: string) => lint(text).filter(({ code }) => code === 'E_YAML_LIMIT')

test('lists inside one another, values that come out of aliases: one more than the limit is refused', () => {
  const nested = (depth: number) => `x: ${'['.repeat(depth)}${']'.repeat(depth)}`
  assert.deepEqual(found(nested(CONFIG_LIMITS.depth)), [])
  assert.match(found(nested(CONFIG_LIMITS.depth + 1))[0]?.message ?? '', /more than 64 maps and lists/)

  // The list itself is one of the values that an alias brings.
  const aliased = (values: number) => `x: &list [${'1,'.repeat(values - 1)}]\ny: *list`
  assert.deepEqual(found(aliased(CONFIG_LIMITS.aliasedNodes)), [])
  assert.match(found(aliased(CONFIG_LIMITS.aliasedNodes + 1))[0]?.message ?? '', /expand to more than 20000 values/)
})

test('too many values are refused before any of them is made', () => {
  const text = `x: [${'1,'.repeat(2 * CONFIG_LIMITS.nodes)}]`
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const [problem] = found(text)
  assert.match(problem?.message ?? '', /more than 500000 values in one file/)
  assert.ok((problem?.column ?? 0) > CONFIG_LIMITS.nodes)
  // Parsed, they would take some 900 MiB.
  assert.ok(process.memoryUsage().heapUsed - before < 300 * 1024 * 1024)
})

test('what holds no more values than allowed is never refused by the count, whatever its form', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'a: 1',
      'b: {c: d, e: [1, "2", \'3\']}',
      '? x\n: y',
      'k: |\n  a: - [ {\n  b',
      'u: -5',
      'v: "a: - [ {"',
      'w: # - [\n  - 1\n  - - 2',
    ),
    fc.stringMatching(/^[a-z]{1,5}: [a-z1-9 ]{0,8}$/),
  )
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
      const text = lines.map((one, i) => one.replace(/^(\? )?[a-z]+/, `$1k${i}`)).join('\n')
      const document = parseDocument(text)
      if (document.errors.length > 0) return
      const values = (node: unknown): number =>
        1 +
        (isMap(node) ? node.items.reduce((sum, { value }) => sum + values(value), 0) : 0) +
        (isSeq(node) ? node.items.reduce((sum: number, item) => sum + values(item), 0) : 0)
      assert.equal(surelyMoreThan(values(document.contents), text), undefined)
    }),
  )
})
