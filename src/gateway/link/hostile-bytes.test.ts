import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { LinkRefused } from '../../core/link.ts'
import { systemClock } from '../../core/time.ts'
import { openAuthority } from '../identity/authority.ts'
import { createEnrolment } from '../identity/enrolment.ts'
import { EnrolmentRefused, IdentityError } from '../identity/errors.ts'
import { newKeyPair } from '../identity/keys.ts'
import { beginEnrolling } from '../identity/node-identity.ts'
import { openRegistry } from '../identity/registry.ts'
import { decodeToken, openTokens } from '../identity/tokens.ts'
import { makeRequest } from '../identity/x509.ts'
import { admittedFrame, decodeJson, encodeJson, readAdmission, refusedFrame } from './admission.ts'

/** One of the texts with some of its bytes changed, cut off or repeated. */
function mutated(...texts: Uint8Array[]) {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 5 }), fc.nat(), fc.boolean())
    .map(([text, changes, cut, isCut]) => {
      const bytes = Uint8Array.from(text)
      for (const [at, by] of changes) bytes[at % bytes.length] = by
      return isCut ? bytes.subarray(0, cut % bytes.length) : bytes
    })
}

async function makeSides() {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-identity-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const clock = systemClock
  const authority = await openAuthority({ directory, name: 'hub-1', clock, certificateDays: 90 })
  const registry = await openRegistry({ directory, clock, anySerial: false })
  const tokens = await openTokens(directory, clock)
  return { directory, authority, registry, tokens, enrolment: createEnrolment({ authority, registry, tokens, clock }) }
}

test('10,000 mutated questions of strangers: each is refused with a reason or is the true one, none holds the hub up', async () => {
  const { registry, tokens, authority, enrolment } = await makeSides()
  await registry.add('edge-1', false)
  const { text } = await tokens.create({ node: 'edge-1', address: 'hub:1', fingerprint: authority.fingerprint, lifetimeMs: 600_000 })
  const { secret } = decodeToken(text)
  const question = encodeJson({ enroll: { secret, request: await makeRequest('edge-1', await newKeyPair()) } })
  let longestMs = 0
  let number = 0
  let given = 0
  await fc.assert(
    fc.asyncProperty(mutated(question, encodeJson({ enroll: { secret: 'A'.repeat(43), request: '' } })), async (bytes) => {
      const started = performance.now()
      // Another address each time: the throttle would refuse them all.
      const answer = await enrolment.answerEnroll(decodeJson(bytes), `10.0.${(number >> 8) & 255}.${number++ & 255}`)
      longestMs = Math.max(longestMs, performance.now() - started)
      if (!('refused' in answer)) given++
    }),
    { numRuns: 10_000 },
  )
  assert.ok(given <= 1)
  assert.equal(Object.values(enrolment.counters.refused).reduce((sum, count) => sum + count, 0) + given, 10_000)
  assert.ok(longestMs < 1_000, `${longestMs} ms`)
})

test('10,000 mutated admissions: an edge reads them, or refuses the hub', () => {
  fc.assert(
    fc.property(mutated(admittedFrame('hub-1'), refusedFrame('revoked', 'stolen')), (bytes) => {
      try {
        assert.equal(typeof readAdmission(bytes), 'string')
      } catch (error) {
        if (!(error instanceof LinkRefused)) throw error
      }
    }),
    { numRuns: 10_000 },
  )
  assert.throws(() => readAdmission(encodeJson({ refused: 'no-such-code', message: '' })), LinkRefused)
  assert.throws(() => readAdmission(encodeJson({ admitted: { hub: 'x'.repeat(257) } })), LinkRefused)
})

test('mutated tokens are no tokens, or say what they say', () => {
  const token = Buffer.from(
    JSON.stringify({ v: 1, address: 'hub:8490', node: 'edge-1', ca: 'ab'.repeat(32), secret: 'A'.repeat(43) }),
  ).toString('base64url')
  fc.assert(
    fc.property(mutated(new TextEncoder().encode(token)), (bytes) => {
      try {
        decodeToken(new TextDecoder().decode(bytes))
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
      }
    }),
    { numRuns: 5_000 },
  )
})

test('an edge stores nothing of an answer that is not sound', async () => {
  const { directory, authority } = await makeSides()
  const hub = { node: 'edge-1', address: 'hub:1', fingerprint: authority.fingerprint }
  const enrolling = await beginEnrolling({ directory }, hub, false)
  const issued = await authority.issue(enrolling.request, 'edge-1')
  const foreign = await authority.issue(await makeRequest('edge-1', await newKeyPair()), 'edge-1')
  const other = await makeSides()
  const fails = (answer: unknown) =>
    assert.rejects(enrolling.accept(answer), (error: unknown) => error instanceof IdentityError || error instanceof EnrolmentRefused)
  await fails({ certificate: foreign?.pem, ca: authority.ca })
  await fails({ certificate: issued?.pem, ca: other.authority.ca })
  await fails({ certificate: (await other.authority.issue(enrolling.request, 'edge-1'))?.pem, ca: other.authority.ca })
  await fails({ certificate: issued?.pem, ca: issued?.pem })
  await fails({ certificate: '', ca: '' })
  await fails(undefined)
  const sound = { certificate: issued?.pem, ca: authority.ca }
  const stored = join(directory, 'node', 'node.json')
  await fc.assert(
    fc.asyncProperty(mutated(encodeJson(sound)), async (bytes) => {
      try {
        await enrolling.accept(decodeJson(bytes))
        rmSync(stored)
      } catch (error) {
        if (!(error instanceof IdentityError || error instanceof EnrolmentRefused)) throw error
        assert.ok(!existsSync(stored))
      }
    }),
    { numRuns: 500 },
  )
  assert.equal((await enrolling.accept(sound)).name, 'edge-1')
})
