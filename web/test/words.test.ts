import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { en } from '../src/words/en.ts'
import { fr } from '../src/words/fr.ts'

type Leaf = string | ((...parts: string[]) => string)
type Tree = { readonly [key: string]: Leaf | Tree }

function leaves(tree: Tree, path = ''): [string, Leaf][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' ? leaves(value, `${path}${key}.`) : [[`${path}${key}`, value] as [string, Leaf]],
  )
}

const english = leaves(en as unknown as Tree)
const french = new Map(leaves(fr as unknown as Tree))

test('French and English have the same keys, the same parameters and no empty text', () => {
  assert.deepEqual([...french.keys()].sort(), english.map(([key]) => key).sort())
  for (const [key, text] of english) {
    const other = french.get(key)
    assert.equal(typeof other, typeof text, key)
    if (typeof text === 'function' && typeof other === 'function') {
      const marks = Array.from({ length: text.length }, (_, i) => `<${i}>`)
      for (const said of [text(...marks), other(...marks)]) for (const mark of marks) assert.ok(said.includes(mark), `${key} drops ${mark}`)
    } else assert.ok(String(text).trim() && String(other).trim(), key)
  }
})

test('French puts narrow spaces or plain ones before double signs, and uses its own apostrophe', () => {
  for (const [key, text] of french) {
    const said = typeof text === 'function' ? text('a', 'b', 'c') : text
    assert.doesNotMatch(said, /[a-zé][:;!?](\s|$)/, key)
    assert.doesNotMatch(said, /'/, key)
  }
})

test('every command that the pages name is one', () => {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'cli')
  const program = readdirSync(folder)
    .filter((name) => /^program\.ts$|-verbs\.ts$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const verbs = new Set([...program.matchAll(/'([a-z][a-z-]*)(?=[ '])/g)].map(([, verb]) => verb))
  assert.ok(verbs.size > 30, [...verbs].join())
  for (const [key, text] of [...english, ...french]) {
    const said = typeof text === 'function' ? text('a', 'b', 'c') : text
    for (const [, verb = '', second] of said.matchAll(/`ecluse ([a-z-]+)(?: ([a-z]+))?/g)) {
      assert.ok(verbs.has(verb), `${key}: there is no \`ecluse ${verb}\``)
      if (second !== undefined && ['policy', 'node', 'user', 'token', 'config', 'spool'].includes(verb))
        assert.ok(verbs.has(second), `${key}: ${verb} ${second}`)
    }
  }
})

test('every text that the pages ask for is used somewhere', () => {
  const root = join(import.meta.dirname, '..', 'src')
  const source = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('words'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const dynamic =
    /^(reasons|statusCodes|anomalies|characteristics|characteristicQuestions|rules|breaches|contractStatus|equipment\.levels|nodes\.(roles|heldFor|ends|effects|states|otherStates|causes|findingTexts|certificates|refusals|carried)|quality\.(periods|legend)|ledger\.(periods|destinations|units)|evidence\.(parts|periods|outcomes|kinds)|lineage\.(why|kinds)|plan\.(is|why|roles|approvals\.states)|security\.(states|severities|baselines|sensors|evidenceNames|whats|modbus)|records\.(spans|own)|people\.(states|directions|permissions|problems)|results\.(types|typeOf|spans|causes|reasons)|kpis\.trends|passport\.(verdicts|reasons|says|kinds|states|problems|counts|countsOne|details|detailValues|causes)|status|connections|nav|frame|levels|signal\.(ranges|types|legend)|zones\.(states|directions|parts|reasons))\./
  const unused = english
    .map(([key]) => key)
    .filter((key) => !dynamic.test(key) && !new RegExp(`(?:\\.|[{,] )${key.split('.').at(-1)}\\b`).test(source))
  assert.deepEqual(unused, [])
})
