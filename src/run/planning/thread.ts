import { parentPort, workerData } from 'node:worker_threads'
import { connectors } from '../../connectors/index.ts'
import { planOffered } from './offered.ts'

/** A thread that compares one offered configuration with the running one: a large file must not hold up the node. */
parentPort?.postMessage(await planOffered(workerData, connectors))
