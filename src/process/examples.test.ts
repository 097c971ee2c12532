import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { processConfig } from './config.ts'
import { computedExample, runComputed } from './examples.ts'

const none = z.strictObject(processConfig).parse({})
const folder = join(import.meta.dirname, 'cases')

for (const file of readdirSync(folder)) {
  for (const example of z.array(computedExample).parse(parse(readFileSync(join(folder, file), 'utf8')))) {
    test(`${file}: ${example.name}`, async () => {
      assert.deepEqual(await runComputed(example, none), [])
    })
  }
}

const derived = computedExample.parse({
  name: 'chain',
  signals: {
    x: {
      readings: [
        ['0s', 1],
        ['1s', 2, 'UncertainLastUsableValue'],
      ],
    },
  },
  expect: { 'y/twice': ['0s 4 Good', '1s 8 UncertainLastUsableValue input-uncertain'], z: [] },
  derive: [
    { id: 'y/twice', inputs: { y: 'y/once' }, expression: 'y * 2', tolerance: '1s' },
    { id: 'y/once', inputs: { x: 'x' }, expression: 'x * 2', tolerance: '1s' },
  ],
})

test('what is made of what is made', async () => {
  assert.deepEqual(await runComputed(derived, none), [])
})

test('a line too many, one too few and another one are told', async () => {
  const wrong = { ...derived, expect: { 'y/once': ['0s 3 Good', '1s 4 Uncertain input-uncertain', '2s 5 Good'] } }
  assert.deepEqual(
    (await runComputed(wrong, none)).map(({ line, expected, got }) => `${line}: ${expected} / ${got}`),
    ['0: 0s 3 Good / 0s 2 Good', '2: 2s 5 Good / '],
  )
  const unknown = { ...derived, signals: { x: { readings: [[0, 1, 'Goodish']] as [number, number, string][] } } }
  await assert.rejects(() => runComputed(unknown, none), /no status Goodish/)
})
