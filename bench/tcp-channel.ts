import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { NotConnected } from '../src/core/errors.ts'
import type { Channel, Transport } from '../src/core/link.ts'

/** Frames over plain TCP: u32 length, bytes. */
export function tcpTransport(port: number, isListener: boolean, node: string): Transport {
  const peer = { node, certificate: '01', address: 'loopback', mayForward: false }
  if (!isListener)
    return {
      endpoint: `127.0.0.1:${port}`,
      dial: () =>
        new Promise((resolve, reject) => {
          const socket = connect({ port, host: '127.0.0.1', noDelay: true })
          socket.once('connect', () => resolve(channelOf(socket, { ...peer, node: 'hub' })))
          socket.once('error', (error) => reject(new NotConnected(error.message)))
        }),
    }
  return {
    listen: (onChannel) =>
      new Promise((resolve) => {
        const server = createServer({ noDelay: true }, (socket) => onChannel(channelOf(socket, peer)))
        server.listen(port, '127.0.0.1', () =>
          resolve({
            address: `127.0.0.1:${port}`,
            close: async () => {
              server.close()
            },
          }),
        )
      }),
  }
}

function channelOf(socket: Socket, peer: Channel['peer']): Channel {
  const frames: Uint8Array[] = []
  let chunks: Buffer[] = []
  let bytes = 0
  let wake = () => {}
  let gone: Error | undefined
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    while (bytes >= 4) {
      if ((chunks[0] as Buffer).length < 4) chunks = [Buffer.concat(chunks)]
      const length = (chunks[0] as Buffer).readUInt32LE(0)
      if (bytes < 4 + length) break
      const all = Buffer.concat(chunks)
      frames.push(new Uint8Array(all.subarray(4, 4 + length)))
      chunks = [all.subarray(4 + length)]
      bytes -= 4 + length
    }
    wake()
  })
  const end = () => {
    gone ??= new NotConnected('gone')
    wake()
  }
  socket.on('error', end)
  socket.on('close', end)
  const closed = once(socket, 'close')
  return {
    peer,
    get queuedBytes() {
      return socket.writableLength
    },
    send: async (frame) => {
      if (gone) throw gone
      const head = Buffer.alloc(4)
      head.writeUInt32LE(frame.length)
      socket.cork()
      socket.write(head)
      const isFree = socket.write(frame)
      socket.uncork()
      if (!isFree) await Promise.race([once(socket, 'drain'), closed])
    },
    receive: async () => {
      while (frames.length === 0) {
        if (gone) throw gone
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return frames.shift() as Uint8Array
    },
    close: async () => {
      socket.end()
      socket.destroySoon()
    },
  }
}
