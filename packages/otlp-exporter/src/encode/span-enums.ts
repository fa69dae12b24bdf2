// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '../readable-span.js'

/** Enums are int32 on the wire, and a JSON decoder refuses a request for more. One less, as kinds are counted from 1. */
const LARGEST = 2 ** 31 - 2

/** Stands for none where a number must: one more is OTLP's "unspecified". */
export const NO_KIND = -1

/** As OTLP numbers it: from 1, with 0 for none. Throws for what is no kind; one that is not known yet is a kind. */
export function kindOf({ kind }: ReadableSpan): number {
  if (kind === undefined || kind === null) return 0
  return isEnum(kind) || isNone(kind) ? kind + 1 : fail()
}

/** The API and OTLP number it alike. Throws for what is no code. */
export function codeOf({ status }: ReadableSpan): number {
  return isEnum(status.code) ? status.code : fail()
}

/** Whether a number may stand in an enum of the API. */
export function isEnum(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST
}

function isNone(kind: number): boolean {
  return kind === NO_KIND
}

function fail(): never {
  throw new RangeError('a kind or a status is none')
}
