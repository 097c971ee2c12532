import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

test('every link and picture between our pages leads somewhere', () => {
  const pages = ['*.md', 'docs/**/*.md', 'src/**/README.md'].flatMap((pattern) => globSync(pattern, { cwd: root }))
  assert.ok(pages.length >= 8)
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map((match) => match[1] as string)
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  )
  assert.deepEqual(dead, [])
})
