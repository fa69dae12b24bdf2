// SPDX-License-Identifier: Apache-2.0
// Modules of undici by their path, which have no declarations of their own. See undici.ts.
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
