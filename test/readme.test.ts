import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lintText } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'

const root = join(import.meta.dirname, '..')

test("the README's configuration passes lint", () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? ''
  const { problems } = lintText(yaml, { connectors, env: {} })
  assert.deepEqual(
    problems.filter(({ level }) => level === 'error'),
    [],
  )
})
