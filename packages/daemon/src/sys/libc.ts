import koffi from 'koffi';

import { SysError } from './sys-error.ts';

type Call = (...args: unknown[]) => number;

let libc: ReturnType<typeof koffi.load> | undefined;

/**
 * A function of the C library, looked up at its first call so that importing does nothing.
 *
 * @param prototype - for example `int close(int fd)`
 * @returns a function that throws {@link SysError} when the call returns -1
 */
export function libcFunction(prototype: string): (operation: string, ...args: unknown[]) => number {
  let call: Call | undefined;
  return (operation, ...args) => {
    libc ??= koffi.load(process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6');
    call ??= libc.func(prototype) as Call;
    const result = call(...args);
    if (result === -1) throw new SysError(operation, koffi.errno());
    return result;
  };
}
