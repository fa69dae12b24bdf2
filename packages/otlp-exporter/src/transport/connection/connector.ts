// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import type { buildConnector as Build } from 'undici'
import type { ConnectSettings } from '../transport-settings.js'
import { buildConnector } from './undici.js'

export type Connector = Build.connector
export type ConnectorOptions = ConnectSettings & { readonly socketPath?: string | undefined }

/**
 * One of undici's connectors, with all of our options. undici passes options that it does not know on to `tls.connect` and
 * `net.connect`, but overwrites three of them, which are set again here. undici's coarse connect timer is off. HTTP/2, which
 * undici 8 offers, is off because a connection carries one request.
 */
export function ownConnector(options: ConnectorOptions): Connector {
  const { localAddress, noDelay, servername } = options
  const build = buildConnector({ ...options, allowH2: false, timeout: 0 } as Build.BuildOptions)
  return (where, callback) => {
    const ours = { ...(localAddress !== undefined && { localAddress }), ...(servername !== undefined && { servername }) }
    // undici declares that connectors return nothing; they return the socket.
    const socket = build({ ...where, ...ours }, callback) as unknown as Socket
    if (noDelay === false) socket.setNoDelay(false)
    return socket as unknown as void
  }
}

/** Errors after which undici connects again at once, for ever. */
const RETRIED: ReadonlySet<unknown> = new Set(['UND_ERR_INFO', 'UND_ERR_SOCKET'])

/**
 * Makes a request fail once if its tunnel cannot be opened. undici would connect again after an error of the kind that it
 * uses for broken sockets, which is what a proxy causes that hangs up on CONNECT. Any other error keeps its code: the code of
 * a refused certificate, whether of the backend or of the proxy, is final.
 */
export function withPlainErrors(connector: Connector): Connector {
  return (options, callback) => {
    connector(options, (error, socket) => {
      if (error === null) callback(null, socket)
      else callback(Object.assign(new Error(`no tunnel through the proxy: ${error.message}`), codeOf(error)), null)
    })
  }
}

function codeOf(error: Error): { code?: string } {
  const { code } = error as NodeJS.ErrnoException
  if (typeof code !== 'string') return {}
  // If the certificate of the proxy itself is for another name, undici reports that with a code of its own and a cause.
  if (code === 'UND_ERR_PRX_TLS' || code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { code: 'ERR_TLS_CERT_REFUSED' }
  return RETRIED.has(code) ? {} : { code }
}
