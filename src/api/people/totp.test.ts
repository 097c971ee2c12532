import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptTotp, freshTotpSecret, fromBase32, totpCode, totpUri } from './totp.ts'

/** RFC 6238, appendix B: time, and the codes of eight digits for SHA-1, SHA-256 and SHA-512. */
const VECTORS: readonly (readonly [number, string, string, string])[] = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
]
const seed = (length: number) => Buffer.from('1234567890'.repeat(7).slice(0, length))

test('the vectors of RFC 6238', () => {
  for (const [time, sha1, sha256, sha512] of VECTORS) {
    const step = Math.floor(time / 30)
    const code = (length: number, algorithm: string) => totpCode(seed(length), step, { digits: 8, algorithm })
    assert.deepEqual([code(20, 'sha1'), code(32, 'sha256'), code(64, 'sha512')], [sha1, sha256, sha512], `${time}`)
  }
})

test('a code is good in its step and the one beside it, and once', () => {
  const secret = freshTotpSecret()
  const now = 1_800_000_000 * 1e6
  const step = Math.floor(now / 30e6)
  const code = (at: number) => totpCode(fromBase32(secret), at)
  assert.deepEqual(
    [-2, -1, 0, 1, 2].map((off) => acceptTotp(secret, code(step + off), 0, now)),
    [undefined, step - 1, step, step + 1, undefined],
  )
  assert.equal(acceptTotp(secret, code(step), step, now), undefined, 'used')
  assert.equal(acceptTotp(secret, code(step - 1), step, now), undefined, 'older than the one used')
  for (const wrong of ['', '12345', '1234567', 'abcdef', ' 12345']) assert.equal(acceptTotp(secret, wrong, 0, now), undefined)
})

test('the secret is base32, and the link what apps read', () => {
  assert.match(freshTotpSecret(), /^[A-Z2-7]{32}$/)
  assert.equal(fromBase32('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ').toString(), '12345678901234567890')
  assert.equal(
    totpUri('AB', { site: 't2e', name: 'ana b' }),
    'otpauth://totp/%C3%89cluse%20t2e:ana%20b?secret=AB&issuer=%C3%89cluse%20t2e&digits=6&period=30',
  )
})
