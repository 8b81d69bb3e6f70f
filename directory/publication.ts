/** What the server says of the entry behind an object. */
export interface Publication {
  readonly dn: string;
  /** The name it is published under, whatever the object is called now. */
  readonly name: string;
  /** Seconds left when it was read; undefined when the server does not say. */
  readonly ttlSeconds: number | undefined;
  readonly expiresAt: Date | undefined;
}

/** Kept beside the objects: only the directory may say what is published. */
const publications = new WeakMap<object, Publication>();

/** What is known of an object's entry; undefined before it is published and after it is deleted. */
export function publicationOf(object: object): Publication | undefined {
  return publications.get(object);
}

/** Notes what the server said; undefined when the entry is gone. */
export function setPublication(object: object, publication: Publication | undefined): void {
  if (publication === undefined) publications.delete(object);
  else publications.set(object, publication);
}
