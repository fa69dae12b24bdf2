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
