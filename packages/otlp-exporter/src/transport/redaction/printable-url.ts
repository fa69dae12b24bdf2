// SPDX-License-Identifier: Apache-2.0

/** The only way in which a URL gets into a message, an error or a metric: without user, password, and values of the query. */
export function printableUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`
}

/** Where a redirect leads. A login page is often asked for with a token in its query. */
export function printableLocation(location: string, base: string): string {
  return URL.canParse(location, base) ? printableUrl(new URL(location, base)) : 'that is no URL'
}
