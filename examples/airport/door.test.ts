import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { makeDoor } from './door.ts'

const HOST = '127.0.0.1'

test('who comes before the server is answered by it; who breaks off meanwhile harms nobody', async () => {
  const door = await makeDoor(HOST, 0)
  const early = connect(door.port, HOST)
  await once(early, 'connect')
  early.write('one')
  const impatient = connect(door.port, HOST)
  await once(impatient, 'connect')
  impatient.destroy()
  const server = createServer((socket) => socket.on('data', (data) => socket.end(`${data}!`)).on('error', () => {})).listen(0, HOST)
  await once(server, 'listening')
  door.open((server.address() as AddressInfo).port)
  assert.equal(String((await once(early, 'data'))[0]), 'one!')
  const late = connect(door.port, HOST)
  late.write('two')
  assert.equal(String((await once(late, 'data'))[0]), 'two!')
  await door.close()
  server.close()
  await once(server, 'close')
})
