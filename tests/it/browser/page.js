// What the tests ask of a page: the body of a function whose first argument names the question.
const [question, ...words] = arguments;

const normalized = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const textOf = (element) => normalized(element.innerText ?? element.textContent);

/** What a screen reader would read of it. */
const spoken = (element) => {
    const copy = element.cloneNode(true);
    for (const silent of copy.querySelectorAll("[aria-hidden=true]")) silent.remove();
    return normalized(copy.textContent);
};

/** The name by which somebody who sees the element, or hears it, would call it. */
const nameOf = (element) => {
    const by = element.getAttribute("aria-labelledby");
    if (by) return normalized(by.split(/\s+/).map((id) => document.getElementById(id)?.textContent).join(" "));
    if (element.getAttribute("aria-label")) return normalized(element.getAttribute("aria-label"));
    if (element.labels?.length) return spoken(element.labels[0]);
    if (element.matches("input")) return normalized(element.value || element.alt || element.name);
    return spoken(element) || normalized(element.title);
};

/** The one that is called so, or else the only ones whose name begins so. */
const called = (elements, name) =>
    elements.find((element) => nameOf(element) === name) ??
    elements.find((element) => nameOf(element).startsWith(name)) ??
    null;

const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);

const questions = {
    control: (label) => called(all("input:not([type=hidden]):not([type=submit]), select, textarea"), label),
    button: (name) => called(all("button, input[type=submit], [role=button], summary"), name),
    link: (name) => called(all("a[href]"), name),
    count: (name) =>
        textOf(all(".tile").find((tile) => textOf(tile).includes(name))?.querySelector(".count") ?? document.createElement("p")),
    rows: () => all(".row-link").map(textOf),
    text: () => (document.body ? document.body.innerText : ""),
    shows: (text) => normalized(document.body?.innerText).includes(normalized(text)),
    focus: () => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const style = getComputedStyle(element);
        const width = parseFloat(style.outlineWidth);
        return {
            name: nameOf(element),
            tag: element.localName,
            ring: (style.outlineStyle !== "none" && width >= 1) || style.boxShadow !== "none",
            inView: shown(element) && element.getBoundingClientRect().width > 0,
        };
    },
    // Elements that reach beyond the right edge; the page then scrolls sideways.
    overflow: () => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        const wide = all("body *").filter((element) => element.getBoundingClientRect().right > width + 1);
        return wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120));
    },
    // Everything that was fetched for this page: address, bytes on the wire, status.
    fetched: () =>
        [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((it) => ({
            url: it.name,
            bytes: it.transferSize,
            status: it.responseStatus,
            by: it.initiatorType,
        })),
};

return questions[question](...words);
