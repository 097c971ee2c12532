import type { Passing } from '../../core/policy.ts'
import type { Declared } from '../../core/record-content.ts'

type Peers = Readonly<Record<string, { readonly same?: readonly string[]; readonly total?: string; readonly parts?: readonly string[] }>>

const signals = (ids: readonly string[]): Passing[] => ids.map((id) => ({ kind: 'signal', id }))

function ofPeers({ same = [], total, parts = [] }: Peers[string]): Passing[] {
  return signals([...same, ...parts, ...(total === undefined ? [] : [total])])
}

/** What a configuration's declarations name: signals, patterns of signals (asked about as if they were names), and kinds of records. */
export function namedIn({ peers = {}, maintenance = [], maintenanceRecords = [], calibrationRecords = [] }: Declared): Passing[] {
  return [
    ...Object.values(peers as Peers).flatMap(ofPeers),
    ...signals(maintenance.map((window) => window.signals)),
    ...[...maintenanceRecords, ...calibrationRecords].map(({ record }): Passing => ({ kind: 'record', id: record })),
  ]
}

/** The declarations that name only what may pass. */
export function declaredFor(declared: Declared, may: (passing: Passing) => boolean): Declared {
  const { peers, maintenance, maintenanceRecords, calibrationRecords } = declared
  const mayAll = (part: Declared) => namedIn(part).every(may)
  const kept = peers && Object.fromEntries(Object.entries(peers).filter(([name, group]) => mayAll({ peers: { [name]: group } })))
  return {
    ...declared,
    ...(kept && { peers: kept }),
    ...(maintenance && { maintenance: maintenance.filter((window) => mayAll({ maintenance: [window] })) }),
    ...(maintenanceRecords && { maintenanceRecords: maintenanceRecords.filter((rule) => mayAll({ maintenanceRecords: [rule] })) }),
    ...(calibrationRecords && { calibrationRecords: calibrationRecords.filter((rule) => mayAll({ calibrationRecords: [rule] })) }),
  }
}
