import type { Peer } from '../../core/link.ts'
import { systemClock } from '../../core/time.ts'
import { linkContract } from './contract.ts'
import { FrameLink } from './frame-link.ts'
import { memoryChannels } from './memory-channel.ts'
import { serveChannel } from './serve.ts'

const peer = (node: string): Peer => ({ node, certificate: '01', address: 'memory', mayForward: false })

linkContract('memory', async (_test, reception) => {
  const served: Promise<void>[] = []
  const open = (node: string) => {
    const { dialler, listener } = memoryChannels({ atDialler: peer('hub'), atListener: peer(node) })
    served.push(serveChannel(listener, { reception, clock: systemClock }))
    return dialler
  }
  return {
    link: (node) => new FrameLink({ dial: async () => open(node), clock: systemClock }),
    garbage: async (node, frames) => {
      const channel = open(node)
      for (const frame of frames) await channel.send(frame)
      await served.at(-1)
    },
    close: async () => {
      await Promise.all(served)
    },
  }
})
