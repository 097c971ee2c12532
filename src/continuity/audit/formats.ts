import type { AuditEntry } from '../../core/audit.ts'
import { formatTime } from '../../core/time.ts'

/** Who sends: parts of every message. */
export interface Sender {
  readonly node: string
  /** Version of the program. */
  readonly version: string
}

/** RFC 5424 section 6.2.1: log audit, facility 13. */
const FACILITY = 13
/** Severities: 4 warning, 5 notice, 6 informational; findings are 2, critical. */
function severity({ kind, outcome }: AuditEntry): number {
  if (kind === 'finding') return 2
  if (outcome === 'refused') return 4
  return kind === 'root' || kind === 'anchor' || kind === 'signature' ? 6 : 5
}

/** One structured data element; 32473 is the number that RFC 5612 sets aside for documentation, as nobody has given us one of our own. */
const SD_ID = 'audit@32473'

/** RFC 5424 section 6, UTF-8 with a byte order mark as its section 6.4 wants. */
export function toSyslog(entry: AuditEntry, { node }: Sender): Buffer {
  const { n, time, kind, outcome, who, from, what, detail, count } = entry
  const fields = { n, kind, outcome, who, from, what, count, ...detail }
  const data = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${sdName(name)}="${sdValue(String(value))}"`)
    .join('')
  const head = `<${FACILITY * 8 + severity(entry)}>1 ${formatTime(time)} ${printable(node, 255)} ecluse ${process.pid} ${kind}`
  return Buffer.from(`${head} [${SD_ID}${data}] \ufeff${sentence(entry)}`)
}

/** ArcSight Common Event Format, version 0, behind a syslog header of RFC 5424, as its own guide asks of syslog transports. */
export function toCef(entry: AuditEntry, { node, version }: Sender): Buffer {
  const { n, time, kind, outcome, who, from, what, detail, count } = entry
  const header = ['Écluse', 'Écluse', version, kind, sentence(entry)].map(cefHeader).join('|')
  const more = Object.entries(detail ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
  const fields: [string, string | number | undefined][] = [
    ['rt', Math.floor(time / 1000)],
    ['externalId', n],
    ['dvchost', node],
    ['outcome', outcome],
    ['suser', who],
    ['src', from],
    ['request', what],
    ['cnt', count],
    ['msg', more || undefined],
  ]
  const extension = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${cefValue(String(value))}`])).join(' ')
  const level = severity(entry) <= 2 ? 9 : severity(entry) === 4 ? 6 : 3
  const head = `<${FACILITY * 8 + severity(entry)}>1 ${formatTime(time)} ${printable(node, 255)} ecluse ${process.pid} ${kind} -`
  return Buffer.from(`${head} CEF:0|${header}|${level}|${extension}`)
}

function sentence({ kind, outcome, who, from, what, count }: AuditEntry): string {
  const parts = [kind, outcome, who && `by ${who}`, from && `from ${from}`, what && `(${what})`, count && `${count} times`]
  return parts.filter(Boolean).join(' ')
}

/** PRINTUSASCII of RFC 5424, which has no room for anything else in a header. */
const printable = (text: string, length: number): string => text.replace(/[^\x21-\x7e]/g, '_').slice(0, length) || '-'
/** SD-NAME: no space, equals sign, bracket or quote; at most 32 characters. */
const sdName = (name: string): string => printable(name.replace(/[=\]"]/g, '_'), 32)
/** PARAM-VALUE: section 6.3.3 has these three escaped. */
const sdValue = (text: string): string => text.replace(/["\\\]]/g, '\\$&')
const cefHeader = (text: string): string => text.replace(/[\\|]/g, '\\$&').replace(/[\r\n]/g, ' ')
const cefValue = (text: string): string => text.replace(/[\\=]/g, '\\$&').replace(/\r?\n/g, '\\n')
