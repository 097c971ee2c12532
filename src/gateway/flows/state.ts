import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FINDING_CODES, FINDING_SEVERITIES, type FlowView } from '../../core/flows.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { readSigned, type Signer, signedText, verifierOf } from '../../lib/signed.ts'
import { type AcceptedBaseline, acceptedBaseline, hashOf } from './baseline.ts'
import type { KeptFinding } from './findings.ts'
import { FLOW_LIMITS } from './limits.ts'

const text = z.string().max(2_048)
const range = z.tuple([z.number(), z.number()])
const flow = z.strictObject({
  ...{ via: text, source: text, destination: text, port: z.number(), protocol: text },
  services: z
    .array(
      z.strictObject({
        ...{ service: text, count: z.number(), exceptions: z.number(), firstSeen: z.number(), lastSeen: z.number() },
        addresses: z.array(range).max(FLOW_LIMITS.ranges),
      }),
    )
    .max(FLOW_LIMITS.services),
  units: z.array(range).max(FLOW_LIMITS.ranges),
  identities: z.array(text).max(FLOW_LIMITS.identities),
  clients: z.array(text).max(FLOW_LIMITS.identities),
  device: z.record(text, text).optional(),
  ...{ sentBytes: z.number(), receivedBytes: z.number(), sent: z.number(), received: z.number(), exceptions: z.number() },
  ...{ firstSeen: z.number(), lastSeen: z.number(), longestGap: z.number(), capped: z.number() },
})
const finding = z.strictObject({
  ...{ id: text, code: z.enum(FINDING_CODES), severity: z.enum(FINDING_SEVERITIES), state: z.enum(['open', 'acknowledged', 'resolved']) },
  ...{ subject: text, owner: text.optional(), evidence: z.record(text, z.union([z.string(), z.number()])) },
  ...{ firstSeen: z.number(), lastSeen: z.number(), count: z.number() },
  acknowledged: z.strictObject({ who: text, reason: text, time: z.number() }).optional(),
  resolvedTime: z.number().optional(),
})
const kept = z.strictObject({
  format: z.literal(1),
  flows: z.array(flow).max(FLOW_LIMITS.flows),
  refused: z.number(),
  /** What is being learned, and since when; absent: nothing is. */
  learning: z.strictObject({ since: z.number(), flows: z.array(flow).max(FLOW_LIMITS.flows), repeating: z.array(text) }).optional(),
  findings: z.array(finding).max(FLOW_LIMITS.findings),
  day: z.strictObject({ day: z.number(), bytes: z.array(z.tuple([text, z.number()])) }).optional(),
})

export interface KeptState {
  readonly flows: readonly FlowView[]
  readonly refused: number
  readonly learning?: { readonly since: number; readonly flows: readonly FlowView[]; readonly repeating: readonly string[] }
  readonly findings: readonly KeptFinding[]
  readonly day?: { readonly day: number; readonly bytes: readonly (readonly [string, number])[] }
}

const STATE = 'state.json'
const BASELINE = 'baseline.json'

/** What an earlier process had seen; undefined: nothing yet. Throws when the file is there and is not one of ours. */
export async function readState(directory: string): Promise<KeptState | undefined> {
  const bytes = await readBounded(join(directory, STATE))
  return bytes && (kept.parse(JSON.parse(bytes.toString('utf8'))) as KeptState)
}

export async function writeState(directory: string, state: KeptState): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await replaceFile(join(directory, STATE), JSON.stringify({ format: 1, ...state }))
}

/** The accepted baseline; undefined: there is none. `damaged` when the file is not what this node's key signed, or not what its hash says. */
export async function readBaseline(
  directory: string,
  signer: Pick<Signer, 'publicKey'>,
): Promise<AcceptedBaseline | 'damaged' | undefined> {
  const bytes = await readBounded(join(directory, BASELINE)).catch(() => 'damaged' as const)
  if (bytes === undefined || bytes === 'damaged') return bytes
  const signed = readSigned(bytes, verifierOf(signer.publicKey))
  const parsed = typeof signed === 'string' ? undefined : acceptedBaseline.safeParse(signed.content)
  return parsed?.success && hashOf(parsed.data.content) === parsed.data.hash ? parsed.data : 'damaged'
}

export async function writeBaseline(directory: string, signer: Signer, accepted: AcceptedBaseline): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await replaceFile(join(directory, BASELINE), signedText(accepted, signer))
}

async function readBounded(path: string): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return undefined
  try {
    const { size } = await file.stat()
    if (size > FLOW_LIMITS.stateBytes) throw new RangeError(`${path} has ${size} bytes, at most ${FLOW_LIMITS.stateBytes} are ours`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}
