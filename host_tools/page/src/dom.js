// Elements, in as few words as possible.

/**
 * An element. attributes: on... are listeners, others as in HTML; children: nodes, texts or null.
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Replace all children. */
export const fill = (node, ...children) =>
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));

/** A row of buttons of which one is pressed. options: [[key, label], ...]. */
export function choice(label, options, chosen, onchoose) {
  const buttons = options.map(([key, text]) =>
    h("button", { type: "button", onclick: () => onchoose(key), "data-key": key }, text),
  );
  const node = h("div", { class: "choice", role: "group", "aria-label": label }, buttons);
  node.press = (key) => {
    node.pressed = key;
    buttons.forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset.key === String(key))),
    );
  };
  node.press(chosen);
  return node;
}

/** The value of a CSS variable of the page. */
export const css = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A small thing that this browser remembers of the page; a page without storage forgets it. */
export const memory = {
  get(key, otherwise) {
    try {
      const text = localStorage.getItem(`packlog.${key}`);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`packlog.${key}`, JSON.stringify(value));
    } catch {
      // Forbidden, as in a private window: then it is as at first next time
    }
  },
};
