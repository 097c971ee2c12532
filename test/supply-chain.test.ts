import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { judge } from '../scripts/advisories.ts'
import { ALLOWED, licenseTable } from '../scripts/licenses.ts'
import { lockedPackages, ROOT } from '../scripts/lock.ts'
import { checkRelease, manifestOf, signRelease } from '../scripts/release.ts'
import { sbomOf } from '../scripts/sbom.ts'

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'ecluse-supply-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('every package is pinned by its hash, and none comes from another place than a registry', () => {
  const wrong = lockedPackages().filter(
    ({ resolved, integrity }) => !/^sha512-/.test(integrity) || !/^($|https:\/\/registry\.npmjs\.org\/[^?#]+\.tgz$)/.test(resolved),
  )
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  )
})

test('licences: every shipped package has one that is permitted, and the list is of this lock file', () => {
  const shipped = lockedPackages().filter(({ dev }) => !dev)
  assert.deepEqual(
    shipped.filter(({ license }) => !ALLOWED.includes(license)).map(({ name, license }) => `${name}: ${license}`),
    [],
  )
  assert.equal(readFileSync(join(ROOT, 'docs', 'licenses.md'), 'utf8'), licenseTable())
})

test('the parts list is CycloneDX and names every shipped package', (t) => {
  const file = join(folder(t), 'sbom.json')
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'sbom.ts'), file], { cwd: ROOT, stdio: 'ignore' })
  const sbom = JSON.parse(readFileSync(file, 'utf8')) as {
    bomFormat: string
    specVersion: string
    dependencies: { ref: string; dependsOn: string[] }[]
    metadata: { component: { name: string; purl: string } }
    components: { name: string; group?: string; version: string; purl: string; hashes?: unknown[]; licenses?: unknown[] }[]
  }
  assert.deepEqual([sbom.bomFormat, sbom.specVersion, sbom.metadata.component.name], ['CycloneDX', '1.5', 'ecluse'])
  const named = new Set(sbom.components.map(({ purl }) => decodeURIComponent(purl)))
  const missing = lockedPackages().filter(({ dev, name, version }) => !dev && !named.has(`pkg:npm/${name}@${version}`))
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  )
  assert.ok(sbom.components.every(({ hashes }) => (hashes?.length ?? 0) > 0))
  // Whatever depends on something, the something is there; and it is the same however often it is made.
  const refs = new Set([...sbom.components.map(({ purl }) => purl), sbom.metadata.component.purl])
  assert.deepEqual(
    sbom.dependencies.flatMap(({ dependsOn }) => dependsOn.filter((ref) => !refs.has(ref))),
    [],
  )
  assert.equal(sbom.dependencies.length, refs.size)
  assert.deepEqual(sbomOf('1.0.0', lockedPackages()), sbomOf('1.0.0', lockedPackages()))
})

test('advisories: no answer, half an answer and an answer about nothing are not good news', () => {
  const good = { vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 }, dependencies: { prod: 300 } } }
  assert.equal(judge(JSON.stringify(good), '').exit, 0)
  const bad = {
    ...good,
    vulnerabilities: { x: { severity: 'high', range: '<2' } },
    metadata: { ...good.metadata, vulnerabilities: { total: 1 } },
  }
  assert.deepEqual(judge(JSON.stringify(bad), ''), { exit: 1, lines: ['advisories: 1', 'high: x <2'] })
  for (const output of [
    '',
    '{',
    '{}',
    'null'.replace('null', '[]'),
    JSON.stringify({ message: '405 Method Not Allowed', error: {} }),
    JSON.stringify({ ...good, metadata: { vulnerabilities: { total: 0 } } }),
  ]) {
    const verdict = judge(output, 'network is unreachable')
    assert.equal(verdict.exit, 2, output)
    assert.match(verdict.lines[0] as string, /^ADVISORIES NOT RUN: ./)
  }
})

test('releases: what was signed is accepted; altered, missing, added, older, or signed by another is not', (t) => {
  const directory = folder(t)
  const pem = (key: { export(options: { type: 'pkcs8' | 'spki'; format: 'pem' }): string | Buffer }, type: 'pkcs8' | 'spki') =>
    String(key.export({ type, format: 'pem' }))
  const [ours, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const files = ['ecluse-1.2.0.tgz', 'ecluse-1.2.0.cdx.json'].map((name) => join(directory, name))
  for (const file of files) writeFileSync(file, `content of ${file}`)
  const release = join(directory, 'RELEASE')
  const write = (manifest: string, key = ours) => {
    writeFileSync(release, manifest)
    writeFileSync(`${release}.sig`, signRelease(manifest, pem(key.privateKey, 'pkcs8')))
  }
  const check = (notBefore?: string) => checkRelease(release, pem(ours.publicKey, 'spki'), notBefore)
  const manifest = manifestOf('1.2.0', files)
  write(manifest)
  assert.deepEqual(check('1.2.0'), [])
  assert.deepEqual(check('1.10.0'), ['version 1.2.0 is older than 1.10.0: refused'])
  writeFileSync(release, manifest.replace('1.2.0', '9.9.9'))
  assert.match(check()[0] as string, /signature/)
  write(manifest, other)
  assert.match(check()[0] as string, /signature/)
  write(manifest.replace('ecluse-1.2.0.tgz', '../ecluse-1.2.0.tgz'))
  assert.match(check()[0] as string, /not a plain name/)
  write(manifest)
  writeFileSync(files[0] as string, 'other')
  assert.match(check()[0] as string, /altered/)
  rmSync(files[0] as string)
  assert.match(check()[0] as string, /missing/)
  // The command says the same.
  const key = join(directory, 'key')
  const run = (...args: string[]) => spawnSync(process.execPath, [join(ROOT, 'scripts', 'release.ts'), ...args], { encoding: 'utf8' })
  assert.equal(run('keygen', '--key', key).status, 0)
  writeFileSync(files[0] as string, 'again')
  assert.equal(run('sign', '--key', key, '--version', '1.2.0', ...files).status, 0)
  assert.equal(run('verify', '--key', `${key}.pub`, release).status, 0)
  assert.equal(run('verify', '--key', `${key}.pub`, release, '--not-before', '2.0.0').status, 1)
})
