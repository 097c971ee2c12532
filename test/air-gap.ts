import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { systemClock } from '../src/core/time.ts'
import type { RunningNode } from '../src/run/node.ts'

export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000
  while (!(await isTrue())) {
    if (Date.now() > end) assert.fail(`not within 60 s: ${what}`)
    await systemClock.sleep(20)
  }
}

/** Passes datagrams on to a port until it is told to lose them all. */
export async function airGap(to: number): Promise<{ port: number; loses: boolean; lost: number; close: () => void }> {
  const socket = createSocket('udp4')
  const gap = { port: 0, loses: false, lost: 0, close: () => socket.close() }
  socket.on('message', (bytes) => {
    if (gap.loses) gap.lost++
    else socket.send(bytes, to, '127.0.0.1')
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  gap.port = socket.address().port
  return gap
}

/** Has the gap lose what no repair brings back, then some more arrive, and the edge stop. The last sequence, which has arrived. */
export async function losesSome(gap: Awaited<ReturnType<typeof airGap>>, edge: RunningNode, hub: RunningNode): Promise<number> {
  const here = () => hub.view.remotes()[0]?.sequence ?? 0
  await until('some arrive', () => here() > 20)
  gap.loses = true
  await until('more are lost than the code for repair brings back', () => gap.lost > 400)
  gap.loses = false
  const resumed = edge.view.spool().lastSequence
  await until('later ones arrive', () => here() > resumed + 20)
  await edge.stop()
  const end = edge.view.spool().lastSequence
  await until('the end arrives', () => here() === end)
  return end
}

/** A port for datagrams that was free just now. */
export async function freePort(): Promise<number> {
  const reserved = createSocket('udp4')
  await new Promise<void>((resolve) => reserved.bind(0, '127.0.0.1', resolve))
  const { port } = reserved.address()
  await new Promise<void>((resolve) => reserved.close(() => resolve()))
  return port
}
