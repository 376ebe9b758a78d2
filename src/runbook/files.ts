/** How the pure part gets at files; paths are relative to the runbook’s folder, `/` between their parts. */
export interface FileReader {
  read(path: string): FileRead;
  /** Lower-case hexadecimal. */
  sha256(bytes: Uint8Array): string;
}

export type FileRead =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `code`: `not_found`, `outside`, `not_a_file`, `too_large`, `no_access`. */
  | { readonly ok: false; readonly code: string; readonly detail: string };

/** A path joined to the folder of the file that names it; null where it is absolute or leads out of the root. */
export function joinPath(from: string, path: string): string | null {
  if (
    path === '' ||
    path.startsWith('/') ||
    path.includes('\\') ||
    path.includes('\0') ||
    /^[A-Za-z]:/.test(path)
  )
    return null;
  const parts = from.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.length === 0) return null;
      parts.pop();
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.length === 0 ? null : parts.join('/');
}
