import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fakeConnectors } from './fake-connector.ts'
import { formatProblems, lintFiles } from './index.ts'

/**
 * Every folder of cases/ is a configuration and `expected.txt`, what lint says of it offline. A bug report becomes a folder.
 * ECLUSE_UPDATE_CASES=1 writes the expectations anew; read the difference before committing it.
 */
const cases = join(import.meta.dirname, 'cases')

for (const name of readdirSync(cases)) {
  test(`lint: ${name}`, async () => {
    const folder = join(cases, name)
    const path = existsSync(join(folder, 'ecluse.yaml')) ? join(folder, 'ecluse.yaml') : folder
    const started = performance.now()
    const { problems, ok } = await lintFiles(path, { connectors: fakeConnectors, env: {} })
    const text = problems.length === 0 ? '' : `${formatProblems(problems, 'hint:').replaceAll(`${folder}/`, '')}\n`
    const expected = join(folder, 'expected.txt')
    if (process.env.ECLUSE_UPDATE_CASES === '1') writeFileSync(expected, text)
    assert.equal(text, readFileSync(expected, 'utf8'))
    assert.equal(ok, !/ E_/.test(text))
    assert.doesNotMatch(text, /hunter2|4711/, 'a secret must never be repeated')
    assert.ok(performance.now() - started < 5_000, 'a hostile file must cost little')
  })
}
