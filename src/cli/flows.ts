import { z } from 'zod'
import { acknowledged, baselineAnswer, type FindingView, findingList, flowList } from '../api/flow-schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { printable, table, writeResult } from './output.ts'

type Options = CommonOptions & ClientOptions

const ranges = (list: readonly (readonly [number, number])[]): string =>
  list.map(([from, to]) => (from === to ? `${from}` : `${from}..${to}`)).join(',')

/** `ecluse flows`: who talked to whom, as a running node saw it. */
export async function flows(verb: Verb, options: Options & { via?: string; limit: number }): Promise<Exit> {
  const client = await connectClient(verb, options)
  const query = { ...(options.via !== undefined && { via: options.via }), limit: String(options.limit) }
  const list = await client.get('/api/v1/flows', query, flowList)
  const words = verb.words.flows
  writeResult(verb.io, options.output, list, () =>
    [
      list.sees[verb.language],
      '',
      list.flows.length === 0
        ? words.none
        : table(
            [
              {
                title: words.flow,
                cell: ({ source, destination, port, protocol, via }) => `${source} → ${destination}:${port} ${protocol} (${via})`,
              },
              {
                title: words.service,
                cell: ({ services }) =>
                  services
                    .map(({ service, addresses }) => (addresses.length > 0 ? `${service} [${ranges(addresses)}]` : service))
                    .join(' '),
              },
              { title: words.units, cell: ({ units }) => ranges(units) || '-' },
              { title: words.bytes, cell: ({ sentBytes, receivedBytes }) => `${sentBytes}/${receivedBytes}`, right: true },
              { title: words.exceptions, cell: ({ exceptions }) => String(exceptions), right: true },
              { title: words.lastSeen, cell: ({ lastSeen }) => lastSeen },
            ],
            list.flows,
          ),
      ...list.sensors.map(({ name, state, packets, problem }) => words.sensor(name, words.sensorStates[state], packets, problem)),
      ...(list.refused > 0 ? [words.refused(list.refused)] : []),
    ].join('\n'),
  )
  return EXIT.ok
}

/** `ecluse findings`: worst first; ends with 1 while one is open, so that a script notices. */
export async function findings(verb: Verb, options: Options & { state?: string; limit: number }): Promise<Exit> {
  const client = await connectClient(verb, options)
  const query = { ...(options.state !== undefined && { state: options.state }), limit: String(options.limit) }
  const list = await client.get('/api/v1/security/findings', query, findingList)
  writeResult(verb.io, options.output, list, () =>
    [
      list.sees[verb.language],
      '',
      ...(list.findings.length === 0 ? [verb.words.flows.noFindings] : list.findings.map((one) => findingText(verb, one))),
    ].join('\n'),
  )
  return list.open > 0 ? EXIT.failed : EXIT.ok
}

function findingText({ words: { flows: words }, language }: Verb, one: FindingView): string {
  const { id, severity, state, text, advice, owner, techniques, count, firstSeen, lastSeen, acknowledged: known } = one
  const lines = [
    `${words.severities[severity]}  ${words.states[state]}  ${id}`,
    text[language],
    advice[language],
    words.resembles(techniques.map(({ id: technique, name }) => `${technique} ${name}`).join(', ')),
    ...(owner === undefined ? [] : [words.owner(owner)]),
    words.seen(count, firstSeen, lastSeen),
    ...(known ? [words.acknowledgedBy(known.who, known.time, known.reason)] : []),
  ]
  return lines.map((line, i) => `${i === 0 ? '' : '  '}${printable(line)}`).join('\n')
}

/** `ecluse findings acknowledge ID`. */
export async function acknowledge(verb: Verb, id: string, options: Options & { reason: string }): Promise<Exit> {
  const client = await connectClient(verb, options)
  const path = `/api/v1/security/findings/${encodeURIComponent(id)}/acknowledgement`
  const answer = await client.post(path, { reason: options.reason }, acknowledged)
  writeResult(verb.io, options.output, answer, () => verb.words.flows.acknowledged(answer.id))
  return EXIT.ok
}

const done = z.object({ done: z.literal(true) })

/** `ecluse baseline show`: what is in force, and what was learned since, to be reviewed. */
export async function baselineShow(verb: Verb, options: Options): Promise<Exit> {
  const client = await connectClient(verb, options)
  const answer = await client.get('/api/v1/security/baseline', {}, baselineAnswer)
  const words = verb.words.flows
  const { state, accepted, learningSince, changes, changesTotal, candidateHash } = answer
  writeResult(verb.io, options.output, answer, () =>
    [
      ...(state === 'damaged' ? [words.damaged] : []),
      ...(accepted ? [words.inForce(accepted.flows, accepted.who, accepted.time, accepted.reason), words.hash(accepted.hash)] : []),
      ...(state === 'learning' ? [words.noBaseline] : []),
      ...(learningSince === undefined ? [] : [words.learning(learningSince), ...(changes.length === 0 ? [words.noChanges] : [])]),
      ...changes.map(({ change, flow, what }) => printable(`${words.change[change]} ${flow}: ${what}`)),
      ...(changesTotal > changes.length ? [words.moreChanges(changesTotal - changes.length)] : []),
      ...(candidateHash === undefined ? [] : [words.acceptHint(candidateHash)]),
    ].join('\n'),
  )
  return EXIT.ok
}

export async function baselineLearn(verb: Verb, options: Options): Promise<Exit> {
  const client = await connectClient(verb, options)
  const answer = await client.post('/api/v1/security/baseline/learning', {}, done)
  writeResult(verb.io, options.output, answer, () => verb.words.flows.learnBegun)
  return EXIT.ok
}

/** `ecluse baseline accept HASH`: the hash is that of what `show` showed. */
export async function baselineAccept(verb: Verb, hash: string, options: Options & { reason: string }): Promise<Exit> {
  const client = await connectClient(verb, options)
  const answer = await client.post('/api/v1/security/baseline/acceptance', { hash, reason: options.reason }, done)
  writeResult(verb.io, options.output, answer, () => verb.words.flows.accepted)
  return EXIT.ok
}
