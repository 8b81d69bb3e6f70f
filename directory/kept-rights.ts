import type { AccessRights } from './access-rights.ts';

/** Access rights of an object, and whether the directory has them so. */
export class KeptRights {
  value: AccessRights | undefined;
  #stored: AccessRights | undefined;

  /** @param isStored whether the directory has them already */
  constructor(value: AccessRights | undefined, isStored: boolean) {
    this.value = value;
    this.#stored = isStored ? value : undefined;
  }

  /** As the directory had them last; undefined when it had none. */
  get stored(): AccessRights | undefined {
    return this.#stored;
  }
  get changed(): boolean {
    return this.value !== this.#stored;
  }
  /** Says that the directory has them now. */
  committed(): void {
    this.#stored = this.value;
  }
}
