import type { AccessRights } from './access-rights.ts';
import { type Publication, publicationOf, setPublication } from './publication.ts';

/** What conferences and users have in common: perhaps an entry in a directory, and who may do what with it. */
export abstract class Publishable {
  #acl: AccessRights | undefined;
  #storedAcl: AccessRights | undefined;

  /** @param publication undefined for an object that no directory has yet */
  constructor(acl: AccessRights | undefined, publication: Publication | undefined) {
    this.#acl = acl;
    this.#storedAcl = publication === undefined ? undefined : acl;
    setPublication(this, publication);
  }

  /**
   * Who may do what with the entry; undefined when it does not say, or does not let us see: then everyone may read it, and
   * its owner do all, or whatever else the server has as a rule. In directories that keep rights only.
   */
  get acl(): AccessRights | undefined {
    return this.#acl;
  }
  set acl(acl: AccessRights | undefined) {
    this.#acl = acl;
  }
  /** {@link acl} as the directory had it last. @internal */
  get storedAcl(): AccessRights | undefined {
    return this.#storedAcl;
  }
  /** Whether {@link acl} was set since the directory had it. @internal */
  get aclChanged(): boolean {
    return this.#acl !== this.#storedAcl;
  }
  /** Says that the directory has {@link acl} now. @internal */
  aclPublished(): void {
    this.#storedAcl = this.#acl;
  }

  /** The entry's name on the server; undefined before it is published. */
  get dn(): string | undefined {
    return publicationOf(this)?.dn;
  }
  /** Seconds the server had left for it when it was last asked. */
  get ttlSeconds(): number | undefined {
    return publicationOf(this)?.ttlSeconds;
  }
  /** When the entry goes away unless it is refreshed, by this machine's clock. */
  get expiresAt(): Date | undefined {
    return publicationOf(this)?.expiresAt;
  }
}
