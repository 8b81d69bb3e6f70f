import {
  type DirectoryError,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  NotConnectedError,
} from './errors.ts';

/** One error for several servers of which none could be used. What differs in nothing but the port is said once. */
export function noneReached(problems: readonly DirectoryError[]): Error {
  const [first] = problems;
  if (first === undefined) return new NotConnectedError('The directory has no server');
  if (problems.length === 1) return first;
  const sentences = [...Map.groupBy(problems, ({ message }) => message.replace(PORT, ''))].map(
    ([withoutPort, same]) => {
      const ports = same.map(({ message }) => PORT.exec(message)?.[1]).filter((port) => port !== undefined);
      const [only] = same;
      if (same.length === 1 || ports.length < same.length) return only?.message ?? withoutPort;
      return `${withoutPort} It was tried at the ports ${ports.slice(0, -1).join(', ')} and ${ports.at(-1)}.`;
    },
  );
  const many = sentences.length === 1 ? '' : `None of the ${problems.length} servers can be used. `;
  const message = many + sentences.join(' ');
  const cause = new AggregateError(problems, message);
  return problems.every((it) => it instanceof DirectoryTimeoutError)
    ? new DirectoryTimeoutError(message, { cause })
    : new DirectoryUnavailableError(message, { cause });
}

/** In `host:389: why` and `[::1]:389 within`. */
const PORT = /(?<=[^\s:])(?<!\[[^\]]*):(\d{1,5})(?=[:\s])/;
