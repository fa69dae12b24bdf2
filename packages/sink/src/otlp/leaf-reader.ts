// SPDX-License-Identifier: Apache-2.0

export type Fields = Readonly<Record<string, unknown>>

/**
 * What differs between the two encodings, field by field. `undefined` stands for a field that was not sent; `where` names it
 * in a message.
 */
export interface LeafReader {
  /** The fields of one message; reports those that the schema does not have. */
  message(raw: unknown, type: string, unknownField: (type: string, name: string) => void): Fields
  /** A message that was not sent. */
  empty(type: string): Fields
  list(raw: unknown, where: string): readonly unknown[]
  /** Which member of AnyValue is set. */
  choice(anyValue: Fields): string | undefined
  text(raw: unknown, where: string): string
  /** Lower-case hex. */
  id(raw: unknown, where: string): string
  bool(raw: unknown, where: string): boolean
  int32(raw: unknown, where: string): number
  uint32(raw: unknown, where: string): number
  int64(raw: unknown, where: string): bigint
  /** Decimal, unsigned. */
  fixed64(raw: unknown, where: string): string
  double(raw: unknown, where: string): number
  /** A copy, so that one kept span does not hold a whole request in memory. */
  bytes(raw: unknown, where: string): Uint8Array
}
