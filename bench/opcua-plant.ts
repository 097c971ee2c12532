import { startOpcuaSimulator } from '../src/connectors/opcua/simulator.ts'

/** A process of its own: an OPC UA server whose variables all hold the number of the tick, ten ticks a second without drift, once it is told to go. */
const [count] = process.argv.slice(2) as [string]
const ids = Array.from({ length: Number(count) }, (_, i) => `s=V${i}`)
const simulator = await startOpcuaSimulator({
  variables: ids.map((nodeId, i) => ({ path: `Bench/F${i % 100}/V${i}`, nodeId, dataType: 'Double' as const })),
  modes: ['none'],
})
process.send?.(simulator.endpoint)
const PERIOD_MS = 100
process.on('message', () => {
  const begin = performance.now()
  let tick = 0
  const next = () => {
    tick++
    for (const id of ids) simulator.set(id, tick)
    setTimeout(next, Math.max(0, begin + (tick + 1) * PERIOD_MS - performance.now()))
  }
  next()
})
process.on('disconnect', () => process.exit(0))
