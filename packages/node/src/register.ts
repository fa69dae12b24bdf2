// SPDX-License-Identifier: Apache-2.0
// node --import @spanring/node/register app.js, or --require: starts telemetry before the application loads.
import { register } from './start/start-telemetry.js'

register()
