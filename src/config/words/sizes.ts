export const mebibytes = (bytes: number): string => `${bytes / 2 ** 20} MiB`
