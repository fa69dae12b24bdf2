// SPDX-License-Identifier: Apache-2.0

interface Processor {
  onEnd(span: unknown): void
  /** Only processors of spanring have it. */
  stats?(): unknown
}

/** Describes the span processors of a tracer provider; undefined if they cannot be found. */
export function pipelineInUse(provider: object): string | undefined {
  // In every SDK line the provider has one processor, which contains a list of processors.
  const processors = partsOf(provider).flatMap((active) => {
    const parts = partsOf(active)
    return parts.length > 0 && !isSpanring(active) ? parts : [active]
  })
  const names = new Set(processors.map((processor) => (isSpanring(processor) ? 'spanring' : nameOf(processor))))
  return names.size === 0 ? undefined : [...names].join(', and ')
}

function partsOf(holder: object): Processor[] {
  return Object.values(holder)
    .flat()
    .filter((part): part is Processor => typeof (part as Partial<Processor> | null | undefined)?.onEnd === 'function')
}

function isSpanring(processor: Processor): boolean {
  return 'stats' in processor
}

function nameOf(processor: Processor): string {
  const { name } = processor.constructor
  if (name === 'BatchSpanProcessor' || name === 'SimpleSpanProcessor') return `stock (${name}); spanring is not in it`
  return name
}
