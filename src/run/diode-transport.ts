import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoadedConfig } from '../config/index.ts'
import { decodeForwarded } from '../core/forwarded.ts'
import type { OneWay, StreamId, Transport } from '../core/link.ts'
import type { Logger } from '../core/log.ts'
import type { Spool, SpoolRecord } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import {
  DiodeReceiver,
  DiodeSender,
  dictionariesBefore,
  diodeDefaults,
  GapMap,
  type LinkConfig,
  nextBoot,
  refusedImports,
  takeImports,
  udpIn,
  udpOut,
} from '../gateway/index.ts'

const KEY_BYTES = 32
const READ_RECORDS = 4_096
const READ_BYTES = 16 * 1024 * 1024

/** The way of a keys that is not as it has to be; the message is for the person. */
export class DiodeKeyWrong extends Error {
  override name = 'DiodeKeyWrong'
}

/** The one-way link that the configuration declares: an edge or relay sends, a hub receives. Throws DiodeKeyWrong. */
export async function diodeTransport({ config }: LoadedConfig, link: LinkConfig, parts: { clock: Clock; log: Logger }): Promise<Transport> {
  const { role } = config.node
  const directory = join(config.data, 'link')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const isSender = role === 'edge' || role === 'relay'
  const oneWay = isSender ? sending(link, directory, parts.clock) : await receiving(link, directory, join(config.data, 'imports'), parts)
  return { oneWay, endpoint: isSender ? `udp ${link.to ?? ''}` : '' }
}

function sending({ to = '', diode }: LinkConfig, directory: string, clock: Clock): OneWay {
  const key = keyOf(diode.key, 'link.diode.key')
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(to) ?? []
  if (!port) throw new DiodeKeyWrong('link.to is not set: say host:port of the receiving end')
  const { bytesPerSecond, datagramBytes, loss, sender } = diode
  const settings = { ...diodeDefaults, bytesPerSecond, datagramBytes, loss }
  return {
    link: async (spool, next, pass) => {
      const dictionaries = (await dictionariesBefore(spool, next)).records()
      return new DiodeSender({
        ...{ settings, sender, key, clock, random: randomBytes },
        boot: () => nextBoot(join(directory, 'boot'), clock),
        open: () => udpOut(host, Number(port)),
        dictionaries: pass ? pass(dictionaries).filter(({ kind }) => kind !== 'gap') : dictionaries,
      })
    },
  }
}

async function receiving(
  { listen, diode }: LinkConfig,
  directory: string,
  imports: string,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<OneWay> {
  const gaps = await GapMap.open(join(directory, 'gaps.json'))
  const senders = diode.senders.map(({ sender, node, key, relay }) => ({
    ...{ sender, node, mayForward: relay },
    key: keyOf(key, `link.diode.senders: ${node}`),
  }))
  let refused = await refusedImports(imports)
  return {
    gaps: () => gaps.gaps(),
    refusedFiles: () => refused,
    receive: async (reception) => {
      const receiver = new DiodeReceiver({ senders, reception, gaps, clock, log })
      const socket = await udpIn(listen.host, listen.port, (bytes, address) => receiver.onDatagram(bytes, address))
      return {
        address: `udp ${listen.host}:${socket.port}`,
        close: async () => {
          await socket.close()
          await receiver.close()
        },
      }
    },
    takeImports: async (importer, spool) => {
      const positionOf = ({ node, epoch }: StreamId) =>
        spool.streams().find((position) => position.node === node && position.epoch === epoch)?.sequence ?? 0
      await takeImports(imports, { gaps, importer, log, clock, positionOf, anchorOf: (stream) => anchors(spool, stream, gaps) })
      refused = await refusedImports(imports)
    },
  }
}

/** The records of a stream beside its gaps, as far as this node's log still has them; looked for once, when first asked for. */
function anchors(spool: Spool, { node, epoch }: StreamId, gaps: GapMap): (sequence: number) => Promise<SpoolRecord | undefined> {
  let found: Promise<Map<number, SpoolRecord>> | undefined
  const look = async () => {
    const wanted = new Set(gaps.gaps().flatMap((gap) => (gap.node === node && gap.epoch === epoch ? [gap.from - 1, gap.to + 1] : [])))
    const at = new Map<number, SpoolRecord>()
    for (let next = spool.stats().firstSequence; ; ) {
      const records = await spool.read(next, READ_RECORDS, READ_BYTES)
      const last = records.at(-1)
      if (!last) return at
      for (const record of records) {
        if (record.kind !== 'forwarded') continue
        for (const inner of decodeForwarded(record.payload).records)
          if (inner.node === node && inner.epoch === epoch && inner.seal && wanted.has(inner.sequence)) at.set(inner.sequence, inner)
      }
      next = last.sequence + 1
    }
  }
  return async (sequence) => (await (found ??= look())).get(sequence)
}

function keyOf(text: string | undefined, where: string): Uint8Array {
  const key = Buffer.from(text ?? '', 'base64')
  if (key.length !== KEY_BYTES)
    throw new DiodeKeyWrong(`${where} is not ${KEY_BYTES} bytes in base64: \`openssl rand -base64 32\` makes one`)
  return new Uint8Array(key)
}
