// SPDX-License-Identifier: Apache-2.0

export type Fields = Readonly<Record<string, unknown>>

/**
 * Reads single fields: this is where the two encodings differ. `undefined` stands for a field that was not sent. `where` is
 * the name of the field in error messages.
 */
export interface LeafReader {
  /** The fields of one message. Reports fields that are not in the schema. */
  message(raw: unknown, type: string, unknownField: (type: string, name: string) => void): Fields
  /** Stands in for a message that was not sent. */
  empty(type: string): Fields
  list(raw: unknown, where: string): readonly unknown[]
  /** The name of the AnyValue member that is set. */
  choice(anyValue: Fields): string | undefined
  text(raw: unknown, where: string): string
  /** Lower-case hex. */
  id(raw: unknown, where: string): string
  bool(raw: unknown, where: string): boolean
  int32(raw: unknown, where: string): number
  uint32(raw: unknown, where: string): number
  int64(raw: unknown, where: string): bigint
  /** An unsigned decimal number. */
  fixed64(raw: unknown, where: string): string
  double(raw: unknown, where: string): number
  /** A copy, so that one kept span does not keep a whole request in memory. */
  bytes(raw: unknown, where: string): Uint8Array
}
