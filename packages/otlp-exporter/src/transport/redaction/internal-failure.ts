// SPDX-License-Identifier: Apache-2.0
import type { Failure } from '../exporter-error.js'
import { MESSAGE_LENGTH, excerptOf } from './excerpt.js'
import type { Secrets } from './secrets.js'

/** The failure for an unexpected exception: a bug in the exporter or in a dispatcher. Its message may contain secrets. */
export function internalFailure(error: unknown, secrets: Secrets): Failure {
  return { reason: 'internal', status: undefined, message: textOf(error, secrets) || 'internal error' }
}

function textOf(error: unknown, secrets: Secrets): string {
  try {
    return excerptOf(String(error), secrets, MESSAGE_LENGTH)
  } catch {
    // What cannot be redacted is not shown.
    return ''
  }
}
