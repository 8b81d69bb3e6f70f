const EQUALS = 0x3d;
const NUL = 0;
/** Longest payload type looked for: media types are far shorter, descriptions with a stray NUL longer. */
const MAX_TYPE_BYTES = 128;
const SDP = 'application/sdp';

/**
 * Takes the payload type off the payload (RFC 2974 §6: text ended by a NUL, or nothing). Seen in the wild and understood:
 * no payload type at all, an empty one, and `application/sdp` that runs into the description without a NUL.
 *
 * @returns views of `body`
 */
export function splitPayload(body: Uint8Array): { payloadType?: string; payload: Uint8Array } {
  // a description or an `o=` line itself: `<letter>=`
  if (body[1] === EQUALS) return { payload: body };
  const end = body.subarray(0, MAX_TYPE_BYTES + 1).indexOf(NUL);
  if (end === 0) return { payload: body.subarray(1) };
  if (end > 0) {
    const type = mediaType(body, end);
    return type === undefined ? { payload: body } : { payloadType: type, payload: body.subarray(end + 1) };
  }
  if (startsWithSdpType(body) && (body.length === SDP.length || body[SDP.length + 1] === EQUALS)) {
    return { payloadType: SDP, payload: body.subarray(SDP.length) };
  }
  return { payload: body };
}

/** The text before `end` where it may be a media type: printable, with a slash. */
function mediaType(body: Uint8Array, end: number): string | undefined {
  if (end === SDP.length && startsWithSdpType(body)) return SDP; // the usual one, without making a text of it
  let slash = false;
  for (let i = 0; i < end; i++) {
    const code = body[i] ?? 0;
    if (code < 0x20 || code > 0x7e) return undefined;
    slash ||= code === 0x2f;
  }
  return slash ? String.fromCharCode(...body.subarray(0, end)) : undefined;
}

function startsWithSdpType(body: Uint8Array): boolean {
  for (let i = 0; i < SDP.length; i++) if (body[i] !== SDP.charCodeAt(i)) return false;
  return true;
}

/** Whether a payload of this type is a session description; no type means that it is. Case and parameters do not matter. */
export function isSdpPayload(payloadType: string | undefined): boolean {
  if (payloadType === undefined || payloadType === SDP) return true;
  return payloadType.split(';', 1)[0]?.trim().toLowerCase() === SDP;
}

/** The payload without the NULs that some senders leave at its end. A view. */
export function withoutTrailingNuls(payload: Uint8Array): Uint8Array {
  let end = payload.length;
  while (end > 0 && payload[end - 1] === NUL) end--;
  return end === payload.length ? payload : payload.subarray(0, end);
}
