/** Limits of the HTTP surface; each has a test that reaches it. */
export const API_LIMITS = {
  /** Open connections in all, and from one address. */
  connections: 200,
  connectionsPerAddress: 64,
  /** Those of the listener that is reserved for who administers. */
  reservedConnections: 32,
  /** Milliseconds for the headers, and for the whole request; looked at every second, so that no slow connection lasts ten. */
  headersMs: 5_000,
  requestMs: 8_000,
  /** Milliseconds an answered connection may stay silent. */
  keepAliveMs: 5_000,
  bodyBytes: 64 * 1024,
  /** A configuration whose policy is tried, and changes of one kind that the answer lists. */
  simulatedBytes: 4 * 1024 * 1024,
  policyChanges: 1_000,
  headerBytes: 16 * 1024,
  /** Characters of a glob over signal ids. */
  globLength: 256,
  /** What braces may stand for. */
  globAlternatives: 64,
  /** Rows in one answer. */
  signals: 10_000,
  samples: 100_000,
  aggregateRows: 100_000,
  aggregateSignals: 10_000,
  /** Findings about nodes that are spelled out; gaps in one answer. */
  nodeFindings: 100,
  gaps: 1_000,
  /** Ids named of the signals that one property of a contract binds. */
  contractSignals: 20,
  /** IT records in one answer; rows of quarantine released or discarded at once. */
  recordRows: 10_000,
  /** IT records named as why a reading is what it is. */
  whyRecords: 3,
  /** Rows of the ledger in one answer. */
  ledgerRows: 10_000,
  /** Facts in one answer. */
  factRows: 10_000,
  /** Definitions whose facts one request asks for. */
  factDefinitions: 32,
  released: 1_000,
  /** Things in one answer about dependencies, and pieces of equipment they are counted by. */
  lineageItems: 1_000,
  lineageGroups: 1_000,
  /** An offered configuration: bytes of the request, files; in the answer things of each list, names and keys of one change, characters of a value, problems; characters of the reason for a change. */
  changeReason: 200,
  planBodyBytes: 8 * 1024 * 1024,
  planFiles: 64,
  planItems: 5_000,
  planNames: 50,
  planValue: 200,
  configProblems: 200,
  /** Searches for what moved before something: one at a time, so long, and progress told so often. */
  discoverMs: 120_000,
  discoverTellMs: 250,
  /** Longest and shortest lead, in microseconds. */
  leadUs: 86_400_000_000,
  leastLeadUs: 1_000_000,
  /** Characters of its target. */
  targetLength: 640,
  /** Characters of a text that somebody wants written to a device. */
  writtenLength: 256,
  /** For functions of OPC UA Part 13: signals, samples read in all, and samples beyond the period for each of its edges. */
  processedSignals: 50,
  processedSamples: 1_000_000,
  edgeSamples: 100,
  /** Hours of one question about quality, and hours of signals that are measured for it. */
  qualityHours: 744,
  qualityRows: 250_000,
  /** Observed flows, and security findings, in one answer; characters of a reason. */
  flows: 4_096,
  securityFindings: 2_048,
  reasonLength: 500,
  /** Entries of the audit log. */
  auditRows: 5_000,
  sqlRows: 10_000,
  sqlMs: 10_000,
  sqlLength: 10_000,
  trendPoints: 5_000,
  /** Live streams at once, samples that wait for one client, samples in one event, bytes unsent to a client before it counts as slow. */
  liveClients: 50,
  /** Of these, of one account or token: who opens many keeps nobody else out. */
  liveClientsOfOne: 20,
  livePending: 20_000,
  liveEvent: 2_000,
  liveUnsentBytes: 1024 * 1024,
  /** Browser sessions in all; accounts. */
  sessions: 1_000,
  accounts: 1_000,
  rolesPerAccount: 16,
  /** Service tokens in all. */
  tokens: 1_000,
  /** Security keys of one account, and its codes for when the second factor is lost. */
  passkeys: 10,
  recoveryCodes: 10,
  /** How long an invitation holds, and a sign-in that waits for its second factor; how long after a sign-in accounts may be changed. */
  invitationMs: 72 * 3_600_000,
  secondFactorMs: 300_000,
  freshMs: 600_000,
  /** Sign-ins through a provider that ended and are remembered, so that none ends twice; and how long one may take. */
  oidcEnded: 10_000,
  oidcMs: 600_000,
  /** Passwords checked at once: each takes memory and a core. */
  passwords: 2,
  /** SQL queries at once. */
  queries: 2,
  /** The historian has this long to say its figures; health is answered without them. */
  statsMs: 1_000,
  /** Names and addresses whose failed sign-ins are remembered. */
  throttled: 10_000,
} as const
