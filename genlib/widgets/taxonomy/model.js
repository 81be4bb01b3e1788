// The tree of families: which node is shown, what lies above and below it, and the pictures of a leaf.

/**
 * @typedef {object} Node
 * @property {string} key
 * @property {string} name
 * @property {string} words
 * @property {Node[]} [below] what the node parts; a leaf has none
 * @property {string} [chapter] path of the leaf's chapter, where there is one
 * @property {string} [title] of the chapter
 * @property {string} [density] what the family says of p(x)
 * @property {string} [sampling] how it draws
 * @property {string} [recipe] what drew the pictures
 * @property {string[]} [pictures] a hexadecimal digit a pixel
 */

/** @typedef {ReturnType<typeof createTaxonomy>} Taxonomy */

/**
 * @param {Node} tree
 * @param {string} chosen
 */
export function createTaxonomy(tree, chosen) {
  /** @type {Map<string, Node[]>} */
  const paths = new Map();
  /** @type {(node: Node, above: Node[]) => void} */
  const visit = (node, above) => {
    const path = [...above, node];
    paths.set(node.key, path);
    node.below?.forEach((next) => visit(next, path));
  };
  visit(tree, []);
  /** @type {(node: Node) => Node[]} */
  const leaves = (node) => node.below ? node.below.flatMap(leaves) : [node];
  const pathOf = (/** @type {string} */ key) => paths.get(key) ?? [tree];
  const nodeOf = (/** @type {string} */ key) => pathOf(key)[pathOf(key).length - 1];
  const ready = leaves(tree).filter(alive);
  let shown = nodeOf(chosen).key;

  return {
    tree,
    /** Leaves that have a chapter, in the order of the tree. */
    ready,
    leaves,
    get chosen() {
      return shown;
    },
    set chosen(key) {
      shown = nodeOf(key).key;
    },
    get node() {
      return nodeOf(shown);
    },
    /** From the root to the node that is shown. */
    get path() {
      return pathOf(shown);
    },
    /** Whether a node lies on the way to the one that is shown, or below it. */
    lit(/** @type {string} */ key) {
      return pathOf(shown).some((node) => node.key === key) ||
        pathOf(key).some((node) => node.key === shown);
    },
    /** Goes on to the next family that has a chapter, in a circle. */
    next() {
      const at = ready.findIndex(({ key }) => key === shown);
      if (ready.length) shown = ready[(at + 1) % ready.length].key;
    },
    /** Which family of those with a chapter is shown, from 1; 0 where none is. */
    get place() {
      return ready.findIndex(({ key }) => key === shown) + 1;
    },
  };
}

/** @param {Node} node */
export function alive(node) {
  return Boolean(node.below || node.chapter);
}

/**
 * A picture as numbers from 0, paper, to 1, ink.
 * @param {string} digits
 */
export function pictureOf(digits) {
  return Float32Array.from(digits, (digit) => parseInt(digit, 16) / 15);
}

/**
 * Where a chapter is read: in the book beside this page, or else its notebook.
 * @param {string} chapter
 * @param {{ root: string | undefined, home: string }} place
 */
export function linkOf(chapter, { root, home }) {
  return root === undefined ? `${home}/${chapter}.ipynb` : `${root}${chapter}.html`;
}
