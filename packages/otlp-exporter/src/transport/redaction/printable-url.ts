// SPDX-License-Identifier: Apache-2.0

/**
 * The only way for a URL to get into a message, an error or a metric: without user and password, and without the query,
 * which may contain a token.
 */
export function printableUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`
}

/** The target of a redirect, relative to `base`, without its query: for a login page that often contains a token. */
export function printableLocation(location: string, base: string): string {
  return URL.canParse(location, base) ? printableUrl(new URL(location, base)) : 'that is not a URL'
}
