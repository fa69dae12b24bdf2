// SPDX-License-Identifier: Apache-2.0

interface Page {
  readonly visibilityState: string
  addEventListener?(type: string, listener: () => void): void
  removeEventListener?(type: string, listener: () => void): void
}

/**
 * In a browser, flushes whenever the page is hidden, until the returned function is called. That event is the last one that a
 * tab is sure to get: no code may run after it. Does nothing on other platforms.
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
    // There is a global named `document`, but it is not a DOM document.
    return undefined
  }
}
