import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { changeList } from '../api/change-schemas.ts'
import { auditList } from '../api/evidence-schemas.ts'
import { type LoadedConfig, roleMayOf } from '../config/index.ts'
import { EvidenceFolder, IEC_62443_3_3, NIS2_21_2, type Summary, summaryPage, verifyFolder } from '../continuity/index.ts'
import type { AuditEvent } from '../core/audit.ts'
import { formatTime } from '../core/time.ts'
import { runPolicyTests, toPolicy } from '../gateway/policy/index.ts'
import { machineFiles } from '../lib/durable-files.ts'
import { verifierOf } from '../lib/signed.ts'
import { AUDIT_DIRECTORY, openSigner } from '../run/evidence/start.ts'
import { verifyEvidence } from '../run/evidence/verify.ts'
import { type Client, connectClient, runningUrl } from './client.ts'
import { load } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { refusing } from './enroll.ts'
import { paint, writeResult } from './output.ts'
import { told } from './told.ts'

export interface EvidenceExportOptions extends CommonOptions {
  readonly config?: string
  readonly from: string
  readonly to: string
  readonly out: string
  /** Commander's form of `--no-records`. */
  readonly records: boolean
}

/** Kinds of entries that say what was changed or done. */
const CHANGES = new Set([
  'start',
  'configuration',
  'account',
  'approval',
  'role',
  'token',
  'baseline',
  'acknowledgement',
  'release',
  'discard',
  'recompute',
  'export',
  'evidence-export',
  'enrolment',
  'revocation',
  'write-attempt',
  'finding',
  'removal',
])
const SIGNAL_ROWS = 10_000
const CHANGE_ROWS = 5_000

const APPROVALS = 'approvals.json'

/** What is asked of the running node, and the file it becomes. `ledger` answers where the node keeps one. */
const ASKED = [
  ['inventory/health.json', '/api/v1/health', {}],
  ['inventory/signals.json', '/api/v1/signals', { limit: String(SIGNAL_ROWS) }],
  ['inventory/nodes.json', '/api/v1/nodes', {}],
  ['policies/contracts.json', '/api/v1/contracts', {}],
  ['evidence.json', '/api/v1/evidence', {}],
  [APPROVALS, '/api/v1/changes', {}],
] as const

/** `ecluse evidence export`: a folder that an auditor can read without this program, and check with the public key. */
export async function evidenceExport(verb: Verb, options: EvidenceExportOptions): Promise<Exit> {
  return refusing(verb, async () => {
    const { io } = verb
    const words = verb.words.evidence
    const loaded = await load(verb, options.config)
    const { out } = options
    const event: Pick<AuditEvent, 'kind' | 'what' | 'detail'> = {
      kind: 'evidence-export',
      what: basename(out),
      detail: { from: options.from, to: options.to },
    }
    await told(verb, loaded, options.config, event)
    const folder = await EvidenceFolder.create(out).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw new Refused(words.isThere(out), words.isThereHint)
      throw error
    })
    const exporting = new Exporting(verb, loaded, folder, options)
    const value = await exporting.run()
    writeResult(io, options.output, value, () =>
      [
        words.exported(out, value.files),
        ...value.absent.map(({ file, reason }) => paint(io.colour.out).warn(words.absent(file, reason))),
      ].join('\n'),
    )
    return value.verification.tampered ? EXIT.failed : EXIT.ok
  })
}

class Exporting {
  readonly #verb: Verb
  readonly #loaded: LoadedConfig
  readonly #folder: EvidenceFolder
  readonly #options: EvidenceExportOptions
  readonly #absent: { file: string; reason: string }[] = []
  readonly #found = new Map<string, unknown>()

  constructor(verb: Verb, loaded: LoadedConfig, folder: EvidenceFolder, options: EvidenceExportOptions) {
    this.#verb = verb
    this.#loaded = loaded
    this.#folder = folder
    this.#options = options
  }

