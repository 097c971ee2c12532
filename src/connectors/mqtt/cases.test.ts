import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { BatchBuilder } from '../../core/batch.ts'
import type { SourceCounters } from '../../core/source.ts'
import { formatTime } from '../../core/time.ts'
import { mqttConfig } from './config.ts'
import { contextFor, type Seen, seen } from './context.fixture.ts'
import { PlainTopics } from './plain.ts'
import { NOON_MS, testHost } from './sparkplug/host.fixture.ts'

/**
 * One folder per case: `case.yaml` holds the configuration and the messages in their order (`hex` for bytes, `text` for text), `expected.json` the
 * samples and counters that must come of them, received on 2026-03-02 at 08:00 UTC. A bug report becomes a folder.
 */
const CASES = join(import.meta.dirname, 'cases')

interface Case {
  readonly about: string
  readonly config: object
  readonly messages: readonly { readonly topic: string; readonly hex?: string; readonly text?: string; readonly retain?: boolean }[]
}

for (const folder of await readdir(CASES)) {
  const { about, config, messages } = parse(await readFile(join(CASES, folder, 'case.yaml'), 'utf8')) as Case
  test(`case ${folder}: ${about}`, async () => {
    const expected = JSON.parse(await readFile(join(CASES, folder, 'expected.json'), 'utf8'))
    assert.deepEqual(run(config, messages), expected)
  })
}

function run(raw: object, messages: Case['messages']) {
  const config = mqttConfig.parse({ url: 'mqtt://127.0.0.1', ...raw })
  const samples: Seen[] = []
  let counters: SourceCounters = { dropped: {} }
  const bytes = ({ hex, text }: Case['messages'][number]) =>
    hex === undefined ? Buffer.from(text ?? '') : Buffer.from(hex.replace(/\s/g, ''), 'hex')
  if (config.format === 'sparkplug') {
    const host = testHost(config)
    counters = host.counters
    for (const message of messages) samples.push(...host.send(message.topic, bytes(message)))
  } else {
    const context = contextFor()
    const plain = new PlainTopics({ config, context, counters })
    for (const message of messages) {
      const into = new BatchBuilder()
      plain.handle(message.topic, bytes(message), message.retain ?? false, into, NOON_MS * 1000)
      samples.push(...seen(into.build(NOON_MS * 1000), context))
    }
  }
  return {
    samples: samples.map(({ time, ...sample }) => ({ ...sample, time: formatTime(time) })),
    dropped: counters.dropped,
    ...(counters.lastProblem !== undefined && { lastProblem: counters.lastProblem }),
  }
}
