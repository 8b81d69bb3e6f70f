import { EncodeError } from '../errors.ts';
import { AttributeList } from './attributes.ts';
import { readSourceFilter, type SourceFilter } from './attribute-values.ts';
import { ConnectionEditor } from './connection-editor.ts';
import { asDirection, type Direction } from './direction.ts';
import type { Section, SdpDocument } from './document.ts';

/** What the session level and a media description have in common. */
export abstract class DescriptionLevel {
  /** `c=`, `b=` and legacy `k=` lines of this level. */
  readonly connection: ConnectionEditor;
  /** `a=` lines of this level. */
  readonly attributes: AttributeList;
  protected readonly document: SdpDocument;
  protected readonly section: Section;

  constructor(document: SdpDocument, section: Section) {
    this.document = document;
    this.section = section;
    this.connection = new ConnectionEditor(document, section);
    this.attributes = new AttributeList(document, section);
  }

  /** The direction this level states itself, or undefined (RFC 8866 §6.7). */
  get direction(): Direction | undefined {
    for (const text of this.attributes) {
      const direction = asDirection(text);
      if (direction !== undefined) return direction;
    }
    return undefined;
  }
  set direction(direction: Direction | undefined) {
    const texts = this.attributes.list;
    const index = texts.findIndex((text) => asDirection(text) !== undefined);
    if (direction === undefined) {
      for (let i = texts.length - 1; i >= 0; i--) {
        if (asDirection(texts[i] ?? '') !== undefined) this.attributes.remove(i);
      }
    } else if (index < 0) this.attributes.add(direction);
    else this.attributes.replace(index, direction);
  }

  /** The readable `a=source-filter` attributes of this level (RFC 4570). */
  get sourceFilters(): SourceFilter[] {
    return this.attributes
      .all('source-filter')
      .map(readSourceFilter)
      .filter((filter) => filter !== undefined);
  }

  /** Free text of the first line of a type, in the description's charset. */
  protected readText(type: string): string | undefined {
    const line = this.document.find(this.section, type);
    return line === undefined ? undefined : this.document.text(line);
  }

  /** @throws {EncodeError} empty text, a line break, or characters that the charset does not have */
  protected writeText(type: string, field: string, text: string | undefined): void {
    if (text === undefined) return this.document.setOne(this.section, type, undefined);
    if (text === '') throw new EncodeError('SDP', field, 'is empty; give a text or undefined for no line');
    if (this.readText(type) === text) return;
    const { value, binary } = this.document.encode(field, text);
    this.document.setOne(this.section, type, value, binary);
  }
}
