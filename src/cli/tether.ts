/**
 * Loaded before a child's own code: ends the child when the channel to its parent closes, also when the parent was killed and could say nothing.
 */
if (process.channel) {
  process.on('disconnect', () => process.exit(0))
  // The listener must not keep a child alive that has nothing else to do.
  process.channel.unref()
}
