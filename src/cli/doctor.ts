import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, formatTime, parseTime } from '../core/time.ts'
import { makeFolder } from '../lib/make-folder.ts'
import { runningUrl } from './client.ts'
import { configPath, loadLoosely } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { nodeChecks } from './doctor-nodes.ts'
import { bytes, paint, printable, table, writeResult } from './output.ts'
import { listenProblem } from './ports.ts'

/** One thing looked at. */
export interface Finding {
  readonly check: string
  readonly result: 'ok' | 'warn' | 'fail'
  readonly detail: string
  readonly hint?: string
}

const MINIMUM_NODE = 24
const MINIMUM_FREE_BYTES = 2 ** 30
const WANTED_FREE_BYTES = 10 * 2 ** 30
const FSYNCS = 20
const FSYNC_SLOW_MS = 50
/** No disk confirms in less; memory does. */
const FSYNC_FAST_MS = 0.02
const MADE = parseTime('2026-11-01T00:00:00Z')
const CLOCK_WATCH_MS = 200
const CLOCK_JUMP_MS = 50

/** `ecluse doctor [PATH]`: 1 when something would keep a node from running. */
export async function doctor(verb: Verb, path: string | undefined, options: CommonOptions): Promise<Exit> {
  const { io } = verb
  const { loaded, problems } = await loadLoosely(verb, path)
  const data = loaded?.config.data ?? join(process.cwd(), 'data')
  const { host, port } = loaded?.config.http ?? { host: '127.0.0.1', port: 8480 }
  const missing = problems.length === 1 && problems[0]?.code === 'E_FILE'
  const errors = missing ? 0 : problems.filter((problem) => problem.level === 'error').length
  const findings = [
    runtime(verb),
    configuration(verb, configPath(verb, path), missing && path === undefined, missing && path !== undefined ? 1 : errors, loaded?.version),
    ...(await directory(verb, data)),
    await portFree(verb, data, host, port),
    await clock(verb, verb.clock),
    await historian(verb),
    await securityFunctions(verb, data),
    ...(loaded ? await nodeChecks(verb, loaded, path) : []),
  ]
  writeResult(io, options.output, findings, () => describe(verb, findings))
  return findings.some((finding) => finding.result === 'fail') ? EXIT.failed : EXIT.ok
}

function describe(verb: Verb, findings: readonly Finding[]): string {
  const words = verb.words.doctor
  const { warn, bad } = paint(verb.io.colour.out)
  const [head, ...lines] = table(
    [
      { title: words.check, cell: (finding: Finding) => finding.check },
      { title: words.result, cell: (finding) => words[finding.result] },
      { title: words.detail, cell: (finding) => finding.detail },
    ],
    findings,
  ).split('\n')
  const shown = lines.flatMap((line, index) => {
    const { result, hint } = findings[index] as Finding
    const painted = result === 'fail' ? bad(line) : result === 'warn' ? warn(line) : line
    return hint && result !== 'ok' ? [painted, `  ${verb.words.hint} ${printable(hint)}`] : [painted]
  })
  return [head, ...shown].join('\n')
}

function runtime({ words }: Verb): Finding {
  const { node } = process.versions
  if (Number(node.split('.')[0]) >= MINIMUM_NODE) return { check: words.doctor.runtime, result: 'ok', detail: `Node ${node}` }
  return { check: words.doctor.runtime, result: 'fail', detail: words.doctor.runtimeOld(node), hint: words.doctor.runtimeOldHint }
}

function configuration({ words }: Verb, path: string, missing: boolean, errors: number, version: string | undefined): Finding {
  const { doctor } = words
  const check = doctor.configuration
  if (missing) return { check, result: 'warn', detail: doctor.configMissing, hint: doctor.configMissingHint }
  if (errors > 0) return { check, result: 'fail', detail: `${path}: ${doctor.configBad(errors)}`, hint: doctor.configBadHint(path) }
  return { check, result: 'ok', detail: `${path} (${version ?? '-'})` }
}

