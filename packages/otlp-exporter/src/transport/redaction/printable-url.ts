// SPDX-License-Identifier: Apache-2.0

/**
 * The only way in which a URL gets into a message, an error or a metric: without user and password, and without the query,
 * which may hold a token.
 */
export function printableUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`
}

/** Where a redirect leads, relative to `base`. A login page often gets a token in its query. */
export function printableLocation(location: string, base: string): string {
  return URL.canParse(location, base) ? printableUrl(new URL(location, base)) : 'that is not a URL'
}
