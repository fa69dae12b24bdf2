// SPDX-License-Identifier: Apache-2.0

/** The function by which Node.js checks that a certificate belongs to the host; it returns undefined if so. */
export type IdentityCheck = (host: string, certificate: never) => unknown

/**
 * Wraps the application's check, so that every refusal has one code that means "certificate": trying again does not change
 * it. Anything but undefined is a refusal. An exception of the check is one too; it would be uncaught otherwise, since
 * Node.js calls the check from an event.
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
