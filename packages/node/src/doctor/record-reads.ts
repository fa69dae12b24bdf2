// SPDX-License-Identifier: Apache-2.0

/**
 * Records which variables of OpenTelemetry and spanring are read. Code that copies the whole environment, for example for a
 * child process, reads every variable without using any. So when a round through all variables is complete, the variables
 * that were read only in that round are forgotten.
 */
export function recordReads(env: NodeJS.ProcessEnv, read: Set<string>): NodeJS.ProcessEnv {
  /** Variables that were not read since the names were last listed. */
  let unread = new Set<string | symbol>()
  /** Variables that were read only in this round. */
  let ofRound = new Set<string>()

  return new Proxy(env, {
    ownKeys(target) {
      const names = Reflect.ownKeys(target)
      unread = new Set(names)
      ofRound = new Set()
      return names
    },
    get(target, name): unknown {
      const isOfRound = unread.delete(name)
      if (typeof name === 'string' && /^(OTEL|SPANRING)_/.test(name)) {
        if (!isOfRound) ofRound.delete(name)
        else if (!read.has(name)) ofRound.add(name)
        read.add(name)
      }
      if (isOfRound && unread.size === 0) for (const taken of ofRound) read.delete(taken)
      return Reflect.get(target, name)
    },
  })
}
