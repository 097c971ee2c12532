import { LIMITS } from '../core/limits.ts'
import type { IdentityView, Term } from '../core/link.ts'
import type { NodeView } from '../core/node-view.ts'
import { saidIn } from '../core/peer-faults.ts'
import { DAY, MINUTE, type Micros, SECOND } from '../core/time.ts'
import { daysLeft, isEnding } from './certificates.ts'
import { isLinkDown, silentNodes } from './health.ts'
import type { ProblemLanguage } from './problem-words/index.ts'
import type { NodeFinding } from './schemas.ts'

/** A review takes people and a meeting. */
const REVIEW_AHEAD = 30 * DAY
/** A node that sends on should last a shift alone; below an hour somebody must act now. */
const SHORT_S = 8 * 3600
const VERY_SHORT_S = 3600
/** Whoever is refused comes again within half a minute: older than this, it has been settled. */
const REFUSAL_KEPT = 10 * MINUTE

type Given = Pick<
  NodeView,
  | 'node'
  | 'clock'
  | 'uplink'
  | 'outlook'
  | 'spool'
  | 'remotes'
  | 'refusals'
  | 'refusedFiles'
  | 'contested'
  | 'identity'
  | 'policy'
  | 'connectedNodes'
  | 'changes'
  | 'configVersion'
>

/** What somebody should look at, errors first. */
export function nodeFindings(view: Given, language: ProblemLanguage = 'en'): NodeFinding[] {
  const now = view.clock.now()
  const found = [
    ...ofLink(view, now, language),
    ...ofSpool(view, now),
    ...ofOthers(view, now),
    ...ofCertificates(view, now),
    ...ofPolicy(view, now),
    ...ofChanges(view),
  ]
  return found.sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
}

function ofLink({ node, uplink }: Given, now: Micros, language: ProblemLanguage): NodeFinding[] {
  const link = uplink()
  if (!link || !isLinkDown(link, now)) return []
  const seconds = (now - (link.downSince ?? now)) / SECOND
  const { code, message = 'no answer yet', fault } = link.problem ?? {}
  const [why] = saidIn(language, { message, hint: undefined, fault })
  const told = { severity: 'error' as const, node, seconds, message: `${link.endpoint}: ${why}` }
  if (code) {
    const hint = 'trying again is of no use until somebody acts: the node page says what this refusal means'
    return [{ code: 'link-refused', refusal: code, ...told, hint }]
  }
  return [{ code: 'link-down', ...told, hint: 'the spool keeps what is to be sent; check the network and the other end' }]
}

function ofSpool({ node, uplink, outlook, spool }: Given, now: Micros): NodeFinding[] {
  const { problem, droppedSamples, corruptRecords } = spool()
  const { timeLeft } = outlook()
  const found: NodeFinding[] = []
  if (problem !== undefined)
    found.push({
      code: 'spool-problem',
      severity: 'error',
      node,
      message: problem,
      hint: 'until it is solved nothing is acknowledged to the sources',
    })
  if (uplink() && timeLeft && timeLeft.seconds < SHORT_S) {
    const { seconds, effect } = timeLeft
    const isUrgent = isLinkDown(uplink(), now) || seconds < VERY_SHORT_S
    const then = effect === 'block' ? 'sources are made to wait' : 'the oldest data is given up'
    const message = `alone this node lasts ${Math.round(seconds / 60)} min at the present rate; then ${then}`
    found.push({
      code: 'spool-short',
      severity: isUrgent ? 'error' : 'warning',
      node,
      seconds,
      message,
      hint: 'raise spool.maxBytes, or free space on the disk',
    })
  }
  if (droppedSamples + corruptRecords > 0) {
    const message = `${droppedSamples} samples dropped and ${corruptRecords} records unreadable since the start`
    found.push({
      code: 'data-dropped',
      severity: 'warning',
      node,
      count: droppedSamples + corruptRecords,
      message,
      hint: 'the gaps say which, and why',
    })
  }
  return found
}

function ofOthers(view: Given, now: Micros): NodeFinding[] {
  const silent = silentNodes(view)
  const found: NodeFinding[] = []
  if (silent.length > 0) {
    const names = silent.slice(0, 3)
    const message = `not heard: ${names.join(', ')}${silent.length > names.length ? ` and ${silent.length - names.length} more` : ''}`
    const hint = 'their values are Bad here until they are heard again; what they measured meanwhile is still to come'
    found.push({ code: 'nodes-silent', severity: 'error', node: names[0] as string, count: silent.length, message, hint })
  }
  found.push(...ofContested(view), ...ofUnseen(view))
  for (const { node, address, code, message, time, count } of view.refusals()) {
    if (now - time > REFUSAL_KEPT) continue
    const hint = `turned away ${count} times, last from ${address}`
    found.push({ code: 'sender-refused', severity: 'warning', node, address, refusal: code, count, message, hint })
  }
  for (const { file, code, message } of view.refusedFiles()) {
    const hint = 'nothing of it was taken in. When this is settled, take it away from imports/refused'
    found.push({ code: 'import-refused', severity: 'warning', node: view.node, carried: code, file, message, hint })
  }
  return found
}

