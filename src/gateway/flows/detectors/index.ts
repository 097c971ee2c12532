import type { FlowView } from '../../../core/flows.ts'
import type { Detector } from '../detector.ts'
import { certificateChange } from './certificate-change.ts'
import { exceptionBurst } from './exception-burst.ts'
import { frozenClock } from './frozen-clock.ts'
import { identityChange } from './identity-change.ts'
import { newAddresses } from './new-addresses.ts'
import { newEgress } from './new-egress.ts'
import { newService } from './new-service.ts'
import { newTalker } from './new-talker.ts'
import { signInBurst } from './sign-in-burst.ts'
import { unexpectedWrite } from './unexpected-write.ts'

/** The one list; `known` are the flows of an earlier process. Those with answers of their own (canaries, replays, silence) are added by the watch. */
export const makeDetectors = (known: readonly FlowView[]): Detector[] => [
  newTalker,
  newEgress,
  newService,
  newAddresses,
  unexpectedWrite,
  exceptionBurst(),
  identityChange(known),
  certificateChange(known),
  frozenClock(),
  signInBurst(),
]
