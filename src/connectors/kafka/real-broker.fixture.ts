import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort, listens } from '../../lib/ports.fixture.ts'

/** Jars of a Kafka broker, and a `java` to run them: `test/kafka/pom.xml` names them. */
const JARS = process.env.ECLUSE_KAFKA_JARS
const READY_MS = 60_000

export const withoutBroker: string | false =
  JARS === undefined
    ? 'ECLUSE_KAFKA_JARS names no directory with the jars of test/kafka/pom.xml'
    : spawnSync('java', ['-version']).status !== 0 && 'no java'

/** One broker that is its own controller, on loopback, with a directory of its own; gone after the test. */
export async function startBroker(t: TestContext): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-kafka-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const [port, controller] = [await freePort(), await freePort()]
  const file = join(directory, 'server.properties')
  writeFileSync(
    file,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
log.dirs=${join(directory, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`,
  )
  const java = (program: string, ...args: string[]) => ['-Xmx256m', '-cp', join(JARS as string, '*'), program, ...args]
  const id = Buffer.alloc(16, 1).toString('base64url')
  const formatted = spawnSync('java', java('kafka.tools.StorageTool', 'format', '-t', id, '-c', file), { encoding: 'utf8' })
  if (formatted.status !== 0) throw new Error(`the broker's directory: ${formatted.stderr}`)
  const child = spawn('java', java('kafka.Kafka', file), { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-10_000)
  })
  for (const end = performance.now() + READY_MS; !(await listens(port)); ) {
    const problem =
      child.exitCode !== null ? `ended with ${child.exitCode}` : performance.now() > end && `is not ready after ${READY_MS} ms`
    if (problem) throw new Error(`the broker ${problem}: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 100)) // a port can only be tried
  }
  return `127.0.0.1:${port}`
}
