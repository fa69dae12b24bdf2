// SPDX-License-Identifier: Apache-2.0
// What the export thread of a storm runs: the one of the exporter, with a tap on what it sends. The tap comes first, so that
// it misses no request.
import { tellRequests } from './wire-tap.js'

tellRequests()
await import('@spanring/otlp-exporter/export-thread')
