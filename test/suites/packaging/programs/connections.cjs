// SPDX-License-Identifier: Apache-2.0
// For --require. Prints at the end how many connections the application's thread has opened, and whether it has loaded undici.
const { subscribe } = require('node:diagnostics_channel')

let connections = 0
subscribe('net.client.socket', () => (connections += 1))
process.on('exit', () => {
  const hasUndici = Object.keys(require.cache).some((file) => /[\\/]undici[\\/]/.test(file))
  console.log(`connections ${connections}, undici ${hasUndici}`)
})
