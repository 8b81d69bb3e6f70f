import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'sdp-transform';
import { describe, expect, test } from 'vitest';
import { parseSessionDescription } from '../../src/sdp/index.ts';
import { corpusFolder } from './arbitraries.ts';

/** Where sdp-transform itself loses or bends what is written: repeated lines, port counts, odd spacing, rubbish. */
const LOSSY =
  /^(hostile|wrong-order|spaces|classic-mac|sap-deletion|rfc2327-everything|latin1|byte-order-mark|utf7)/;
const names = readdirSync(corpusFolder).filter((name) => name.endsWith('.sdp') && !LOSSY.test(name));

describe('sdp-transform reads the same', () => {
  test.each(names)('%s', (name) => {
    const text = readFileSync(new URL(name, corpusFolder), 'utf8');
    const [ours, theirs] = [parseSessionDescription(text), parse(text)];
    expect([ours.name, ours.description, ours.uri]).toEqual([theirs.name, theirs.description, theirs.uri]);
    expect(ours.origin).toMatchObject({
      username: theirs.origin.username,
      sessionId: String(theirs.origin.sessionId),
      sessionVersion: String(theirs.origin.sessionVersion),
      address: theirs.origin.address,
    });
    expect([ours.times.at(0).start, ours.times.at(0).stop]).toEqual([
      theirs.timing.start,
      theirs.timing.stop,
    ]);
    expect(ours.direction).toBe(theirs.direction);
    expect(ours.media.length).toBe(theirs.media.length);
    for (const [index, their] of theirs.media.entries()) {
      const our = ours.media.at(index);
      expect([our.kind, our.port, our.proto, our.formats.join(' ')]).toEqual([
        their.type,
        their.port,
        their.protocol,
        String(their.payloads),
      ]);
      expect([our.ptimeMs, our.direction, our.title]).toEqual([
        their.ptime,
        their.direction,
        their.description,
      ]);
      expect(our.connection.address).toBe(their.connection?.ip.split('/')[0]);
      for (const { payload, codec, rate } of their.rtp) {
        expect(our.rtpMap(payload)).toMatchObject({ encoding: codec, clockRate: rate });
      }
      for (const { payload, config } of their.fmtp) expect(our.fmtp(payload)?.text).toBe(config);
      expect(our.crypto.map(({ tag, keyParams }) => [tag, keyParams])).toEqual(
        (their.crypto ?? []).map(({ id, config }) => [id, config]),
      );
      expect(our.connection.bandwidths).toEqual(
        (their.bandwidth ?? []).map(({ type, limit }) => ({ modifier: type, value: limit })),
      );
      expect(our.rtcp?.port).toBe(their.rtcp?.port);
      expect(our.sourceFilters[0]?.sources.join(' ')).toBe(their.sourceFilter?.srcList);
    }
  });
});
