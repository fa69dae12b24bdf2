// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { startTelemetry } from './telemetry.js'

startTelemetry(new BatchSpanProcessor(new OTLPTraceExporter()))
