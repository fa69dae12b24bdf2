// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib'
import { crc32 } from '../../../../packages/otlp-exporter/src/spool/crc32.js'
import {
  RECORD_HEADER_BYTES,
  RECORD_MAGIC_BYTES,
  decodeCursorEntries,
  decodeRecordHeader,
} from '../../../../packages/otlp-exporter/src/spool/format.js'
import { parseFileName } from '../../../../packages/otlp-exporter/src/spool/segment.js'
import type { Backend } from '../world/backend.js'
import { parentOf } from '../world/disk-files.js'
import type { DiskFiles, DiskListener } from '../world/disk-files.js'
import { readSpans } from '../world/read-spans.js'

/** A sound record, as it stands on the disk. */
interface FoundRecord {
  readonly spans: readonly number[]
  readonly isSettled: boolean
}

/** Looks at what the disk holds, beside the spool, and keeps what must not be forgotten. */
export class SpoolWatch implements DiskListener {
  readonly #files: DiskFiles
  readonly #backend: Backend
  /** Who has made or taken over each directory. */
  readonly #owners = new Map<string, object>()
  /** Spans that were on the disk when a process ended. */
  readonly written = new Set<number>()
  /** Spans of files that were damaged, or removed because the spool was full. */
  readonly damaged = new Set<number>()
  readonly removed = new Set<number>()

  constructor(files: DiskFiles, backend: Backend) {
    this.#files = files
    this.#backend = backend
    files.listener = this
  }

  /** Files and directories that are left. */
  get left(): readonly string[] {
    return this.#files.below(ROOT)
  }

  /** Spans that will be sent. */
  waiting(): Set<number> {
    const spans = new Set<number>()
    for (const record of this.#records(ROOT)) if (!record.isSettled) for (const index of record.spans) spans.add(index)
    return spans
  }

  /** A process has ended: what is on the disk now has to outlive it. */
  remember(): void {
    for (const { spans } of this.#records(ROOT)) for (const index of spans) this.written.add(index)
  }

  /** Does something to the files, and lets the spool off from what it destroys. */
  damage(destroy: () => void): void {
    const before = this.#all()
    destroy()
    const after = this.#all()
    for (const index of before) if (!after.has(index)) this.damaged.add(index)
  }

  onMade(path: string, by: object): void {
    this.#owners.set(path, by)
  }

  /** What its owner has delivered without noting it, the next one delivers again. */
  onRenamed(from: string, to: string, by: object): void {
    if (this.#owners.get(from) !== by) {
      for (const { spans, isSettled } of this.#records(from))
        if (!isSettled) for (const index of spans) this.#backend.mayRepeat(index)
    }
    this.#owners.delete(from)
    this.#owners.set(to, by)
  }

  onRemoved(path: string): void {
    for (const { spans, isSettled } of this.#recordsOf(path)) if (!isSettled) for (const index of spans) this.removed.add(index)
  }

  #all(): Set<number> {
    return new Set([...this.#records(ROOT)].flatMap(({ spans }) => spans))
  }

  *#records(below: string): Generator<FoundRecord> {
    for (const path of this.#files.below(below)) yield* this.#recordsOf(path)
  }

  *#recordsOf(path: string): Generator<FoundRecord> {
    const parsed = parseFileName(path.slice(parentOf(path).length + 1))
    const bytes = this.#files.find(path)?.bytes
    if (parsed?.kind !== 'segment' || bytes === undefined) return
    const { number } = parsed
    const cursor = this.#files.find(path.replace(/segment$/, 'cursor'))?.bytes
    const settled = cursor ? decodeCursorEntries(cursor, number) : new Set()
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = buffer.indexOf(RECORD_MAGIC_BYTES); at !== -1; at = buffer.indexOf(RECORD_MAGIC_BYTES, at + 1)) {
      const header = decodeRecordHeader(bytes, at, number, at)
      if (!header) continue
      const start = at + RECORD_HEADER_BYTES
      const payload = buffer.subarray(start, start + header.payloadLength)
      if (payload.length < header.payloadLength || crc32(payload) !== header.payloadCrc) continue
      // See codecs.ts.
      const spans = readSpans(header.encoding === 'none' ? payload : gunzipSync(payload))
      yield { spans, isSettled: settled.has(at) }
    }
  }
}

/** The directory of the spool. */
export const ROOT = '/spool'
