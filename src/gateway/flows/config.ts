import { z } from 'zod'
import { duration } from '../../core/config-parts.ts'
import { FLOW_LIMITS } from './limits.ts'

export { FLOW_LIMITS }

const name = z.string().min(1).max(64)
const addressNumber = z.int().min(0).max(0xffff_ffff)

const sensor = z
  .strictObject({
    interface: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}$/, '@badInterface')
      .optional()
      .describe('Network interface that traffic is mirrored to, e.g. eth1; the program needs the right to capture there'),
    file: z.string().min(1).max(1024).optional().describe('Capture file (pcap, pcapng), read once at the start'),
    program: z.enum(['tcpdump', 'dumpcap']).default('tcpdump').describe('What captures, where an interface is named'),
  })
  .refine(({ interface: port, file }) => (port === undefined) !== (file === undefined), '@badSensor')
  .describe('Traffic of others that is mirrored to this machine')
export type SensorConfig = z.output<typeof sensor>

const canary = z
  .strictObject({
    host: z.string().min(1).max(253).optional().describe('Address of the device, as it is on the wire'),
    port: z.int().min(1).max(65_535).optional(),
    protocol: z.enum(['modbus', 's7', 'opcua', 'mqtt']).optional(),
    unit: z.int().min(0).max(255).optional().describe('Modbus unit'),
    services: z.array(name).min(1).max(64).optional().describe('Function codes or services; none: any'),
    addresses: z
      .tuple([addressNumber, addressNumber])
      .refine(([low, high]) => low <= high, '@badRange')
      .optional()
      .describe('First and last address'),
    signal: z.string().min(1).max(512).optional().describe('Id of a signal under the site whose value never changes by itself'),
  })
  .refine(({ host, addresses, signal }) => host !== undefined || addresses !== undefined || signal !== undefined, '@badCanary')
  .describe('What nobody should touch: any touch is a finding')
export type CanaryConfig = z.output<typeof canary>

/** `sensors:`, `canaries:` and `detection:` of the file. */
export const flowsConfig = {
  sensors: z
    .record(name, sensor)
    .refine((all) => Object.keys(all).length <= FLOW_LIMITS.sensors, '@manySensors')
    .default({})
    .describe('Mirror ports and capture files that this node reads; it sees nothing of others’ traffic without them'),
  canaries: z
    .record(name, canary)
    .refine((all) => Object.keys(all).length <= FLOW_LIMITS.canaries, '@manyCanaries')
    .default({})
    .describe('Addresses and signals that nobody should touch, by name'),
  detection: z
    .strictObject({
      resolveAfter: duration.prefault('1d').describe('A finding that does not last is gone when it was not seen again for this long'),
      hosts: z
        .record(name, z.array(z.string().min(1).max(256)).max(FLOW_LIMITS.hosts))
        .default({})
        .describe('Which zone the hosts on a mirrored wire are in: zone to addresses and networks, e.g. { field: [10.0.0.0/24] }'),
      own: z.array(z.string().min(1).max(253)).max(64).default([]).describe('Further addresses of this machine, as they are on the wire'),
    })
    .prefault({})
    .describe('Findings about flows and values'),
}
export type FlowsConfig = z.output<z.ZodObject<typeof flowsConfig>>
