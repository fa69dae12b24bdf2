// SPDX-License-Identifier: Apache-2.0

interface Page {
  readonly visibilityState: string
  addEventListener?(type: string, listener: () => void): void
  removeEventListener?(type: string, listener: () => void): void
}

/**
 * In a browser, flushes whenever the page is hidden, until the returned function is called: that is the last event that a
 * tab is sure to get, and no code may run after it. Does nothing elsewhere.
 */
export function flushOnPageHide(flush: () => void): (() => void) | undefined {
  try {
    const { document } = globalThis as { document?: Page }
    const onChange = (): void => {
      if (document?.visibilityState === 'hidden') flush()
    }
    document?.addEventListener?.('visibilitychange', onChange)
    return () => document?.removeEventListener?.('visibilitychange', onChange)
  } catch {
    // A global named `document` that is not one.
    return undefined
  }
}
