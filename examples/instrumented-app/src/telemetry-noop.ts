// SPDX-License-Identifier: Apache-2.0
// Spans are made and thrown away: what instrumentation costs without any export. For benchmarks.
import { NoopSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { startTelemetry } from './telemetry.js'

startTelemetry(new NoopSpanProcessor())
