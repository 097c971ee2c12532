import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '../src/lib/certificates.fixture.ts'
import { ROOT } from './lock.ts'

/**
 * Debian's scanners against a node on loopback, with and without TLS: `ECLUSE_LONG=1 node scripts/scan.ts`. Each tool has a time limit; what is not installed is said to
 * be missing, and ends the run with 2. Every finding must be one that docs/security.md explains: an unexpected one ends it with 1.
 */

const SECONDS = 120
/** testssl.sh tries every suite and weakness one after the other: cut off at the others' limit, its last pages were never read. */
const SECONDS_OF: Readonly<Record<string, number>> = { testssl: 1_800, 'testssl.sh': 1_800 }

interface Scan {
  readonly tool: string
  readonly args: readonly string[]
  /** Lines of the output that are findings nobody has explained yet. */
  readonly findings: (output: string) => string[]
}

/** X-XSS-Protection is read by no browser of today and did harm in old ones; HSTS is said over TLS alone (RFC 6797, 7.2). */
const EXPLAINED = /X-XSS-Protection is not set|Strict-Transport-Security is not set/

const lines = (output: string, pattern: RegExp) => output.split('\n').filter((line) => pattern.test(line))

function scans(plain: string, secure: string, directory: string): Scan[] {
  const [plainPort, securePort] = [plain, secure].map((url) => new URL(url).port)
  const words = join(directory, 'words.txt')
  writeFileSync(
    words,
    [
      'admin',
      'api',
      'api/v1',
      'backup',
      'config',
      'console',
      'debug',
      '.env',
      '.git/config',
      'login',
      'metrics',
      'package.json',
      'server-status',
      'swagger',
      'swagger.json',
    ]
      .concat([
        'documentation',
        'accounts.json',
        'local-token',
        'ecluse.yaml',
        '../ecluse.yaml',
        'data',
        'node_modules',
        'api/v1/health',
        'api/v1/audit',
        'api/v1/writes',
        'robots.txt',
        'test',
        'tmp',
        'upload',
      ])
      .join('\n'),
  )
  const report = join(directory, 'wapiti.json')
  return [
    {
      tool: 'nmap',
      args: [
        '-Pn',
        '-n',
        '-sT',
        '-sV',
        '--version-light',
        '-p',
        `${plainPort},${securePort}`,
        '--script',
        'http-methods,http-trace,http-cors,http-auth,ssl-enum-ciphers',
        '127.0.0.1',
      ],
      findings: (output) => lines(output, /least strength: [B-F]|Potentially risky|VULNERABLE|TLSv1\.[012]:|SSLv/),
    },
    {
      tool: 'sslscan',
      args: ['--no-colour', `127.0.0.1:${securePort}`],
      findings: (output) =>
        lines(output, /^(SSLv\d|TLSv1\.[012])\s+enabled|Heartbleed.*vulnerable to|vulnerable to heartbleed$/).filter(
          (line) => !/not vulnerable/.test(line),
        ),
    },
    {
      tool: 'testssl',
      args: [
        '--quiet',
        '--color',
        '0',
        '--warnings',
        'off',
        '--fast',
        '--connect-timeout',
        '5',
        '--openssl-timeout',
        '5',
        '-p',
        '-S',
        '-U',
        `127.0.0.1:${securePort}`,
      ],
      // A certificate made for this scan has no authority.
      findings: (output) =>
        lines(output, /VULNERABLE|NOT ok/).filter(
          (line) => !/not vulnerable|Chain of trust|self.signed|OCSP|CRL|expire|Trust \(hostname\)|CAA|Transparency/i.test(line),
        ),
    },
    {
      tool: 'slowhttptest',
      args: ['-c', '500', '-H', '-i', '5', '-r', '250', '-t', 'GET', '-u', plain, '-x', '24', '-p', '3', '-l', '20'],
      // The address of the attack is shut out of its own surplus; that others are served meanwhile is shown by faults/sockets.fault.ts.
      findings: (output) => {
        const open = [...output.matchAll(/connected:\s+(\d+)/g)].map((match) => Number(match[1]))
        return (open.at(-1) ?? 1) > 64 ? [`${open.at(-1)} slow connections are still open`] : []
      },
    },
    {
      tool: 'wapiti',
      args: [
        '-u',
        `${plain}/`,
        '--max-scan-time',
        '60',
        '-m',
        'common',
        '-f',
        'json',
        '-o',
        report,
        '--flush-session',
        '--no-bugreport',
        '-v',
        '0',
      ],
      findings: () => {
        const found = JSON.parse(readFileSync(report, 'utf8')) as {
          vulnerabilities: Record<string, { info: string }[]>
          anomalies: Record<string, { info: string }[]>
        }
        return Object.entries({ ...found.vulnerabilities, ...found.anomalies })
          .flatMap(([kind, all]) => all.map(({ info }) => `${kind}: ${info}`))
          .filter((line) => !EXPLAINED.test(line))
      },
    },
    {
      tool: 'ffuf',
      args: ['-w', words, '-u', `${plain}/FUZZ`, '-mc', 'all', '-fc', '401,403,404', '-maxtime', '30', '-s'],
      findings: (output) => lines(output, /\S/),
    },
  ]
}

