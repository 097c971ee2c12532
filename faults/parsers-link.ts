import { webcrypto } from 'node:crypto'
import { BatchBuilder } from '../src/core/batch.ts'
import { LinkRefused } from '../src/core/link.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import { bootKey, claimedBoot, KEY_BYTES, openDatagram, SALT_BYTES, Sealer } from '../src/gateway/diode/datagram.ts'
import { Cutter, encodeMessage, Joiner } from '../src/gateway/diode/message.ts'
import { enrolRequest } from '../src/gateway/identity/enrolment.ts'
import { IdentityError } from '../src/gateway/identity/errors.ts'
import { decodeToken } from '../src/gateway/identity/tokens.ts'
import { checkRequest, makeRequest } from '../src/gateway/identity/x509.ts'
import { admittedFrame, decodeJson, encodeJson, readAdmission, refusedFrame } from '../src/gateway/link/admission.ts'
import { decodeFrame, encodeFrame, type Frame } from '../src/gateway/link/frames.ts'
import type { Parser } from './parsers.ts'

/** The readers of what comes over the link and the diode. */
export async function linkParsers(): Promise<readonly Parser[]> {
  const token = { v: 1, address: 'hub:1', node: 'edge-1', ca: 'ab'.repeat(32), secret: 'a'.repeat(43) }
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const request = await makeRequest('edge-1', keys as Parameters<typeof makeRequest>[1])
  return [
    plain('link frames', [LinkRefused], await Promise.all(frames().map((frame) => encodeFrame(frame))), decodeFrame),
    plain('link admission', [LinkRefused], [admittedFrame('hub-1'), refusedFrame('revoked', 'revoked')], readAdmission),
    plain('enrolment request', [], [encodeJson({ secret: token.secret, request })], (bytes) => enrolRequest.safeParse(decodeJson(bytes))),
    plain('certificate request', [], [Buffer.from(request)], (bytes) => checkRequest(bytes.toString(), 'edge-1')),
    plain('enrolment token', [IdentityError], [Buffer.from(Buffer.from(JSON.stringify(token)).toString('base64url'))], (bytes) =>
      decodeToken(bytes.toString()),
    ),
    datagrams(),
    messages(),
  ]
}

const plain = (name: string, throws: Parser['throws'], seeds: readonly Uint8Array[], parse: (bytes: Buffer) => unknown): Parser => ({
  ...{ name, throws, seeds },
  make: () => parse,
})

function frames(): Frame[] {
  const seal = { samples: 3, signals: 2, reasonSets: 1, hash: new Uint8Array(32).fill(7) }
  const record = (sequence: number, bytes: number): SpoolRecord => ({
    ...{ node: 'edge-1', epoch: 5, sequence, kind: 'batch', recordedTime: 9 },
    ...{ payload: new Uint8Array(bytes).fill(sequence), seal },
  })
  const batch = new BatchBuilder()
  batch.push(1, 10, 2.5, 0)
  const stream = { node: 'edge-1', epoch: 5 }
  return [
    { type: 'hello', hello: { node: 'edge-1', instance: 'x', version: '1', time: 3, streams: [{ ...stream, first: 1, last: 9 }] } },
    { type: 'welcome', welcome: { node: 'hub', time: 3, streams: [{ ...stream, sequence: 4, hash: seal.hash, segments: ['1-00'] }] } },
    { type: 'records', records: [record(1, 100), record(2, 7)] },
    { type: 'durable', position: { ...stream, sequence: 4 } },
    { type: 'show', stream, upTo: 8, batch: batch.build(11) },
    { type: 'renew', request: 'csr' },
  ]
}

function datagrams(): Parser {
  const key = new Uint8Array(KEY_BYTES).fill(1)
  const boot = { sender: 1, boot: 2, salt: new Uint8Array(SALT_BYTES).fill(3) }
  const seed = new Sealer(key, boot).seal({ block: 1, shard: 0, data: 4, parity: 2, blockBytes: 400, bytes: new Uint8Array(100) })
  return plain('diode datagram', [], [seed], (bytes) => {
    const claimed = claimedBoot(bytes)
    return claimed && openDatagram(bytes, bootKey(key, claimed))
  })
}

function messages(): Parser {
  const cutter = new Cutter(1_000)
  const message = encodeMessage({
    kind: 'show',
    head: encodeJson({ node: 'edge-1', epoch: 1, upTo: 2 }),
    body: new Uint8Array(60),
    bodyBytes: 90,
  })
  const seeds = [...cutter.add(message), ...cutter.add(message), ...cutter.flush()]
  return {
    ...{ name: 'diode message', seeds },
    make: () => {
      const joiner = new Joiner()
      return (bytes) => joiner.add(bytes)
    },
  }
}
