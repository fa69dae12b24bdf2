// SPDX-License-Identifier: Apache-2.0

export type Contender = 'stock' | 'spanring'
/** What each of the two was seen to do. */
export type Seen = Readonly<Record<Contender, unknown>>

/** The same observation of both. */
export async function see(observe: (contender: Contender) => Promise<unknown>): Promise<Seen> {
  return { stock: await observe('stock'), spanring: await observe('spanring') }
}
