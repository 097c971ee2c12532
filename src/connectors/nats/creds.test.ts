import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nkeys } from '@nats-io/transport-node'
import { NotConnected } from '../../core/errors.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import { natsConfig } from './config.ts'
import { NatsRecords } from './records.ts'
import { startNats, withoutNats } from './server.fixture.ts'

type Pair = ReturnType<typeof nkeys.createUser>

/** A JWT as NATS has them: signed by an nkey. */
function jwt(subject: Pair, issuer: Pair, type: string, nats: object = {}): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
  const claims = {
    jti: 'test',
    iat: 1_700_000_000,
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: type,
    nats: { type, version: 2, ...nats },
  }
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`
  return `${text}.${Buffer.from(issuer.sign(new TextEncoder().encode(text))).toString('base64url')}`
}

test('a .creds file lets us in, that of another account does not', { skip: withoutNats }, async (t) => {
  const [operator, account, other, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount(), nkeys.createUser()]
  const none = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
  const accountJwt = jwt(account, operator, 'account', { limits: none, default_permissions: { pub: {}, sub: {} } })
  const trust = `operator: ${jwt(operator, operator, 'operator')}\nsystem_account: ${account.getPublicKey()}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`
  const server = await startNats(trust)
  t.after(() => server.stop())
  const seed = new TextDecoder().decode(user.getSeed())
  const creds = (issuer: Pair) =>
    `-----BEGIN NATS USER JWT-----\n${jwt(user, issuer, 'user', { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 })}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`
  const open = async (text: string) => {
    const auth = { type: 'creds', creds: text }
    const source = new NatsRecords(
      natsConfig.parse({ url: server.url, auth, records: [{ record: 'flight', subject: 'it' }] }),
      testRunner().context,
    )
    t.after(() => source.close())
    await source.connect(t.signal)
  }
  // A reference to a file leaves the last newline out.
  await open(creds(account).trimEnd())
  for (const wrong of [creds(other), 'nonsense']) {
    await assert.rejects(open(wrong), (error) => {
      assert.ok(error instanceof NotConnected)
      assert.match(error.message, /does not let us in/)
      assert.ok(!`${error.stack}${error.hint}`.includes(seed))
      return true
    })
  }
})
