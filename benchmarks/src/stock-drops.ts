// SPDX-License-Identifier: Apache-2.0
import type { Sdk } from '@spanring/sdk-lines'

const ignore = (): void => {}

/**
 * Counts what the stock processor drops, from the only place where it says so without a MeterProvider: a warning at the
 * next span that it accepts. So the count is complete only after a span that ended when there was room again.
 */
export class StockDrops {
  count = 0

  constructor({ api }: Sdk) {
    const warn = (message: string): void => {
      const [, dropped] = /^Dropped (\d+) spans because maxQueueSize reached$/.exec(message) ?? []
      this.count += Number(dropped ?? 0)
    }
    api.diag.setLogger({ error: console.error, warn, info: ignore, debug: ignore, verbose: ignore }, api.DiagLogLevel.WARN)
  }
}
