import { describe, expect, test } from 'vitest';
import { createSessionDescription } from '../../src/sdp/index.ts';
import { parseClockId, PROFILES, withProfile } from '../../src/sdp/profiles/index.ts';
import { lintDescription, RECEIVERS } from '../../src/sdp/receivers/index.ts';
import { profileDescription } from './quirks.ts';

describe('a description of a profile', () => {
  test.each(PROFILES.map((profile) => [profile.id, profile] as const))(
    '%s is taken by those it is for',
    (_, profile) => {
      const description = profileDescription(profile);
      expect(description.validate()).toEqual([]);
      const asked = RECEIVERS.filter(({ id }) => profile.receivers.includes(id));
      expect(asked.length).toBe(profile.receivers.length);
      const found = lintDescription(description, asked).flatMap(({ findings }) => findings);
      // whatever group it is on
      expect(found.filter(({ rule }) => rule !== 'group-prefix')).toEqual([]);
    },
  );

  test('names the clock of the sender, and no source', () => {
    const [dante, ravenna] = PROFILES;
    if (dante === undefined || ravenna === undefined) throw new Error('no profiles');
    const text = profileDescription(ravenna, { clockId: '00-1D-C1-FF-FE-12-00-A3', domain: 5 }).serialize();
    expect(text).toContain('a=ts-refclk:ptp=IEEE1588-2008:00-1D-C1-FF-FE-12-00-A3:5\r\n');
    expect(text).toContain('a=clock-domain:PTPv2 5\r\n');
    expect(text).toContain('a=framecount:48\r\n');
    expect(text).not.toContain('source-filter');
    const traceable = profileDescription(dante, { clockId: 'traceable', domain: 5 }).serialize();
    expect(traceable).toContain('a=ts-refclk:ptp=IEEE1588-2008:traceable\r\n');
  });

  test('needs a clock where the equipment does', () => {
    const [dante] = PROFILES;
    if (dante === undefined) throw new Error('no profiles');
    expect(() =>
      withProfile(dante, undefined, { kind: 'audio', port: 5004, formats: [dante.format] }),
    ).toThrow(/has to name the PTP clock/);
  });

  test('keeps the sources that were asked for', () => {
    const [dante] = PROFILES;
    if (dante === undefined) throw new Error('no profiles');
    const medium = {
      kind: 'audio',
      port: 5004,
      group: '239.69.1.1',
      ttl: 15,
      formats: [dante.format],
      sources: ['10.0.0.7'],
    };
    const description = createSessionDescription({
      sessionId: '1',
      machineAddress: '192.0.2.1',
      media: [withProfile(dante, { clockId: 'traceable', domain: 0 }, medium)],
    });
    expect(description.media.at(0).sourceFilterFor('239.69.1.1')?.sources).toEqual(['10.0.0.7']);
  });
});

describe('the identity of a clock', () => {
  test.each([
    ['00-1D-C1-FF-FE-12-00-A3', '00-1D-C1-FF-FE-12-00-A3'],
    ['00:1d:c1:ff:fe:12:00:a3', '00-1D-C1-FF-FE-12-00-A3'],
    ['001dc1.fffe.1200a3', '00-1D-C1-FF-FE-12-00-A3'],
    ['001DC1FFFE1200A3', '00-1D-C1-FF-FE-12-00-A3'],
    [' Traceable ', 'traceable'],
  ])('%s', (text, id) => expect(parseClockId(text)).toBe(id));

  test.each([
    ['00:1d:c1:12:00:a3', /MAC address; its clock is mostly 00-1D-C1-FF-FE-12-00-A3/],
    ['grandmaster', /write its 8 bytes/],
    ['', /write its 8 bytes/],
    ['00--1D-C1-FF-FE-12-00-A3', /write its 8 bytes/],
  ])('not %s', (text, reason) => expect(() => parseClockId(text)).toThrow(reason));
});
