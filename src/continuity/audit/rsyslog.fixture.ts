import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../lib/ports.fixture.ts'

const RSYSLOGD = '/usr/sbin/rsyslogd'
const hasTls = globSync('/usr/lib/{*/,}rsyslog/lmnsd_gtls.so').length > 0

/** Give as a test's `skip`: false where rsyslog can be run, else why the test is skipped. */
export const withoutRsyslog: string | false = existsSync(RSYSLOGD) && hasTls ? false : 'rsyslog and rsyslog-gnutls are not installed'

const LIMIT_MS = 20_000

export interface Rsyslog {
  readonly port: number
  /** What it understood of each message, in order of arrival. */
  messages(): { pri: string; time: string; host: string; app: string; id: string; data: string; msg: string }[]
  /** Resolves when there are so many. */
  until(count: number): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

/** A real rsyslogd on a loopback port, stopped with the test. */
export async function startRsyslog(
  t: TestContext,
  transport: 'udp' | 'tcp' | 'tls',
  pair?: { certificate: string; key: string },
): Promise<Rsyslog> {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-rsyslog-'))
  const port = await freePort()
  const output = join(folder, 'messages')
  writeFileSync(join(folder, 'certificate.pem'), pair?.certificate ?? '')
  writeFileSync(join(folder, 'key.pem'), pair?.key ?? '', { mode: 0o600 })
  const tls = `global(DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="${folder}/certificate.pem" DefaultNetstreamDriverCertFile="${folder}/certificate.pem" DefaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.Authmode="anon")`
  const modules = { udp: 'module(load="imudp")', tcp: 'module(load="imtcp")', tls }
  const input = transport === 'udp' ? 'imudp" address="127.0.0.1' : 'imtcp" address="127.0.0.1'
  const fields = ['pri', 'timereported:::date-rfc3339', 'hostname', 'app-name', 'msgid', 'structured-data', 'msg']
  const template = fields.map((field) => `%${field}%`).join('\\t')
  const lines = [
    `global(workDirectory="${folder}" maxMessageSize="16k")`,
    modules[transport],
    `template(name="all" type="string" string="${template}\\n")`,
    `input(type="${input}" port="${port}" ruleset="in")`,
    `ruleset(name="in") { action(type="omfile" file="${output}" template="all" flushOnTXEnd="on") }`,
  ]
  writeFileSync(join(folder, 'rsyslog.conf'), `${lines.join('\n')}\n`)
  let process: ChildProcess | undefined
  const start = async () => {
    process = spawn(RSYSLOGD, ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')], { stdio: 'ignore' })
    if (transport !== 'udp') await within(() => isOpen(port))
    else await within(async () => existsSync(join(folder, 'pid')) && isUdpOpen(port))
  }
  const stop = async () => {
    const child = process
    process = undefined
    if (!child || child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  t.after(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  const messages = () =>
    (existsSync(output) ? readFileSync(output, 'utf8') : '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [pri = '', time = '', host = '', app = '', id = '', data = '', msg = ''] = line.split('\t')
        return { pri, time, host, app, id, data, msg }
      })
  return { port, messages, until: (count) => within(async () => messages().length >= count), start, stop }
}

async function within(condition: () => Promise<boolean>): Promise<void> {
  for (const started = performance.now(); performance.now() - started < LIMIT_MS; await delay(20)) if (await condition()) return
  throw new Error(`not within ${LIMIT_MS} ms`)
}

async function isOpen(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** The kernel's own list: nobody answers over UDP. */
async function isUdpOpen(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return readFileSync('/proc/net/udp', 'utf8').includes(`:${hex} `)
}
