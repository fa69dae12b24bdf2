// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end(`you asked for ${request.url}\n`)
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}, stop with Ctrl-C`)
})
