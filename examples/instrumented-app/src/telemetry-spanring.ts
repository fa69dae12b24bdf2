// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { startTelemetry } from './telemetry.js'

startTelemetry(new BatchSpanProcessor(new OTLPTraceExporter()))
