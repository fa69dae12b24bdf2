// SPDX-License-Identifier: Apache-2.0
import { trace } from '@opentelemetry/api'

trace.getTracer('program').startSpan('work').end()
