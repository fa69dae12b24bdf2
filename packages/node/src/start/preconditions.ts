// SPDX-License-Identifier: Apache-2.0

const STOCK = '@opentelemetry/auto-instrumentations-node/register'

/** As it stands in a command line: by its name, or by the file. */
export const STOCK_REGISTER: RegExp = /auto-instrumentations-node[\\/](build[\\/]src[\\/]|dist[\\/])?register/

/**
 * What else starts telemetry in this process, whether it has done so or is about to; undefined if nothing does. Two
 * starts would instrument everything twice: each request would have two server spans.
 */
export function otherStart(): string | undefined {
  const given = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
  if (STOCK_REGISTER.test(given)) return STOCK
  return hasTracerProvider() ? 'Something loaded earlier' : undefined
}

/** Where every copy of the API keeps what is registered; its key changes with the major version of the API alone. */
function hasTracerProvider(): boolean {
  const api = (globalThis as Record<symbol, { readonly trace?: unknown } | undefined>)[Symbol.for('opentelemetry.js.api.1')]
  return api?.trace !== undefined
}
