/** Reason codes of CONNACK and DISCONNECT (MQTT 3.1.1, 3.2.2.3; MQTT 5, 2.4) in words. */
const WORDS: Readonly<Record<number, string>> = {
  0: 'normal end',
  1: 'it does not speak this version of MQTT',
  2: 'it does not accept the client id',
  3: 'it is not available',
  4: 'wrong user name or password',
  5: 'not authorised',
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'it cannot do that',
  132: 'it does not speak this version of MQTT',
  133: 'it does not accept the client id',
  134: 'wrong user name or password',
  135: 'not authorised',
  136: 'it is not available',
  137: 'it is busy',
  138: 'this client is banned',
  139: 'it is shutting down',
  140: 'wrong way of authentication',
  141: 'our keep-alive came too late',
  142: 'another client took over our session: it has the same client id',
  143: 'a topic filter is not accepted',
  144: 'a topic name is not accepted',
  147: 'too many unacknowledged messages',
  149: 'a packet was too large',
  150: 'too many messages per second',
  151: 'a quota is used up',
  152: 'an administrator ended it',
  153: 'a payload is of the wrong form',
  156: 'use another server',
  157: 'the server has moved',
  159: 'too many connections per second',
  160: 'the longest time of a connection is over',
}

export function reasonWords(code: number): string {
  return WORDS[code] ?? `reason ${code}`
}

/** Wrong name or password, or not authorised. */
export const isNotLetIn = (code: number | undefined): boolean => code === 4 || code === 5 || code === 134 || code === 135

/** What to do about a refused connection. */
export function reasonHint(code: number | undefined, protocolVersion: 4 | 5): string {
  if (code === undefined) {
    // A line that ends without a word: TLS is wanted, or a version that the broker does not know.
    const version =
      protocolVersion === 5
        ? 'a broker that knows only MQTT 3.1.1 (then protocolVersion: 4)'
        : 'a broker of MQTT 5 only (then protocolVersion: 5)'
    return `a port that wants encryption (then mqtts://) answers like this, and ${version}`
  }
  if (code === 1 || code === 132)
    return protocolVersion === 5
      ? 'a broker that knows only MQTT 3.1.1 answers like this: set protocolVersion: 4'
      : 'set protocolVersion: 5, or look into the log of the broker'
  if (code === 2 || code === 133) return 'set another clientId'
  if (isNotLetIn(code)) return 'check user.name and user.password, and what the broker lets this user do'
  return 'look into the log of the broker'
}
