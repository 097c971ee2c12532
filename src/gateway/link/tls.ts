/** The TLS transport of the link: dial a hub, listen for nodes, enrol. */
export { type DialOptions, dial } from './dial.ts'
export { type EnrollOptions, enroll } from './enroll.ts'
export { type Listener, type ListenOptions, listen } from './listen.ts'
export { TLS_LIMITS, type TlsLimits } from './tls-limits.ts'
