/** One conduit of the demo, with its business case. */
interface Declared {
  readonly name: string
  readonly label: string
  readonly from: string
  readonly to: string
  readonly direction: 'pull' | 'push' | 'one-way'
  readonly transports: string
  /** `signals: [...]`, `records: [...]`, `results: [...]`, `peers: [...]`. */
  readonly passes: readonly string[]
  readonly necessity: string
  readonly value: string
  readonly impact: string
  readonly dependencies?: string
  readonly owner: string
  readonly riskOwner: string
  readonly by: string
  readonly stops: string
  readonly manual: string
}

/** Reviewed once a year; a demo that is started later than this shows what an overdue review does. */
const REVIEW_BY = '2027-10-31'

const fromField = { from: 'field', to: 'operations', direction: 'pull' } as const
const CONDUITS: readonly Declared[] = [
  {
    ...{ ...fromField, name: 'baggage', label: '{ fr: "Tri bagages", en: "Baggage handling" }', transports: '[opcua]' },
    passes: [
      'signals: ["baggage/**"]',
      'services: [Browse, TranslateBrowsePathsToNodeIds, Read, CreateSubscription, CreateMonitoredItems, Publish]',
    ],
    necessity: 'The baggage crew sees a jam before it stops a flight',
    value: 'Fewer bags left behind; a bearing is changed at night in place of at the peak',
    impact: 'False readings would call the crew out for nothing; nothing can be written to the carousels this way',
    ...{ owner: 'baggage maintenance', riskOwner: 'terminal manager', by: '[terminal duty manager, OT security officer]' },
    stops: '[currents and speeds of carousels, jams as events, drive energy per flight]',
    manual: '[rounds along the carousels every 15 minutes, the local panel of each drive]',
  },
  {
    ...{ ...fromField, name: 'energy', label: '{ fr: "Comptage électrique", en: "Energy meters" }', transports: '[modbus]' },
    passes: ['signals: ["energy/**"]', 'services: ["2", "3", "4"]', 'maxSamplesPerSecond: 20000'],
    necessity: 'Energy is told per area and hour, and billed to the shops',
    value: 'The yearly energy report without meter rounds',
    impact: 'Wrong bills; Modbus has no identity, so that anybody in the field zone can answer for a meter',
    ...{ owner: 'energy manager', riskOwner: 'terminal manager', by: '[energy manager, OT security officer]' },
    stops: '[energy per area, drive energy per flight]',
    manual: '[meters are read by hand once a month]',
  },
  {
    ...{ ...fromField, name: 'cooling', label: '{ fr: "Eau glacée", en: "Chilled water" }', transports: '[modbus]' },
    passes: ['signals: ["cooling/**"]', 'services: ["3", "4"]', 'maxSamplesPerSecond: 20000'],
    necessity: 'A chiller that drifts is found before the halls get warm',
    value: 'Planned repairs in place of calls at night',
    impact: 'A fault is seen late; set points cannot be changed this way',
    ...{ owner: 'building services', riskOwner: 'terminal manager', by: '[building services, OT security officer]' },
    stops: '[temperatures and pressures of the chillers]',
    manual: '[the panel of each chiller, twice a shift]',
  },
  {
    ...{ ...fromField, name: 'gates', label: '{ fr: "Portes et passerelles", en: "Gates and boarding bridges" }', transports: '[mqtt]' },
    passes: ['signals: ["gates/**"]'],
    necessity: 'Operations knows which stand has power and which bridge is docked',
    value: 'Shorter turnarounds',
    impact: 'A wrong picture of the stands; bridges cannot be moved this way',
    dependencies: '[the MQTT broker of the gates]',
    ...{ owner: 'stand operations', riskOwner: 'terminal manager', by: '[stand operations, OT security officer]' },
    stops: '[states of gates and bridges]',
    manual: '[radio between stand and operations]',
  },
  {
    ...{ name: 'flight-plan', label: '{ fr: "Programme des vols", en: "Flight plan" }', from: 'business', to: 'operations' },
    ...{ direction: 'pull', transports: '[rest]', passes: ['records: [flight]'] },
    necessity: 'Which flight is on which carousel, and when',
    value: 'Energy and jams are told per flight',
    impact: 'Readings are joined with the wrong flight; no equipment depends on it',
    dependencies: '[the flight system of the airport]',
    ...{ owner: 'airport operations IT', riskOwner: 'head of operations', by: '[airport operations IT, OT security officer]' },
    stops: '[joins with flights, energy per flight]',
    manual: '[the flight board]',
  },
  {
    ...{ name: 'work-orders', label: '{ fr: "Ordres de travail", en: "Work orders" }', from: 'business', to: 'operations' },
    ...{ direction: 'pull', transports: '[sqlite]', passes: ['records: [work_order]'] },
    necessity: 'Readings during a repair are told from readings in service',
    value: 'No false alarms while somebody works on a motor',
    impact: 'A repair is taken for a fault',
    ...{ owner: 'maintenance planning', riskOwner: 'head of maintenance', by: '[maintenance planning, OT security officer]' },
    stops: '[maintenance marks, lead time of repairs]',
    manual: '[the shift book]',
  },
]

