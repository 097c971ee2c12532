import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { signedText, signerOf, verifierOf } from '../lib/signed.ts'
import { BUNDLE_LIMITS, type BundleProblem, BundleRefused, readBundle, writeBundle } from './config-bundle.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

const signer = signerOf(generateKeyPairSync('ed25519').privateKey)
const verifier = verifierOf(signer.publicKey)
const files = [{ path: 'ecluse.yaml', text: 'version: 1\n' }]
const bytes = (text: string) => Buffer.from(text)
const refused = (problem: BundleProblem) => (error: unknown) => error instanceof BundleRefused && error.problem === problem

test('what was written is read; another key, an altered byte and an older counter are refused', () => {
  const text = writeBundle({ site: 't', counter: 7, entry: 'ecluse.yaml', files }, signer)
  assert.equal(readBundle(bytes(text), verifier, 6).files[0]?.text, 'version: 1\n')
  for (const least of [7, 8]) assert.throws(() => readBundle(bytes(text), verifier, least), refused('older'))
  assert.throws(() => readBundle(bytes(text), verifierOf(signerOf(generateKeyPairSync('ed25519').privateKey).publicKey), 0), refused('key'))
  assert.throws(() => readBundle(bytes(text.replace('version: 1', 'version: 2')), verifier, 0), refused('key'))
  for (const other of ['', '{}', text.slice(1), `${text} `, text.trimEnd()])
    assert.throws(() => readBundle(bytes(other), verifier, 0), BundleRefused)
})

test('CVE-2025-13911, CVE-2025-13913, CVE-2022-1264 (Ignition), CVE-2026-25895 (FUXA): a signed bundle is looked at all the same: data alone, in its place, within its limits', () => {
  const hash = 'a'.repeat(64)
  const whole = (file: object, more: object = {}) =>
    signedText({ format: 'ecluse-config/1', site: 't', counter: 1, entry: 'ecluse.yaml', files: [file], ...more }, signer)
  for (const path of [
    ...[
      '../ecluse.yaml',
      '/etc/ecluse.yaml',
      'a/../../x.yaml',
      'a\\b.yaml',
      './x.yaml',
      '.hidden.yaml',
      'a/.ssh/x.yaml',
      'x.yaml\0.yaml',
      'C:/x.yaml',
      '~/x.yaml',
    ],
    ...[
      'x.js',
      'x.ts',
      'x.sh',
      'x.node',
      'x.yaml.exe',
      'package.json',
      '__proto__',
      '',
      `${'a/'.repeat(9)}x.yaml`,
      `${'a'.repeat(300)}.yaml`,
    ],
  ])
    assert.throws(() => readBundle(bytes(whole({ path, sha256: hash, text: '' })), verifier, 0), refused('content'), path)
  // A hash that is not that of its text.
  assert.throws(() => readBundle(bytes(whole({ path: 'ecluse.yaml', sha256: hash, text: 'x' })), verifier, 0), refused('content'))
  const more = { path: 'ecluse.yaml', sha256: hash, text: '', run: 'rm -rf /' }
  assert.throws(() => readBundle(bytes(whole(more)), verifier, 0), refused('content'))
  assert.throws(
    () => readBundle(bytes(signedText(JSON.parse('{"__proto__":{"format":"ecluse-config/1"}}'), signer)), verifier, 0),
    refused('content'),
  )
  const twice = [
    { path: 'A.yaml', text: '' },
    { path: 'a.yaml', text: '' },
  ]
  assert.throws(
    () => readBundle(bytes(writeBundle({ site: 't', counter: 1, entry: 'a.yaml', files: twice }, signer)), verifier, 0),
    refused('content'),
  )
  const many = Array.from({ length: BUNDLE_LIMITS.files + 1 }, (_, i) => ({ path: `f${i}.yaml`, text: '' }))
  assert.throws(() => writeBundle({ site: 't', counter: 1, entry: '.', files: many }, signer), refused('content'))
  assert.throws(
    () =>
      writeBundle(
        { site: 't', counter: 1, entry: 'a.yaml', files: [{ path: 'a.yaml', text: 'x'.repeat(BUNDLE_LIMITS.characters + 1) }] },
        signer,
      ),
    refused('content'),
  )
  const named = (length: number) => `${'n'.repeat(length - 5)}.yaml`
  const at = (path: string) => () =>
    readBundle(bytes(writeBundle({ site: 't', counter: 1, entry: path, files: [{ path, text: '' }] }, signer)), verifier, 0)
  assert.doesNotThrow(at(named(BUNDLE_LIMITS.pathLength)))
  assert.throws(at(named(BUNDLE_LIMITS.pathLength + 1)), BundleRefused)
  assert.throws(() => readBundle(Buffer.alloc(BUNDLE_LIMITS.bytes + 1), verifier, 0), refused('content'))
  const half = { path: 'b.yaml', text: 'x'.repeat(BUNDLE_LIMITS.characters / 2 + 1) }
  const large = writeBundle({ site: 't', counter: 1, entry: 'b.yaml', files: [half, { ...half, path: 'c.yaml' }] }, signer)
  assert.throws(() => readBundle(bytes(large), verifier, 0), refused('content'))
  assert.throws(
    () => readBundle(bytes(writeBundle({ site: 't', counter: 1, entry: 'other.yaml', files }, signer)), verifier, 0),
    refused('content'),
  )
})

