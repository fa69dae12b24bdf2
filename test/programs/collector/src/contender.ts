// SPDX-License-Identifier: Apache-2.0

/** Each has receivers, a pipeline and a file of its own in the collector. */
export const CONTENDERS = ['stock', 'spanring'] as const
export type Contender = (typeof CONTENDERS)[number]

export async function forEachContender<T>(work: (contender: Contender) => Promise<T>): Promise<Record<Contender, T>> {
  const [stock, spanring] = await Promise.all([work('stock'), work('spanring')])
  return { stock, spanring }
}
