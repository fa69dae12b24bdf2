// SPDX-License-Identifier: Apache-2.0
import * as threads from 'node:worker_threads'
import { isOwnProgram } from '../own-files.js'

const STOCK = '@opentelemetry/auto-instrumentations-node/register'

/** Matches the stock register in a command line, by its name or by its file. */
export const STOCK_REGISTER: RegExp = /auto-instrumentations-node[\\/](build[\\/]src[\\/]|dist[\\/])?register/

/**
 * Whether the application runs in this thread. It does not in our own program, nor in the thread in which Node.js runs loader
 * hooks. Some versions run preloads in that thread as well.
 */
export function isApplicationThread(): boolean {
  const program = process.argv[1]
  if (threads.isMainThread) return program === undefined || !isOwnProgram(program)
  // `isInternalThread` exists since Node.js 22.14. In older versions the thread of the hooks is the only worker without a
  // `parentPort`.
  const isInternal = (threads as { isInternalThread?: boolean }).isInternalThread ?? threads.parentPort === null
  return !isInternal
}

/**
 * What else starts telemetry in this process, or has already started it; undefined if nothing does. Two starts would
 * instrument everything twice, and each request would have two server spans.
 */
export function otherStart(): string | undefined {
  const given = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
  if (STOCK_REGISTER.test(given)) return STOCK
  return hasTracerProvider() ? 'Something loaded earlier' : undefined
}

/** Every copy of the API registers under this key, which changes only with the major version of the API. */
function hasTracerProvider(): boolean {
  const api = (globalThis as Record<symbol, { readonly trace?: unknown } | undefined>)[Symbol.for('opentelemetry.js.api.1')]
  return api?.trace !== undefined
}
