import { checkAttributes } from './rules/attributes.ts';
import { checkConnections } from './rules/connections.ts';
import { checkMedia } from './rules/media.ts';
import { type Issue, Report } from './rules/report.ts';
import { checkSessionFields } from './rules/session-fields.ts';
import { checkSourceFilters } from './rules/source-filters.ts';
import { checkStructure } from './rules/structure.ts';
import { checkTimes } from './rules/times.ts';
import type { SdpLine } from './lines.ts';
import type { MediaDescription } from './media.ts';

export type { Issue } from './rules/report.ts';

/** What the rules look at. */
export interface Validated {
  readonly lines: readonly SdpLine[];
  readonly media: readonly MediaDescription[];
  /** Name of the charset of free text; undefined for the default, UTF-8. */
  readonly charset: string | undefined;
  readonly byteOrderMark: boolean;
}

/** Every rule, over every line; sorted by line. */
export function validateDescription({ lines, media, charset, byteOrderMark }: Validated): Issue[] {
  const report = new Report();
  checkStructure(report, lines, byteOrderMark);
  checkSessionFields(report, lines, charset);
  checkTimes(report, lines);
  checkConnections(report, lines);
  checkAttributes(report, lines);
  checkMedia(report, media, lines);
  checkSourceFilters(report, media, lines);
  return report.sorted();
}
