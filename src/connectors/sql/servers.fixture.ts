import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silent } from '../../core/log.ts'
import type { RecordContext, RecordDelivery, RecordSource } from '../../core/record-source.ts'
import { systemClock } from '../../core/time.ts'
import { freePort } from '../../lib/ports.fixture.ts'

const POSTGRES = globSync('/usr/lib/postgresql/*/bin').sort().at(-1)
const MARIADB = '/usr/bin/mariadb'
const MARIADB_INSTALL = '/usr/bin/mariadb-install-db'
const MARIADBD = '/usr/sbin/mariadbd'
/** Give as a test's `skip`. */
export const withoutPostgres: string | false = POSTGRES ? false : 'PostgreSQL is not installed (Debian package postgresql)'
export const withoutMariadb: string | false = existsSync(MARIADBD) ? false : 'MariaDB is not installed (Debian package mariadb-server)'

export interface DatabaseServer {
  readonly port: number
  readonly pid: number
  /** Runs statements as the owner. */
  run(sql: string): string
  /** As a power cut would. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** The password of user `reader`, who may read everything in database `plant`. */
export const PASSWORD = 'not-4-the-log'

/** A certificate for `localhost` of its own, in `folder`. */
function makeCertificate(folder: string, owner: Owner | undefined): void {
  const key = join(folder, 'server.key')
  const certificate = join(folder, 'server.crt')
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...subject]
  execFileSync('openssl', [...args, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  chmodSync(key, 0o600)
  if (owner) for (const file of [key, certificate]) chownSync(file, owner.uid, owner.gid)
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Neither server runs as root. */
function ownerFor(user: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

function privateFolder(owner: Owner | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-sql-'))
  if (owner) chownSync(folder, owner.uid, owner.gid)
  return folder
}

/** Waits until the server answers; a server can only be tried. */
async function untilReady(child: ChildProcess, ask: () => void): Promise<void> {
  let log = ''
  child.stderr?.on('data', (chunk) => {
    log = (log + String(chunk)).slice(-4_000)
  })
  for (let attempt = 0; ; attempt++) {
    try {
      return ask()
    } catch (cause) {
      if (child.exitCode !== null || attempt > 600) throw new Error(`the server did not start: ${log}`, { cause })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** Ends as the whole tree would by a power cut (SIGKILL), or at once but cleanly. */
function ender(child: ChildProcess, folder: string, polite: NodeJS.Signals): Pick<DatabaseServer, 'kill' | 'stop'> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill(polite)
      await ended
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

export async function startPostgres(): Promise<DatabaseServer & { readonly certificate: string }> {
  const owner = ownerFor('postgres')
  const folder = privateFolder(owner)
  const data = join(folder, 'data')
  const as = { ...owner, cwd: folder, encoding: 'utf8' as const }
  execFileSync(join(POSTGRES as string, 'initdb'), ['-D', data, '-U', 'owner', '-A', 'trust', '-N', '--locale=C.UTF-8'], {
    ...as,
    stdio: 'ignore',
  })
  makeCertificate(folder, owner)
  writeFileSync(
    join(data, 'pg_hba.conf'),
    'local all owner trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n',
  )
  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'shared_buffers=16MB',
    'ssl=on',
  ]
  const files = [`ssl_cert_file=${join(folder, 'server.crt')}`, `ssl_key_file=${join(folder, 'server.key')}`]
  const args = ['-D', data, ...[...settings, ...files].flatMap((setting) => ['-c', setting])]
  const child = spawn(join(POSTGRES as string, 'postgres'), args, { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const run = (sql: string, database = 'plant') =>
    execFileSync(
      join(POSTGRES as string, 'psql'),
      ['-h', folder, '-p', String(port), '-U', 'owner', '-d', database, '-qAtX', '-v', 'ON_ERROR_STOP=1'],
      {
        ...as,
        input: sql,
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    )
  await untilReady(child, () => run('SELECT 1', 'postgres'))
  run('CREATE DATABASE plant', 'postgres')
  run(`CREATE ROLE reader LOGIN PASSWORD '${PASSWORD}'; GRANT pg_read_all_data TO reader`)
  return { port, pid: child.pid as number, run, certificate: join(folder, 'server.crt'), ...ender(child, folder, 'SIGINT') }
}

export async function startMariadb(): Promise<DatabaseServer & { readonly certificate: string }> {
  const owner = ownerFor('mysql')
  const folder = privateFolder(owner)
  const data = join(folder, 'data')
  const as = { ...owner, cwd: folder, encoding: 'utf8' as const }
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db']
  execFileSync(MARIADB_INSTALL, install, { ...as, stdio: 'ignore' })
  makeCertificate(folder, owner)
  const port = await freePort()
  const socket = join(folder, 's')
  const settings = [
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--innodb-buffer-pool-size=16M',
  ]
  const files = [`--ssl-cert=${join(folder, 'server.crt')}`, `--ssl-key=${join(folder, 'server.key')}`, `--pid-file=${join(folder, 'pid')}`]
  const child = spawn(MARIADBD, ['--no-defaults', ...settings, ...files, '--innodb-flush-log-at-trx-commit=0'], {
    ...owner,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const run = (sql: string) =>
    execFileSync(MARIADB, ['--no-defaults', '-S', socket, '-u', 'root', '-N', '-B'], {
      ...as,
      input: `${sql}`,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  await untilReady(child, () => run('SELECT 1'))
  run(
    `CREATE DATABASE plant CHARACTER SET utf8mb4; CREATE USER reader@'%' IDENTIFIED BY '${PASSWORD}'; GRANT SELECT ON plant.* TO reader@'%'`,
  )
  return { port, pid: child.pid as number, run, certificate: join(folder, 'server.crt'), ...ender(child, folder, 'SIGTERM') }
}

/** A context as the runner gives it; `cursors` are the durable ones. */
export function contextWith(cursors: Readonly<Record<number, string>> = {}, directory = '/'): RecordContext {
  return { connection: 'c', clock: systemClock, log: silent, random: Math.random, cursor: (feed) => cursors[feed], directory }
}

/** Connects and reads until `enough` says so; the deliveries. */
export async function readUntil(source: RecordSource, enough: (all: RecordDelivery[]) => boolean): Promise<RecordDelivery[]> {
  const limit = AbortSignal.timeout(20_000)
  await source.connect(limit)
  const all: RecordDelivery[] = []
  while (!enough(all)) all.push(await source.read(limit))
  return all
}
