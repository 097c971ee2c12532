import { until } from '../bench/node.ts'
import { percentile, residentMb } from '../bench/report.ts'
import { systemClock } from '../src/core/time.ts'
import { get, type OpenSocket, open } from './http.ts'
import { type Bench, configure, judge, type NodeProcess, startNodeProcess, withBench } from './node.ts'
import { faultsOf } from './oracle.ts'
import type { Form, Row } from './row.ts'

/** Strangers at the HTTP port: connections that say little or nothing, and messages without end. */
export const title = 'Hostile HTTP clients'
export const beside = 'nothing'

const SOCKETS = 500
const CLOSED_MS = 10_000
const SERVED_MS = 500
const GROWTH_MB = 16
const LIMIT_MS = 30_000
const PASS = '/api/v1/session'

export async function run(form: Form): Promise<Row[]> {
  return withBench(async (bench) => {
    const node = startNodeProcess(await configure(bench, { device: 'batch: 10, period: 100' }), bench, { serve: true })
    try {
      await until('a node that answers', LIMIT_MS, () => node.isOver() || node.url() !== undefined)
      await warm(node)
      const rows = [await slow(node), ...(await huge(node, form === 'short' ? 1 : 10))]
      await node.stop()
      return [...rows, await counted(bench)]
    } finally {
      await node.kill()
    }
  })
}

/** What became of the device's samples meanwhile. */
async function counted(bench: Bench): Promise<Row> {
  const verdict = await judge(bench)
  const faults = faultsOf(verdict)
  return {
    fault: 'a device beside hostile HTTP clients',
    method: '100 samples/s while all of these were tried; its journal against the historian, and the ledger',
    runs: 1,
    target: 'lost 0, twice 0, sums close',
    figure: `${faults || 'lost 0, twice 0, all sums close'} of ${verdict.acknowledged.toLocaleString('en')} acknowledged`,
    met: faults === '' && verdict.acknowledged > 0,
  }
}

async function warm(node: NodeProcess): Promise<void> {
  for (let i = 0; i < 200; i++) await get(`${node.url()}/api/v1/health/live`, '127.0.0.2', 5_000)
}

const HEAD = `Host: 127.0.0.1\r\n`
/** What a slow client says first, and what it adds every now and then. */
const KINDS: readonly { first: string; more: string }[] = [
  { first: '', more: '' },
  { first: 'GET /', more: 'a' },
  { first: `GET / HTTP/1.1\r\n${HEAD}`, more: 'x-a: b\r\n' },
  { first: `POST ${PASS} HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: 5000\r\n\r\n{`, more: ' ' },
  { first: `GET /api/v1/health/live HTTP/1.1\r\n${HEAD}\r\n`, more: '' },
]

async function slow(node: NodeProcess): Promise<Row> {
  const url = node.url() as string
  const begin = performance.now()
  const sockets = Array.from({ length: SOCKETS }, (_, i) => open(url, KINDS[i % KINDS.length]?.first))
  const adding = setInterval(() => {
    sockets.forEach(({ socket, closedMs }, i) => {
      const more = KINDS[i % KINDS.length]?.more
      if (more && closedMs() === undefined) socket.write(more)
    })
  }, 1_000)
  const served: number[] = []
  const isOpen = ({ closedMs }: OpenSocket) => closedMs() === undefined
  while (sockets.some(isOpen) && performance.now() - begin < 2 * CLOSED_MS) {
    served.push(await get(`${url}/api/v1/health/live`, '127.0.0.2', 5_000).catch(() => Number.POSITIVE_INFINITY))
    await systemClock.sleep(50)
  }
  clearInterval(adding)
  const left = sockets.filter(isOpen).length
  for (const { socket } of sockets) socket.destroy()
  const closedMs = Math.max(...sockets.map(({ closedMs }) => (closedMs() ?? Number.POSITIVE_INFINITY) - begin))
  const slowest = percentile(served, 0.99)
  return {
    fault: `${SOCKETS} slow or silent sockets`,
    method: 'from 127.0.0.1: silent, slow line, slow headers, slow body, silent after a request; asked meanwhile from 127.0.0.2',
    runs: SOCKETS,
    target: 'closed ≤ 10 s, others served ≤ 500 ms (p99)',
    figure: `${left > 0 ? `${left} still open` : `closed after ${(closedMs / 1000).toFixed(1)} s`}; ${served.length} others served in ${slowest.toFixed(0)} ms (p99), ${Math.max(...served).toFixed(0)} ms at most`,
    met: closedMs <= CLOSED_MS && slowest <= SERVED_MS,
  }
}