/** Conduits from node to node, for the example with several. */
export const upward = (name: string, from: string, to: string, transport: 'link' | 'diode'): string =>
  conduit({
    ...{ name, label: '{ fr: "Vers le haut", en: "Upward" }', from, to },
    ...{ direction: transport === 'link' ? 'push' : 'one-way', transports: `[${transport}]` },
    passes: ['signals: ["baggage/**", "energy/**", "cooling/**", "gates/**", "ecluse/**"]', 'records: ["*"]', 'results: ["*"]'],
    necessity: 'What was measured and computed in the terminal is kept and shown for the whole airport',
    value: 'One place to ask, without a way back into the terminal',
    impact: 'Readings of the terminal in wrong hands, or false ones at the hub',
    ...{ owner: 'airport operations IT', riskOwner: 'head of operations', by: '[terminal duty manager, OT security officer]' },
    stops: '[the hub shows the terminal as silent; the terminal goes on, and catches up later]',
    manual: '[the page of the node in the terminal]',
  })

/** Zones, conduits and what must hold of them. */
export const ZONES = `# Who is trusted alike (IEC 62443). From the first zone on, nothing crosses that no conduit names: \`ecluse policy matrix\`, \`ecluse policy explain\`.
zones:
  field:
    label: { fr: "Terrain", en: "Field" }
    level: 1
    target: { IAC: 1, UC: 2, SI: 2, DC: 1, RDF: 3, TRE: 2, RA: 3 }
    impact: 3
    owner: terminal manager
  operations:
    label: { fr: "Exploitation du terminal", en: "Terminal operations" }
    level: 3
    target: { IAC: 2, UC: 2, SI: 2, DC: 2, RDF: 3, TRE: 2, RA: 2 }
    impact: 2
    owner: terminal manager
  business:
    label: { fr: "Systèmes de gestion", en: "Business systems" }
    level: 4
    target: { IAC: 2, UC: 2, SI: 1, DC: 2, RDF: 2, TRE: 2, RA: 1 }
    impact: 2
    owner: airport IT
  internet:
    label: { fr: "Internet", en: "Internet" }
    level: 5

# Each way across, and why: what it is needed for, what follows when it is misused, who answers for it and until when, and how it is cut.
conduits:
${CONDUITS.map(conduit).join('')}
# What must hold, whatever else is changed: run by lint, by plan and at every start.
policyTests:
  - { name: "no way from the internet to the equipment", from: internet, to: { levels: [0, 2] }, noPath: true }
  - { name: "Modbus carries meters and chillers, never the carousels", conduit: energy, neverCarries: ["baggage/**", "gates/**"] }
  - { name: "the flight system brings no signals", conduit: flight-plan, neverCarries: ["baggage/**", "energy/**", "cooling/**", "gates/**"] }

`

function conduit(one: Declared): string {
  const {
    name,
    label,
    from,
    to,
    direction,
    transports,
    passes,
    necessity,
    value,
    impact,
    dependencies,
    owner,
    riskOwner,
    by,
    stops,
    manual,
  } = one
  const lines = [
    `label: ${label}`,
    `from: ${from}`,
    `to: ${to}`,
    `direction: ${direction}`,
    `transports: ${transports}`,
    ...passes,
    `necessity: ${JSON.stringify(necessity)}`,
    `value: ${JSON.stringify(value)}`,
    `impact: ${JSON.stringify(impact)}`,
    ...(dependencies ? [`dependencies: ${quoted(dependencies)}`] : []),
    `owner: ${owner}`,
    `riskOwner: ${riskOwner}`,
    `reviewBy: ${REVIEW_BY}`,
    `isolation: { by: ${by}, stops: ${quoted(stops)}, manual: ${quoted(manual)} }`,
  ]
  return `  ${name}:\n${lines.map((line) => `    ${line}\n`).join('')}`
}

/** `[a, b]` with each item in quotes. */
function quoted(list: string): string {
  const items = list.slice(1, -1).split(', ')
  return `[${items.map((item) => JSON.stringify(item)).join(', ')}]`
}
