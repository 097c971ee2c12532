import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { testRunner } from '../../core/record-source.fixture.ts'
import type { Row } from '../../core/record-source.ts'
import { kafkaConfig } from './config.ts'
import { startBroker, withoutBroker } from './real-broker.fixture.ts'
import { KafkaRecords } from './records.ts'

const name = 'a real broker: what is acknowledged is committed, what is not comes again, tombstones are deletions'

// No broker is in Debian, so none is required: without one it stands as a thing to do.
if (withoutBroker) test.todo(`${name} (${withoutBroker})`)
else
  test(name, { timeout: 180_000 }, async (t) => {
    const broker = await startBroker(t)
    const { Admin, Producer } = await import('@platformatic/kafka')
    const topic = `ecluse-${randomUUID()}`
    const client = { clientId: 'ecluse-test', bootstrapBrokers: [broker] }
    const admin = new Admin(client)
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
    const producer = new Producer(client)
    t.after(() => Promise.allSettled([producer.close(true), admin.close()]))
    const key = Buffer.from('AF1')
    const send = (value: string | null) =>
      producer.send({ messages: [{ topic, key, ...(value !== null && { value: Buffer.from(value) }) }], acks: -1 })
    const records = [{ record: 'flight', topic, columns: { id: { key: 'text' } } }]
    const config = kafkaConfig.parse({ brokers: [broker], group: topic, insecure: true, records })
    const open = async () => {
      const source = new KafkaRecords(config, testRunner().context)
      t.after(() => source.close())
      // A broker that has just begun has no coordinator yet; a connection tries again, too.
      for (let attempt = 0; ; attempt++) {
        try {
          await source.connect(t.signal)
          return source
        } catch (error) {
          if (attempt === 50 || !/coordinator/.test(String(error))) throw error
        }
      }
    }
    const rows = async (source: KafkaRecords, count: number, acknowledge: boolean) => {
      const all: Row[] = []
      while (all.length < count) {
        const { rows: here, deleted = [], ack } = await source.read(AbortSignal.timeout(60_000))
        all.push(...here, ...deleted.map((row) => ({ ...row, isDeleted: true })))
        if (acknowledge) ack?.()
      }
      return all
    }
    await send('{"gate":"B1"}')
    const expected = [{ id: 'AF1', gate: 'B1' }]
    const first = await open()
    assert.deepEqual(await rows(first, 1, false), expected)
    await first.close()
    const second = await open()
    assert.deepEqual(await rows(second, 1, true), expected)
    await send(null)
    assert.deepEqual(await rows(second, 1, true), [{ id: 'AF1', isDeleted: true }])
    await second.close()
    await send('{"gate":"B2"}')
    assert.deepEqual(await rows(await open(), 1, true), [{ id: 'AF1', gate: 'B2' }])
  })