  async run() {
    const { config } = this.#loaded
    const { out, records } = this.#options
    const signer = await openSigner(this.#loaded)
    const folder = this.#folder
    const client =
      runningUrl(config.data) === undefined
        ? undefined
        : await connectClient(this.#verb, { ...(this.#options.config !== undefined && { config: this.#options.config }) })
    await client?.post('/api/v1/evidence/signature', {}, z.object({ done: z.literal(true) }))
    await this.#ask(client)
    const changes = await this.#changes(client)
    await this.#copyConfiguration()
    await this.#copyAudit()
    await this.#copySpool(records)
    await folder.write('key.pem', signer.publicKey)
    await folder.json('policies/zones-and-conduits.json', zonesOf(this.#loaded))
    await folder.json('mapping.json', { 'IEC 62443-3-3': IEC_62443_3_3, '(EU) 2022/2555 21(2)': NIS2_21_2 })
    const places = { audit: join(out, 'audit'), ...(records && { spool: join(out, 'spool') }) }
    const verification = await verifyEvidence(places, verifierOf(signer.publicKey))
    await folder.json('verification.json', verification)
    const subject = { node: config.node.id, from: this.#options.from, to: this.#options.to, time: formatTime(this.#verb.clock.now()) }
    const summary: Summary = {
      ...{
        ...subject,
        site: config.site.id,
        key: signer.key,
        verification,
        changes,
        absent: this.#absent,
        policy: policyCounts(this.#loaded),
      },
      ...(this.#found.has(APPROVALS) && { approvals: changeList.parse(this.#found.get(APPROVALS)) }),
      counts: this.#counts(),
    }
    await folder.write('index.html', summaryPage('en', summary))
    await folder.write('index.fr.html', summaryPage('fr', summary))
    await folder.write('README.txt', README)
    const files = await folder.finish(subject, signer)
    const { tampered } = await verifyFolder(out, verifierOf(signer.publicKey))
    if (tampered) throw new Error(`${tampered.file}: ${tampered.what}`)
    return { path: out, files, verification, absent: this.#absent }
  }

  async #ask(client: Client | undefined): Promise<void> {
    const { from, to } = this.#options
    for (const [file, path, query] of [...ASKED, ['ledger.json', '/api/v1/ledger', { from, to }] as const]) {
      try {
        if (!client) throw new Refused(this.#verb.words.evidence.noRunningNode)
        const answer = await client.get(path, query, z.unknown())
        this.#found.set(file, answer)
        await this.#folder.json(file, answer)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        this.#absent.push({ file, reason: error.message })
      }
    }
  }

  async #changes(client: Client | undefined): Promise<Summary['changes']> {
    if (!client) return []
    const { from, to } = this.#options
    const list = await client.get('/api/v1/audit', { from, to, limit: String(CHANGE_ROWS) }, auditList)
    if (list.truncated)
      this.#absent.push({ file: 'changes.json', reason: `only the newest ${CHANGE_ROWS} entries of the period; audit/ has all` })
    const changes = list.entries.filter(({ kind }) => CHANGES.has(kind))
    await this.#folder.json('changes.json', changes)
    const roots = list.entries.filter(({ kind }) => kind === 'root' || kind === 'anchor')
    await this.#folder.json('roots.json', roots)
    return changes.map(({ time, kind, who, what, detail }) => ({ time, kind, who: who ?? '', what: what ?? JSON.stringify(detail ?? '') }))
  }

  /** The file as it is: secrets are references in it, never themselves. */
  async #copyConfiguration(): Promise<void> {
    const { files, version, config } = this.#loaded
    for (const file of files) await this.#folder.copy(file, `configuration/${basename(file)}`)
    await this.#folder.json('configuration/version.json', { version, node: config.node, site: config.site })
  }

  /** Without the zeros that are reserved for entries to come. */
  async #copyAudit(): Promise<void> {
    const directory = join(this.#loaded.config.data, AUDIT_DIRECTORY)
    for (const name of (await machineFiles.list(directory)).sort().reverse()) {
      if (name === 'head.sig') await this.#folder.copy(join(directory, name), `audit/${name}`)
      if (!/^audit-\d+\.jsonl$/.test(name)) continue
      const content = await readFile(join(directory, name))
      await this.#folder.write(
        `audit/${name}`,
        content.subarray(0, (content.indexOf(0) < 0 ? content : content.subarray(0, content.indexOf(0))).lastIndexOf(10) + 1),
      )
    }
  }

  /** The head first, then signatures, then segments: what is copied later has grown at most. */
  async #copySpool(hasRecords: boolean): Promise<void> {
    const directory = join(this.#loaded.config.data, 'spool')
    const to = hasRecords ? 'spool' : 'signatures'
    const names = await machineFiles.list(directory)
    for (const name of names.filter((one) => one === 'head.sig')) await this.#folder.copy(join(directory, name), `${to}/${name}`)
    for (const name of names.filter((one) => /^\d{10}\.sig$/.test(one)).sort())
      await this.#folder.copy(join(directory, name), `${to}/${name}`)
    if (!hasRecords) {
      this.#absent.push({ file: 'spool/', reason: 'left out by --no-records; their signatures are in signatures/' })
      return
    }
    for (const name of names.filter((one) => /^\d{10}\.seg$/.test(one)).sort())
      await this.#folder.copy(join(directory, name), `${to}/${name}`)
  }

  #counts(): Summary['counts'] {
    const listIn = (file: string, key: string): number | undefined => {
      const list = (this.#found.get(file) as Record<string, unknown> | undefined)?.[key]
      return Array.isArray(list) ? list.length : undefined
    }
    const total = (this.#found.get('inventory/signals.json') as { total?: unknown } | undefined)?.total
    return {
      connections: listIn('inventory/health.json', 'connections'),
      signals: typeof total === 'number' ? total : listIn('inventory/signals.json', 'signals'),
      nodes: listIn('inventory/nodes.json', 'nodes'),
      contracts: listIn('policies/contracts.json', 'contracts'),
      findings: listIn('inventory/nodes.json', 'findings'),
    }
  }
}

const README = `Evidence of one node. Open index.html (English) or index.fr.html (French).

manifest.sig   every file of this folder with its SHA-256; first line JSON, second line the Ed25519 signature over the first line, hexadecimal
key.pem        the public key it was signed with. Compare its fingerprint with the one you were given another way
inventory/     connections, signals, nodes and certificates when this was made
policies/      data contracts; zones and conduits
configuration/ the configuration in force and its version
audit/         who did what: JSON lines; "previous" is the SHA-256 of the line before. head.sig signs the last line
approvals.json configurations that were proposed, who proposed and who approved them, and what is asked of a change
changes.json   changes and acts of the period, from audit/
roots.json     Merkle roots of hours (RFC 6962 over the hashes of the records), from audit/
spool/         the records, with a signature beside each segment; head.sig signs the last record. Left out with --no-records
mapping.json   what answers IEC 62443-3-3 and Directive (EU) 2022/2555 article 21(2), and what does not
verification.json  what the check came to when this was made

To check it without trusting this folder's own words:  ecluse evidence verify FOLDER --key KEY.pem
`

/** What is declared, as the program understands it, and whether its own tests hold. */
function zonesOf({ config, placeOf }: LoadedConfig): object {
  const { zones, conduits } = toPolicy(config, config.site.id)
  const tests = runPolicyTests(config.policyTests, { site: config.site.id, zones, conduits }, roleMayOf(config))
  return {
    ...{ declared: zones.length > 0, zones, roles: config.roles },
    conduits: conduits.map((one) => ({ ...one, place: placeOf(['conduits', one.name]) })),
    tests: tests.map(({ index, test, passed, findings }) => ({ place: placeOf(['policyTests', index]), test, passed, findings })),
  }
}

function policyCounts({ config }: LoadedConfig): Summary['policy'] {
  const declared = toPolicy(config, config.site.id)
  const tests = runPolicyTests(config.policyTests, declared, roleMayOf(config))
  const failed = tests.filter(({ passed }) => !passed).length
  return { zones: declared.zones.length, conduits: declared.conduits.length, tests: tests.length, failed }
}
