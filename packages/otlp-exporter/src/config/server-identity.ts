// SPDX-License-Identifier: Apache-2.0

/** How Node.js asks whether a certificate is the one of the host; undefined means that it is. */
export type IdentityCheck = (host: string, certificate: never) => unknown

/**
 * The application's check, with every refusal under one code that says "certificate": trying again does not change it.
 * Whatever is not a clear yes is a no. What the check throws would otherwise be an uncaught exception, since Node.js asks
 * it from an event.
 */
export function guardIdentityCheck(check: unknown): (host: string, certificate: never) => Error | undefined {
  return (host, certificate) => {
    if (typeof check !== 'function') return refusal('checkServerIdentity is not a function')
    try {
      const answer: unknown = (check as IdentityCheck)(host, certificate)
      return answer === undefined ? undefined : refusal(textOf(answer))
    } catch (error) {
      return refusal(textOf(error))
    }
  }
}

function refusal(why: string): Error {
  return Object.assign(new Error(`checkServerIdentity: ${why}`), { code: 'ERR_TLS_CERT_REFUSED' })
}

function textOf(answer: unknown): string {
  if (answer instanceof Error) return answer.message || answer.name
  return `it must return undefined or an Error, and gave ${answer === null ? 'null' : typeof answer}`
}
