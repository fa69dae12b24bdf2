// SPDX-License-Identifier: Apache-2.0

/**
 * Where our bytes say something else than those of the stock serialisers of SDK 2.12 and 3.1, and why. Each entry has a
 * test of that name; everything that is not here is compared and equal.
 */
export const DIFFERENCES = {
  'a bigint is an integer, or its digits outside of int64': 'Stock sends a value without content, and the number is lost.',
  'NaN and the infinities survive in JSON': 'Stock sends null, which is no double; ProtoJSON has strings for the three.',
  'an integer beyond 2^53 keeps its digits in JSON': 'Stock lets JSON round them, so JSON and protobuf disagree.',
  'an integer beyond int64 is a double in JSON': 'Stock sends it as intValue, and receivers refuse the whole request.',
  'a lone surrogate is U+FFFD in JSON':
    'Stock sends an escape for half a character, which is not Unicode; in protobuf it sends U+FFFD as well.',
  'the parent and the scope of a span of SDK 1.x are read': 'Stock of 2.x and 3.x drops the parent and throws for the scope.',
  'a parent of SDK 1.x is not said to be local':
    'Only its id is known, so the flag that says "known to be remote or not" is not set.',
  'a span with an invalid id is rejected': 'Stock sends it, and receivers refuse the whole request with its neighbours.',
  'a parent with an invalid id is left out': 'Receivers refuse the whole request for it. The span becomes a root.',
  'a link with an id that is none is left out and counted as dropped':
    'Receivers refuse the whole request for it. Of zeroes, or empty, it is kept: they take that.',
  'an impossible time, or one after fixed64 ends in 2554, is 1970': 'Stock sends some other time, or throws and loses the batch.',
  'an impossible count or kind is left out': 'Stock sends some other number, or throws and loses the batch.',
  'what is nested deeper than 30 levels is null':
    'Stock overflows the stack and loses the batch, or sends what decoders refuse at 100 messages.',
  'a value whose getter throws is null': 'Stock throws and loses the batch.',
  'scopes of equal name are kept apart in JSON': 'Stock joins them under the attributes of the first; its protobuf does not.',
} as const

export type Difference = keyof typeof DIFFERENCES
