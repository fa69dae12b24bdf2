// SPDX-License-Identifier: Apache-2.0
// Preloaded before everything else of the set-up: notes which variables are asked for, and what is said through diag.
import { isMainThread } from 'node:worker_threads'
import { API, API_VERSION, RECORDING } from './probe-report.js'
import { recordReads } from './record-reads.js'
import type { ApiGlobal, Recording } from './probe-report.js'

type Globals = { [API]?: ApiGlobal; [RECORDING]?: Recording }

if (isMainThread) {
  const recording: Recording = { read: new Set(), said: [] }
  const globals = globalThis as unknown as Globals
  globals[RECORDING] = recording

  const say = (...parts: unknown[]): void => void recording.said.push(parts.map(String).join(' '))
  const ignore = (): void => {}
  const version = process.env[API_VERSION]
  if (version) {
    globals[API] = { version, diag: { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore } }
  }

  process.env = recordReads(process.env, recording.read)
}
