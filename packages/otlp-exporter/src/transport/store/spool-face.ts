// SPDX-License-Identifier: Apache-2.0
import type { Encoding } from './stored-request.js'
export interface SpoolRecord {
  readonly spanCount: number
  readonly bytes: Uint8Array
  readonly encoding: Encoding
  readonly contentType: 'application/x-protobuf' | 'application/json'
  readonly storedAt: number
  readonly tag: number
}
export interface SpoolEntry {
  readonly spanCount: number
  readonly byteLength: number
  readonly storedAt: number
  readonly tag: number
  readonly isInherited: boolean
}
export interface Inherited {
  readonly owners: number
  readonly spans: number
  readonly bytes: number
  readonly tornRecords: number
  readonly tornBytes: number
}
export interface Spool {
  append(record: SpoolRecord): Promise<SpoolEntry | undefined>
  appendSync(record: SpoolRecord): SpoolEntry | undefined
  inherit(): Promise<Inherited>
  takeOldest(): SpoolEntry | undefined
  read(entry: SpoolEntry): Promise<SpoolRecord | undefined>
  settle(entry: SpoolEntry): Promise<void>
  settleSync(entry: SpoolEntry): void
  putBack(entry: SpoolEntry): void
  readonly spans: number
  readonly bytes: number
  close(): Promise<void>
  closeSync(): void
}
export interface SpoolHooks {
  onLost(reason: string, entry: SpoolEntry): void
  onWarning(text: string): void
}
export type SpoolFace = Spool
