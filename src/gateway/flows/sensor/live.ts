import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import type { Observation, SensorView } from '../../../core/flows.ts'
import type { Logger } from '../../../core/log.ts'
import type { Clock } from '../../../core/time.ts'
import type { SensorConfig } from '../config.ts'
import { Sensor } from './sensor.ts'

/** A capture that ended is begun again after this. */
const AGAIN_MS = 30_000
/** What a capturing program says is kept up to here, to tell why it ended. */
const SAID_BYTES = 2_000

export interface RunningSensor {
  view(): SensorView
  /** Resolves when the file has been read, or the sensor was stopped. */
  readonly done: Promise<void>
}

export interface SensorParts {
  readonly name: string
  readonly config: SensorConfig
  readonly observe: (seen: Observation) => void
  readonly clock: Clock
  readonly log: Logger
  readonly stop: AbortSignal
}

/** Reads a capture file once, or a mirror port for as long as the node runs. Never rejects: what is wrong is said in the view. */
export function startSensor({ name, config, observe, clock, log, stop }: SensorParts): RunningSensor {
  const now = () => clock.now()
  let sensor = new Sensor({ name, observe, now })
  let state: SensorView['state'] = 'running'
  let problem: string | undefined
  const attempt = async (read: () => Promise<void>) => {
    state = 'running'
    await read().then(
      () => {
        state = 'ended'
        problem = undefined
      },
      (error: unknown) => {
        if (stop.aborted) {
          state = 'ended'
          return
        }
        state = 'failed'
        problem = error instanceof Error ? error.message : String(error)
        log.warn({ sensor: name, reason: problem }, 'the sensor reads no more')
      },
    )
  }
  const run = async () => {
    const { file, program } = config
    if (file !== undefined) return attempt(() => readFile(file, sensor, stop))
    while (!stop.aborted) {
      await attempt(() => capture(program, config.interface ?? '', sensor, stop))
      await clock.sleep(AGAIN_MS, stop)
      // A capture that begins anew has a header of its own.
      const { counters } = sensor
      sensor = new Sensor({ name, observe, now })
      Object.assign(sensor.counters, counters)
    }
  }
  return {
    view: () => ({ ...sensor.view(), state, ...(problem !== undefined && { problem }) }),
    done: run(),
  }
}

async function readFile(file: string, sensor: Sensor, stop: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(file, { signal: stop })) sensor.push(chunk as Buffer)
}

/** The arguments of a capture to standard output, packet by packet. */
const ARGUMENTS = {
  tcpdump: (port: string) => ['-i', port, '-U', '-n', '-s', '0', '-w', '-'],
  dumpcap: (port: string) => ['-i', port, '-q', '-P', '-w', '-'],
}

/** The right to capture is that of the program: this process needs none. While we are busy the pipe fills, and the program drops and counts. */
async function capture(program: SensorConfig['program'], port: string, sensor: Sensor, stop: AbortSignal): Promise<void> {
  const child = spawn(program, ARGUMENTS[program](port), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    signal: stop,
  })
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString('utf8')).slice(-SAID_BYTES)
  })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Error(`${program} is not installed`) : error),
    )
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(
            new Error(
              `${program} on ${port}: ${
                said
                  .trim()
                  .split(/\s*\n\s*/)
                  .slice(-2)
                  .join(' ') || `ended with ${code}`
              }`,
            ),
          ),
    )
  })
  ended.catch(() => {}) // awaited below, after what came before it
  try {
    for await (const chunk of child.stdout) sensor.push(chunk as Buffer)
  } finally {
    child.kill()
  }
  await ended
}
