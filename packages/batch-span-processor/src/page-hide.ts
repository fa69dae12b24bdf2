// SPDX-License-Identifier: Apache-2.0

interface Page {
  readonly visibilityState: string
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void
}

/**
 * In a browser, flushes whenever the page is hidden, until the signal is aborted: that is the last event that a tab is
 * sure to get, and nothing may run after it. Does nothing elsewhere.
 */
export function flushOnPageHide(flush: () => void, signal: AbortSignal): void {
  const { document } = globalThis as { document?: Page }
  document?.addEventListener?.(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'hidden') flush()
    },
    { signal },
  )
}
