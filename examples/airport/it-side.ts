import type { Endpoints } from './fleet.ts'

/** The IT side of the demo's `ecluse.yaml`: what the flight system and the maintenance system say, and what is joined with the equipment's signals. */

/** Names of the carousels in the other systems; the drive of each has been in its place since it was built. */
export function carouselPlaces(carousels: number): string {
  return Array.from({ length: carousels }, (_, i) => i + 1)
    .map((n) => {
      const aliases = `[{ system: flights, name: Belt ${n} }, { system: maintenance, name: CAR-${String(n).padStart(2, '0')} }]`
      return `  baggage/carousel-${n}: { level: work-unit, label: { fr: "Tapis ${n}", en: "Carousel ${n}" }, aliases: ${aliases} }`
    })
    .join('\n')
}

export const RECORD_KINDS = `# What IT systems tell: every version is kept, with the time it was true and the time we learnt it.
records:
  flight:
    label: { fr: "Vol à l'arrivée", en: "Arrival" }
    key: [id]
    fields:
      id: {}
      flight: { required: true }
      belt: { required: true }
      status: { values: [EXPECTED, ON BELT, CLOSED] }
      first_bag: { type: time }
      last_bag: { type: time }
      bags: { type: number, unit: "{bag}" }
    validity: { from: first_bag, to: last_bag }
    equipment: { field: belt, system: flights }
  work_order:
    label: { fr: "Ordre de travail", en: "Work order" }
    key: [number]
    fields:
      number: {}
      asset: { required: true }
      title: {}
      status: { values: [APPROVED, IN PROGRESS, COMPLETE] }
      reported: { type: time, required: true }
      started: { type: time }
      finished: { type: time }
    validity: { from: reported, to: finished }
    equipment: { field: asset, system: maintenance }
`

export const COMPUTED = `# What is computed, from history alone: a late reading or a corrected flight computes again what it touches, and nothing else.
derive:
  - id: motor/power
    for: baggage/carousel-*
    label: { fr: "Puissance du moteur", en: "Motor power" }
    # Three phases at 400 V, power factor 0.82.
    inputs: { current: motor/current }
    expression: "current * quantity(400.0, 'V') * 1.732 * 0.82"
    unit: W
    decimals: 0
    tolerance: 10s

windows:
  # Minutes, aligned to the clock: what a meter or a chiller drew on average.
  - id: power-1min
    for: energy/*
    label: { fr: "Puissance moyenne sur une minute", en: "Average power of a minute" }
    signal: power
    window: { tumbling: 1min }
    function: TimeAverage2
    tolerance: 5s
  - id: electrical-power-1min
    for: cooling/chiller-*
    label: { fr: "Puissance électrique moyenne sur une minute", en: "Average electrical power of a minute" }
    signal: electrical-power
    window: { tumbling: 1min }
    function: TimeAverage2
    tolerance: 10s

states:
  - id: drive/mode
    for: baggage/carousel-*
    label: { fr: "Mode du variateur", en: "Mode of the drive" }
    # Told only when they change, as below.
    inputs:
      fault: { signal: drive/fault, type: boolean, tolerance: 1d }
      running: { signal: drive/running, type: boolean, tolerance: 1d }
      local: { signal: drive/local-control, type: boolean, tolerance: 1d }
    states: { FAULT: fault, MAINTENANCE: local, RUNNING: running, STANDBY: "!running" }

events:
  - id: jam
    for: baggage/carousel-*
    label: { fr: "Arrêt du tapis sur défaut", en: "Carousel stopped by a fault" }
    inputs: { fault: { signal: drive/fault, type: boolean } }
    start: fault
    minimum: 2s
    # Told only when it changes: what was told holds until the next word, or until the connection is silent.
    tolerance: 1d
    severity: 700
    attributes:
      motor_temperature: { signal: motor/temperature, function: Maximum2 }

correlations:
  # For each arrival, what happened to its bags: on the carousel it had, while its bags came.
  flight_baggage:
    label: { fr: "Bagages d'un vol", en: "Baggage of a flight" }
    each: flight
    tolerance: 5s
    progress: 10s
    values:
      jams: { count: jam }
      time_lost: { duration: jam }
      energy: { signal: ./motor/power, function: Total2, unit: kW.h }
      belt_running: { signal: ./belt/speed, function: DurationInStateNonZero }
      work_orders: { list: work_order }

kpis:
  # The describing fields of ISO 22400; what it is made of, its unit and its logical limits come with the ready figure.
  energy_per_bag:
    label: { fr: "Énergie par bagage", en: "Energy per bag" }
    ready: energyPerUnit
    unit: "W.h/{bag}"
    per: { record: flight }
    equipment: baggage/carousel-*
    tolerance: 5s
    audience: [supervisor]
    inputs:
      energy: { signal: ./motor/power, function: Total2, unit: W.h }
      made: { of: flight, value: bags, take: sum, relation: equals }
`

export function itConnections({ flights, orders }: Endpoints): string {
  return `  flights:
    kind: rest
    zone: business
    label: { fr: "Système des vols", en: "Flight system" }
    # In clear, because it stays inside this machine. A real one gets https:// and a token.
    url: ${flights}
    auth: { type: none }
    records:
      # Everything each time: an arrival that is not in the answer any more is deleted.
      - { record: flight, path: arrivals, rows: items, paging: { page: page, size: 100 }, snapshot: true, every: 2s }
  maintenance:
    kind: sqlite
    zone: business
    label: { fr: "Gestion de la maintenance", en: "Maintenance system" }
    file: ${JSON.stringify(orders)}
    records:
      - record: work_order
        # What changed since the last reading.
        query: "SELECT wonum, assetnum, description, status, reportdate, actstart, actfinish, changedate FROM workorder WHERE changedate >= :cursor"
        cursor: { column: changedate, start: "1970-01-01" }
        every: 2s
        map: { number: wonum, asset: assetnum, title: description, reported: reportdate, started: actstart, finished: actfinish }
`
}