/** One for each pair of nodes. */
function ofContested({ contested }: Given): NodeFinding[] {
  const pairs = Map.groupBy(contested(), ({ nodes }) => nodes.join(', '))
  return [...pairs].map(([nodes, of]) => {
    const ids = of.slice(0, 3).map(({ signal }) => signal)
    const message = `${ids.join(', ')}${of.length > ids.length ? ` and ${of.length - ids.length} more` : ''}`
    const hint = 'their values are of two origins: see that one of the nodes no longer declares them'
    return { code: 'signals-contested', severity: 'error', node: nodes, count: of.length, message, hint }
  })
}

/** Nodes that declared more signals than the table here has room for. */
function ofUnseen({ remotes }: Given): NodeFinding[] {
  return remotes().flatMap(({ node, unseenSignals: count }) => {
    if (count === 0) return []
    const message = `${count} signals of ${node} found no room among the ${LIMITS.signals} that are seen live here`
    const hint = 'they are stored and can be asked for; declare fewer signals at that node, or give it a hub of its own'
    return [{ code: 'signals-unseen' as const, severity: 'warning' as const, node, count, message, hint }]
  })
}

function ofCertificates({ node, identity }: Given, now: Micros): NodeFinding[] {
  const known = identity?.()
  if (!known) return []
  return certificatesOf(known, node).flatMap(({ what, of, term }) => {
    if (!isEnding(term, now)) return []
    const days = daysLeft(term, now)
    const whose = what === 'node' ? `the certificate of ${of}` : `the certificate of this node’s ${what}`
    const hint = 'it should have been renewed by now: is the way to its authority open? See the log of that node'
    const isOver = days < 0
    return {
      code: isOver ? ('certificate-expired' as const) : ('certificate-expiring' as const),
      severity: isOver ? ('error' as const) : ('warning' as const),
      ...{ node: of, what, days, message: isOver ? `${whose} has expired` : `${whose} ends in ${days} days`, hint },
    }
  })
}

/** Ways out that nobody decided about, and decisions that are to be looked at again. */
function ofPolicy({ node, policy }: Given, now: Micros): NodeFinding[] {
  const { zones, conduits } = policy.declared
  const out = policy.crossings().filter(({ part }) => part !== 'connection' && part !== 'link-in')
  if (zones.length === 0 && out.length > 0) {
    const message = `no zones are declared, and ${out.length} way(s) lead out of this node: ${out.map(({ part }) => part).join(', ')}`
    const hint = 'everything may pass: declare `zones` and `conduits`; `ecluse policy matrix` shows what they permit'
    return [{ code: 'no-zones', severity: 'warning', node, count: out.length, message, hint }]
  }
  return conduits.flatMap(({ name, owner }): NodeFinding[] => {
    const { expires } = policy.stateOf(name)
    if (expires - now > REVIEW_AHEAD) return []
    const days = Math.floor((expires - now) / DAY)
    const about = { node: name, owner, days, hint: `${owner} looks at it again and sets \`conduits.${name}.reviewBy\`` }
    if (now >= expires)
      return [{ code: 'review-overdue', severity: 'error', message: `the review of conduit ${name} is overdue: nothing passes`, ...about }]
    return [{ code: 'review-due', severity: 'warning', message: `the review of conduit ${name} is due in ${days} days`, ...about }]
  })
}

/** It runs without the approvals that the configuration before it asks for. */
function ofChanges({ changes, configVersion }: Given): NodeFinding[] {
  const { state, change } = changes.ofVersion(configVersion)
  if (state !== 'missing') return []
  const { approvals, by } = changes.rule
  const count = change ? changes.missing(change) : approvals
  const message = `the configuration ${configVersion} runs without ${count} of the approvals that are asked for`
  const who = by.length > 0 ? ` by ${by.join(', ')}` : ''
  const hint = change
    ? `have it approved${who}, or go back: ecluse rollback`
    : `propose it (ecluse apply) and have it approved${who}, or go back: ecluse rollback`
  return [{ code: 'not-approved', severity: 'error', node: configVersion, count, message, hint }]
}

function certificatesOf({ certificate, authority, listener, nodes }: IdentityView, own: string) {
  const known: { what: 'node' | 'authority' | 'listener'; of: string; term: Term }[] = []
  if (certificate) known.push({ what: 'node', of: own, term: certificate })
  if (authority) known.push({ what: 'authority', of: own, term: authority })
  if (listener) known.push({ what: 'listener', of: own, term: listener })
  for (const { node, notBefore, notAfter, revoked } of nodes)
    if (notAfter !== undefined && !revoked) known.push({ what: 'node', of: node, term: { notBefore, notAfter } })
  return known
}
