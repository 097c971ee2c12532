import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import { systemClock } from '../src/core/time.ts'
import { until } from './node.ts'
import { cpuSecondsOf, residentMb, shareMb } from './report.ts'

const SIGNALS = 20

/** `ecluse run` of an edge that is enrolled in `directory/edge` and reads one Modbus device of 20 registers every second. */
export async function idleEdge(directory: string, idleS: number): Promise<{ memoryMb: number; shareMb: number; cpuPercent: number }> {
  const device = await startModbusSimulator({ units: { 1: { 'holding-register': Array.from({ length: SIGNALS }, (_, i) => i) } } })
  const signals = Array.from({ length: SIGNALS }, (_, i) => `      - { id: r${i}, table: holding-register, address: ${i} }\n`).join('')
  const file = join(directory, 'idle.yaml')
  const connection = `  m:\n    kind: modbus\n    host: 127.0.0.1\n    port: ${device.port}\n    signals:\n${signals}`
  writeFileSync(
    file,
    `version: 1\nsite: { id: b }\nnode: { id: edge, role: edge }\ndata: ${join(directory, 'edge')}\nhttp: { port: 0 }\nconnections:\n${connection}`,
  )
  const args = ['--max-semi-space-size=4', '--expose-gc', 'bin/ecluse.js', 'run', file]
  const child = spawn(process.execPath, args, {
    cwd: process.env.ECLUSE_HOME ?? join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  try {
    await until('it serves', 30_000, () => {
      if (child.exitCode !== null) throw new Error(said)
      return /http:\/\/127\.0\.0\.1:\d+/.test(said)
    })
    const pid = child.pid as number
    await systemClock.sleep(2_000)
    const cpu = cpuSecondsOf(pid)
    await systemClock.sleep(idleS * 1_000)
    return { cpuPercent: ((cpuSecondsOf(pid) - cpu) / idleS) * 100, memoryMb: residentMb(pid), shareMb: shareMb(pid) }
  } finally {
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await ended
    await device.stop()
  }
}
