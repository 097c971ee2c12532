import type { FlowList } from '../../../src/api/schemas.ts'
import { formatBytes, formatInstant, formatNumber } from '../format.ts'
import { serviceText } from '../live/services.ts'
import { hrefToConduit } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

const ranges = (list: readonly (readonly [number, number])[]): string =>
  list.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')

/** Who talked to whom, newest first. */
export function FlowTable({ list }: { list: FlowList }) {
  const { locale, words } = useLanguage()
  const text = words.security
  return (
    <section className="panel gaps" aria-labelledby="security-flows">
      <h2 id="security-flows">{text.flows}</h2>
      {list.sensors.map(({ name, state, packets, problem }) => (
        <p key={name} className={state === 'failed' ? 'problem' : 'soft'}>
          {text.sensor(name, text.sensors[state], formatNumber(packets, locale))}
          {problem && ` · ${problem}`}
        </p>
      ))}
      {list.refused > 0 && <p className="problem">{text.capped(formatNumber(list.refused, locale))}</p>}
      {list.flows.length === 0 && <p>{text.noFlows}</p>}
      {list.flows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="scroll-x evidence-roots" aria-label={text.table} tabIndex={0}>
          <table className="samples">
            <thead>
              <tr>
                {[text.flow, text.via, words.zones.conduit, text.services, text.units].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
                {[text.out, text.in, text.refused].map((title) => (
                  <th key={title} scope="col" className="number">
                    {title}
                  </th>
                ))}
                <th scope="col">{text.last}</th>
              </tr>
            </thead>
            <tbody>
              {list.flows.map((flow) => (
                <tr key={`${flow.via} ${flow.source} ${flow.destination} ${flow.port} ${flow.protocol}`}>
                  <td>{`${flow.source} → ${flow.destination}${flow.port > 0 ? `:${flow.port}` : ''} ${flow.protocol}`}</td>
                  <td>{flow.via}</td>
                  <td>
                    <Verdict of={flow.crossing} />
                  </td>
                  <td className="wraps">
                    {flow.services
                      .map(({ service, addresses }) => {
                        const name = serviceText(flow.protocol, service, text.modbus)
                        return addresses.length > 0 ? `${name} [${ranges(addresses)}]` : name
                      })
                      .join(' · ') || '–'}
                  </td>
                  <td>{ranges(flow.units) || '–'}</td>
                  <td className="number">{formatBytes(flow.sentBytes, locale)}</td>
                  <td className="number">{formatBytes(flow.receivedBytes, locale)}</td>
                  <td className="number">{formatNumber(flow.exceptions, locale)}</td>
                  <td>{formatInstant(new Date(flow.lastSeen), locale)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}

/** The conduit that permits it, or why none does. */
function Verdict({ of: crossing }: { of: FlowList['flows'][number]['crossing'] }) {
  const { words } = useLanguage()
  if (!crossing || (crossing.permitted && crossing.conduit === undefined)) return '–'
  const { permitted, reason, conduit } = crossing
  return (
    <>
      {!permitted && <Mark of={2} />} {conduit !== undefined && <a href={hrefToConduit(conduit)}>{conduit}</a>}
      {!permitted && `${conduit === undefined ? '' : ' · '}${words.zones.reasons[reason]}`}
    </>
  )
}
