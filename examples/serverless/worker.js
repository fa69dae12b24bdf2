// SPDX-License-Identifier: Apache-2.0
// The platform's side of the process that runs the function.
import { handler } from './function.js'

process.on('message', (event) => {
  void handler(event).then((answer) => process.send(answer))
})
process.send('ready')
