// SPDX-License-Identifier: Apache-2.0
import { fieldsOf, isText, textOf } from './protobuf-fields.js'

/** What a 2xx answer says about spans that the backend did not accept. */
export interface PartialSuccess {
  readonly rejectedSpans: number
  /** As the backend wrote it. It may be of any length, and may repeat secrets from the request. */
  readonly message: string
}

/**
 * Reads an ExportTraceServiceResponse by hand: `partial_success` (1) with `rejected_spans` (1) and `error_message` (2).
 * Undefined if there is no partial success, as in an empty message; `'foreign'` if it is not such a message at all.
 *
 * Only the body tells whether it is JSON: some backends answer in JSON with another content type, or none. Its first bytes do
 * not tell, because a partial success of 123 bytes in protobuf begins with a line break and `{`. All of its characters
 * together do, see `isText`.
 */
export function readExportResponse(body: Uint8Array): PartialSuccess | 'foreign' | undefined {
  const text = textOf(body).trim()
  if (text === '') return undefined
  try {
    const partial = isText(text) ? fromJson(text) : (fromProtobuf(body) ?? fromJson(text))
    if (partial === 'foreign') return partial
    return partial.rejectedSpans > 0 || partial.message !== '' ? partial : undefined
  } catch {
    return 'foreign'
  }
}

function fromJson(text: string): PartialSuccess | 'foreign' {
  if (!text.startsWith('{')) return 'foreign'
  const response = JSON.parse(text) as Record<string, unknown>
  const keys = Object.keys(response)
  if (keys.length > 0 && !keys.some((key) => key === 'partialSuccess' || key === 'partial_success')) return 'foreign'
  // ProtoJSON parsers accept both spellings of a name.
  const partial = response['partialSuccess'] ?? response['partial_success']
  const fields = (partial ?? {}) as Record<string, unknown>
  const message = fields['errorMessage'] ?? fields['error_message']
  // 64-bit integers are strings in ProtoJSON, but some backends send a number.
  const rejected = Number(fields['rejectedSpans'] ?? fields['rejected_spans'] ?? 0)
  return partialOf(rejected, typeof message === 'string' ? message : '')
}

/** Undefined if the body is not a protobuf message, but for example JSON in another character set. */
function fromProtobuf(body: Uint8Array): PartialSuccess | undefined {
  let rejectedSpans = 0
  let message = ''
  try {
    for (const [field, value] of fieldsOf(body)) {
      if (field !== 1 || typeof value === 'number') continue
      for (const [inner, innerValue] of fieldsOf(value)) {
        if (inner === 1 && typeof innerValue === 'number') rejectedSpans = innerValue
        if (inner === 2 && typeof innerValue !== 'number') message = textOf(innerValue)
      }
    }
  } catch {
    return undefined
  }
  return partialOf(rejectedSpans, message)
}

function partialOf(rejectedSpans: number, message: string): PartialSuccess {
  return { rejectedSpans: Number.isSafeInteger(rejectedSpans) && rejectedSpans > 0 ? rejectedSpans : 0, message }
}
