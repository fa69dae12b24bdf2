// SPDX-License-Identifier: Apache-2.0
// Preloaded before everything else in the set-up. Records which variables are read and what is logged through `diag`.
import { isMainThread } from 'node:worker_threads'
import { API, API_VERSION, READ } from './probe-report.js'
import type { ApiGlobal, ProbeMessage } from './probe-report.js'
import { recordReads } from './record-reads.js'

type Globals = { [API]?: ApiGlobal; [READ]?: ReadonlySet<string> }

if (isMainThread) {
  const read = new Set<string>()
  const globals = globalThis as unknown as Globals
  globals[READ] = read

  const log = (...parts: unknown[]): void => {
    process.send?.({ logged: parts.map(String).join(' ') } satisfies ProbeMessage)
  }
  const ignore = (): void => {}
  const version = process.env[API_VERSION]
  if (version) {
    globals[API] = { version, diag: { error: log, warn: log, info: ignore, debug: ignore, verbose: ignore } }
  }

  process.env = recordReads(process.env, read)
}
