// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'

/** The application's logger may throw; that must not become an exception of ours. */
export function warn(message: string): void {
  try {
    diag.warn(`OTLPTraceExporter: ${message}`)
  } catch {
    // Nowhere left to say it.
  }
}

/**
 * What is wrong with options or environment. Not before the code that constructs us is through: `NodeSDK` gets its
 * exporters as arguments, and registers the logger that would say it after these were made.
 */
export function warnLater(message: string): void {
  queueMicrotask(() => warn(message))
}
