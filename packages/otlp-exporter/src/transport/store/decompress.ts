// SPDX-License-Identifier: Apache-2.0
import { CODECS } from '../request/body-compressor.js'
import type { Codecs } from '../request/body-compressor.js'
import type { StoredBody } from './stored-request.js'

/** The bytes of a body as they were before it was stored. Rejects if they cannot be restored in this process. */
export function decompress({ bytes, encoding }: StoredBody, codecs: Codecs = CODECS): Promise<Uint8Array> {
  if (encoding === 'none') return Promise.resolve(bytes)
  // An earlier version of Node.js never compresses with zstd, but a spool may come from a later one.
  const { decompress: decode } = codecs[encoding]
  if (decode === undefined) return Promise.reject(new Error(`this version of Node.js cannot read ${encoding}`))
  return new Promise((resolve, reject) => {
    decode(bytes, (error, result) => {
      if (error === null) resolve(result)
      else reject(error)
    })
  })
}
