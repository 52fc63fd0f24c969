// How far the page's parts have jumped since it was opened (cumulative layout shift), and which.
const done = arguments[arguments.length - 1];
let sum = 0;
const moved = [];
const observer = new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
        if (shift.hadRecentInput) continue;
        sum += shift.value;
        for (const source of shift.sources) moved.push(source.node?.outerHTML?.slice(0, 120) ?? "something");
    }
});
observer.observe({ type: "layout-shift", buffered: true });
// Buffered entries are handed over before the second frame from now.
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done({ sum, moved }))));
