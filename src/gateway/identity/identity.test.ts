import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../core/manual-clock.ts'
import { DAY, HOUR, systemClock } from '../../core/time.ts'
import { openAuthority } from './authority.ts'
import { daysLeft, factsOf, isRenewalDue } from './certificate.ts'
import { customerAuthority } from './customer.ts'
import { IdentityError } from './errors.ts'
import { keyToPem, newKeyPair, readKey } from './keys.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import { customerIdentity } from './node-identity.ts'
import { openRegistry } from './registry.ts'
import { checkRequest, isNodeName, makeRequest } from './x509.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const problem = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ecluse-identity-'))
  after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const authorityIn = (directory: string, more: { passphrase?: string; days?: number } = {}) =>
  openAuthority({
    directory,
    name: 'hub-1',
    clock: systemClock,
    certificateDays: more.days ?? 90,
    passphrase: more.passphrase,
    hosts: ['10.0.0.5', 'hub.plant.example', '0.0.0.0'],
  })

test('the authority is made once, also by two at the same moment; its files are its owner’s alone', async () => {
  const directory = folder()
  const [a, b] = await Promise.all([authorityIn(directory), authorityIn(directory)])
  assert.equal(a.fingerprint, b.fingerprint)
  assert.equal((await authorityIn(directory)).fingerprint, a.fingerprint)
  assert.deepEqual(readdirSync(directory), ['authority'])
  assert.equal(statSync(join(directory, 'authority')).mode & 0o777, 0o700)
  for (const file of ['ca.pem', 'ca-key.pem']) assert.equal(statSync(join(directory, 'authority', file)).mode & 0o777, 0o600)
  chmodSync(join(directory, 'authority', 'ca-key.pem'), 0o640)
  await assert.rejects(authorityIn(directory), (error: unknown) => problem('too-open')(error) && /mode 640/.test(String(error)))
})

