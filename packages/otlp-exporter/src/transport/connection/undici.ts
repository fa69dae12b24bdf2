// SPDX-License-Identifier: Apache-2.0
import type * as Undici from 'undici'
import connectModule from 'undici/lib/api/api-connect.js'
import connectorModule from 'undici/lib/core/connect.js'
import clientModule from 'undici/lib/dispatcher/client.js'
import proxyAgentModule from 'undici/lib/dispatcher/proxy-agent.js'

/*
 * The parts of undici that are needed, by their paths. Its index also loads its fetch, and makes itself the dispatcher of
 * the whole process: it claims `Symbol.for('undici.globalDispatcher.1')` for good. From then on the `fetch` of Node.js 20
 * and 22 sends through a foreign undici, and a request that sets `content-length` fails. undici has no exports map, and
 * these paths are the same in 7 and 8. Nothing else in `src` imports values from undici.
 */
export const Client: typeof Undici.Client = clientModule
export const ProxyAgent: typeof Undici.ProxyAgent = proxyAgentModule
export const buildConnector: typeof Undici.buildConnector = connectorModule

/** undici's index adds `connect` to every dispatcher; a tunnel is opened with it. */
export class TunnelClient extends Client {
  declare connect: Undici.Dispatcher['connect']
  static {
    this.prototype.connect = connectModule
  }
}
