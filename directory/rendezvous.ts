import type { Conference } from './conference.ts';
import { type ConferenceInit, createConference } from './create-conference.ts';
import { createUser, type UserInit } from './create-user.ts';
import {
  createDirectory,
  type DirectoryOptions,
  type DirectoryTarget,
  openDirectory,
  type OpenDirectoryOptions,
} from './open.ts';
import type { Directory } from './types.ts';
import type { DirectoryUser } from './user.ts';

export interface RendezvousOptions extends OpenDirectoryOptions {
  /** Directories to look in unless one is named; default the embedded one alone. */
  readonly directories?: readonly DirectoryTarget[];
}

/** The entry point for programs: the configured directories, and new objects. It holds no connection itself. */
export class Rendezvous {
  readonly #options: RendezvousOptions;
  readonly #targets: readonly DirectoryTarget[];

  constructor(options: RendezvousOptions = {}) {
    this.#options = options;
    this.#targets = options.directories ?? ['embedded'];
  }

  /** The configured directories one after the other, not connected yet; close each. */
  async *enumerateDefaultDirectories(): AsyncGenerator<Directory, void, undefined> {
    for (const target of this.#targets) yield await this.createDirectory(target);
  }

  /** {@link enumerateDefaultDirectories} as an array. */
  defaultDirectories(): Promise<Directory[]> {
    return Array.fromAsync(this.enumerateDefaultDirectories());
  }

  /** A directory that is not connected yet. */
  createDirectory(target: DirectoryTarget, options: DirectoryOptions = {}): Promise<Directory> {
    return createDirectory(target, { ...this.#options, ...options });
  }

  /** A directory, connected, and bound if credentials are configured. */
  openDirectory(target: DirectoryTarget, options: OpenDirectoryOptions = {}): Promise<Directory> {
    return openDirectory(target, { ...this.#options, ...options });
  }

  /** A conference in memory with default values; nothing is sent. */
  createConference(init: ConferenceInit): Conference {
    return createConference(init);
  }

  /** A user in memory, by default the one of this process at this computer; nothing is sent. */
  createUser(init: UserInit = {}): DirectoryUser {
    return createUser(init);
  }
}
