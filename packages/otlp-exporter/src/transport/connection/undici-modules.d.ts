// SPDX-License-Identifier: Apache-2.0
// Modules of undici that are imported by path and have no declarations of their own; see undici.ts.
declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici'
  export default Client
}

declare module 'undici/lib/dispatcher/proxy-agent.js' {
  import { ProxyAgent } from 'undici'
  export default ProxyAgent
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici'
  export default buildConnector
}

declare module 'undici/lib/api/api-connect.js' {
  import { Dispatcher } from 'undici'
  const connect: Dispatcher['connect']
  export default connect
}
