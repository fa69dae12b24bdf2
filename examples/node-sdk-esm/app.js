// SPDX-License-Identifier: Apache-2.0
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('bakery')

tracer.startActiveSpan('bake', (oven) => {
  for (const kind of ['rye', 'wheat', 'spelt']) {
    tracer.startActiveSpan('loaf', { attributes: { 'loaf.kind': kind } }, (loaf) => loaf.end())
  }
  oven.end()
})
console.log('three loaves are baked')
