// What a run has been through, told in at most so many entries, however long it takes.

/**
 * When it is full every second entry goes, and from then on one in twice as many is kept. The last one is always the
 * present.
 * @template Entry
 * @param {number} room
 * @param {(at: number) => Entry} make makes an entry of how things stand now
 */
export function createHistory(room, make) {
  /** @type {[at: number, entry: Entry][]} */
  let kept = [];
  let stride = 1, count = 0, now = NaN;
  return {
    /**
     * Says that things stand otherwise now; the same `at` again takes the place of the last one.
     * @param {number} at
     */
    add(at) {
      if (at === now) {
        if (kept[kept.length - 1]?.[0] === at) kept[kept.length - 1][1] = make(at);
        return;
      }
      now = at;
      if (count++ % stride) return;
      kept.push([at, make(at)]);
      if (kept.length <= room) return;
      stride *= 2;
      kept = kept.filter((_, i) => i % 2 === 0);
    },
    clear() {
      [kept, stride, count, now] = [[], 1, 0, NaN];
    },
    /** All of them, from the first to the present. */
    get entries() {
      if (!kept.length || kept[kept.length - 1][0] === now) return kept;
      return [...kept, /** @type {[number, Entry]} */ ([now, make(now)])];
    },
    /**
     * So many of them, equally far apart, the first and the present among them.
     * @param {number} wanted
     */
    some(wanted) {
      const all = this.entries;
      if (all.length <= wanted) return all;
      const place = (/** @type {number} */ i) => Math.round((i * (all.length - 1)) / (wanted - 1));
      return Array.from({ length: wanted }, (_, i) => all[place(i)]);
    },
  };
}
