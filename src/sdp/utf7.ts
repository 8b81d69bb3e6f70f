const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Set D, set O, and the blanks of RFC 2152; `+`, `\` and `~` are in none of them. */
function isDirect(code: number): boolean {
  return code >= 0x20 && code < 0x7e && code !== 0x2b && code !== 0x5c;
}

/** Text as UTF-7: ASCII stands for itself, all else is a run of base64 between `+` and `-` (RFC 2152). */
export function encodeUtf7(text: string): string {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isDirect(code)) {
      out += text.charAt(at++);
      continue;
    }
    if (code === 0x2b) {
      out += '+-';
      at++;
      continue;
    }
    out += '+';
    let bits = 0;
    let held = 0;
    for (; at < text.length && !isDirect(text.charCodeAt(at)); at++) {
      held = ((held & 0x3f) << 16) | text.charCodeAt(at);
      for (bits += 16; bits >= 6; bits -= 6) out += BASE64.charAt((held >>> (bits - 6)) & 0x3f);
    }
    if (bits > 0) out += BASE64.charAt((held << (6 - bits)) & 0x3f);
    out += '-'; // always closed: shorter rules exist, but this one cannot swallow what follows
  }
  return out;
}

/** UTF-7 as text. Runs that are not base64 of whole UTF-16 units stay as they are written. */
export function decodeUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9+/]*)(-?)/g, (run, base64: string, dash: string) => {
    if (base64 === '') return dash === '-' ? '+' : run;
    let out = '';
    let bits = 0;
    let held = 0;
    for (const letter of base64) {
      held = ((held << 6) | BASE64.indexOf(letter)) & 0x3f_ffff;
      bits += 6;
      if (bits >= 16) {
        bits -= 16;
        out += String.fromCharCode((held >>> bits) & 0xffff);
      }
    }
    return bits < 6 && (held & ((1 << bits) - 1)) === 0 && isLineSafe(out) ? out : run;
  });
}

/** A decoded run must not smuggle in line breaks or NUL. */
function isLineSafe(text: string): boolean {
  return !/[\r\n\0]/.test(text);
}