interface Hostile {
  readonly name: string
  readonly first: string
  /** Sent again and again until the server has had enough. */
  readonly endless?: Buffer
}

const post = (headers: string, body = '') => `POST ${PASS} HTTP/1.1\r\n${HEAD}content-type: application/json\r\n${headers}\r\n${body}`
const whole = (body: string) => post(`content-length: ${body.length}\r\n`, body)
const CHUNK = Buffer.alloc(64 * 1024, 'a')
const nested = (depth: number, before: string, after: string) => whole(`${before.repeat(depth)}1${after.repeat(depth)}`)

const HOSTILE: readonly Hostile[] = [
  { name: '1 GB body', first: post('content-length: 1000000000\r\n', '"'), endless: CHUNK },
  {
    name: 'endless chunks',
    first: post('transfer-encoding: chunked\r\n'),
    endless: Buffer.concat([Buffer.from('10000\r\n'), CHUNK, Buffer.from('\r\n')]),
  },
  { name: 'endless small chunks', first: post('transfer-encoding: chunked\r\n'), endless: Buffer.from('1\r\na\r\n'.repeat(2_000)) },
  { name: 'endless header', first: `GET / HTTP/1.1\r\n${HEAD}x: `, endless: CHUNK },
  { name: 'endless request line', first: 'GET /', endless: CHUNK },
  { name: 'JSON 100,000 deep', first: nested(100_000, '[', ']') },
  { name: 'JSON 30,000 deep, within the size', first: nested(30_000, '[', ']') },
  { name: 'JSON objects 10,000 deep', first: nested(10_000, '{"a":', '}') },
]

async function huge(node: NodeProcess, times: number): Promise<Row[]> {
  const rows: Row[] = []
  for (const hostile of HOSTILE) rows.push(await one(node, hostile, times))
  return rows
}

async function one(node: NodeProcess, { name, first, endless }: Hostile, times: number): Promise<Row> {
  const url = node.url() as string
  const before = residentMb(node.pid())
  let most = before
  let answer = ''
  let endedMs = 0
  const served: number[] = []
  for (let i = 0; i < times; i++) {
    const begin = performance.now()
    const client = open(url, first)
    const { socket } = client
    const pour = () => {
      while (endless && client.closedMs() === undefined && !socket.destroyed && socket.writable && socket.write(endless));
    }
    socket.on('drain', pour)
    pour()
    const isOver = () => client.closedMs() !== undefined || (!endless && /^HTTP/.test(client.received()))
    while (!isOver() && performance.now() - begin < 2 * CLOSED_MS) {
      served.push(await get(`${url}/api/v1/health/live`, '127.0.0.2', 5_000).catch(() => Number.POSITIVE_INFINITY))
      most = Math.max(most, residentMb(node.pid()))
    }
    endedMs = Math.max(endedMs, performance.now() - begin)
    answer = /^HTTP\/1.1 (\d+)/.exec(client.received())?.[1] ?? 'cut'
    socket.destroy()
  }
  most = Math.max(most, residentMb(node.pid()))
  const slowest = Math.max(0, ...served)
  return {
    fault: name,
    method: 'a socket at the HTTP port; memory of the process, and another client',
    runs: times,
    target: 'refused, memory ≤ +16 MB, others served ≤ 500 ms',
    figure: `answer ${answer}, over after ${endedMs.toFixed(0)} ms; memory +${(most - before).toFixed(1)} MB; others ${slowest.toFixed(0)} ms`,
    met: most - before <= GROWTH_MB && slowest <= SERVED_MS && endedMs <= CLOSED_MS && /^(4\d\d|cut)$/.test(answer) && !node.isOver(),
  }
}
