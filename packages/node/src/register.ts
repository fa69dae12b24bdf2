// SPDX-License-Identifier: Apache-2.0
// For `node --import @spanring/node/register app.js`, or `--require`. Starts telemetry before the application loads.
import { register } from './start/start-telemetry.js'

register()
