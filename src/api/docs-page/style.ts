/** The app's colours and measures (`src/ui/styles/tokens.css`), for a page that comes from the node and not from the app. */
export const DOCS_STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f7f4ed, #131210);
  --card: light-dark(#fffdf8, #1b1916);
  --field: light-dark(#ffffff, #24211d);
  --line: light-dark(#ded6c6, #38332c);
  --edge: light-dark(#8b8171, #7d7466);
  --ink: light-dark(#1b1814, #f3eee5);
  --ink-soft: light-dark(#534b41, #c0b7a8);
  --accent: light-dark(#8a5200, #f0b64f);
  --wash: light-dark(#faeed6, #2e2415);
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  font: 1rem/1.5 system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { max-width: 62rem; margin: 0 auto; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
h1 { margin: 0 0 0.5rem; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.1rem; }
header p { max-width: 44rem; color: var(--ink-soft); }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre, output, textarea { font: 0.875rem/1.5 var(--mono); }

details { margin: 0.375rem 0; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
summary { display: grid; grid-template-columns: 4rem minmax(0, 1fr); gap: 0 0.75rem; align-items: baseline; padding: 0.625rem 0.875rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover code { color: var(--accent); }
summary b { padding: 0.125rem 0; border-radius: 999px; background: var(--wash); color: var(--accent); font-size: 0.75rem; letter-spacing: 0.04em; text-align: center; }
summary b.get { background: none; box-shadow: inset 0 0 0 1px var(--edge); color: var(--ink-soft); }
summary span { grid-column: 2; color: var(--ink-soft); font-size: 0.875rem; }
summary code:only-child { grid-column: 1 / -1; }
details[open] > summary { border-bottom: 1px solid var(--line); }
details > form, details > p, details > pre { margin-inline: 0.875rem; }
details > p { margin-block: 0.875rem 0.25rem; color: var(--ink-soft); font-size: 0.875rem; }
pre, output { display: block; overflow: auto; max-height: 30rem; margin-block: 0.25rem 0.875rem; padding: 0.625rem 0.75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); white-space: pre-wrap; }
output:empty { display: none; }

form { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 0.75rem 1rem; align-items: end; padding: 0.875rem 0; border-top: 1px dashed var(--line); }
form > button, form > output, form > label:has(textarea) { grid-column: 1 / -1; }
label { display: block; font-weight: 600; font-size: 0.875rem; }
label small { display: block; color: var(--ink-soft); font-weight: 400; font-size: 0.8125rem; }
header label { max-width: 44rem; margin-top: 1.25rem; }
input, textarea { display: block; width: 100%; margin-top: 0.25rem; padding: 0.5rem 0.625rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--field); color: inherit; font-size: 1rem; }
textarea { font-size: 0.875rem; resize: vertical; }
button { justify-self: start; padding: 0.5rem 1.5rem; border: 0; border-radius: 999px; background: var(--ink); color: var(--paper); font: 600 1rem/1.5 system-ui, sans-serif; cursor: pointer; }

@media (max-width: 30rem) {
  body { padding-top: 1.25rem; }
  summary { grid-template-columns: minmax(0, 1fr); gap: 0.25rem; }
  summary b { justify-self: start; padding-inline: 0.75rem; }
  summary span { grid-column: 1; }
}
`;