test('a key is encrypted where there is a passphrase, and opens with nothing else', async () => {
  const directory = folder()
  await authorityIn(directory, { passphrase: 'correct horse' })
  const file = join(directory, 'authority', 'ca-key.pem')
  assert.match(readFileSync(file, 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  await authorityIn(directory, { passphrase: 'correct horse' })
  await assert.rejects(authorityIn(directory), problem('passphrase'))
  await assert.rejects(authorityIn(directory, { passphrase: 'wrong' }), problem('passphrase'))
  if (!hasOpenssl) return
  assert.match(openssl('asn1parse', '-in', file), /:PBES2[\s\S]*:scrypt[\s\S]*:aes-256-cbc/)
  assert.match(openssl('pkey', '-in', file, '-passin', 'pass:correct horse', '-noout', '-text'), /NIST CURVE: P-256/)
})

test('certificates: what they say, and what OpenSSL says of them', { skip: !hasOpenssl && 'no openssl here' }, async () => {
  const directory = folder()
  const authority = await authorityIn(directory)
  const keys = await newKeyPair()
  const request = await makeRequest('ligne-été', keys)
  const issued = await authority.issue(request, 'ligne-été')
  assert.ok(issued)
  const facts = factsOf(new X509Certificate(issued.pem))
  assert.deepEqual(facts && { ...facts, notBefore: 0, notAfter: 0 }, {
    name: 'ligne-été',
    serial: issued.serial,
    notBefore: 0,
    notAfter: 0,
  })
  assert.ok(Math.abs((facts?.notAfter ?? 0) - systemClock.now() - 90 * DAY) < 5e6)
  assert.ok(Math.abs((facts?.notBefore ?? 0) - systemClock.now() + HOUR) < 5e6)
  const put = (name: string, text: string) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const ca = put('ca.pem', authority.ca)
  const node = put('node.pem', issued.pem)
  const server = put('server.pem', (await authority.server()).certificate)
  assert.match(openssl('req', '-in', put('request.pem', request), '-verify', '-noout', '-text'), /Public Key Algorithm: id-ecPublicKey/)
  const verify = (purpose: string, file: string) =>
    spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', ca, '-purpose', purpose, file]).status === 0
  assert.deepEqual([verify('sslclient', node), verify('sslserver', node)], [true, false])
  assert.deepEqual([verify('sslserver', server), verify('sslclient', server)], [true, false])
  const text = openssl('x509', '-in', node, '-noout', '-text', '-nameopt', 'utf8')
  assert.match(text, /CN ?= ?ligne-été/)
  assert.match(text, /CA:FALSE/)
  assert.match(text, /TLS Web Client Authentication/)
  assert.match(text, /URI:urn:ecluse:node:ligne-%C3%A9t%C3%A9/)
  assert.match(text, /ecdsa-with-SHA256/)
  assert.match(
    openssl('x509', '-in', server, '-noout', '-text'),
    /URI:urn:ecluse:hub:hub-1, IP Address:10\.0\.0\.5, DNS:hub\.plant\.example\n/,
  )
  assert.match(openssl('x509', '-in', ca, '-noout', '-text'), /CA:TRUE, pathlen:0/)
})

test('serial numbers are random and never the same', async () => {
  const authority = await authorityIn(folder())
  const request = await makeRequest('edge-1', await newKeyPair())
  const serials = new Set<string>()
  for (let i = 0; i < 20; i++) serials.add((await authority.issue(request, 'edge-1'))?.serial ?? '')
  assert.equal(serials.size, 20)
  for (const serial of serials) assert.match(serial, /^[4-7][0-9a-f]{31}$/)
})

test('only a sound request of this very node is signed, and only its key is taken from it', async () => {
  const keys = await newKeyPair()
  const request = await makeRequest('edge-1', keys)
  assert.ok(await checkRequest(request, 'edge-1'))
  assert.equal(await checkRequest(request, 'edge-2'), undefined)
  assert.equal(await checkRequest(request + request, 'edge-1'), undefined)
  assert.ok(await checkRequest(request.padEnd(IDENTITY_LIMITS.requestLength), 'edge-1'))
  assert.equal(await checkRequest(request.padEnd(IDENTITY_LIMITS.requestLength + 1), 'edge-1'), undefined)
  if (hasOpenssl) {
    const directory = folder()
    const make = (algorithm: string[], subject: string) => {
      openssl('genpkey', ...algorithm, '-out', join(directory, 'key.pem'))
      return openssl('req', '-new', '-key', join(directory, 'key.pem'), '-subj', subject)
    }
    const p256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
    assert.ok(await checkRequest(make(p256, '/CN=edge-1'), 'edge-1'))
    assert.equal(await checkRequest(make(p256, '/CN=edge-1/CN=hub-1'), 'edge-1'), undefined)
    assert.equal(await checkRequest(make(p256, '/O=hub-1/CN=edge-1'), 'edge-1'), undefined)
    assert.equal(await checkRequest(make(['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], '/CN=edge-1'), 'edge-1'), undefined)
    assert.equal(await checkRequest(make(['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], '/CN=edge-1'), 'edge-1'), undefined)
  }
  const der = Buffer.from(request.split('\n').slice(1, -2).join(''), 'base64')
  const pem = (bytes: Uint8Array) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  assert.ok(await checkRequest(pem(der), 'edge-1'))
  const signedKey = Buffer.from((await checkRequest(pem(der), 'edge-1'))?.rawData ?? new ArrayBuffer(0))
  const flips = fc.array(fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(flips, async (places) => {
      const mutated = Uint8Array.from(der)
      for (const [at, by] of places) mutated[at] = (mutated[at] as number) ^ by
      const started = performance.now()
      // Lengths around the signed part may be wrong without harm: what is taken is what was signed.
      const taken = await checkRequest(pem(mutated), 'edge-1')
      if (taken) assert.deepEqual(Buffer.from(taken.rawData), signedKey)
      assert.ok(performance.now() - started < 2_000)
    }),
    { numRuns: 500 },
  )
  // Nested as deeply as its length allows.
  const deep = new Uint8Array(3000)
  for (let i = 0; i < deep.length; i += 2) deep.set([0x30, 0x80], i)
  assert.equal(await checkRequest(pem(deep), 'edge-1'), undefined)
})

test('names of nodes', () => {
  for (const name of ['edge-1', 'ligne-été', '3', 'a.b:c_d', 'x'.repeat(64)]) assert.ok(isNodeName(name), name)
  for (const name of ['', '-a', 'a b', 'a/b', 'a\nCN=hub', 'x'.repeat(65), '*']) assert.ok(!isNodeName(name), name)
})

test('the customer’s own authority: its files are used as they are, replaced ones are taken over, nothing is issued', async () => {
  const directory = folder()
  const theirs = await authorityIn(directory)
  const write = async (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const shown = await theirs.server()
  const files = {
    ca: await write('ca.pem', theirs.ca),
    certificate: await write('cert.pem', shown.certificate),
    key: await write('key.pem', shown.key),
  }
  const authority = await customerAuthority(files)
  assert.deepEqual([authority.isBuiltIn, authority.fingerprint], [false, theirs.fingerprint])
  assert.equal(createPrivateKey((await authority.server()).key).equals(createPrivateKey(shown.key)), true)
  assert.equal(await authority.server(), await authority.server())
  await assert.rejects(authority.issue(await makeRequest('edge-1', await newKeyPair()), 'edge-1'), problem('not-issued-here'))
  const identity = await customerIdentity(files)
  assert.equal((await identity.credentials()).name, 'hub-1')
  await assert.rejects(
    identity.renew(() => Promise.resolve()),
    problem('not-issued-here'),
  )

  const next = await (await authorityIn(directory)).server()
  await write('cert.pem', next.certificate)
  await assert.rejects(authority.server(), problem('mismatch'))
  await write('key.pem', next.key)
  assert.equal((await authority.server()).certificate, next.certificate)
  chmodSync(files.key, 0o644)
  await assert.rejects(customerIdentity(files), problem('too-open'))
  chmodSync(files.key, 0o600)
  await assert.rejects(customerAuthority({ ...files, ca: files.certificate, key: join(directory, 'none') }), problem('absent'))
  await assert.rejects(customerAuthority({ ...files, ca: await write('not.pem', 'hello') }), problem('damaged'))
})

test('a private key is read from PKCS#8 in PEM only', async () => {
  const path = join(folder(), 'key.pem')
  const { privateKey } = await newKeyPair()
  writeFileSync(path, await keyToPem(privateKey, 'é 漢'), { mode: 0o600 })
  assert.equal((await readKey(path, 'é 漢')).asymmetricKeyType, 'ec')
  writeFileSync(path, 'nothing', { mode: 0o600 })
  await assert.rejects(readKey(path, undefined), problem('damaged'))
  const whole = await keyToPem(privateKey, undefined)
  writeFileSync(path, whole.padEnd(IDENTITY_LIMITS.pemLength, '\n'))
  assert.equal((await readKey(path, undefined)).asymmetricKeyType, 'ec')
  writeFileSync(path, whole.padEnd(IDENTITY_LIMITS.pemLength + 1, '\n'))
  await assert.rejects(readKey(path, undefined), (error: unknown) => problem('damaged')(error) && /the limit is/.test(String(error)))
})

test('renewal is due at two thirds of the lifetime; a certificate is a finding 30 days ahead', async () => {
  const clock = new ManualClock(1_800_000_000_000_000)
  const directory = folder()
  const authority = await openAuthority({ directory, name: 'hub-1', clock, certificateDays: 90 })
  const registry = await openRegistry({ directory, clock, anySerial: false })
  const issued = await authority.issue(await makeRequest('edge-1', await newKeyPair()), 'edge-1')
  assert.ok(issued)
  const start = clock.now()
  await registry.add('edge-1', false)
  await registry.enrol('edge-1', issued, start)
  assert.deepEqual([isRenewalDue(issued, start + 59 * DAY), isRenewalDue(issued, start + 60 * DAY)], [false, true])
  assert.deepEqual([daysLeft(issued, start), daysLeft(issued, start + 90.5 * DAY)], [90, -1])
})

test('a hub that starts while its clock is ahead is still believed by nodes whose clock is right', async () => {
  const directory = folder()
  const before = systemClock.now()
  await authorityIn(directory)
  const clock = { ...systemClock, now: () => before + 3 * DAY }
  const { certificate } = await (await openAuthority({ directory, name: 'hub-1', clock, certificateDays: 90 })).server()
  const { validFromDate, validToDate } = new X509Certificate(certificate)
  assert.ok(validFromDate.getTime() * 1000 <= before)
  assert.ok(validToDate.getTime() * 1000 > before + 92 * DAY)
})
