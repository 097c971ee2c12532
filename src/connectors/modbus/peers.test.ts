import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import ModbusRTU from 'modbus-serial'
import { modbusConfig } from './config.ts'
import { rows, testContext } from './fixture.ts'
import { startModbusSimulator } from './simulator.ts'
import { ModbusSource } from './source.ts'

/** Another implementation, the npm package modbus-serial, on the other side of the wire: its server for our source, its client for our simulator. */

test('our source reads the server of modbus-serial', async (t) => {
  const server = new ModbusRTU.ServerTCP(
    {
      getHoldingRegister: (address: number) => address * 3,
      getInputRegister: (address: number) => 1_000 + address,
      getCoil: (address: number) => address % 3 === 0,
      getDiscreteInput: (address: number) => address % 2 === 0,
    },
    { host: '127.0.0.1', port: 0, unitID: 5 },
  )
  await once(server, 'initialized')
  const { port } = (server as unknown as { _server: { address(): { port: number } } })._server.address()
  const tables = ['holding-register', 'input-register', 'coil', 'discrete-input'] as const
  const signals = tables.flatMap((table) => Array.from({ length: 40 }, (_, address) => ({ id: `${table}-${address}`, table, address })))
  const context = testContext()
  const source = new ModbusSource(modbusConfig.parse({ host: '127.0.0.1', port, unitId: 5, signals }), context)
  t.after(async () => {
    await source.close()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  await source.connect(t.signal)
  const got = rows((await source.read(t.signal)).batch, context)
  assert.equal(Object.keys(got).length, 160)
  assert.deepEqual(
    ['holding-register-39', 'input-register-7', 'coil-9', 'coil-10', 'discrete-input-38'].map((id) => got[id]),
    ['117 Good', '1007 Good', '1 Good', '0 Good', '1 Good'],
  )
})

test('the client of modbus-serial reads our simulator', async (t) => {
  const simulator = await startModbusSimulator({ units: { 3: { 'input-register': [10, 20, 30], coil: [1, 0, 1, 1, 0, 0, 0, 0, 1] } } })
  const client = new ModbusRTU.default()
  t.after(async () => {
    await new Promise<void>((resolve) => client.close(() => resolve()))
    await simulator.stop()
  })
  await client.connectTCP('127.0.0.1', { port: simulator.port })
  client.setID(3)
  assert.deepEqual((await client.readInputRegisters(0, 3)).data, [10, 20, 30])
  assert.deepEqual((await client.readCoils(0, 9)).data.slice(0, 9).map(Number), [1, 0, 1, 1, 0, 0, 0, 0, 1])
  await assert.rejects(client.readHoldingRegisters(0, 1), { modbusCode: 2 })
  await assert.rejects(client.writeRegister(0, 1), { modbusCode: 1 })
})
