// SPDX-License-Identifier: Apache-2.0
import type { buildConnector } from 'undici'

/** Errors on which undici connects again at once, and for ever. */
const RETRIED: ReadonlySet<unknown> = new Set(['UND_ERR_INFO', 'UND_ERR_SOCKET'])

/**
 * A tunnel that cannot be made fails its request, once. undici would connect again when it meets an error of the kind that
 * it uses for broken sockets; a proxy that hangs up on CONNECT causes one. The code of any other error is kept: one of a
 * certificate, of the backend's or the proxy's, is final.
 */
export function withPlainErrors(connector: buildConnector.connector): buildConnector.connector {
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
  // The proxy's own certificate has another name; undici says so with a code and a cause.
  if (code === 'UND_ERR_PRX_TLS' || code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { code: 'ERR_TLS_CERT_REFUSED' }
  return RETRIED.has(code) ? {} : { code }
}
