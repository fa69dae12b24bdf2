// SPDX-License-Identifier: Apache-2.0
import type { SendDeadline } from '../span-batch.js'
import { ExporterError } from '../transport/exporter-error.js'
import type { Failure } from '../transport/exporter-error.js'
import type { StoredMessage } from './messages.js'

interface Stored {
  readonly onOutcome: NonNullable<SendDeadline['onStoredOutcome']>
  spans: number
  bytes: number
}

/** The batches whose spans wait in the export thread until the backend is back, as the application's thread knows them. */
export class StoredBatches {
  readonly #where: string
  readonly #byId = new Map<number, Stored>()
  /** A number for each pipeline, by the signal with which it says that it shuts down. */
  readonly #groups = new WeakMap<AbortSignal, number>()
  readonly #heard = new WeakSet<AbortSignal>()
  readonly #onClosing: (group: number) => void
  #nextGroup = 1
  #onEmpty = (): void => {}

  /** `onClosing` is called when the stored spans of a group make their last attempt. */
  constructor(where: string, onClosing: (group: number) => void) {
    this.#where = where
    this.#onClosing = onClosing
  }

  /** Resolves when nothing is stored. */
  async settled(): Promise<void> {
    if (!this.isEmpty) await new Promise<void>((resolve) => (this.#onEmpty = resolve))
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0
  }

  /** The group of batches that make their last attempt together. */
  groupOf({ closing }: SendDeadline): number {
    const known = this.#groups.get(closing)
    if (known !== undefined) return known
    const group = this.#nextGroup++
    this.#groups.set(closing, group)
    return group
  }

  add(id: number, deadline: SendDeadline, spans: number, bytes: number): void {
    if (deadline.onStoredOutcome === undefined) return
    this.#byId.set(id, { onOutcome: deadline.onStoredOutcome, spans, bytes })
    this.#listen(deadline)
  }

  settle(id: number, { exported, failed, kept, freedBytes, error }: StoredMessage): void {
    const stored = this.#byId.get(id)
    if (stored === undefined) return
    stored.bytes -= freedBytes
    stored.spans -= exported + (kept ?? 0)
    for (const reason in failed) stored.spans -= failed[reason]!
    if (stored.spans <= 0) this.#byId.delete(id)
    stored.onOutcome({
      exported,
      failed,
      freedBytes,
      ...(kept !== undefined && { kept }),
      ...(error !== undefined && { error: new ExporterError(error.code, error.message, error.statusCode, error.data) }),
    })
    if (this.isEmpty) this.#onEmpty()
  }

  #listen(deadline: SendDeadline): void {
    const { closing } = deadline
    if (this.#heard.has(closing)) return
    this.#heard.add(closing)
    const group = this.groupOf(deadline)
    if (closing.aborted) this.#onClosing(group)
    else closing.addEventListener('abort', () => this.#onClosing(group), { once: true })
  }

  /** The thread is gone, and what it had in memory with it. What it has written is on disk, and the next one sends it. */
  onDeath({ reason, message }: Failure): void {
    const lost = [...this.#byId.values()]
    this.#byId.clear()
    const error = new ExporterError(reason, `${this.#where}: ${message}`)
    for (const { onOutcome, spans, bytes } of lost) {
      if (bytes === 0) onOutcome({ exported: 0, failed: {}, kept: spans, freedBytes: 0 })
      else onOutcome({ exported: 0, failed: { [reason]: spans }, freedBytes: bytes, error })
    }
    this.#onEmpty()
  }
}
