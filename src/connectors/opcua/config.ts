import { z } from 'zod'
import { duration, secret, signalBase } from '../../core/config-parts.ts'
import type { LintFinding } from '../../core/connector.ts'
import { isSignalId } from '../../core/names.ts'
import { fillTemplate, isGlobRooted } from './globs.ts'

/** Signals (nodes or globs) one connection may declare. */
const DECLARED_SIGNALS = 100_000

const defaulted = (text: string) => duration.prefault(text)

const security = z
  .strictObject({
    mode: z
      .enum(['sign-and-encrypt', 'sign', 'none'])
      .default('sign-and-encrypt')
      .describe('Message security; none only where the server offers nothing else'),
    policy: z
      .enum(['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'])
      .default('Basic256Sha256')
      .describe('Security policy; not used when the mode is none'),
  })
  .describe('How the line is secured')

const user = z
  .union([
    z.literal('anonymous'),
    z.strictObject({ name: z.string().min(1).max(256).describe('User name'), password: secret }),
    z.strictObject({
      certificate: z
        .string()
        .min(1)
        .describe('X.509 user certificate: path of a PEM or DER file, relative to the folder of ecluse.yaml, or the PEM text'),
      privateKey: secret.describe('Private key of the certificate in PEM: ${file:/path} or ${env:NAME}'),
    }),
  ])
  .describe('Who we are for the server: anonymous, a name and password, or a certificate')

const subscription = z
  .strictObject({
    publishingInterval: defaulted('1s').describe('How often the server sends what changed'),
    samplingInterval: defaulted('500ms').describe('How often the server looks at each value'),
    queueSize: z.int().min(1).max(10_000).default(10).describe('Changes the server keeps per signal between two publishings'),
    keepAlive: defaulted('10s').describe('Longest silence of a healthy server; three times this without a word ends the connection'),
    maxNotificationsPerPublish: z.int().min(1).max(100_000).default(10_000).describe('Changes in one message of the server'),
  })
  .describe('The subscription all signals share')

const deadband = z
  .strictObject({
    absolute: z.number().positive().optional().describe('Smallest change reported, in the unit of the value'),
    percent: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe('Smallest change reported, in percent of the range the server declares (EURange)'),
  })
  .refine((d) => (d.absolute === undefined) !== (d.percent === undefined), 'give absolute or percent, one of them')
  .describe('Changes smaller than this are not reported')

const signal = signalBase
  .extend({
    id: z.string().max(512).describe('Signal id, e.g. baggage/carousel-3/motor/current; with browse a template: baggage/{path}/{name}'),
    node: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .describe('Node id: ns=2;s=CAR03.I, or with the namespace URI nsu=urn:maker:line;s=CAR03.I'),
    browse: z.string().min(1).max(1_024).optional().describe('Glob over browse paths, e.g. Objects/Line1/**/Temp*'),
    dataType: z.enum(['number', 'boolean', 'text']).optional().describe('What the value is; read from the server when absent'),
    samplingInterval: duration.optional().describe("Instead of the subscription's"),
    queueSize: z.int().min(1).max(10_000).optional().describe("Instead of the subscription's"),
    deadband: deadband.optional(),
  })
  .superRefine((s, issues) => {
    const say = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message })
    if ((s.node === undefined) === (s.browse === undefined)) return say('node', 'give node or browse, one of them')
    if (s.node !== undefined) {
      if (!isNodeAddress(s.node)) say('node', 'a node id looks like ns=2;s=CAR03.I, ns=3;i=1001 or nsu=urn:maker:line;s=CAR03.I')
      if (!isSignalId(s.id)) say('id', 'an id is segments of letters, digits, _ . : - joined by /')
      return
    }
    if (!s.id.includes('{name}') && !s.id.includes('{path}')) say('id', 'with browse the id is a template with {name}, {path} or both')
    else if (!isSignalId(fillTemplate(s.id, 'x', 'x')))
      say('id', 'the template does not make an id: segments of letters, digits, _ . : - joined by /')
    if (!isGlobRooted(s.browse ?? '')) say('browse', 'a browse glob begins at Objects, e.g. Objects/Line1/**/Temp*')
  })
  .describe('A signal, or with browse all signals a glob finds')

/** Keys of an OPC UA connection besides the common ones. */
export const opcuaConfig = z.strictObject({
  endpoint: z
    .string()
    .max(1_024)
    .refine(isEndpoint, 'an endpoint looks like opc.tcp://10.0.0.5:4840 or opc.tcp://plc-1:4840/path')
    .describe('Address of the server, e.g. opc.tcp://10.0.0.5:4840'),
  security: security.prefault({}),
  user: user.default('anonymous'),
  subscription: subscription.prefault({}),
  requestTimeout: defaulted('15s').describe('Longest wait for one answer of the server'),
  signals: z.array(signal).min(1).max(DECLARED_SIGNALS).describe('What to collect'),
})
export type OpcuaConfig = z.infer<typeof opcuaConfig>
export type OpcuaSignal = OpcuaConfig['signals'][number]

/** What zod cannot see: unsafe choices, and things said twice. */
export function lintOpcua(config: OpcuaConfig): LintFinding[] {
  const findings: LintFinding[] = []
  if (config.security.mode === 'none') {
    findings.push({
      path: ['security', 'mode'],
      code: 'W_OPCUA_NO_SECURITY',
      level: 'warning',
      message: 'nobody checks who the server is, and anybody on the way can read and change what it says',
      hint: 'use sign-and-encrypt where the server offers it: `ecluse check` lists what it offers',
    })
    if (typeof config.user === 'object' && 'password' in config.user) {
      findings.push({
        path: ['user', 'password'],
        code: 'W_OPCUA_PASSWORD_EXPOSED',
        level: 'warning',
        message: 'without security the password goes to a server that nobody has identified',
        hint: 'use sign-and-encrypt, or a user certificate',
      })
    }
  }
  const seen = new Map<string, number>()
  config.signals.forEach((s, i) => {
    const key = s.node === undefined ? `browse ${s.browse} ${s.id}` : `id ${s.id}`
    const first = seen.get(key)
    if (first === undefined) seen.set(key, i)
    else {
      const what = s.node === undefined ? 'this glob' : `the id ${s.id}`
      findings.push({
        path: ['signals', i, s.node === undefined ? 'browse' : 'id'],
        code: 'E_OPCUA_TWICE',
        level: 'error',
        message: `${what} is already signal ${first} of this connection`,
      })
    }
  })
  return findings
}

function isEndpoint(text: string): boolean {
  if (!text.startsWith('opc.tcp://')) return false
  const url = URL.parse(text.replace('opc.tcp:', 'http:'))
  return url !== null && url.hostname !== '' && url.username === '' && url.password === ''
}

function isNodeAddress(text: string): boolean {
  return /^(?:ns=\d{1,5};|nsu=[^;]+;)?(?:i=\d{1,10}|s=.+|g=[0-9a-fA-F-]{36}|b=[A-Za-z0-9+/=]+)$/s.test(text)
}
