// SPDX-License-Identifier: Apache-2.0

interface Settings {
  /** From a call of `export` to its answer; default 0. */
  readonly delayMillis?: number
  /** Of the answer; default 0, success. */
  readonly code?: number
  readonly onExport?: () => unknown
}

/**
 * Keeps the order in which its methods are called and its exports end. It answers from a timer, as a real exporter does, and
 * has `forceFlush`; the ScriptedExporter of the kit has neither, and answers when a test says so.
 */
export class RecordingExporter {
  readonly calls: string[] = []
  /** What `onExport` returned, call by call. */
  readonly seen: unknown[] = []
  readonly #settings: Settings

  constructor(settings: Settings = {}) {
    this.#settings = settings
  }

  export(_spans: unknown, done: (result: { code: number; error?: Error }) => void): void {
    const { delayMillis = 0, code = 0, onExport } = this.#settings
    this.calls.push('export')
    if (onExport) this.seen.push(onExport())
    setTimeout(() => {
      this.calls.push('exported')
      done(code === 0 ? { code } : { code, error: new Error('scripted') })
    }, delayMillis)
  }

  async forceFlush(): Promise<void> {
    this.calls.push('forceFlush')
  }

  async shutdown(): Promise<void> {
    this.calls.push('shutdown')
  }
}
