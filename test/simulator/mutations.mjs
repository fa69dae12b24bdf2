// SPDX-License-Identifier: Apache-2.0
// Bugs that are put in on purpose, each by replacing a piece of one file below packages/. The simulator has to find every one. Those
// that take thousands of seeds are `isSlow`.

export const mutations = [
  {
    name: 'lost wake-up',
    what: 'no bell for a batch that is handed to a thread that has stopped looking',
    file: 'otlp-exporter/src/thread/thread-handle.ts',
    find: 'if (this.#filled.offer(number) === WAS_EMPTY) this.post(BELL)',
    replace: 'this.#filled.offer(number)',
  },
  {
    name: 'lost wake-up back',
    what: 'no bell for a slab that is given back',
    file: 'otlp-exporter/src/thread/sending-thread.ts',
    find: 'if (offered === WAS_EMPTY) this.#port.post(BELL)',
    replace: 'void offered',
  },
  {
    name: 'double free',
    what: 'a slab goes into the pool twice, so that two batches get it',
    file: 'otlp-exporter/src/encode/batch-encoder.ts',
    find: 'giveBack: (isFree) => (isFree ? pool.give(buffer) : pool.abandon(buffer)),',
    replace: 'giveBack: (isFree) => { if (isFree) { pool.give(buffer); pool.give(buffer) } else pool.abandon(buffer) },',
  },
  {
    name: 'budget leak',
    what: 'a batch that has ended keeps a part of its share of the budget',
    file: 'otlp-exporter/src/buffered-batch.ts',
    find: 'this.#budget.release(this.#held - storedBytes)',
    replace: 'this.#budget.release(this.#held - Math.min(storedBytes + 1000, Math.max(storedBytes, this.#held)))',
  },
  {
    name: 'sent again after a death',
    what: 'a batch whose request may have arrived is handed to the next thread',
    file: 'otlp-exporter/src/thread/export-thread.ts',
    find: '(owner === IN_REQUEST || owner === BETWEEN_PARTS || handed.isSettled)',
    replace: 'handed.isSettled',
  },
  {
    name: 'retry after an answer',
    what: 'an answer that breaks after its status is taken for an outage',
    file: 'otlp-exporter/src/transport/answer/verdict.ts',
    find: "if (answer.end === 'broken') return broken(describeError(answer.error as Error, secrets))",
    replace:
      "if (answer.end === 'broken') return { kind: 'outage', reason: 'connection', status: undefined, message: '', retryAfter: undefined }",
  },
  {
    name: 'flush forgets',
    what: 'a flush does not wait for batches in flight',
    file: 'batch-span-processor/src/loop/drain-loop.ts',
    find: 'this.#parts.barriers.settle(Math.min(this.#assembler.oldest, this.#outstanding.oldest))',
    replace: 'this.#parts.barriers.settle(this.#assembler.oldest)',
  },
  {
    name: 'cursor before send',
    what: 'a request from the disk is noted as delivered before it is sent',
    file: 'otlp-exporter/src/transport/store/request-spool.ts',
    find: 'const body = entry && (await this.#spool.read(entry))',
    replace: 'const body = entry && (await this.#spool.read(entry)); if (entry && body) await this.#spool.settle(entry)',
  },
  {
    name: 'no CRC check',
    what: 'a payload from the disk is sent whatever its checksum is',
    file: 'otlp-exporter/src/spool/segment-files.ts',
    find: ' || crc32(bytes) !== header.payloadCrc',
    replace: '',
  },
  {
    name: 'lease that never expires',
    what: 'an owner that cannot be asked for counts as alive for ever',
    file: 'otlp-exporter/src/spool/lease.ts',
    find: 'return now - seen.since >= DEAD_MILLIS',
    replace: 'return false',
  },
  {
    name: 'takes from the living',
    what: 'what a running process has is taken over',
    file: 'otlp-exporter/src/spool/lease.ts',
    find: "return lease.pid === self.pid ? 'unknown' : 'alive'",
    replace: "return lease.pid === self.pid ? 'unknown' : 'dead'",
    isSlow: true,
  },
  {
    name: 'exit forgets',
    what: 'requests that wait in memory are not written in the exit event',
    file: 'otlp-exporter/src/transport/store/request-store.ts',
    find: 'if (request.entry === undefined && spool?.writeNow(request) === true) spool.endPartNow(request)',
    replace: 'if (request.entry === undefined) request.settle({ exported: 0, failed: {}, kept: request.spanCount })',
  },
]
