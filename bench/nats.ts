import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** As much of the NATS text protocol as a publisher needs: a message out, its answer back. */
export class Nats {
  readonly #socket: Socket
  /** Of its own: servers that are joined share their subjects. */
  readonly #inbox = `_INBOX.${randomUUID()}`
  readonly #answers = new Map<string, (body: Buffer) => void>()
  #rest: Buffer = Buffer.alloc(0)
  #asked = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => socket.destroy())
    socket.write(`CONNECT {"verbose":false,"pedantic":false,"headers":false}\r\nSUB ${this.#inbox}.* 1\r\n`)
  }

  static async connect(port: number): Promise<Nats> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Nats(socket)
  }

  /** Resolves with the answer; never when none comes. */
  request(subject: string, body: Uint8Array | string): Promise<Buffer> {
    const inbox = `${this.#inbox}.${++this.#asked}`
    return new Promise((resolve) => {
      this.#answers.set(inbox, resolve)
      this.#socket.cork()
      this.#socket.write(`PUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n`)
      this.#socket.write(body)
      this.#socket.write('\r\n')
      this.#socket.uncork()
    })
  }

  async json(subject: string, body: object = {}): Promise<{ error?: { description: string }; state?: { messages: number } }> {
    return JSON.parse((await this.request(subject, JSON.stringify(body))).toString())
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk
    for (;;) {
      const end = this.#rest.indexOf('\r\n')
      if (end < 0) return
      const [verb = '', subject = '', ...rest] = this.#rest.subarray(0, end).toString().split(' ')
      let next = end + 2
      if (verb === 'MSG') {
        const bytes = Number(rest.at(-1))
        if (this.#rest.length < next + bytes + 2) return
        this.#answers.get(subject)?.(this.#rest.subarray(next, next + bytes))
        this.#answers.delete(subject)
        next += bytes + 2
      } else if (verb === 'PING') this.#socket.write('PONG\r\n')
      this.#rest = this.#rest.subarray(next)
    }
  }
}
