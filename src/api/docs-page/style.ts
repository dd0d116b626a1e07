export const DOCS_STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
code, pre, output, textarea { font: 0.9rem/1.45 ui-monospace, monospace; }
pre, output { display: block; white-space: pre-wrap; margin: 0.5rem 0; padding: 0.5rem; border: 1px solid GrayText; border-radius: 4px; }
output:empty { display: none; }
details { border-bottom: 1px solid color-mix(in srgb, GrayText 40%, transparent); }
summary { padding: 0.5rem 0; cursor: pointer; }
summary b { display: inline-block; min-width: 3rem; }
summary span { display: block; }
label { display: block; margin: 0.5rem 0; }
label small { display: block; }
input, textarea { display: block; box-sizing: border-box; width: 100%; padding: 0.4rem; font-size: 1rem; }
button { margin: 0.5rem 0 1rem; padding: 0.5rem 1.25rem; font-size: 1rem; }
details > form, details > p, details > pre { margin-inline: 0.5rem; }
`;
