import { Status } from '../../core/status.ts'

/** What became of a block of signals that could not be read. */
export interface Refusal {
  readonly status: number
  readonly reason: string
}

const refusal = (status: number, reason: string): Refusal => ({ status, reason })

/** Exception codes (Modbus Application Protocol V1.1b3, 7) as OPC UA status and reason. */
const EXCEPTIONS: Readonly<Record<number, Refusal>> = {
  1: refusal(Status.BadNotSupported, 'modbus-illegal-function'),
  2: refusal(Status.BadNotFound, 'modbus-illegal-data-address'),
  3: refusal(Status.BadInvalidArgument, 'modbus-illegal-data-value'),
  4: refusal(Status.BadDeviceFailure, 'modbus-server-device-failure'),
  5: refusal(Status.BadWaitingForResponse, 'modbus-acknowledge'),
  6: refusal(Status.BadServerTooBusy, 'modbus-server-device-busy'),
  8: refusal(Status.BadDeviceFailure, 'modbus-memory-parity-error'),
  10: refusal(Status.BadNoCommunication, 'modbus-gateway-path-unavailable'),
  11: refusal(Status.BadTimeout, 'modbus-gateway-target-silent'),
}

export function ofException(code: number): Refusal {
  return EXCEPTIONS[code] ?? refusal(Status.BadUnknownResponse, `modbus-exception-${code}`)
}

/** No answer within the time-out. */
export const SILENT = refusal(Status.BadTimeout, 'modbus-no-answer')
/** The beginning of an answer came, not the end. */
export const INCOMPLETE = refusal(Status.BadTimeout, 'modbus-incomplete-answer')
/** Something came, but no answer to what was asked. */
export const MALFORMED = refusal(Status.BadCommunicationError, 'modbus-malformed-answer')

/** True for exceptions that a smaller request may not get: some of the addresses, or the length, are refused. */
export function isSplittable(code: number): boolean {
  return code === 2 || code === 3
}

/** True for exceptions by which a gateway says that the whole unit cannot be reached. */
export function isUnitAway(code: number): boolean {
  return code === 10 || code === 11
}
