import type { NodeFinding, NodeList, OtherNode, Uplink } from '../api/schemas.ts'
import type { RefusalCode } from '../core/link.ts'
import type { Verb } from './context.ts'
import { age, bytes, paint, table } from './output.ts'

/** Other nodes named in a table for people; they come worst first. */
const NODES_SHOWN = 20

/** What `status` says of the node among others: its role, the way on, how long it works alone. */
export function nodeLines(verb: Verb, { self, time, findings }: NodeList): string[] {
  const words = verb.words.nodes
  const { warn } = paint(verb.io.colour.out)
  const { uplink, spool, certificate, linkAddress } = self
  const since = (then: string): string => age((Date.parse(time) - Date.parse(then)) / 1000)
  const role = [words.role(words.roles[self.role]), ...(uplink ? [] : [words.alone]), ...(linkAddress ? [words.address(linkAddress)] : [])]
  const lines = [role.join(', ')]
  if (uplink) {
    const state = standingOf(uplink)
    const parts = [
      words.link(uplink.endpoint, uplink.peer, words.states[state], since(uplink.downSince ?? uplink.since)),
      words.behind(uplink.behindRecords, bytes(spool.held.bytes)),
      ...(uplink.roundTripMs === undefined ? [] : [words.roundTrip(uplink.roundTripMs.toFixed(1))]),
      ...(certificate ? [words.certificate(certificate.daysLeft)] : []),
    ]
    lines.push(state === 'connected' ? parts.join(', ') : warn(parts.join(', ')))
    const { problem } = uplink
    // From a minute on it is a finding, which says this too.
    if (state !== 'connected' && problem && !findings.some(({ code }) => LINK_FINDINGS.has(code)))
      lines.push(warn(problem.code ? refusedText(verb, problem.code, problem.message) : problem.message))
  }
  const { timeLeft, growthBytesPerSecond = 0 } = spool
  const lasts = uplink ? words.timeLeft : words.holds
  lines.push(timeLeft ? lasts(age(timeLeft.seconds), bytes(growthBytesPerSecond), words.effects[timeLeft.effect]) : words.measuring)
  return lines
}

/** Nodes whose logs come here, and what somebody should look at. */
export function otherNodeLines(verb: Verb, { nodes, findings, time }: NodeList): string[] {
  const words = verb.words.nodes
  const { warn, bad } = paint(verb.io.colour.out)
  const since = (then: string | undefined): string => (then ? age((Date.parse(time) - Date.parse(then)) / 1000) : '-')
  const others =
    nodes.length === 0
      ? []
      : [
          '',
          table<OtherNode>(
            [
              { title: words.node, cell: (one) => one.node },
              { title: words.state, cell: (one) => words.others[one.state] },
              {
                title: words.signals,
                cell: (one) => (one.unseenSignals ? `${one.signals} (+${one.unseenSignals})` : String(one.signals)),
                right: true,
              },
              { title: words.lag, cell: (one) => (one.lagSeconds === undefined ? words.unknown : age(one.lagSeconds)), right: true },
              { title: words.records, cell: (one) => String(one.behindRecords), right: true },
              { title: words.lost, cell: (one) => String(one.lostRecords), right: true },
              { title: words.heard, cell: (one) => since(one.lastHeardTime), right: true },
              { title: words.days, cell: (one) => (one.certificate ? String(one.certificate.daysLeft) : '-'), right: true },
            ],
            nodes.slice(0, NODES_SHOWN),
          ),
          ...(nodes.length > NODES_SHOWN ? [words.more(nodes.length - NODES_SHOWN)] : []),
        ]
  const told = findings.map((finding) => {
    const [what, todo] = sayFinding(verb, finding)
    return (finding.severity === 'error' ? bad : warn)(todo ? `${what}; ${todo}` : what)
  })
  return [...others, ...(told.length > 0 ? ['', ...told] : [])]
}

/** A finding in the person's language, and what to do where a refusal says it. */
export function sayFinding(verb: Verb, finding: NodeFinding): readonly [what: string, todo: string | undefined] {
  const words = verb.words.nodes
  const { code, node, owner, address, what: part = 'node', refusal, carried, file, seconds, count, days, message } = finding
  const detail = seconds !== undefined ? age(seconds) : String(file ?? count ?? days ?? '')
  const beside = owner ?? address
  if (code === 'certificate-expiring' || code === 'certificate-expired')
    return [words.findings[code](words.certificates[part](node), detail), words.renewal[code]]
  const what = words.findings[code](beside === undefined ? node : `${node} (${beside})`, detail)
  if (refusal) return [NAMED_BY_CODE.has(refusal) ? what : `${what} (${message})`, words.refusals[refusal]]
  if (carried) return [what, words.carried[carried]]
  return [MESSAGE_SHOWN.has(code) ? `${what} (${message})` : what, undefined]
}

/** What the other end says is in English; where our words say all of it, they stand alone. */
function refusedText({ words }: Verb, code: RefusalCode, message: string): string {
  const said = words.nodes.refusals[code]
  return NAMED_BY_CODE.has(code) ? said : `${message}; ${said}`
}

/** Findings whose message names what no words can. */
const MESSAGE_SHOWN: ReadonlySet<NodeFinding['code']> = new Set(['link-down', 'spool-problem', 'signals-contested'])

const LINK_FINDINGS: ReadonlySet<NodeFinding['code']> = new Set(['link-down', 'link-refused'])
/** Refusals whose words leave nothing for the message to add. */
const NAMED_BY_CODE: ReadonlySet<NodeFinding['refusal']> = new Set(['revoked', 'identity-used-twice', 'epoch-superseded'])

/** A link that is refused stays refused while it tries again. */
function standingOf({ state, problem }: Uplink): Uplink['state'] {
  if (state !== 'connecting' || !problem) return state
  return problem.code ? 'refused' : 'waiting'
}
