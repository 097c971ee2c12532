import { NotConnected } from '../src/core/errors.ts'
import type { Channel, Peer, Transport } from '../src/core/link.ts'
import { memoryChannels } from '../src/gateway/link/memory-channel.ts'

/** Lines between nodes of one process, in memory; they can be cut. */
export class Exchange {
  #onChannel: ((channel: Channel) => void) | undefined
  readonly #open = new Set<Channel>()
  #isCut = false

  dialler(node: string, mayForward = false): Transport {
    const peer = (name: string): Peer => ({ node: name, certificate: '01', address: 'memory', mayForward })
    return {
      endpoint: 'memory',
      dial: async () => {
        if (!this.#onChannel || this.#isCut) throw new NotConnected('nobody listens')
        const { dialler, listener } = memoryChannels({ atDialler: peer('next'), atListener: peer(node) })
        this.#open.add(dialler)
        this.#onChannel(listener)
        return dialler
      },
    }
  }
  listener(): Transport {
    return {
      listen: async (onChannel) => {
        this.#onChannel = onChannel
        return {
          address: 'memory',
          close: async () => {
            this.#onChannel = undefined
            this.cut()
          },
        }
      },
    }
  }
  /** While true, every line is broken and none can be made. */
  set isCut(isCut: boolean) {
    this.#isCut = isCut
    if (isCut) this.cut()
  }

  /** Every line breaks. */
  cut(): void {
    for (const channel of this.#open) void channel.close(false)
    this.#open.clear()
  }
}
