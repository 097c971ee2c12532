import { z } from 'zod'
import { byteSize, label } from '../../core/config-parts.ts'
import { CONDUIT_DIRECTIONS, FOUNDATIONAL_REQUIREMENTS } from '../../core/policy.ts'
import { PERMISSIONS } from '../../core/roles.ts'
import { POLICY_LIMITS } from './limits.ts'

const name = z.string().min(1).max(64)
const glob = z.string().min(1).max(POLICY_LIMITS.globLength)
const sentence = z.string().min(1).max(500)
const globs = z.array(glob).max(POLICY_LIMITS.globs).default([])

const securityLevel = z.int().min(0).max(4)

const zone = z
  .strictObject({
    label: label.optional(),
    level: z
      .number()
      .min(0)
      .max(5)
      .refine((level) => Number.isInteger(level * 2), '@badLevel')
      .describe('Purdue level: 0 process … 5 enterprise; 3.5 is the demilitarised zone'),
    target: z
      .partialRecord(z.enum(FOUNDATIONAL_REQUIREMENTS), securityLevel)
      .default({})
      .describe('Target security level (SL-T) per foundational requirement of IEC 62443, 0 to 4; what is left out is 0'),
    impact: z.literal([1, 2, 3, 4]).optional().describe('Class by impact (ANSSI): 1 minor, 2 moderate, 3 major, 4 catastrophic'),
    owner: name.optional().describe('Who answers for the zone'),
  })
  .describe('Assets that share security requirements')

const conduit = z
  .strictObject({
    label: label.optional(),
    from: name.describe('Zone that data comes from'),
    to: name.describe('Zone that data goes to'),
    direction: z
      .enum(CONDUIT_DIRECTIONS)
      .describe('push: the sending end dials; pull: the receiving end dials and asks; one-way: nothing comes back'),
    transports: z.array(name).min(1).max(32).describe('Kinds of connection (opcua, modbus …), link, diode, http, syslog, openlineage'),
    signals: globs.describe('Signals that may pass: ids under the site, with * and **; none: no signal passes'),
    records: globs.describe('Kinds of IT records that may pass'),
    results: globs.describe('Definitions whose results may pass'),
    namesInputs: z
      .boolean()
      .default(false)
      .describe(
        'Results may name the signals, records and results they were computed from, also where these may not pass; no values of them',
      ),
    peers: globs.describe('Addresses the other end may have: host, host:port, 10.0.0.0/8'),
    services: z
      .array(name)
      .max(POLICY_LIMITS.globs)
      .default([])
      .describe('Function codes or services that may be asked; none: those the connector needs'),
    maxSamplesPerSecond: z.number().positive().optional().describe('More does not pass, and is counted'),
    maxBytesPerDay: byteSize.optional().describe('More than this a day is a finding'),
    necessity: sentence.describe('What operations need this for'),
    value: sentence.optional().describe('What it is worth'),
    impact: sentence.describe('What follows when it is misused'),
    dependencies: z.array(sentence).max(32).default([]).describe('What it makes us depend on outside'),
    owner: name.describe('Who answers for the conduit'),
    riskOwner: name.describe('Who answers for its risk'),
    reviewBy: z.iso.date().describe('Last day (UTC) the decision holds; after it nothing passes'),
    isolation: z
      .strictObject({
        by: z.array(name).min(1).max(32).describe('Who may cut it'),
        stops: z.array(sentence).max(32).default([]).describe('What stops then'),
        manual: z.array(sentence).max(32).default([]).describe('What people do by hand instead'),
      })
      .describe('How it is cut'),
    cut: z.boolean().default(false).describe('Cut just now: nothing passes'),
  })
  .describe('The one way data may go from a zone to another')

const zoneOrLevel = z
  .union([
    name,
    z.strictObject({ level: z.number().min(0).max(5) }),
    z
      .strictObject({ levels: z.tuple([z.number().min(0).max(5), z.number().min(0).max(5)]) })
      .refine(({ levels: [low, high] }) => low <= high, '@badLevels'),
  ])
  .describe('A zone by name, all zones of a level, or of levels from one to another')

const testName = { name: z.string().min(1).max(200).optional().describe('What people call it; default: what it says') }

/** What must hold of the policy, whatever else is declared. */
const policyTest = z.union([
  z
    .strictObject({ ...testName, conduit: name, neverCarries: z.array(glob).min(1).max(POLICY_LIMITS.globs) })
    .describe('No signal, record or result that these name may pass through the conduit'),
  z
    .strictObject({ ...testName, from: zoneOrLevel, to: zoneOrLevel, noPath: z.literal(true) })
    .describe('Neither data nor connections get from one to the other, over any number of conduits'),
  z
    .strictObject({ ...testName, role: name, mayNot: z.enum(PERMISSIONS), zone: zoneOrLevel })
    .describe('The role may not do this with what is in the zone'),
])
export type PolicyTest = z.output<typeof policyTest>

/** `zones:`, `conduits:` and `policyTests:`. Without zones everything is in one, and nothing crosses anything. */
export const policyConfig = {
  zones: z
    .record(name, zone)
    .refine((all) => Object.keys(all).length <= POLICY_LIMITS.zones, `at most ${POLICY_LIMITS.zones} zones`)
    .default({})
    .describe('Zones (IEC 62443), by name; once there is one, what no conduit permits does not pass'),
  conduits: z
    .record(name, conduit)
    .refine((all) => Object.keys(all).length <= POLICY_LIMITS.conduits, `at most ${POLICY_LIMITS.conduits} conduits`)
    .default({})
    .describe('Conduits between zones, by name'),
  policyTests: z
    .array(policyTest)
    .max(POLICY_LIMITS.tests)
    .default([])
    .describe('What must hold of zones, conduits and roles: run by lint, by plan and at every start'),
}
export type PolicyConfig = z.output<z.ZodObject<typeof policyConfig>>

export { contradictions } from './contradictions.ts'
export { compilePolicy, decide, decideResult, expiryOf, isPolicyGlob, type Policy, whoeverItIs } from './decide.ts'
export { toPolicy } from './declared.ts'
export { GLOB_LIMITS } from './limits.ts'
export { compilePeers } from './peers.ts'
export { type RoleMay, runPolicyTests, type TestFinding } from './tests.ts'
