/** More of tsc for a build: nothing, or not to check types that scripts/test.ts checks beside it; what is emitted is the same. */
export const checked: readonly string[] = process.env.ECLUSE_TYPES === 'checked' ? ['--noCheck'] : []
