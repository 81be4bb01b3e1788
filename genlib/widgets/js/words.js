// Numbers as people read them: a real minus sign, and no digits that say nothing.

/**
 * With so many digits; a dash where there is no number yet, and no minus before a zero.
 * @param {number | undefined} value
 * @param {number} [digits]
 */
export function signed(value, digits = 2) {
  if (value === undefined || Number.isNaN(value)) return "\u2013";
  if (!Number.isFinite(value)) return value < 0 ? "\u2212\u221e" : "\u221e";
  return value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "\u2212");
}

/**
 * As few digits as an axis needs, thousands as k.
 * @param {number} value
 */
export function short(value) {
  const words = Math.abs(value) >= 10000
    ? `${+(value / 1000).toPrecision(4)}k`
    : String(+value.toPrecision(5));
  return words.replace("-", "\u2212");
}

/** @param {number} value */
export function percent(value, digits = 1) {
  return `${(100 * value).toFixed(digits)} %`;
}

/**
 * "1 step", "2 steps".
 * @param {number} count
 * @param {string} noun
 */
export function times(count, noun) {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
