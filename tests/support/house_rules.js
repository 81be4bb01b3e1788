// A rule for `deno lint`: a function of the widgets' scripts has one subject, and at most fifty lines of code.
//
// Comments and blank lines do not count: types and words must cost nothing. Nor do the methods and accessors of an
// object, which count for themselves, as those of a class do: a `createX` that returns an object is this library's class.

const MOST = 50;

/** @typedef {{ type: string, range: [number, number], parent?: any, id?: { name: string } }} Node */
/** @typedef {{ text: string, getCommentsInside: (node: Node) => Node[] }} Source */
/** @typedef {{ sourceCode: Source, report: (fault: { node: Node, message: string }) => void }} Context */

/**
 * Lines of a node with code in them.
 * @param {Source} source
 * @param {Node} node
 */
function linesOf(source, node) {
  const [start, end] = node.range, text = source.text.slice(start, end).split("");
  for (const { range: [from, to] } of source.getCommentsInside(node)) {
    for (let i = from - start; i < to - start; i++) if (text[i] !== "\n") text[i] = " ";
  }
  return text.join("").split("\n").filter((line) => line.trim()).length;
}

/** @param {Node} node */
function isMethod({ parent }) {
  return parent.type === "Property" && (parent.method || parent.kind !== "init");
}

/** @param {Node} node */
function nameOf({ type, id, parent }) {
  return id?.name ?? parent.id?.name ?? parent.key?.name ?? type;
}

export default {
  name: "house",
  rules: {
    "short-functions": {
      /** @param {Context} context */
      create(context) {
        /** @type {number[]} lines of the methods within each function that is open */
        const within = [];
        const enter = () => {
          within.push(0);
        };
        /** @param {Node} node */
        function leave(node) {
          const lines = linesOf(context.sourceCode, node),
            inner = within.pop() ?? 0,
            own = lines - inner;
          if (within.length) within[within.length - 1] += isMethod(node) ? lines : inner;
          if (own <= MOST) return;
          const message = `${
            nameOf(node)
          } has ${own} lines of its own, at most ${MOST} are one subject's`;
          context.report({ node, message });
        }
        return {
          FunctionDeclaration: enter,
          FunctionExpression: enter,
          ArrowFunctionExpression: enter,
          "FunctionDeclaration:exit": leave,
          "FunctionExpression:exit": leave,
          "ArrowFunctionExpression:exit": leave,
        };
      },
    },
  },
};
