import { DecodeError } from '../../src/errors.ts';

/** What `read` gives, or its DecodeError. Anything else that it throws is a bug and goes on. */
export function orFault<T>(read: () => T): T | DecodeError {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
