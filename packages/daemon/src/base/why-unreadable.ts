/** Why a file cannot be read, with what to do. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'the user that runs ifcastd may not read it';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'not a regular file') return 'it is a device or a pipe, and no file';
  return error instanceof Error ? error.message : String(error);
}
