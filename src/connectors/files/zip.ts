import { crc32, inflateRawSync } from 'node:zlib'
import { FILES_LIMITS } from './limits.ts'
import { BrokenFile } from './part.ts'

/** A part of a zip, unpacked. */
export interface ZipPart {
  readonly name: string
  readonly content: Buffer
}

/** Signatures and sizes of APPNOTE.TXT 4.3. */
const END = 0x06054b50
const END_SIZE = 22
const CENTRAL = 0x02014b50
const CENTRAL_SIZE = 46
const LOCAL = 0x04034b50
const LOCAL_SIZE = 30
const STORED = 0
const DEFLATED = 8

/**
 * Unpacks a zip by its central directory. What it says it unpacks to is summed up before anything is unpacked, and what it really unpacks to is
 * held to the same bound. Throws BrokenFile.
 */
export function unpack(bytes: Buffer): ZipPart[] {
  const end = findEnd(bytes)
  const count = bytes.readUInt16LE(end + 10)
  if (count > FILES_LIMITS.xlsxParts) throw new BrokenFile(`${count} parts; at most ${FILES_LIMITS.xlsxParts} are unpacked`)
  const entries = readDirectory(bytes, bytes.readUInt32LE(end + 16), count)
  const declared = entries.reduce((sum, { size }) => sum + size, 0)
  if (declared > FILES_LIMITS.xlsxUnpackedBytes)
    throw new BrokenFile(`would unpack to ${declared} bytes; at most ${FILES_LIMITS.xlsxUnpackedBytes} are unpacked`)
  let left: number = FILES_LIMITS.xlsxUnpackedBytes
  return entries.map((entry) => {
    const content = inflate(bytes, entry, left)
    left -= content.length
    return { name: entry.name, content }
  })
}

interface Entry {
  readonly name: string
  readonly method: number
  readonly packed: number
  readonly size: number
  readonly at: number
}

function findEnd(bytes: Buffer): number {
  for (let at = bytes.length - END_SIZE; at >= Math.max(0, bytes.length - END_SIZE - 65_535); at--)
    if (bytes.readUInt32LE(at) === END) return at
  throw new BrokenFile('no xlsx: it is no zip')
}

function readDirectory(bytes: Buffer, from: number, count: number): Entry[] {
  const entries: Entry[] = []
  let at = from
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) throw new BrokenFile('its zip directory is broken')
    const nameLength = bytes.readUInt16LE(at + 28)
    const name = bytes.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength)
    const sizes = { packed: bytes.readUInt32LE(at + 20), size: bytes.readUInt32LE(at + 24) }
    entries.push({ name, method: bytes.readUInt16LE(at + 10), ...sizes, at: bytes.readUInt32LE(at + 42) })
    at += CENTRAL_SIZE + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return entries
}

function inflate(bytes: Buffer, { name, method, packed, at }: Entry, most: number): Buffer {
  if (at + LOCAL_SIZE > bytes.length || bytes.readUInt32LE(at) !== LOCAL) throw new BrokenFile(`its part ${name} is not where it should be`)
  const from = at + LOCAL_SIZE + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
  const content = bytes.subarray(from, from + packed)
  if (method === STORED && content.length <= most) return content
  if (method !== DEFLATED && method !== STORED) throw new BrokenFile(`its part ${name} is packed in a way that is not read (${method})`)
  try {
    if (method === STORED) throw new RangeError('too large')
    return inflateRawSync(content, { maxOutputLength: Math.max(1, most) })
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' || error instanceof RangeError
    throw new BrokenFile(
      isTooLarge
        ? `unpacks to more than ${FILES_LIMITS.xlsxUnpackedBytes} bytes`
        : `its part ${name} is broken: ${(error as Error).message}`,
    )
  }
}

/** The parts as a zip in which nothing is packed, so that nobody who reads it can be surprised. */
export function store(parts: readonly ZipPart[]): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let at = 0
  for (const { name, content } of parts) {
    const text = Buffer.from(name, 'utf8')
    const central = Buffer.alloc(CENTRAL_SIZE)
    central.writeUInt32LE(CENTRAL, 0)
    central.writeUInt16LE(20, 4)
    writeFields(central.subarray(6), text, content)
    central.writeUInt32LE(at, 42)
    const local = Buffer.alloc(LOCAL_SIZE)
    local.writeUInt32LE(LOCAL, 0)
    writeFields(local.subarray(4), text, content)
    locals.push(local, text, content)
    centrals.push(central, text)
    at += LOCAL_SIZE + text.length + content.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(END_SIZE)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...locals, directory, end])
}

/** What both headers of a part have in common, from "version needed" on; method 0 is stored. */
function writeFields(header: Buffer, name: Buffer, content: Buffer): void {
  header.writeUInt16LE(20, 0)
  header.writeUInt16LE(0x800, 2) // names are UTF-8
  header.writeUInt32LE(crc32(content), 10)
  header.writeUInt32LE(content.length, 14)
  header.writeUInt32LE(content.length, 18)
  header.writeUInt16LE(name.length, 22)
}
