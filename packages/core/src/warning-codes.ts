// SPDX-License-Identifier: Apache-2.0
// The codes at the start of warnings. Users search for them, and the doctor of @spanring/node recognises warnings by them, so
// a code never changes. This file imports nothing, because the doctor also runs where no API is installed.

/** An option or an environment variable has an invalid value. */
export const INVALID_SETTING = '[SPANRING_INVALID_SETTING]'
/** A list of headers has an entry that is not in the form name=value. */
export const INVALID_HEADER_LIST = '[SPANRING_INVALID_HEADER_LIST]'
/** The backend cannot be reached, or asks to be tried again later. */
export const BACKEND_DOWN = '[SPANRING_BACKEND_DOWN]'
/** The backend accepted a request and rejected some of its spans. */
export const SPANS_REJECTED = '[SPANRING_SPANS_REJECTED]'
/** The answer to a request has a success status, but it is not an OTLP response. */
export const NOT_OTLP = '[SPANRING_NOT_OTLP]'
/** A package that the set-up needs is not installed, or cannot be loaded. */
export const MISSING_PACKAGE = '[SPANRING_MISSING_PACKAGE]'
/** There is no export thread although there should be one, or it has ended. */
export const EXPORT_THREAD = '[SPANRING_EXPORT_THREAD]'
/** Names imported from ES modules are not instrumented. */
export const NO_ES_MODULES = '[SPANRING_NO_ES_MODULES]'
/** The spool cannot be used as it should, or has spans of an earlier process. */
export const SPOOL = '[SPANRING_SPOOL]'