/** Writes beside the data, never into it; what was not there before is removed again. */
async function directory({ words }: Verb, data: string): Promise<Finding[]> {
  const { doctor } = words
  const probe = join(data, `.doctor-${process.pid}`)
  let made: string | undefined
  try {
    made = await makeFolder(data)
    await writeFile(probe, 'probe')
    const { bavail, bsize } = await statfs(data)
    const free = bavail * bsize
    const space = free < MINIMUM_FREE_BYTES ? 'fail' : free < WANTED_FREE_BYTES ? 'warn' : 'ok'
    return [
      { check: doctor.directory, result: 'ok', detail: data },
      { check: doctor.disk, result: space, detail: doctor.free(bytes(free)), hint: doctor.freeHint },
      fsyncSpeed(doctor, probe),
    ]
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return [
      {
        check: doctor.directory,
        result: 'fail',
        detail: doctor.notWritable(data, why),
        hint: why === 'ENOSPC' ? doctor.freeHint : doctor.notWritableHint,
      },
    ]
  } finally {
    // What could not be written need not be removed; where even that fails, the finding above says why.
    await rm(probe, { force: true }).catch(() => undefined)
    if (made) await rm(made, { recursive: true, force: true })
  }
}

function fsyncSpeed(words: Verb['words']['doctor'], file: string): Finding {
  const handle = openSync(file, 'w')
  const times: number[] = []
  try {
    for (let i = 0; i < FSYNCS; i++) {
      writeSync(handle, Buffer.alloc(4096, i))
      const start = performance.now()
      fsyncSync(handle)
      times.push(performance.now() - start)
    }
  } finally {
    closeSync(handle)
  }
  times.sort((a, b) => a - b)
  const median = times[FSYNCS >> 1] as number
  const detail = words.fsyncTime(median.toFixed(2), (times[FSYNCS - 1] as number).toFixed(2))
  if (median < FSYNC_FAST_MS) return { check: words.fsync, result: 'warn', detail, hint: words.fsyncFast }
  return { check: words.fsync, result: median > FSYNC_SLOW_MS ? 'warn' : 'ok', detail, hint: words.fsyncHint }
}

async function portFree({ words }: Verb, data: string, host: string, port: number): Promise<Finding> {
  const { doctor } = words
  const address = `${host}:${port}`
  const problem = await listenProblem(host, port)
  if (problem === undefined) return { check: doctor.port, result: 'ok', detail: doctor.portFree(address) }
  const running = runningUrl(data)
  if (running && new URL(running).port === String(port)) return { check: doctor.port, result: 'ok', detail: doctor.portOurs(address) }
  const detail = problem === 'EADDRINUSE' ? doctor.portTaken(address) : `${address}: ${problem}`
  return { check: doctor.port, result: 'fail', detail, hint: doctor.portTakenHint }
}

/** The wall clock must be later than the program, and must move as fast as time passes. */
async function clock({ words }: Verb, clock: Clock): Promise<Finding> {
  const { doctor } = words
  const wall = clock.now()
  const steady = clock.monotonicMs()
  await clock.sleep(CLOCK_WATCH_MS)
  const jumpMs = (clock.now() - wall) / 1000 - (clock.monotonicMs() - steady)
  if (wall < MADE) return { check: doctor.clock, result: 'fail', detail: doctor.clockWrong(formatTime(wall)), hint: doctor.clockHint }
  if (Math.abs(jumpMs) > CLOCK_JUMP_MS)
    return { check: doctor.clock, result: 'warn', detail: doctor.clockJump(jumpMs.toFixed(0)), hint: doctor.clockHint }
  return { check: doctor.clock, result: 'ok', detail: formatTime(Math.floor(wall / 1e6) * 1e6) }
}

async function historian({ words }: Verb): Promise<Finding> {
  const { doctor } = words
  try {
    const { version } = await import('@duckdb/node-api')
    return { check: doctor.historian, result: 'ok', detail: doctor.duckdb(version()) }
  } catch (error) {
    const detail = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
    return { check: doctor.historian, result: 'fail', detail, hint: doctor.duckdbHint }
  }
}

async function securityFunctions({ words, clock, io }: Verb, directory: string): Promise<Finding> {
  const { doctor } = words
  const { selfTest } = await import('../run/self-test.ts')
  const results = await selfTest({ now: clock.now(), env: io.env, userId: process.getuid?.(), directory })
  const check = doctor.selfTest
  const wrong = results.filter(({ result }) => result !== 'ok')
  if (wrong.length === 0) return { check, result: 'ok', detail: doctor.selfTestPassed(results.length) }
  const result = wrong.some((one) => one.result === 'fail') ? 'fail' : 'warn'
  return { check, result, detail: wrong.map((one) => `${one.check}: ${one.detail}`).join('; '), hint: doctor.selfTestHint }
}
