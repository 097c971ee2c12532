import { systemClock } from '../../core/time.ts'
import { linkContract } from './contract.ts'
import { FrameLink } from './frame-link.ts'
import { type Edge, enrolledEdge, startHub } from './hub.fixture.ts'
import { serveChannel } from './serve.ts'

linkContract('TLS', async (_test, reception) => {
  const served: Promise<void>[] = []
  const hub = await startHub({ serve: (channel) => served.push(serveChannel(channel, { reception, clock: systemClock })) })
  const edges = new Map<string, Promise<Edge>>()
  const dial = async (node: string) => {
    const edge = edges.get(node) ?? enrolledEdge(hub, node)
    edges.set(node, edge)
    return (await edge).dial()
  }
  return {
    link: (node) => new FrameLink({ dial: () => dial(node), clock: systemClock }),
    garbage: async (node, frames) => {
      const channel = await dial(node)
      for (const frame of frames) await channel.send(frame)
      while (
        await channel.receive().then(
          () => true,
          () => false,
        )
      );
    },
    close: async () => {
      await hub.listener.close()
      await Promise.all(served)
    },
  }
})
