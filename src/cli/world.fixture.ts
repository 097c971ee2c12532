import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { z } from 'zod'
import type { Connector, PeerIdentity } from '../core/connector.ts'
import { NotConnected } from '../core/errors.ts'
import { fault } from '../core/peer-faults.ts'
import { runCli } from './index.ts'
import type { Io } from './io.ts'

/** What a command did, seen from outside. */
export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface World {
  readonly folder: string
  /** Writes a file of the folder and returns its path. */
  write(name: string, text: string): string
  run(
    args: readonly string[],
    more?: { env?: Record<string, string>; answer?: string; stop?: AbortSignal; onOut?: (text: string) => void },
  ): Promise<Outcome>
  /** Identities that were trusted, by connection. */
  readonly trusted: Map<string, PeerIdentity>
}

export const IDENTITY: PeerIdentity = {
  subject: 'CN=PLC 1',
  issuer: 'CN=PLC 1',
  sha1: 'AA:BB',
  sha256: '01:23:45:67:89:AB',
  validFrom: '2020-01-01T00:00:00Z',
  validTo: '2120-01-01T00:00:00Z',
  trusted: false,
}

/** A folder, a connector without a network, and the program run inside this process. */
export function makeWorld(): World {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-cli-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const trusted = new Map<string, PeerIdentity>()
  const connectors = [paperConnector(trusted)]
  return {
    folder,
    trusted,
    write: (name, text) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    },
    run: async (args, { env = {}, answer, stop, onOut } = {}) => {
      let out = ''
      let err = ''
      const io: Io = {
        out: (text) => {
          out += text
          onOut?.(text)
        },
        err: (text) => {
          err += text
        },
        env: { LANG: 'en_GB.UTF-8', ...env },
        interactive: answer !== undefined,
        colour: { out: false, err: false },
        ask: async (question) => {
          err += question
          return answer ?? ''
        },
        stopSignal: () => stop ?? new AbortController().signal,
      }
      const code = await runCli(args, { io, connectors: async () => connectors })
      return { code, out, err }
    },
  }
}

const config = z.strictObject({
  answer: z.enum(['well', 'refuses', 'drops', 'never', 'breaks']).default('well'),
  signals: z.array(z.strictObject({ id: z.string() })).default([]),
})

/** A system made of paper: it answers as its configuration says. */
function paperConnector(trusted: Map<string, PeerIdentity>): Connector<z.output<typeof config>> {
  return {
    kind: 'paper',
    label: { fr: 'Papier', en: 'Paper' },
    config,
    source: () => {
      throw new Error('paper has no samples')
    },
    check: async function* ({ answer }, _context, stop) {
      yield { step: 'tcp', ok: true, detail: 'reached', latencyMs: 1.25 }
      if (answer === 'refuses')
        yield {
          step: 'security',
          ok: false,
          detail: 'BadCertificateUntrusted',
          hint: 'run `ecluse trust`',
          fault: fault('refused', { peer: 'plc:102' }),
        }
      if (answer === 'drops') throw new NotConnected('the line was dropped', { hint: 'look at the cable' })
      if (answer === 'breaks') throw new TypeError('a bug')
      if (answer === 'never') await new Promise((_resolve, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
      if (answer === 'well') yield { step: 'first read', ok: true, detail: '3 values', latencyMs: 12 }
    },
    browse: async function* (_config, _context, match) {
      if (match === 'nothing') return
      yield { path: 'Line1/Temp', address: 'ns=2;s=T', dataType: 'Double', value: '21.5', unit: 'Cel', status: 'Good' }
      yield { path: 'Line1/Evil\u001b[2J', address: 'ns=2;s=E', dataType: 'Double[]', refused: 'an array' }
    },
    identity: async (_config, context) => ({ ...IDENTITY, trusted: trusted.has(context.connection) }),
    trust: async (_config, context, identity) => {
      trusted.set(context.connection, identity)
    },
  }
}

export const paperConnectors: readonly Connector[] = [paperConnector(new Map())] as never

/** A configuration of paper connections, by name and behaviour. */
export function paperYaml(connections: Record<string, string>, rest = ''): string {
  const lines = Object.entries(connections).map(([name, answer]) => `  ${name}: { kind: paper, answer: ${answer} }`)
  return ['version: 1', 'site: { id: t2e }', ...(rest ? [rest] : []), 'connections:', ...lines, ''].join('\n')
}
