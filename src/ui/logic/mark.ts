/**
 * Small drawings made from a key or a group id, so that people recognise each other at a glance. They are a help for the eye, not
 * a proof: the key beside them is what counts.
 */

/** A stream of small numbers that depends on every character (FNV-1a, then xorshift): for looks only. */
function chooser(text: string): (below: number) => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  state = state || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Number of hues that the stylesheet defines for marks. */
const HUES = 8;

/** A badger's mask: a light head, two bands through the eyes, on coloured ground. */
export interface Mask {
  readonly hue: number;
  /** Path of the head, of both bands, of the ears; all in a 40 × 40 box. */
  readonly head: string;
  readonly bands: string;
  readonly ears: string;
  readonly nose: string;
  readonly eyes: readonly { readonly x: number; readonly y: number }[];
  readonly shade: number;
}

export function maskOf(key: string): Mask {
  const pick = chooser(key);
  const hue = pick(HUES);
  const width = 12 + pick(4); // half width of the head at the top
  const chin = 4 + pick(4); // half width at the snout
  const top = 8 + pick(3);
  const long = 33 + pick(3);
  const gap = 2.2 + pick(4) * 0.6; // half of the white stripe between the bands
  const band = 4 + pick(4) * 0.8; // width of a band
  const slant = pick(4) * 0.7; // how far bands run together towards the snout
  const ear = 3 + pick(3) * 0.7;
  const eyeY = 19 + pick(4);
  const side = (x: number): string => {
    const outer = x * (gap + band);
    const inner = x * gap;
    const low = x * Math.max(gap + band - 4 - slant, 1.5);
    const lowInner = x * Math.max(gap - slant, 0.6);
    return `M${20 + inner} ${top - 1}L${20 + outer} ${top - 1}L${20 + outer} ${eyeY}L${20 + low} ${long - 3}L${20 + lowInner} ${long - 3}Z`;
  };
  return {
    hue,
    head: `M${20 - width} ${top + 8}Q${20 - width} ${top - 2} 20 ${top - 2}Q${20 + width} ${top - 2} ${20 + width} ${top + 8}Q${20 + width} ${eyeY + 6} ${20 + chin} ${long - 2}Q20 ${long + 3} ${20 - chin} ${long - 2}Q${20 - width} ${eyeY + 6} ${20 - width} ${top + 8}Z`,
    bands: side(-1) + side(1),
    ears: `M${20 - width + 1} ${top + 2}m${-ear} 0a${ear} ${ear} 0 1 0 ${ear * 2} 0a${ear} ${ear} 0 1 0 ${-ear * 2} 0M${20 + width - 1} ${top + 2}m${-ear} 0a${ear} ${ear} 0 1 0 ${ear * 2} 0a${ear} ${ear} 0 1 0 ${-ear * 2} 0`,
    nose: `M${20 - 2.6} ${long - 1.5}Q20 ${long - 3.5} ${20 + 2.6} ${long - 1.5}Q${20 + 1.6} ${long + 1.6} 20 ${long + 1.6}Q${20 - 1.6} ${long + 1.6} ${20 - 2.6} ${long - 1.5}Z`,
    eyes: [-1, 1].map((x) => ({ x: 20 + x * (gap + band / 2 - 0.3), y: eyeY })),
    shade: pick(3),
  };
}

/** Layers of earth in a 40 × 40 box, from the top down: a group's sign. */
export interface Strata {
  readonly hue: number;
  readonly layers: readonly { readonly path: string; readonly tone: number }[];
  /** A chamber in the earth. */
  readonly den: { readonly x: number; readonly y: number; readonly r: number };
}

export function strataOf(id: string): Strata {
  const pick = chooser(id);
  const hue = pick(HUES);
  const layers: { path: string; tone: number }[] = [];
  const count = 3;
  for (let layer = 0; layer < count; layer++) {
    const base = 11 + layer * 8 + pick(4);
    const bend = 1 + pick(5);
    const tilt = pick(7) - 3;
    layers.push({
      path: `M0 ${base + tilt}C10 ${base + tilt - bend * 1.6} 15 ${base - bend} 22 ${base}S34 ${base + bend * 1.4} 40 ${base - tilt}V40H0Z`,
      tone: layer,
    });
  }
  return { hue, layers, den: { x: 9 + pick(22), y: 27 + pick(6), r: 3 + pick(3) } };
}
