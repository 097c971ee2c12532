import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { saidInFrench } from './said-in-french.ts'

const CONNECTORS = join(import.meta.dirname, '..', '..', 'connectors')
/** Sentences of lint, and of schemas: `message: '...'`, `hint = '...'`, the last argument of a check. */
const SENTENCE = /(?:(?:message|hint)(?::| =)\s*|(?:add|wrong|say)\([^)]*?, |refine\(.*?, |length\(1, )(['`])((?:\\.|(?!\1).)+)\1/g

test('what connectors say of their configuration is said in French too', () => {
  const missing: string[] = []
  for (const file of globSync(['*/{lint,query,config}.ts', 'modbus/index.ts'], { cwd: CONNECTORS })) {
    const source = readFileSync(join(CONNECTORS, file), 'utf8')
    for (const [, , written = ''] of source.matchAll(SENTENCE)) {
      // A sentence with a choice in it is in the list once for each.
      if (written.includes('${') && /\?.*'|\(\{/.test(written)) continue
      const text = written.replace(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, 'X').replace(/\\(.)/g, '$1')
      if (text.includes(' ') && !/^[EW]_/.test(text) && saidInFrench(text) === text) missing.push(`${file}: ${text}`)
    }
  }
  assert.deepEqual(missing, [])
})

test('what is put into a sentence stays as it is, and what nobody has translated too', () => {
  assert.equal(
    saidInFrench('everything goes to plc.example unencrypted and could be read or changed on the way'),
    'tout va en clair vers plc.example et pourrait être lu ou modifié en route',
  )
  assert.equal(saidInFrench('csv has no effect with format: xlsx'), 'csv n’a pas d’effet avec format: xlsx')
  assert.equal(saidInFrench('something else'), 'something else')
})
