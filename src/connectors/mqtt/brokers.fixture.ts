import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, listens } from '../../lib/ports.fixture.ts'

const MOSQUITTO = '/usr/sbin/mosquitto'
export const OPENSSL = '/usr/bin/openssl'
/** Give as a test's `skip`: false where mosquitto is installed, else why the test is skipped. */
export const withoutMosquitto: string | false = existsSync(MOSQUITTO) ? false : 'mosquitto is not installed (Debian package mosquitto)'

/** The same for tests that need a certificate too. */
export const withoutTls: string | false = withoutMosquitto || (existsSync(OPENSSL) ? false : 'openssl is not installed')

export interface Mosquitto {
  readonly port: number
  readonly url: string
  stop(): Promise<void>
}

/** Starts mosquitto on a free loopback port and waits until it listens. */
export async function startMosquitto(lines: readonly string[] = [], protocol = 'mqtt'): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'ecluse-mosquitto-'))
  const port = await freePort()
  const file = join(folder, 'mosquitto.conf')
  await writeFile(file, [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false', ...lines, ''].join('\n'))
  const child = spawn(MOSQUITTO, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += String(chunk)
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (let attempt = 0; !(await listens(port)); attempt++) {
    if (child.exitCode !== null || attempt > 500) throw new Error(`mosquitto did not start: ${log}`)
    await new Promise((resolve) => setTimeout(resolve, 10)) // a port can only be tried
  }
  return {
    port,
    url: `${protocol}://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
