// SPDX-License-Identifier: Apache-2.0

/**
 * Notes which variables of OpenTelemetry are asked for. Who copies the whole environment, as for a child process, asks
 * for every one and means none: reads that belong to such a round are taken back when it is complete.
 */
export function recordReads(env: NodeJS.ProcessEnv, read: Set<string>): NodeJS.ProcessEnv {
  /** Not yet read since the names were last listed. */
  let unread = new Set<string | symbol>()
  /** What the round alone has read. */
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
