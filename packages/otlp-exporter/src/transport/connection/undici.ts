// SPDX-License-Identifier: Apache-2.0
import type * as Undici from 'undici'
import connectModule from 'undici/lib/api/api-connect.js'
import connectorModule from 'undici/lib/core/connect.js'
import clientModule from 'undici/lib/dispatcher/client.js'
import proxyAgentModule from 'undici/lib/dispatcher/proxy-agent.js'

/*
 * The parts of undici that are needed, imported by their paths. undici's index also loads its fetch, and sets the dispatcher
 * of the whole process: it claims `Symbol.for('undici.globalDispatcher.1')` for good. From then on the `fetch` of Node.js 20
 * and 22 sends through a foreign undici, and a request that sets `content-length` fails. undici has no exports map, and
 * these paths are the same in 7 and 8. No other file in `src` imports values from undici.
 */
export const Client: typeof Undici.Client = clientModule
export const ProxyAgent: typeof Undici.ProxyAgent = proxyAgentModule
export const buildConnector: typeof Undici.buildConnector = connectorModule

/** undici's index adds `connect` to every dispatcher. A tunnel needs it, so it is added here. */
export class TunnelClient extends Client {
  declare connect: Undici.Dispatcher['connect']
  static {
    this.prototype.connect = connectModule
  }
}
