// SPDX-License-Identifier: Apache-2.0
import * as zlib from 'node:zlib'
import type { StoredBody } from './stored-request.js'

type Decompress = (bytes: Uint8Array, callback: (error: Error | null, result: Buffer) => void) => void

const DECODERS: Readonly<Record<Exclude<StoredBody['encoding'], 'none'>, Decompress | undefined>> = {
  gzip: zlib.gunzip,
  // Node.js 22.15 and later. An earlier one never compresses with it, but a spool may come from a later one.
  zstd: (zlib as { zstdDecompress?: Decompress }).zstdDecompress,
}

/** The bytes of a body as they were before it was stored. Rejects if they cannot be restored in this process. */
export function decompress({ bytes, encoding }: StoredBody): Promise<Uint8Array> {
  if (encoding === 'none') return Promise.resolve(bytes)
  const decode = DECODERS[encoding]
  if (decode === undefined) return Promise.reject(new Error(`this version of Node.js cannot read ${encoding}`))
  return new Promise((resolve, reject) => {
    decode(bytes, (error, result) => {
      if (error === null) resolve(result)
      else reject(error)
    })
  })
}
