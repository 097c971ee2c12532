import type { Health, LiveMissed, LiveSamples } from '../../../src/api/schemas.ts'
import { pageLocale, readHealth, readSignals, whoAmI } from '../api.ts'
import type { Plant } from './plant.ts'

/** A stream without an event for this long counts as lost: the node sends its health every few seconds. */
const SILENCE_MS = 12_000
/** Wait between attempts when the browser has given up on the stream. */
const RETRY_MS = 3_000
/** Text is renewed four times a second at most, and only when a frame is drawn. */
const FLUSH_MS = 250

export interface StreamState {
  /** `starting` until the first values are there; `lost`: what is shown is old. */
  readonly link: 'starting' | 'live' | 'lost'
  /** When the last event came, in milliseconds of the node's clock. */
  readonly heardAt: number
  /** Node's clock minus this browser's, in milliseconds. */
  readonly offsetMs: number
  readonly health: Health | undefined
  /** Samples the node skipped because this browser read too slowly, in all. */
  readonly missed: number
  /** What failed at the first load, for the reader. */
  readonly problem: string | undefined
}

export interface Stream {
  state(): StreamState
  subscribe(call: () => void): () => void
  start(): void
  stop(): void
}

/** Keeps a plant up to date from the node's server-sent events. `onSignedOut` is called when the session has ended. */
export function createStream(plant: Plant, onSignedOut: () => void): Stream {
  let state: StreamState = { link: 'starting', heardAt: 0, offsetMs: 0, health: undefined, missed: 0, problem: undefined }
  let source: EventSource | undefined
  let heardMs = 0
  let loaded = false
  /** Signals the node had at the last load: others are found by browsing, or when a device comes up later. */
  let known = 0
  let loading: Promise<void> | undefined
  let stopped = false
  const timers = new Set<ReturnType<typeof setInterval>>()
  const calls = new Set<() => void>()
  const set = (change: Partial<StreamState>) => {
    state = { ...state, ...change }
    for (const call of calls) call()
  }
  const takeHealth = (health: Health) => set({ health, offsetMs: Date.parse(health.time) - Date.now() })
  const heard = () => {
    heardMs = performance.now()
    if (loaded && state.link !== 'live') set({ link: 'live' })
  }
  const lose = () => {
    if (state.link === 'live') set({ link: 'lost', heardAt: Date.now() - (performance.now() - heardMs) + state.offsetMs })
  }

  // One load at a time: the stream is open before it starts, so nothing can fall between.
  const load = () => {
    loading ??= loadOnce().finally(() => {
      loading = undefined
    })
    return loading
  }

  async function loadOnce(): Promise<void> {
    const [health, signals] = await Promise.all([readHealth(), readSignals()])
    if (stopped) return
    if (!health.ok || !signals.ok) {
      const failed = health.ok ? signals : health
      if (!failed.ok && failed.status === 401) return onSignedOut()
      if (!failed.ok) set({ problem: failed.problem.message })
      return
    }
    plant.load(signals.data)
    loaded = true
    known = health.data.signals.total
    set({ problem: undefined })
    takeHealth(health.data)
    if (source?.readyState === EventSource.OPEN) heard()
  }

  function open(): void {
    source?.close()
    source = new EventSource(`/api/v1/live?match=**&lang=${pageLocale()}`)
    source.onopen = () => {
      void load()
    }
    source.addEventListener('samples', (event) => {
      heard()
      plant.take((JSON.parse(event.data) as LiveSamples).samples)
    })
    source.addEventListener('health', (event) => {
      heard()
      const health = JSON.parse(event.data) as Health
      takeHealth(health)
      if (loaded && health.signals.total !== known) void load()
    })
    source.addEventListener('missed', (event) => {
      heard()
      set({ missed: state.missed + (JSON.parse(event.data) as LiveMissed).samples })
      // What was skipped may include the newest value of a quiet signal.
      void load()
    })
    source.onerror = lose
  }

  async function retry(): Promise<void> {
    if (source?.readyState !== EventSource.CLOSED || stopped) return
    const session = await whoAmI()
    if (session.ok) open()
    else if (session.status === 401) onSignedOut()
  }

  return {
    state: () => state,
    subscribe: (call) => {
      calls.add(call)
      return () => void calls.delete(call)
    },
    start: () => {
      stopped = false
      open()
      timers.add(setInterval(() => requestAnimationFrame(plant.flush), FLUSH_MS))
      timers.add(
        setInterval(() => {
          if (performance.now() - heardMs > SILENCE_MS) lose()
          // Values are shown even where the stream is refused; they are then marked as not live.
          if (!loaded) void load()
        }, 1_000),
      )
      timers.add(setInterval(() => void retry(), RETRY_MS))
    },
    stop: () => {
      stopped = true
      source?.close()
      for (const timer of timers) clearInterval(timer)
      timers.clear()
    },
  }
}
