import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { DIODE_LIMITS } from './limits.ts'

/**
 * One datagram carries one shard of one block. Little-endian:
 *
 *   0  u32 magic 'ECD1'    4  u32 sender    8  u64 boot: larger at every start of the sender
 *  16  16 B salt, random per boot
 *  32  u64 counter, never repeated in a boot: the nonce
 *  40  u48 block number, 1, 2 ...    46  u8 shard    47  u8 data shards    48  u8 parity shards    49  3 B zero    52  u32 bytes of the block
 *  56  the shard, encrypted; all of one block have ceil(bytes / data shards) bytes
 *   -  16 B tag
 *
 * AES-256-GCM; the header is authenticated too. The key of a boot is HKDF-SHA-256 of the pre-shared key with the salt, and sender and boot as
 * info: a counter that starts anew at each start meets another key.
 */
export interface Datagram {
  readonly block: number
  readonly shard: number
  readonly data: number
  readonly parity: number
  readonly blockBytes: number
  readonly bytes: Uint8Array
}

/** What tells one start of one sender from another; sent in clear. */
export interface Boot {
  readonly sender: number
  readonly boot: number
  readonly salt: Uint8Array
}

const MAGIC = 0x31444345
const HEADER = 56
const TAG = 16
export const KEY_BYTES = 32
export const SALT_BYTES = 16
/** Bytes of a datagram that are not the shard. */
export const OVERHEAD = HEADER + TAG

export function bootKey(key: Uint8Array, { sender, boot, salt }: Boot): Uint8Array {
  if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, this one ${key.length}`)
  return new Uint8Array(hkdfSync('sha256', key, salt, `ecluse diode ${sender} ${boot}`, KEY_BYTES))
}

/** Makes the datagrams of one boot. */
export class Sealer {
  readonly #boot: Boot
  readonly #key: Uint8Array
  #counter = 0

  constructor(key: Uint8Array, boot: Boot) {
    this.#boot = boot
    this.#key = bootKey(key, boot)
  }

  seal(datagram: Datagram): Uint8Array<ArrayBuffer> {
    const { sender, boot, salt } = this.#boot
    const bytes = new Uint8Array(OVERHEAD + datagram.bytes.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, MAGIC, true)
    view.setUint32(4, sender, true)
    view.setBigUint64(8, BigInt(boot), true)
    bytes.set(salt, 16)
    view.setBigUint64(32, BigInt(++this.#counter), true)
    view.setUint32(40, datagram.block % 2 ** 32, true)
    view.setUint16(44, Math.floor(datagram.block / 2 ** 32), true)
    bytes[46] = datagram.shard
    bytes[47] = datagram.data
    bytes[48] = datagram.parity
    view.setUint32(52, datagram.blockBytes, true)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(view))
    cipher.setAAD(bytes.subarray(0, HEADER))
    bytes.set(cipher.update(datagram.bytes), HEADER)
    cipher.final()
    bytes.set(cipher.getAuthTag(), bytes.length - TAG)
    return bytes
  }
}

/** The boot a datagram names; undefined when it is no datagram of ours. Nothing of it is proven. */
export function claimedBoot(bytes: Uint8Array): Boot | undefined {
  if (bytes.length <= OVERHEAD || bytes.length > DIODE_LIMITS.datagramBytes.max) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const boot = view.getBigUint64(8, true)
  if (view.getUint32(0, true) !== MAGIC || boot > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  return { sender: view.getUint32(4, true), boot: Number(boot), salt: bytes.slice(16, 16 + SALT_BYTES) }
}

/** The content of a datagram with a claimed boot; undefined when the tag is wrong or its numbers contradict each other. */
export function openDatagram(bytes: Uint8Array, key: Uint8Array): Datagram | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(view), { authTagLength: TAG })
  decipher.setAAD(bytes.subarray(0, HEADER))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
  const shard = decipher.update(bytes.subarray(HEADER, bytes.length - TAG))
  try {
    decipher.final()
  } catch {
    // Forged, damaged, or made with another key: the caller counts it.
    return undefined
  }
  const datagram = {
    block: view.getUint32(40, true) + view.getUint16(44, true) * 2 ** 32,
    shard: bytes[46] as number,
    data: bytes[47] as number,
    parity: bytes[48] as number,
    blockBytes: view.getUint32(52, true),
    bytes: shard,
  }
  return isConsistent(datagram) ? datagram : undefined
}

function isConsistent({ block, shard, data, parity, blockBytes, bytes }: Datagram): boolean {
  return isCode(data, parity) && block >= 1 && shard < data + parity && Math.ceil(blockBytes / data) === bytes.length
}

const isCode = (data: number, parity: number): boolean => data >= 1 && data <= DIODE_LIMITS.dataShards && data + parity <= 255

function nonceOf(view: DataView): Uint8Array {
  const nonce = new Uint8Array(12)
  nonce.set(new Uint8Array(view.buffer, view.byteOffset + 32, 8), 4)
  return nonce
}