function starting(directory: string, text: string): { child: ChildProcess; url: Promise<string> } {
  const file = join(directory, 'ecluse.yaml')
  writeFileSync(file, text)
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'ecluse.js'), 'run', file, '--lang', 'en'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const url = new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      said += part
      const found = /https?:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(`the node ended: ${said}`)))
  })
  return { child, url }
}

async function main(): Promise<number> {
  const [one, two, work] = ['plain', 'tls', 'work'].map((name) => mkdtempSync(join(tmpdir(), `ecluse-scan-${name}-`))) as [
    string,
    string,
    string,
  ]
  const { certificate, key } = selfSigned('scan')
  writeFileSync(join(two, 'certificate.pem'), certificate)
  writeFileSync(join(two, 'key.pem'), key, { mode: 0o600 })
  const head = 'version: 1\nsite: { id: scan }\nconnections: {}\n'
  const tls = 'http: { port: 0, tls: { certificate: "${file:certificate.pem}", key: "${file:key.pem}" } }\n'
  const nodes = [starting(one, `${head}http: { port: 0 }\n`), starting(two, head + tls)]
  let exit = 0
  try {
    const [plain, secure] = (await Promise.all(nodes.map(({ url }) => url))) as [string, string]
    for (const { tool, args, findings } of scans(plain, secure, work)) {
      const started = performance.now()
      const seconds = SECONDS_OF[tool] ?? SECONDS
      const run = spawnSync(tool, args, { encoding: 'utf8', timeout: seconds * 1000, input: '', maxBuffer: 64 * 1024 * 1024 })
      if ((run.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
        console.log(`${tool}: NOT RUN, not installed`)
        exit ||= 2
        continue
      }
      const found = findings(`${run.stdout}\n${run.stderr}`)
      const late = run.error ? `, cut off after ${seconds} s` : ''
      console.log(
        `${tool}: ${found.length === 0 ? 'nothing unexplained' : 'FINDINGS'} (${((performance.now() - started) / 1000).toFixed(0)} s${late})`,
      )
      for (const line of found) console.log(`  ${line.trim()}`)
      if (process.env.ECLUSE_SCAN_OUTPUT) writeFileSync(join(process.env.ECLUSE_SCAN_OUTPUT, `${tool}.txt`), `${run.stdout}\n${run.stderr}`)
      if (found.length > 0) exit = 1
    }
  } finally {
    await Promise.all(
      nodes.map(({ child }) => {
        const ended = once(child, 'exit')
        return child.exitCode === null && child.kill('SIGTERM') ? ended : undefined
      }),
    )
    for (const directory of [one, two, work]) rmSync(directory, { recursive: true, force: true })
  }
  return exit
}

if (import.meta.main) process.exitCode = await main()
