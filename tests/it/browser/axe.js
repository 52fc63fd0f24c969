// Runs axe-core; its findings that keep people out.
const done = arguments[arguments.length - 1];
const describe = (finding) =>
    finding.nodes.map((node) => `${finding.id} (${finding.impact}): ${finding.help}: ${node.html} ${node.failureSummary}`);
axe.run(document, { resultTypes: ["violations"] }).then(
    ({ violations, passes }) =>
        done({
            rules: violations.length + passes.length,
            found: violations.filter((it) => ["serious", "critical"].includes(it.impact)).flatMap(describe),
        }),
    (error) => done({ rules: 0, found: [String(error)] }),
);
