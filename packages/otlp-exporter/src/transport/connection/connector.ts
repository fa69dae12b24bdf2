// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import type { buildConnector as Build } from 'undici'
import type { SocketOptions, TlsOptions } from '../../config/options.js'
import { buildConnector } from './undici.js'

/**
 * A connector of undici's with every option of ours. undici hands on what it does not know to `tls.connect` and
 * `net.connect`; three options it overwrites. Its own coarse connect timer
 * is off, and HTTP/2, which undici 8 offers: a connection has one request.
 */
export function ownConnector(options: TlsOptions & SocketOptions & { socketPath?: string | undefined }): Build.connector {
  const { localAddress, noDelay, servername } = options
  const build = buildConnector({ ...options, allowH2: false, timeout: 0 } as Build.BuildOptions)
  return (where, callback) => {
    const ours = { ...(localAddress !== undefined && { localAddress }), ...(servername !== undefined && { servername }) }
    // The declaration has undici's connectors return nothing; they return the socket.
    const socket = build({ ...where, ...ours }, callback) as unknown as Socket
    if (noDelay === false) socket.setNoDelay(false)
    return socket as unknown as void
  }
}
