import { z } from 'zod'
import { byteSize, duration } from '../core/config-parts.ts'
import { SPOOL_LIMITS } from './spool/limits.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20
const DAY_MS = 86_400_000

/** The `spool:` part of `ecluse.yaml`: how much a node keeps on its own disk until everything that needs it has it. */
export const spoolConfig = z
  .strictObject({
    maxBytes: byteSize
      .refine((bytes) => bytes >= MIB, 'a spool takes at least 1MiB')
      .default(2 * GIB)
      .describe('Most bytes the spool takes on disk; at least four times segmentBytes'),
    maxAge: duration
      .refine((ms) => ms > 0, 'an age is more than nothing')
      .default(7 * DAY_MS)
      .describe('Data older than this is dropped, delivered or not; what was not delivered is counted and declared as a gap'),
    overflow: z
      .enum(['block', 'drop-oldest'])
      .default('block')
      .describe(
        'When maxBytes is reached: block stops reading from the sources that can wait; drop-oldest gives up the oldest data, counted and declared as a gap',
      ),
    segmentBytes: byteSize
      .refine((bytes) => bytes >= 64 * 1024, 'a segment takes at least 64KiB')
      .default(64 * MIB)
      .describe('Bytes of one segment file, its dictionaries apart; data is removed by whole segments'),
  })
  .refine(({ maxBytes, segmentBytes }) => segmentBytes <= maxBytes * SPOOL_LIMITS.segmentShare, {
    path: ['segmentBytes'],
    message: 'a segment may be at most a quarter of maxBytes',
  })
  .describe('The durable log on this node, between the sources and everything that stores or forwards')

export type SpoolConfig = z.infer<typeof spoolConfig>
