// SPDX-License-Identifier: Apache-2.0
// What an application may have as the entry of its export thread. A bundler must not take the import for unused.
// oxlint-disable-next-line import/no-unassigned-import -- as above
import '@spanring/otlp-exporter/export-thread'
