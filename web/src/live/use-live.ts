import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import type { Sample } from '../../../src/api/schemas.ts'
import type { Plant } from './plant.ts'
import type { Stream, StreamState } from './stream.ts'

export interface Live {
  readonly plant: Plant
  readonly stream: Stream
  /** What the one who is signed in may do. */
  readonly permissions: readonly string[]
}

export const LiveContext = createContext<Live | undefined>(undefined)

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive outside of a signed-in page')
  return live
}

export function useStream(): StreamState {
  const { stream } = useLive()
  return useSyncExternalStore(stream.subscribe, stream.state)
}

/** The last sample of one signal; renders again only when this signal changes. */
export function useSample(index: number): Sample | undefined {
  const { plant } = useLive()
  const subscribe = useCallback((call: () => void) => plant.onSignal(index, call), [plant, index])
  return useSyncExternalStore(subscribe, () => plant.sample(index))
}

/** Changes when the set of signals does: after the first load, and when the node has new ones. */
export function useShape(): number {
  const { plant } = useLive()
  return useSyncExternalStore(plant.onAny, () => plant.shape)
}

const onSecond = (call: () => void) => {
  const timer = setInterval(call, 1_000)
  return () => clearInterval(timer)
}

/** Whole seconds of the node's clock; renders once per second. */
export function useNow(): number {
  const { stream } = useLive()
  return useSyncExternalStore(onSecond, () => Math.floor((Date.now() + stream.state().offsetMs) / 1000) * 1000)
}
