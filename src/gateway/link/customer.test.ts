import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LinkRefused } from '../../core/link.ts'
import { systemClock } from '../../core/time.ts'
import { linkConfig } from '../config.ts'
import { openDialIdentity } from '../identity/hub.ts'
import { folder, startHub } from './hub.fixture.ts'
import { dial } from './tls.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** An authority of the customer's, with one between it and the ends, made by OpenSSL. */
function openAuthority() {
  const home = folder()
  const at = (name: string) => join(home, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const key = (name: string) => {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`)
    chmodSync(at(`${name}.key`), 0o600)
  }
  const sign = (name: string, issuer: string, extensions: string) => {
    key(name)
    writeFileSync(at('ext'), extensions)
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
    return openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${issuer}.pem`,
      '-CAkey',
      `${issuer}.key`,
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      'ext',
    )
  }
  key('root')
  openssl('req', '-new', '-x509', '-key', 'root.key', '-subj', '/CN=Plant root', '-days', '30', '-out', 'root.pem')
  writeFileSync(at('middle.pem'), sign('middle', 'root', 'basicConstraints=critical,CA:TRUE,pathlen:0\n'))
  const between = openssl('x509', '-in', 'middle.pem')
  return (name: string, extensions: string, file = name) => {
    writeFileSync(at(`${file}.pem`), sign(name, 'middle', extensions) + between)
    return { ca: at('root.pem'), certificate: at(`${file}.pem`), key: at(`${name}.key`) }
  }
}

const refused = (code: string) => (error: unknown) => error instanceof LinkRefused && error.code === code

test('the customer’s own authority, with one in between: nodes that were added are admitted, revoked ones stay out', {
  skip: !hasOpenssl && 'no openssl here',
}, async () => {
  const issue = openAuthority()
  const hub = await startHub({ link: issue('hub.plant.example', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n') })
  const dialWith = async (files: object) => {
    const identity = await openDialIdentity({ data: folder(), link: linkConfig.parse(files) })
    return dial({ address: hub.address, identity, clock: systemClock })
  }
  const edge = issue('edge-1', 'extendedKeyUsage=clientAuth\n')
  await assert.rejects(dialWith(edge), refused('not-enrolled'))
  await hub.identity.registry.add('edge-1', false)
  const channel = await dialWith(edge)
  const at = await hub.nextChannel()
  assert.deepEqual([channel.peer.node, at.peer.node], ['hub-1', 'edge-1'])
  assert.equal(hub.identity.registry.node('edge-1')?.certificates[0]?.serial, at.peer.certificate)
  // Another server of the same authority, at another name, is not this hub; nor is a node's certificate one.
  const elsewhere = await startHub({
    link: issue('other.plant.example', 'subjectAltName=DNS:other.plant.example\nextendedKeyUsage=serverAuth\n'),
  })
  const identity = await openDialIdentity({ data: folder(), link: linkConfig.parse(edge) })
  await assert.rejects(dial({ address: elsewhere.address, identity, clock: systemClock }), refused('wrong-hub'))
  const { answerEnroll } = hub.identity.enrolment
  const { text } = await hub.identity.tokens.create({
    node: 'edge-2',
    address: hub.address,
    fingerprint: 'ab'.repeat(32),
    lifetimeMs: 1000,
  })
  const { secret } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  const answer = await answerEnroll({ enroll: { secret, request: 'any' } }, '127.0.0.1')
  assert.equal('refused' in answer && answer.refused, 'not-issued-here')

  await hub.identity.registry.revoke('edge-1', 'tester', 'stolen')
  await assert.rejects(at.receive(), refused('revoked'))
  await hub.identity.registry.add('edge-1', false)
  await assert.rejects(dialWith(edge), refused('revoked'))
  const next = await dialWith(issue('edge-1', 'extendedKeyUsage=clientAuth\n', 'edge-1-new'))
  assert.equal((await hub.nextChannel()).peer.node, 'edge-1')
  await next.close()
})
