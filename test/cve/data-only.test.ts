import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fakeConnectors } from '../../src/config/fake-connector.ts'
import { lintText, loadConfig } from '../../src/config/index.ts'
import { zipOf } from '../../src/connectors/files/xlsx.fixture.ts'
import { unpack } from '../../src/connectors/files/zip.ts'
import { ConfigurationError } from '../../src/core/errors.ts'
import { compile } from '../../src/core/expression/index.ts'

/** What comes from outside is data: nothing of it is ever run, and no name in it is a place on our disk. */

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'ecluse-cve-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const ESCAPES = [
  'x.constructor.constructor("return process")()',
  '"".constructor.constructor("return globalThis.process.exit()")()',
  'this.constructor.constructor("return this")()',
  '[].filter.constructor("return process")()',
  'x.__proto__.polluted',
  'process.exit(1)',
  'require("node:child_process").execSync("id")',
  'import("node:fs")',
  'eval("1")',
  'Function("return 1")()',
  'globalThis',
  'x["constructor"]',
  '(() => 1)()',
  'new Date()',
  '`${x}`',
  'while(true){}',
]

test('CVE-2026-26332, CVE-2026-26956 (vm2), CVE-2022-36126 (Ignition), CVE-2023-33831 (FUXA): an expression reaches nothing but its variables', () => {
  for (const text of ESCAPES) {
    const { evaluate, problems } = compile(text, { variables: { x: { type: 'number' } }, result: { type: 'number' } })
    assert.ok(problems.length > 0, text)
    assert.equal(evaluate({ x: 1 }), undefined, text)
  }
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
})

test('CVE-2025-13911, CVE-2025-13913 (Ignition): a configuration is data: tags that would make objects or run code are refused', async () => {
  const mark = join(folder, 'ran')
  for (const value of [
    `!!js/function 'function () { require("fs").writeFileSync("${mark}", "") }'`,
    `!!js/undefined ''`,
    '!!python/object/apply:os.system ["id"]',
    '!!java.lang.ProcessBuilder ["id"]',
    '!<tag:yaml.org,2002:js/regexp> /x/',
  ]) {
    const file = join(folder, 'ecluse.yaml')
    writeFileSync(file, `version: 1\nsite: { id: t }\ndata: ${value}\nconnections: {}\n`)
    await assert.rejects(loadConfig(file, { connectors: fakeConnectors, env: {} }), ConfigurationError, value)
  }
  assert.ok(!existsSync(mark))
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
})

test('CVE-2021-21297 (Node-RED), CVE-2023-36665 (protobufjs): a configuration with keys of prototypes changes no prototype', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const linted = lintText(
      `version: 1\nsite: { id: t }\n${key}: { polluted: true }\nconnections: { ${key}: { kind: fake, polluted: true } }\n`,
      {
        connectors: fakeConnectors,
        env: {},
      },
    )
    assert.ok(linted)
  }
  assert.deepEqual([({} as { polluted?: unknown }).polluted, Object.keys(Object.prototype)], [undefined, []])
})

test('CVE-2022-1264 (Ignition): names in a zip are names: nothing is written, wherever they point', () => {
  const before = readdirSync(folder).sort()
  const names = ['../../escaped.txt', '/etc/escaped.txt', '..\\..\\escaped.txt', 'a/../../../escaped.txt', '__proto__']
  const parts = unpack(zipOf(Object.fromEntries(names.map((name) => [name, 'x']))))
  assert.ok(parts.length >= names.length - 1)
  assert.deepEqual(readdirSync(folder).sort(), before)
  assert.ok(!existsSync(join(folder, '../../escaped.txt')) && !existsSync('/etc/escaped.txt'))
  // Nothing in the program unpacks an archive onto the disk.
  const writers = globSync('src/**/*.ts', { cwd: root }).filter(
    (file) => !/test|fixture/.test(file) && /\bunpack\(/.test(readFileSync(join(root, file), 'utf8')),
  )
  for (const file of writers) assert.doesNotMatch(readFileSync(join(root, file), 'utf8'), /writeFile|createWriteStream/, file)
})

test('CVE-2026-9568 (ThingsBoard): what is written as YAML or JSON is written by a serializer, not by pasting texts together', async () => {
  const { stringify, parse } = await import('yaml')
  for (const text of ['a: b\nadmin: true', '"]}\nx: 1', '- a\n- b', '!!js/function x', '&a [*a]', '# no comment', '\u2028x', '<<: *x'])
    assert.deepEqual(parse(stringify({ text })), { text })
  // The places where YAML is made.
  const makers = globSync('src/**/*.ts', { cwd: root }).filter(
    (file) => !/test|fixture|cases/.test(file) && /from 'yaml'/.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.ok(makers.length > 0)
})

test('CVE-2017-7652 (Mosquitto): nothing is reloaded: a file that is broken, or gone, changes nothing of a node that runs, and starts none', async () => {
  const file = join(folder, 'broken.yaml')
  writeFileSync(file, 'version: 1\nsite: { id: t }\nconnections: [\n')
  await assert.rejects(loadConfig(file, { connectors: fakeConnectors, env: {} }), ConfigurationError)
  await assert.rejects(loadConfig(join(folder, 'gone.yaml'), { connectors: fakeConnectors, env: {} }), ConfigurationError)
  // SIGHUP, at which that broker loaded its file again and, without descriptors, fell back to no security at all, ends a node as SIGTERM does.
  const io = readFileSync(join(root, 'src/cli/io.ts'), 'utf8')
  assert.match(io, /for \(const signal of \['SIGINT', 'SIGTERM', 'SIGHUP'\] as const\) process\.on\(signal, onSignal\)/)
  const watching = globSync('src/**/*.ts', { cwd: root }).filter(
    (one) => !/test|fixture/.test(one) && /\bwatchFile\b|\{[^}]*\bwatch\b[^}]*\} from 'node:fs/.test(readFileSync(join(root, one), 'utf8')),
  )
  assert.deepEqual(watching, [])
})
