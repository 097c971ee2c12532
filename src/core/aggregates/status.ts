import { Status, statusName } from '../status.ts'
import type { AggregateConfiguration } from './configuration.ts'

/** Aggregate bits of a status code (OPC 10000-4, 7.39, table "DataValue InfoBits"; OPC 10000-13, 5.3.3). Raw is no bit at all. */
export const BITS = {
  Raw: 0x00,
  Calculated: 0x01,
  Interpolated: 0x02,
  Partial: 0x04,
  ExtraData: 0x08,
  MultipleValues: 0x10,
} as const

const NAMED = Object.entries(BITS).filter(([, bit]) => bit !== 0)

/** InfoType `DataValue` in bits 10 and 11: the low bits are aggregate bits. */
const DATA_VALUE = 0x0400

/** A code with aggregate bits added; a raw value without any keeps its code as it is. */
export const withBits = (status: number, bits: number): number => (bits === 0 ? status : (status | DATA_VALUE | bits) >>> 0)

/** `UncertainDataSubNormal, Calculated, Partial`, as the tables of OPC 10000-13 write it. */
export function describeStatus(status: number): string {
  const bits = (status & 0x0c00) === DATA_VALUE ? status : 0
  const names = NAMED.flatMap(([name, bit]) => (bits & bit ? [name] : []))
  return [statusName(status), ...names].join(', ')
}

/**
 * Status of a result from how much of its input was good and bad, in time or in values (OPC 10000-13, 5.4.3.2.1). Where PercentDataGood
 * equals 100 - PercentDataBad only the good share counts (4.2.1.2).
 */
export function statusOfShares(good: number, bad: number, total: number, configuration: AggregateConfiguration): number {
  const { percentDataBad, percentDataGood } = configuration
  if (percentDataGood !== 100 - percentDataBad && bad > 0 && (bad / total) * 100 >= percentDataBad) return Status.Bad
  return (good / total) * 100 >= percentDataGood ? Status.Good : Status.UncertainDataSubNormal
}
