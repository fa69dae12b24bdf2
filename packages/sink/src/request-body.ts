// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http'
import * as zlib from 'node:zlib'
import { RefusedRequest } from './refused-request.js'

type Decompress = (body: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

const {
  gunzipSync,
  inflateSync,
  zstdDecompressSync,
}: Readonly<Record<'gunzipSync' | 'inflateSync', Decompress>> & {
  // Since Node.js 22.15.
  readonly zstdDecompressSync?: Decompress
} = zlib

// Synchronous, because the asynchronous functions need the thread pool, and some tests block that.
const decompressors: Readonly<Record<string, Decompress | undefined>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  zstd: zstdDecompressSync,
}

const acceptEncoding = Object.keys(decompressors)
  .filter((name) => decompressors[name] !== undefined)
  .join(', ')

/** The body after decompression; throws a {@link RefusedRequest} if it is too large or cannot be decompressed. */
export async function requestBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const body = await readAll(request, maxBytes)
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return body
  const decompress = Object.hasOwn(decompressors, encoding) ? decompressors[encoding] : undefined
  if (decompress === undefined) {
    throw new RefusedRequest('content-encoding', 415, `content-encoding is ${encoding}`, { 'accept-encoding': acceptEncoding })
  }
  try {
    return decompress(body, { maxOutputLength: Math.max(1, maxBytes) })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes)
    throw new RefusedRequest('decompress', 400, `not ${encoding}: ${String(error)}`)
  }
}

async function readAll(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      // A body that is too large is still read to its end, because an earlier answer would be lost in a connection reset.
      if (bytes > maxBytes) chunks.length = 0
      else chunks.push(chunk)
    }
  } catch (error) {
    throw new RefusedRequest('aborted', 400, `the request broke off: ${String(error)}`)
  }
  if (bytes > maxBytes) throw tooLarge(maxBytes)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)
}

function tooLarge(maxBytes: number): RefusedRequest {
  return new RefusedRequest('too-large', 413, `the body is larger than ${maxBytes} bytes`)
}
