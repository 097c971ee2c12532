import type { MakeDecoder } from './decoder.ts'
import { measureModbus, modbusDecoder } from './modbus.ts'
import { measureMqtt, mqttDecoder } from './mqtt.ts'
import { measureOpcua, opcuaDecoder } from './opcua.ts'
import { measureTpkt, s7Decoder } from './s7.ts'

export const DECODERS: Readonly<Record<string, MakeDecoder>> = {
  modbus: modbusDecoder,
  opcua: opcuaDecoder,
  s7: s7Decoder,
  mqtt: mqttDecoder,
}

/** What usually listens on a port, for a conversation that says nothing. */
export const PORTS: Readonly<Record<number, string>> = { 102: 's7', 502: 'modbus', 1883: 'mqtt', 4840: 'opcua', 8883: 'tls', 443: 'tls' }

/**
 * What a conversation speaks, by the first bytes of the one who opened it, whatever the port: who wants to be overlooked chooses another one. Undefined: too few bytes to
 * tell.
 */
export function protocolOf(bytes: Buffer, port: number): string | undefined {
  if (bytes.length < 8) return bytes.length === 0 ? undefined : (PORTS[port] ?? (bytes.length < 3 ? undefined : 'tcp'))
  if (typeof measureOpcua(bytes) === 'number') return 'opcua'
  if (bytes[0] === 0x16 && bytes[1] === 3) return 'tls'
  if (typeof measureTpkt(bytes) === 'number' && (bytes[5] === 0xe0 || bytes[5] === 0xf0)) return 's7'
  if (bytes[0] === 0x10 && /^MQ(TT|Is)/.test(bytes.toString('latin1', 4, 8))) return 'mqtt'
  if (typeof measureModbus(bytes) === 'number' && bytes[7] !== undefined && bytes[7] > 0 && bytes[7] < 0x80 && isModbusLength(bytes))
    return 'modbus'
  // A capture that begins in the middle: only the port is left to go by.
  const usual = PORTS[port]
  if (usual === 'mqtt' && typeof measureMqtt(bytes) === 'number') return 'mqtt'
  return usual ?? 'tcp'
}

/** Requests are short: a stream whose first bytes happen to look like a header seldom holds so few. */
const isModbusLength = (bytes: Buffer): boolean => bytes.length >= 6 + bytes.readUInt16BE(4)
