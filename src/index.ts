/** The public surface: the contracts to write a connector against, and the simulators that speak each system's real protocol. */

export { type ModbusSimulator, type ModbusSimulatorOptions, startModbusSimulator, type UnitImage } from './connectors/modbus/simulator.ts'
export { type SparkplugSimulator, startDemoBroker, startSparkplugSimulator } from './connectors/mqtt/simulator.ts'
export { type OpcuaSimulator, type SimulatedVariable, startOpcuaSimulator } from './connectors/opcua/simulator.ts'
export { createRestSimulator, type RestSimulator, type RestSimulatorOptions } from './connectors/rest/simulator.ts'
export { admit, type Reading } from './core/admit.ts'
export { BatchBuilder, type SampleBatch } from './core/batch.ts'
export type { BrowseEntry, CheckStep, Connector, LintFinding, SourceContext } from './core/connector.ts'
export { ConfigurationError, EndOfInput, NotConnected } from './core/errors.ts'
export type { DataType, SignalDefinition } from './core/signals.ts'
export type { Delivery, Source, SourceCounters } from './core/source.ts'
export { Status, severity, statusName } from './core/status.ts'
export { type Clock, formatTime, type Micros, parseTime, systemClock } from './core/time.ts'
