/** The page's only style. It is a constant, so that the page may name its hash and allow no other. */
export const style = `
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5c636b; --line: #d5d9de; --page: #fdfdfc; --box: #f3f4f2;
  --pass: #2b7a4b; --fail: #b3261e; --unknown: #8a5a00; --skip: #737a82; --mark: #2456a6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e7e9; --soft: #a0a7af; --line: #3b4148; --page: #16181b;
  --box: #1f2226; --pass: #6cc490; --fail: #ff8a80; --unknown: #e0b458; --skip: #8d959d; --mark: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 64rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
a { color: inherit; } p, li { max-width: 48rem; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; margin: .8rem 0; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: var(--box); }
pre { background: var(--box); border: 1px solid var(--line); padding: .6rem; overflow-x: auto; font-size: .82rem; }
code { font-family: ui-monospace, monospace; }
.badges { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.badges li { border: 1px solid var(--line); border-radius: .3rem; padding: .15rem .6rem; background: var(--box); }
.badges .bad { border-color: var(--fail); color: var(--fail); font-weight: 600; }
.badges .good { border-color: var(--pass); color: var(--pass); font-weight: 600; }
.drill { margin: 0 0 1rem; max-width: none; padding: .4rem .8rem; border: 3px solid var(--mark); color: var(--mark); background: var(--page); }
.drill strong { font-size: 1.3rem; letter-spacing: .15em; margin-right: .6rem; }
figure { margin: 1rem 0; } figcaption { color: var(--soft); font-size: .86rem; max-width: 48rem; }
svg { width: 100%; height: auto; display: block; background: var(--box); border: 1px solid var(--line); }
svg text { fill: var(--ink); font: 11px ui-monospace, monospace; } svg .soft { fill: var(--soft); }
.axis { stroke: var(--line); } .limit { stroke: var(--fail); stroke-dasharray: 5 3; } .mark { stroke: var(--mark); }
.series { fill: none; stroke: var(--mark); stroke-width: 1.5; } .fired { fill: var(--fail); opacity: .14; }
.bar.pass { fill: var(--pass); } .bar.fail { fill: var(--fail); } .bar.unknown { fill: var(--unknown); }
.bar.skip { fill: var(--skip); } .bar.debt { fill: none; stroke: var(--unknown); } .bar.time { fill: var(--mark); }
@media print { :root { font-size: 11px; } body { max-width: none; padding: 0; font-size: 1rem; } h2 { break-after: avoid; } tr, figure { break-inside: avoid; }
  .drill { position: fixed; top: 0; left: 0; right: 0; margin: 0; }
  .drilled { padding-top: 4rem; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
  :root { --ink: #000; --soft: #333; --line: #999; --page: #fff; --box: #fff; --pass: #2b7a4b; --fail: #b3261e;
  --unknown: #8a5a00; --skip: #737a82; --mark: #2456a6; } }
`;
