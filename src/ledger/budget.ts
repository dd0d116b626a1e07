/** What one trx may spend: counted, never timed, so that every node comes to the same result. */
export const TRX_BUDGET = { operations: 1_000, bytesWritten: 1024 * 1024 } as const;
