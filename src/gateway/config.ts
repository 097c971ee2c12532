import { z } from 'zod'
import { byteSize, duration, hostName, secret, zoneName } from '../core/config-parts.ts'
import { LIMITS } from '../core/limits.ts'
import { IDENTITY_LIMITS } from './identity/limits.ts'
import { POLICY_LIMITS } from './policy/limits.ts'
import { SPOOL_LIMITS } from './spool/limits.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20
const DAY_MS = 86_400_000

/** The `spool:` part of `ecluse.yaml`: how much a node keeps on its own disk until everything that needs it has it. */
export const spoolConfig = z
  .strictObject({
    maxBytes: byteSize
      .refine((bytes) => bytes >= MIB, 'a spool takes at least 1MiB')
      .default(2 * GIB)
      .describe('Most bytes the spool takes on disk; at least four times segmentBytes'),
    maxAge: duration
      .refine((ms) => ms > 0, 'an age is more than nothing')
      .default(7 * DAY_MS)
      .describe('Data older than this is dropped, delivered or not; what was not delivered is counted and declared as a gap'),
    overflow: z
      .enum(['block', 'drop-oldest'])
      .default('block')
      .describe(
        'When maxBytes is reached: block stops reading from the sources that can wait; drop-oldest gives up the oldest data, counted and declared as a gap',
      ),
    segmentBytes: byteSize
      .refine((bytes) => bytes >= 64 * 1024, 'a segment takes at least 64KiB')
      .default(64 * MIB)
      .describe('Bytes of one segment file, its dictionaries apart; data is removed by whole segments'),
  })
  .refine(({ maxBytes, segmentBytes }) => segmentBytes <= maxBytes * SPOOL_LIMITS.segmentShare, {
    path: ['segmentBytes'],
    message: 'a segment may be at most a quarter of maxBytes',
  })
  .describe('The durable log on this node, between the sources and everything that stores or forwards')

export type SpoolConfig = z.infer<typeof spoolConfig>

/** `host:port`, `[address]:port`. `@badAddress` is a sentence of the configuration's words. */
const address = z
  .string()
  .max(260)
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]/@]+):([1-9]\d{0,4})$/, '@badAddress')
const file = z.string().min(1).max(1024)

const senderNumber = z.int().min(1).max(65_535)
/** 32 bytes in base64; that it is one is asked here and not at the first start, whose words nobody reads who only edits. */
const diodeKey = secret
  .refine((text) => /^[\w+/-]{43}=?$/.test(text), '@diodeKey')
  .describe('Key that both ends share: 32 random bytes, base64. `openssl rand -base64 32` makes one')

/** One way: nobody answers, so both ends are told beforehand who sends. */
const diodeConfig = z
  .strictObject({
    sender: senderNumber.default(1).describe('Number of this sender at the receiver'),
    key: diodeKey.optional(),
    bytesPerSecond: byteSize.default(12_500_000).describe('Bytes a second on the wire, repair included'),
    datagramBytes: z
      .int()
      .min(576)
      .max(8972)
      .default(1400)
      .describe('UDP payload: 1400 goes through every Ethernet path, 8900 where all of it takes jumbo frames'),
    loss: z.number().min(0).max(0.5).default(0.05).describe('Share of datagrams that may be lost without losing data'),
    senders: z
      .array(
        z.strictObject({
          sender: senderNumber,
          node: z.string().min(1).max(LIMITS.nodeLength).describe('The node that this sender is'),
          key: diodeKey,
          relay: z.boolean().default(false).describe('It hands over what other nodes measured'),
        }),
      )
      .max(256)
      .default([])
      .describe('Who may send to this node'),
  })
  .describe('The one-way link, over UDP')

/** The `link:` part of `ecluse.yaml`: the way between edge, relay and hub, and the identities of its ends. */
export const linkConfig = z
  .strictObject({
    transport: z.enum(['tls', 'diode']).default('tls').describe('tls: both ways, confirmed; diode: one way, nobody answers'),
    to: address.optional().describe('Hub or relay to dial, host:port; default: the one this node enrolled with'),
    listen: z
      .strictObject({
        host: hostName.default('127.0.0.1').describe('Address to listen on; 127.0.0.1 is this machine alone'),
        port: z.int().min(0).max(65_535).default(8490).describe('0: any free port'),
        address: address.optional().describe('How edges reach it, host:port; goes into the tokens of `ecluse node add`'),
      })
      .prefault({})
      .describe('Where a hub or relay waits for the nodes below it'),
    zone: zoneName.optional().describe('The zone of the node that this one sends to; needed once zones are declared'),
    nodes: z
      .record(z.string().min(1).max(LIMITS.nodeLength), z.strictObject({ zone: zoneName.describe('The zone that this node runs in') }))
      .refine((all) => Object.keys(all).length <= POLICY_LIMITS.nodes, `at most ${POLICY_LIMITS.nodes} nodes`)
      .default({})
      .describe('Nodes that send to this one, by name: once zones are declared, no other is let in'),
    diode: diodeConfig.prefault({}),
    certificateDays: z
      .int()
      .min(1)
      .max(IDENTITY_LIMITS.certificateDays)
      .default(90)
      .describe('Days that certificates of the built-in authority are in force; renewed after two thirds of them'),
    passphrase: secret.optional().describe('Encrypts private keys on this node’s disk'),
    ca: file.optional().describe('Your own authority’s certificates (PEM); with certificate and key. Nothing is issued here then'),
    certificate: file.optional().describe('This node’s certificate from your own authority (PEM)'),
    key: file.optional().describe('Its private key (PKCS#8 PEM, mode 600)'),
  })
  .refine(({ ca, certificate, key }) => [certificate, key].every((path) => (path === undefined) === (ca === undefined)), '@linkFiles')
  .describe('The link between edge, relay and hub')

export type LinkConfig = z.output<typeof linkConfig>
