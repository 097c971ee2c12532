import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { modbusConfig } from './config.ts'
import { rows, testContext } from './fixture.ts'
import { ModbusSource } from './source.ts'

/** A server of pymodbus (version in test/peers.txt) holding known values, on a free port that it prints. */
const SERVER = `
import asyncio, sys
from pymodbus import FramerType
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusDeviceContext, ModbusServerContext
from pymodbus.server import ModbusTcpServer

async def main():
    block = lambda values: ModbusSequentialDataBlock(1, values)
    unit = ModbusDeviceContext(
        di=block([True, False, True] * 20), co=block([False, True] * 20),
        ir=block([0x42c8, 0, 0xffff, 0xfffe]), hr=block(list(range(300))))
    framer = FramerType.RTU if sys.argv[1] == 'rtu-over-tcp' else FramerType.SOCKET
    server = ModbusTcpServer(ModbusServerContext(devices={4: unit}, single=False), framer=framer, address=('127.0.0.1', 0))
    await server.serve_forever(background=True)
    print(server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
`

const python = process.env.ECLUSE_PEER_PYTHON
const skip = python ? false : 'needs ECLUSE_PEER_PYTHON: a python with the packages of test/peers.txt'

for (const framing of ['tcp', 'rtu-over-tcp'] as const) {
  test(`pymodbus server, ${framing}`, { skip, timeout: 30_000 }, async (t) => {
    const server = spawn(python ?? '', ['-c', SERVER, framing], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => server.kill())
    const [line] = (await Promise.race([once(createInterface(server.stdout), 'line'), once(server, 'exit')])) as [string | number]
    const port = Number(line)
    assert.ok(port > 0, 'the pymodbus server did not start')
    const holding = Array.from({ length: 300 }, (_, address) => ({ id: `h${address}`, table: 'holding-register', address }))
    const signals = [
      ...holding,
      { id: 'float', table: 'input-register', address: 0, type: 'float32' },
      { id: 'int', table: 'input-register', address: 2, type: 'int32' },
      { id: 'coil', table: 'coil', address: 1 },
      { id: 'input', table: 'discrete-input', address: 3 },
      { id: 'beyond', table: 'holding-register', address: 1_000 },
    ]
    const context = testContext()
    const source = new ModbusSource(modbusConfig.parse({ host: '127.0.0.1', port, framing, unitId: 4, signals }), context)
    t.after(() => source.close())
    await source.connect(t.signal)
    const got: Record<string, string> = {}
    while (Object.keys(got).length < signals.length) Object.assign(got, rows((await source.read(t.signal)).batch, context))
    const beyond = 'NaN BadNotFound modbus-illegal-data-address'
    assert.deepEqual([got.float, got.int, got.coil, got.input, got.beyond], ['100 Good', '-2 Good', '1 Good', '1 Good', beyond])
    for (const { id, address } of holding) assert.equal(got[id], `${address} Good`)
  })
}
