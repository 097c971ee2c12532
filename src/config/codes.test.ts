import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')

test('docs/errors.md explains every code the program can say, and no other; docs/fr/erreurs.md the same in the same order', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !/\.test\.ts$|fake-connector|fixture/.test(file))
  const said = new Set(sources.flatMap((file) => readFileSync(join(root, file), 'utf8').match(/(?<=')[EW]_[A-Z0-9_]+(?=')/g) ?? []))
  const explained = (page: string) => readFileSync(join(root, 'docs', page), 'utf8').match(/(?<=^### )[EW]_[A-Z0-9_]+$/gm) ?? []
  const headings = explained('errors.md')
  assert.ok(said.size > 20)
  assert.deepEqual([...said].sort(), [...headings].sort())
  assert.deepEqual(explained('fr/erreurs.md'), headings)
})
