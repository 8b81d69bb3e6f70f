import { readFile } from 'node:fs/promises';
import { type MediaKey, SessionDescription } from '../../src/sdp/index.ts';
import { parseWait } from '../config-sap.ts';
import type { CliContext } from '../context.ts';
import { FailedError, NotThereError, UsageError } from '../errors.ts';
import { codeOf } from '../exit-codes.ts';
import { messageOf } from '../output/output.ts';
import { findConference } from '../run/find.ts';

/** A session description and where it was found. */
export interface FoundDescription {
  readonly description: SessionDescription;
  /** For people: the conference's name. */
  readonly name: string;
  readonly from: 'directory' | 'file' | 'stdin';
  /** Keys of its media; empty where it is not encrypted, or they are not shown to us, or stand in the description. */
  readonly keys: readonly MediaKey[];
}

/** No description is near this long; a stream that never ends shall not fill the memory. */
const MAX_BYTES = 1_000_000;

/**
 * What `join` was asked to join: `-` is standard input; a word with a slash in it or with `.sdp` at its end is a file
 * when there is one; everything else is a name in the directory, where a name may have a slash too (`L16/48000`), or of an
 * announced session.
 *
 * @param sapWait how long announcements are waited for
 * @throws {NotThereError} when there is no such file or conference; near names are told
 * @throws {FailedError} when what is there is no session description
 */
export async function findDescription(
  ctx: CliContext,
  wanted: string,
  sapWait?: string,
): Promise<FoundDescription> {
  const given = await readGiven(ctx, wanted);
  if (given !== undefined) return described(given.bytes, given.where, given.from);
  const heard = sapWait === undefined ? {} : { waitMs: parseWait(sapWait) };
  await using directories = await ctx.openDirectories(undefined, heard);
  const { object: conference } = await findConference(ctx, directories, wanted, heard.waitMs);
  if (conference.sdp === undefined) {
    const why = conference.sdpProblem ?? 'it holds no session description';
    throw new FailedError(`"${conference.name}" cannot be joined: ${why}`);
  }
  const { sdp: description, name, keys } = conference;
  return { description, name, from: 'directory', keys };
}

/** The keys of an encrypted conference as the directory has them now. */
export async function readKeys(ctx: CliContext, name: string): Promise<readonly MediaKey[]> {
  await using directories = await ctx.openDirectories();
  return (await findConference(ctx, directories, name)).object.keys;
}

/** The bytes of a file or of standard input. */
export interface Given {
  readonly bytes: Uint8Array;
  /** For people, and the path of a file. */
  readonly where: string;
  readonly from: 'file' | 'stdin';
}

/**
 * What stands in the file that was named, or on standard input; undefined for a name in a directory.
 *
 * @throws {NotThereError} when it can only be a file, and there is none
 */
export async function readGiven(ctx: CliContext, wanted: string): Promise<Given | undefined> {
  if (wanted === '-') return { bytes: await readStdin(ctx), where: 'standard input', from: 'stdin' };
  const file = looksLikeFile(wanted) ? await readIfThere(wanted) : undefined;
  if (file !== undefined) return { bytes: file, where: wanted, from: 'file' };
  if (isPath(wanted)) throw new NotThereError(`There is no file ${wanted}`);
  return undefined;
}

function looksLikeFile(wanted: string): boolean {
  return /[\\/]/.test(wanted) || /\.sdp$/i.test(wanted);
}

/** Nobody means a conference by `./x`, `../x`, `/x`, `C:\x` or `folder/x.sdp`. */
function isPath(wanted: string): boolean {
  return /^(\.{0,2}|[a-z]:)[\\/]/i.test(wanted) || /[\\/].*\.sdp$/i.test(wanted);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function readStdin({ host, err }: CliContext): Promise<Uint8Array> {
  if (host.stdin.isTTY) err.note('Reading a session description from the terminal; Ctrl-D ends it.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of host.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES)
      throw new FailedError(`Standard input is no session description: over ${MAX_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** @throws {FailedError} when these bytes are no description */
export function described(bytes: Uint8Array, where: string, from: 'file' | 'stdin'): FoundDescription {
  if (bytes.length === 0) throw new UsageError(`${where} is empty: a session description was expected`);
  try {
    const description = SessionDescription.parse(bytes);
    return { description, name: description.name?.trim() || where, from, keys: [] };
  } catch (error) {
    throw new FailedError(`${where}: ${messageOf(error)}`, { cause: error });
  }
}
