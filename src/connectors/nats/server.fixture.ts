import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, listens } from '../../lib/ports.fixture.ts'

const NATS_SERVER = '/usr/sbin/nats-server'
/** Give as a test's `skip`: false where nats-server is installed, else why the test is skipped. */
export const withoutNats: string | false = existsSync(NATS_SERVER) ? false : 'nats-server is not installed (Debian package nats-server)'

export interface NatsServer {
  readonly port: number
  readonly url: string
  /** kill -9; what it stored is kept. */
  kill(): Promise<void>
  /** Starts it again on its port, with its store. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts nats-server with JetStream on a free loopback port, with more lines of its configuration, and waits until it listens. */
export async function startNats(lines = '', files: Readonly<Record<string, string>> = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ecluse-nats-'))
  const port = await freePort()
  const file = join(folder, 'nats.conf')
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const store = `jetstream { store_dir: "${join(folder, 'store')}" }`
  await writeFile(file, [`listen: "127.0.0.1:${port}"`, store, lines.replaceAll('FOLDER', folder), ''].join('\n'))
  let child = await start(file, port)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill(signal)
    await ended
  }
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    kill: () => end('SIGKILL'),
    async restart() {
      child = await start(file, port)
    },
    async stop() {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function start(file: string, port: number): Promise<ChildProcess> {
  const child = spawn(NATS_SERVER, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr?.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-10_000)
  })
  for (let attempt = 0; !(await listens(port)); attempt++) {
    if (child.exitCode !== null || attempt > 1000) throw new Error(`nats-server did not start: ${log}`)
    await new Promise((resolve) => setTimeout(resolve, 10)) // a port can only be tried
  }
  return child
}
