/** A number of bytes for people. */
export function kib(bytes: number): string {
  return bytes >= 1_048_576 ? `${Math.round(bytes / 104_857.6) / 10} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
