import { z } from 'zod'
import { byteSize, duration } from '../core/config-parts.ts'

/** The `historian` part of `ecluse.yaml`. Durations arrive in milliseconds, sizes in bytes. */
export const historianConfig = z
  .strictObject({
    memoryLimit: byteSize.prefault('1GiB').describe('Memory the storage engine may use; larger sorts spill to disk'),
    threads: z.int().min(1).max(64).default(2).describe('Threads of the storage engine'),
    compactAfter: duration.prefault('1d').describe('How long after its end (UTC) a day is moved to sorted, compressed files'),
    retention: duration.optional().describe('Whole days older than this are removed; absent: everything is kept'),
    queryTimeout: duration.prefault('10s').describe('Longest time one query may take'),
    queryRows: z.int().min(1).max(1_000_000).default(10_000).describe('Most rows one SQL query returns'),
    commitRows: z.int().min(1).max(1_000_000).default(100_000).describe('Samples gathered before they are committed together'),
    commitInterval: duration.prefault('250ms').describe('Longest time a sample waits for its commit'),
  })
  .describe('Long-term storage on this node')
export type HistorianConfig = z.infer<typeof historianConfig>
