// SPDX-License-Identifier: Apache-2.0

/** The function with which Node.js checks that a certificate belongs to the host. It returns undefined if it does. */
export type IdentityCheck = (host: string, certificate: never) => unknown

/**
 * Wraps the application's check, so that every refusal has the same code, which means "certificate": trying again is
 * pointless. Anything but undefined is a refusal, and so is an exception. Without the wrapper the exception would be uncaught,
 * because Node.js calls the check from an event.
 */
export function guardIdentityCheck(check: unknown): (host: string, certificate: never) => Error | undefined {
  return (host, certificate) => {
    if (typeof check !== 'function') return refusal('checkServerIdentity is not a function')
    try {
      const returned: unknown = (check as IdentityCheck)(host, certificate)
      return returned === undefined ? undefined : refusal(textOf(returned))
    } catch (error) {
      return refusal(textOf(error))
    }
  }
}

function refusal(why: string): Error {
  return Object.assign(new Error(`checkServerIdentity: ${why}`), { code: 'ERR_TLS_CERT_REFUSED' })
}

function textOf(refused: unknown): string {
  if (refused instanceof Error) return refused.message || refused.name
  return `it must return undefined or an Error, but returned ${refused === null ? 'null' : `a value of type ${typeof refused}`}`
}
