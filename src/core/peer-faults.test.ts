import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NotConnected } from './errors.ts'
import { fault, frenchFault, networkFault, PEER_FAULTS, PLAIN_MESSAGES, saidIn } from './peer-faults.ts'

/** Names of values in the words of a fault, found by what it asks for. */
function told(code: (typeof PEER_FAULTS)[number]): { said: readonly string[]; asked: readonly string[] } {
  const asked: string[] = []
  const values = new Proxy({} as Record<string, string>, {
    get: (_, name) => {
      asked.push(String(name))
      return `<${String(name)}>`
    },
  })
  return { said: frenchFault({ code, values }), asked }
}

test('every fault says what happened, with its values, and what to do', () => {
  assert.ok(PEER_FAULTS.length >= 40, `${PEER_FAULTS.length}`)
  for (const code of PEER_FAULTS) {
    const { said, asked } = told(code)
    assert.equal(said.length, 2, code)
    for (const text of said) assert.ok(text.length > 8, `${code}: ${text}`)
    assert.doesNotMatch(said.join(' '), /undefined|NaN/, code)
    for (const name of asked)
      if (!/^(answered|certificate-expired)$/.test(code))
        assert.match(said.join(' '), new RegExp(`<${name}>`), `${code} leaves ${name} out`)
  }
})

test('system codes of the network and of TLS are faults; others are left to the peer’s own words', () => {
  const error = (code: string) => Object.assign(new Error('x'), { code })
  const codes = [
    'ECONNREFUSED',
    'ENOTFOUND',
    'ETIMEDOUT',
    'ECONNRESET',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'toString',
    'EWHAT',
  ]
  assert.deepEqual(
    codes.map((code) => networkFault(error(code), 'h:1')?.code),
    ['refused', 'unknown-name', 'no-answer', 'closed', 'certificate-authority', 'certificate-expired', undefined, undefined],
  )
  assert.equal(networkFault(new AggregateError([error('ECONNREFUSED'), error('EHOSTUNREACH')]), 'h:1')?.code, 'refused')
  for (const odd of [undefined, null, 'x', 7, {}]) assert.equal(networkFault(odd, 'h:1'), undefined)
})

test('an error is said in French by its code, and as it stands where it has none', () => {
  const known = new NotConnected('plc:502: connect ECONNREFUSED', { hint: 'is it on?', fault: fault('refused', { peer: 'plc:502' }) })
  assert.deepEqual(saidIn('en', known), ['plc:502: connect ECONNREFUSED', 'is it on?'])
  assert.deepEqual(saidIn('fr', known)[0], 'plc:502 : rien n’écoute à cette adresse')
  const own = new NotConnected('quota exceeded at the peer')
  assert.deepEqual(saidIn('fr', own), ['quota exceeded at the peer', undefined])
})

/** What stands between the bracket at `from` and the one that closes it. */
function between(text: string, from: number): string {
  let depth = 1
  let at = from
  for (; depth > 0 && at < text.length; at++) depth += '([{'.includes(text[at] as string) ? 1 : ')]}'.includes(text[at] as string) ? -1 : 0
  return text.slice(from, at - 1)
}

test('nobody is told in English alone that a peer is not connected: every such error has a code, or words of ours', () => {
  const root = join(import.meta.dirname, '..')
  const files = globSync('**/*.ts', { cwd: root }).filter((file) => !/\.(test|fixture)\.ts$|simulator/.test(file))
  const all = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return [...text.matchAll(/new NotConnected\(/g)].map((found) => ({ file, call: between(text, found.index + found[0].length).trim() }))
  })
  assert.ok(all.length > 90, `${all.length} found`)
  const english = all.filter(({ call }) => {
    const plain = /^'([^']*)'(,|$)/.exec(call)?.[1]
    // A name alone as the last argument holds the fault that several errors have in common.
    return !/\bfault\b|Fault\(|, (closedBy|slow|late)$/.test(call) && !(plain !== undefined && PLAIN_MESSAGES.includes(plain))
  })
  assert.deepEqual(english, [])
  assert.deepEqual(saidIn('fr', new NotConnected('not connected'))[0], 'pas connecté')
})
