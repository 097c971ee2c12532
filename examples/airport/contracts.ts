/** The contracts of the demo, by the path that ecluse.yaml names. They hold for any number of carousels. */
export function airportContracts(): Readonly<Record<string, string>> {
  return { 'contracts/baggage.odcs.yaml': BAGGAGE }
}

const BAGGAGE = `# What baggage maintenance promises of its carousels, and what the operations centre may do with it.
# Open Data Contract Standard 3.1. \`ecluse lint\` compares it with ecluse.yaml, and Écluse keeps it while data flows.
# This file is written by examples/airport/contracts.ts.
apiVersion: v3.1.0
kind: DataContract
id: t2e-baggage-carousels
name: Baggage carousels of terminal 2E
version: 1.2.0
status: active
domain: baggage
description:
  purpose: State, load and condition of the baggage carousels of terminal 2E.
  limitations: Measured at the drive, not at the bags. A carousel under local control says nothing about traffic.

schema:
  - name: carousel
    physicalType: equipment
    description: One baggage carousel with its drive.
    properties:
      - name: state
        logicalType: string
        required: true
        description: What the drive says of itself.
        customProperties:
          - { property: signal, value: "baggage/*/state" }
          - { property: validStates, value: [RUNNING, STANDBY, FAULT, MAINTENANCE] }
      - name: current
        logicalType: number
        logicalTypeOptions: { minimum: 0, maximum: 9 }
        required: true
        description: RMS current of one phase of the motor.
        customProperties:
          - { property: signal, value: "baggage/*/motor/current" }
          - { property: unit, value: A }
          - { property: minimumStatus, value: Good }
      - name: motorTemperature
        logicalType: number
        logicalTypeOptions: { minimum: 0, maximum: 80 }
        customProperties:
          - { property: signal, value: "baggage/*/motor/temperature" }
          - { property: unit, value: Cel }
      - name: throughput
        logicalType: number
        logicalTypeOptions: { minimum: 0, maximum: 1500 }
        description: Bags that passed the infeed, as an hourly rate over the last minute.
        customProperties:
          - { property: signal, value: "baggage/*/belt/throughput" }
          - { property: unit, value: "{bag}/h" }

slaProperties:
  - { property: latency, value: 5, unit: s, description: From the drive's clock to the node's. }
  - { property: availability, value: 99.5, unit: "%" }
  - { property: retention, value: 90, unit: d }

customProperties:
  - { property: otOwner, value: "Baggage maintenance, terminal 2E" }
  - { property: itOwner, value: "Airport operations centre, data team" }
  - { property: meaning, value: "Readings of the running equipment, not of its plan." }
  - { property: timestampRule, value: "The drive's clock at the moment of measuring, UTC." }
  - property: permittedUses
    value: [maintenance planning, load reports by hour, alerting the maintenance crew]
  - property: forbiddenUses
    value: [stopping or starting a carousel, safety functions, evaluating individual staff]
  - { property: acceptanceEvidence, value: "Clamp meter beside the drive at three loads, deviation below 2 %, signed by both owners." }
  - { property: changeProcess, value: "Proposed 30 days ahead to both owners; a breaking change raises the major version." }
  - { property: language, value: en }
`
