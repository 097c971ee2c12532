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

export function itConnections({ flights, orders }: Endpoints): string {
  return `  flights:
    kind: rest
    label: { fr: "Système des vols", en: "Flight system" }
    # In clear, because it stays inside this machine. A real one gets https:// and a token.
    url: ${flights}
    auth: { type: none }
    records:
      # Everything each time: an arrival that is not in the answer any more is deleted.
      - { record: flight, path: arrivals, rows: items, paging: { page: page, size: 100 }, snapshot: true, every: 2s }
  maintenance:
    kind: sqlite
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
