/**
 * Loaded before a child's own code: ends the child when the channel to its parent closes, also when the parent was killed and could say nothing.
 * Ctrl-C reaches every process of a terminal; the parent alone decides when its child ends.
 */
if (process.channel) {
  process.on('disconnect', () => process.exit(0))
  process.on('SIGINT', () => undefined)
  // The listener must not keep a child alive that has nothing else to do.
  process.channel.unref()
}
