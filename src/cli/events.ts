/** One server-sent event. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
}

/** Longest event accepted, in characters. */
export const EVENT_LENGTH = 16 * 1024 * 1024

/** Server-sent events of a response body (HTML Living Standard, 9.2.6). Throws RangeError on an event over `EVENT_LENGTH`. */
export async function* serverEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  let event = ''
  let data: string[] = []
  let length = 0
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    if (rest.length + length > EVENT_LENGTH) throw new RangeError('server-sent event too long')
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', data: data.join('\n') }
        event = ''
        data = []
        length = 0
        continue
      }
      const [field, value] = split(line)
      if (field === 'data') {
        data.push(value)
        length += value.length
        if (length > EVENT_LENGTH) throw new RangeError('server-sent event too long')
      } else if (field === 'event') event = value
    }
  }
}

function split(line: string): [field: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  const value = line.slice(colon + 1)
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value]
}
