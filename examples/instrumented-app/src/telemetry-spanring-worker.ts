// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { startTelemetry } from './telemetry.js'

startTelemetry(new BatchSpanProcessor(new OTLPTraceExporter({ worker: true })))
