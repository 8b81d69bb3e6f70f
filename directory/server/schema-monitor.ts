import type { AttributeTypeData, ObjectClassData } from './schema-data.ts';

/**
 * What `cn=Monitor` is described with: the names that OpenLDAP's monitor has, so that the same tools read it. OpenLDAP
 * publishes no OIDs for them; these are below our own arc.
 */
const ARC = '2.25.101646906624391142559877027463866322426';

const type = (number: number, name: string, rest: Partial<AttributeTypeData> = {}): AttributeTypeData => ({
  names: [name],
  oid: `${ARC}.3.${number}`,
  rule: 'caseIgnoreMatch',
  noUserModification: true,
  ...rest,
});
const operational = { operational: true } as const;

export const MONITOR_ATTRIBUTE_TYPES: readonly AttributeTypeData[] = [
  type(1, 'monitoredInfo', operational),
  type(2, 'monitorCounter', { rule: 'integerMatch', single: true, ...operational }),
  type(3, 'monitorOpInitiated', { rule: 'integerMatch', single: true, ...operational }),
  type(4, 'monitorOpCompleted', { rule: 'integerMatch', single: true, ...operational }),
  type(5, 'monitorTimestamp', { rule: 'generalizedTimeMatch', single: true, ...operational }),
  type(6, 'monitorContext', { rule: 'distinguishedNameMatch', single: true, ...operational }),
];

const monitored = (number: number, name: string, ...may: readonly string[]): ObjectClassData => ({
  name,
  oid: `${ARC}.4.${number}`,
  kind: 'STRUCTURAL',
  superior: 'top',
  must: ['cn'],
  may: ['description', 'monitoredInfo', ...may],
});

export const MONITOR_OBJECT_CLASSES: readonly ObjectClassData[] = [
  monitored(1, 'monitorServer'),
  monitored(2, 'monitorContainer'),
  monitored(3, 'monitorCounterObject', 'monitorCounter'),
  monitored(4, 'monitorOperation', 'monitorOpInitiated', 'monitorOpCompleted'),
  monitored(5, 'monitoredObject', 'monitorTimestamp'),
];
