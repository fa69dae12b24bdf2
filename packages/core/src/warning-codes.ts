// SPDX-License-Identifier: Apache-2.0
// Codes in front of the text of a warning. Users can search for them, and the doctor of @spanring/node recognises warnings
// by them, so a code never changes. This file imports nothing: the doctor also runs where no API is installed.

/** An option or a variable has a value that cannot be used. */
export const INVALID_SETTING = '[SPANRING_INVALID_SETTING]'
/** A list of headers has a part that is not written as name=value. */
export const INVALID_HEADER_LIST = '[SPANRING_INVALID_HEADER_LIST]'
/** The backend cannot be reached, or asks to be tried again later. */
export const BACKEND_DOWN = '[SPANRING_BACKEND_DOWN]'
/** The backend took a request and rejected some of its spans. */
export const SPANS_REJECTED = '[SPANRING_SPANS_REJECTED]'
/** The answer to a request reports success, but it is not an OTLP response. */
export const NOT_OTLP = '[SPANRING_NOT_OTLP]'
/** A package that the set-up needs is not installed, or cannot be loaded. */
export const MISSING_PACKAGE = '[SPANRING_MISSING_PACKAGE]'
/** Names imported from ES modules are not instrumented. */
export const NO_ES_MODULES = '[SPANRING_NO_ES_MODULES]'