test('by commands: exported here, shown there, laid down there; then the same again is refused as older', async () => {
  const { run, write, folder } = makeWorld()
  const file = write('ecluse.yaml', `${paperYaml({})}  plc: { kind: paper, signals: [{ id: a }] }\n`)
  const bundle = join(folder, 'bundle.txt')
  const exported = await run(['config', 'export', file, '--out', bundle])
  assert.equal(exported.code, 0, exported.err)
  assert.match(exported.out, /1 file\(s\), version 1, signed by [0-9a-f]{64}/)
  assert.match((await run(['config', 'export', file, '--out', bundle])).err, /is there already/)
  const key = join(folder, 'data', 'identity', 'signing', 'signing-key.pub.pem')
  const there = join(folder, 'there')
  const take = (...more: string[]) => run(['config', 'import', bundle, '--key', key, '--to', there, ...more])
  const dry = await take()
  assert.equal(dry.code, 0, dry.err)
  assert.match(dry.out, /added +ecluse\.yaml\nnothing has been changed/)
  assert.ok(!existsSync(there))
  const done = await take('--apply')
  assert.equal(done.code, 0, done.err)
  assert.equal(readFileSync(join(there, 'ecluse.yaml'), 'utf8'), readFileSync(file, 'utf8'))
  const again = await take('--apply')
  assert.equal(again.code, 1)
  assert.match(again.err, /not newer than the one that was taken last \(1 ≤ 1\)/)
  // A key of somebody else, and what is no key.
  const other = write('other.pem', signer.publicKey)
  assert.match((await run(['config', 'import', bundle, '--key', other, '--to', there])).err, /not signed by the key/)
  assert.match((await run(['config', 'import', bundle, '--key', bundle, '--to', there])).err, /no public key/)
})

test('nothing is written through a link, and what lint refuses is not laid down', async () => {
  const { run, write, folder } = makeWorld()
  const key = write('key.pem', signer.publicKey)
  const good = `${paperYaml({})}  plc: { kind: paper, signals: [{ id: a }] }\n`
  const bundleOf = (name: string, text: string, path = 'ecluse.yaml') =>
    write(name, writeBundle({ site: 't', counter: 5, entry: path, files: [{ path, text }] }, signer))
  const there = join(folder, 'there')
  mkdirSync(there)
  writeFileSync(join(folder, 'outside.yaml'), 'mine')
  symlinkSync(join(folder, 'outside.yaml'), join(there, 'ecluse.yaml'))
  symlinkSync(folder, join(there, 'sub'))
  for (const path of ['ecluse.yaml', 'sub/outside.yaml']) {
    const { code, err } = await run([
      'config',
      'import',
      bundleOf(`${path.length}.txt`, good, path),
      '--key',
      key,
      '--to',
      there,
      '--apply',
    ])
    assert.equal(code, 1)
    assert.match(err, /not a plain file/)
  }
  assert.equal(readFileSync(join(folder, 'outside.yaml'), 'utf8'), 'mine')
  const empty = join(folder, 'empty')
  const bad = await run([
    'config',
    'import',
    bundleOf('bad.txt', 'version: 1\nsite: { id: t }\nsites: 1\n'),
    '--key',
    key,
    '--to',
    empty,
    '--apply',
  ])
  assert.equal(bad.code, 78)
  assert.ok(!existsSync(empty))
})
