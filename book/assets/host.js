// The widget host. A page of the book embeds the state of its widgets as JSON; this script finds it and renders each
// anywidget from the source code that its state names, without a kernel and without asking any server for anything.
// It is a classic script, because browsers refuse module files on file:// pages; modules from a blob they accept.
(() => {
  "use strict";
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

  function decode(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return new DataView(bytes.buffer);
  }

  // State with the code and the bytes that belong to it. A page has each of them once, in `shared`, and widgets of one
  // network get the same view of its bytes; where a widget was embedded by itself, they stand in its own entry.
  function createReader(shared = {}) {
    const views = new Map();
    function view(key) {
      if (!views.has(key)) views.set(key, decode(shared[key]));
      return views.get(key);
    }
    return (entry) => {
      const state = structuredClone(entry.state);
      for (const [name, key] of Object.entries(entry.code ?? {})) state[name] = shared[key];
      for (const { path, data, shared: key } of entry.buffers ?? []) {
        const parent = path.slice(0, -1).reduce((node, step) => node[step], state);
        parent[path.at(-1)] = key === undefined ? decode(data) : view(key);
      }
      return state;
    };
  }

  // The part of anywidget's model that a widget uses: traits and their listeners. There is no kernel to save to.
  function createModel(state) {
    const listeners = new Map();
    const emit = (event, ...values) => [...(listeners.get(event) ?? [])].forEach((f) => f(...values));
    const model = {
      get: (name) => state[name],
      set(name, value) {
        if (typeof name === "object") return Object.entries(name).forEach(([k, v]) => model.set(k, v));
        if (Object.is(state[name], value)) return;
        state[name] = value;
        emit(`change:${name}`, model, value);
        emit("change", model);
      },
      save_changes() {},
      send() {},
      on(event, f) {
        if (!listeners.has(event)) listeners.set(event, new Set());
        listeners.get(event).add(f);
      },
      off(event, f) {
        if (!event) listeners.clear();
        else if (!f) listeners.delete(event);
        else listeners.get(event)?.delete(f);
      },
    };
    return model;
  }

  const modules = new Map();
  function load(source) {
    if (!modules.has(source)) {
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      const module = import(url).finally(() => URL.revokeObjectURL(url));
      modules.set(source, module);
    }
    return modules.get(source);
  }

  function say(el, message, error) {
    el.textContent = message;
    el.classList.add("widget-failed");
    el.setAttribute("role", "alert");
    console.error(message, error ?? "");
  }

  async function start() {
    const tag = document.querySelector(STATE);
    if (!tag) return;
    const { state: entries, shared } = JSON.parse(tag.textContent), read = createReader(shared);
    const opened = new Map();
    const cleanups = [];

    function open(id) {
      if (!opened.has(id)) {
        const model = createModel(read(entries[id]));
        const widget = load(model.get("_esm")).then(async ({ default: made }) => {
          const definition = typeof made === "function" ? await made() : made;
          cleanups.push(await definition.initialize?.({ model }));
          return definition;
        });
        opened.set(id, { model, widget });
      }
      return opened.get(id);
    }

    async function show(id, el) {
      const entry = entries[id];
      if (entry?.model_module !== "anywidget") {
        const name = entry ? `${entry.model_module}.${entry.model_name}` : "its state";
        return say(el, `This output needs a running notebook (${name} cannot be shown in a page).`);
      }
      try {
        const { model, widget } = open(id);
        const css = model.get("_css");
        if (css) el.before(Object.assign(document.createElement("style"), { textContent: css }));
        const definition = await widget;
        cleanups.push(await definition.render?.({ model, el }));
        el.dataset.alive = "true";
      } catch (error) {
        say(el, `This widget could not start: ${error.message}`, error);
      }
    }

    const shown = [...document.querySelectorAll(VIEW)].map((view) => {
      const el = Object.assign(document.createElement("div"), { className: "widget-host" });
      view.after(el);
      return show(JSON.parse(view.textContent).model_id, el);
    });
    addEventListener("pagehide", (event) => {
      if (event.persisted) return;
      for (const cleanup of cleanups.splice(0)) {
        try {
          if (typeof cleanup === "function") cleanup();
        } catch (error) {
          console.error(error);
        }
      }
    });
    await Promise.all(shown);
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
