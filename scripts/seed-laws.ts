import fc from 'fast-check'

// Laws are tried on the same cases at every run, so that a failure is one of the change at hand. The long form looks for new ones.
if (process.env.ECLUSE_LONG !== '1') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_127 })
