import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CONTRACT_LIMITS } from '../govern/contracts/config.ts'
import { fakeConnectors } from './fake-connector.ts'
import { type Language, lintFiles } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'ecluse-contracts-'))
after(() => rmSync(root, { recursive: true, force: true }))
let folders = 0

const CONNECTIONS = `substitutes:
  a/1-clean: { of: a/1, forAtMost: 10min, author: Ana }
connections:
  plc-1: { kind: fake, endpoint: fake://a, signals: [{ id: a/1, address: 1, unit: A }] }
`
const contract = (id: string, properties: string[], rest = ''): string => `apiVersion: v3.1.0
kind: DataContract
id: ${id}
version: '1'
status: active
schema: [{ name: m, properties: [${properties.join(', ')}] }]
customProperties:
  - { property: otOwner, value: a }
  - { property: itOwner, value: b }
  - { property: forbiddenUses, value: [] }
${rest}`
const bound = (name: string, signal: string, more = ''): string =>
  `{ name: ${name}, customProperties: [{ property: signal, value: "${signal}" }${more}] }`

async function lint(files: Record<string, string>, language: Language = 'en') {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  writeFileSync(join(folder, 'ecluse.yaml'), `version: 1\nsite: { id: t2e }\ncontracts: ['*.odcs.yaml']\n${CONNECTIONS}`)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const result = await lintFiles(join(folder, 'ecluse.yaml'), { connectors: fakeConnectors, env: {}, language })
  return { ...result, folder, codes: result.problems.map(({ code }) => code) }
}

test('a configuration comes with its contracts, and their content is part of its version', async () => {
  const one = await lint({ 'm.odcs.yaml': contract('m', [bound('p', 'a/1')]) })
  assert.deepEqual(one.codes, [])
  assert.deepEqual(
    one.loaded?.contracts.map(({ id, file }) => [id, file]),
    [['m', join(one.folder, 'm.odcs.yaml')]],
  )
  assert.equal(one.files.length, 2)
  const other = await lint({ 'm.odcs.yaml': contract('m', [bound('p', 'a/1', ', { property: unit, value: A }')]) })
  assert.notEqual(other.loaded?.version, one.loaded?.version)
})

test('a substitute can be bound, in the unit of the signal it stands for', async () => {
  const unit = (code: string) => ({ 'm.odcs.yaml': contract('m', [bound('p', 'a/1-clean', `, { property: unit, value: ${code} }`)]) })
  assert.deepEqual((await lint(unit('A'))).codes, [])
  assert.deepEqual((await lint(unit('mA'))).codes, ['E_CONTRACT_UNIT'])
})

test('problems are said in French too', async () => {
  const { problems } = await lint({ 'm.odcs.yaml': contract('m', [bound('p', 'a/2')]) }, 'fr')
  assert.equal(problems[0]?.message, 'il n’y a pas de signal `a/2`')
})

test('a directory of YAML files read as one leaves contracts aside', async () => {
  const { folder } = await lint({ 'm.odcs.yaml': contract('m', [bound('p', 'a/1')]) })
  const { ok, loaded } = await lintFiles(folder, { connectors: fakeConnectors, env: {} })
  assert.deepEqual([ok, loaded?.contracts.length], [true, 1])
})

test('limits: the size of a contract, their number, their properties, their patterns', async () => {
  const { fileBytes, files, properties, patterns } = CONTRACT_LIMITS
  assert.deepEqual((await lint({ 'm.odcs.yaml': `${contract('m', [])}#${'x'.repeat(fileBytes)}` })).codes, ['E_CONTRACT_LIMIT'])
  const many = Object.fromEntries(Array.from({ length: files + 1 }, (_, i) => [`${i}.odcs.yaml`, contract(`m${i}`, [])]))
  assert.deepEqual((await lint(many)).codes, ['E_CONTRACT_LIMIT'])
  const plain = (count: number) => Array.from({ length: count }, (_, i) => `{ name: p${i} }`)
  assert.deepEqual((await lint({ 'm.odcs.yaml': contract('m', plain(properties)) })).codes, [])
  assert.deepEqual((await lint({ 'm.odcs.yaml': contract('m', plain(properties + 1)) })).codes, ['E_CONTRACT_LIMIT'])
  const globs = (count: number) => Array.from({ length: count }, (_, i) => bound(`p${i}`, 'a/*'))
  assert.deepEqual((await lint({ 'm.odcs.yaml': contract('m', globs(patterns)) })).codes, [])
  assert.deepEqual((await lint({ 'm.odcs.yaml': contract('m', globs(patterns + 1)) })).codes, ['E_CONTRACT_LIMIT'])
})

test('limits: the checks of all contracts together', async () => {
  const half = CONTRACT_LIMITS.checks / 2
  const checked = (id: string, count: number) => {
    const checks = Array.from({ length: count }, (_, i) => `{ metric: rowCount, mustBe: ${i} }`)
    return contract(id, [`{ name: p, quality: [${checks}] }`])
  }
  assert.deepEqual((await lint({ 'a.odcs.yaml': checked('a', half), 'b.odcs.yaml': checked('b', half) })).codes, [])
  assert.deepEqual((await lint({ 'a.odcs.yaml': checked('a', half), 'b.odcs.yaml': checked('b', half + 1) })).codes, ['E_CONTRACT_LIMIT'])
})

test('limits: the length of a pattern, what its braces stand for, and the states of a property', async () => {
  const long = contract('m', [
    bound('p', `a/${'*'.repeat(CONTRACT_LIMITS.patternLength)}`),
    bound('q', '{1,2,3,4,5,6,7,8,9}{1,2,3,4,5,6,7,8,9}'),
  ])
  assert.deepEqual((await lint({ 'm.odcs.yaml': long })).codes, ['E_CONTRACT_PATTERN', 'E_CONTRACT_PATTERN'])
  const states = Array.from({ length: CONTRACT_LIMITS.states + 1 }, (_, i) => i)
  const much = contract('m', [bound('p', 'a/1', `, { property: validStates, value: [${states}] }`)])
  assert.deepEqual((await lint({ 'm.odcs.yaml': much })).codes, ['E_VALUE'])
})

test('a hostile contract is refused and costs little', async () => {
  const started = performance.now()
  for (const text of ['a: *b', '[', '\u0000', '- 1', `x: ${'['.repeat(50_000)}`, '__proto__: 1', 'schema: {}'])
    assert.equal((await lint({ 'm.odcs.yaml': text })).ok, false, text.slice(0, 20))
  assert.ok(performance.now() - started < 10_000)
})
