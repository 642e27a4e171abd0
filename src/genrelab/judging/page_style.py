"""Page style: the one style sheet of every HTML report."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1d2125; --quiet: #5a636b; --paper: #ffffff; --card: #f5f7f8; --line: #d8dde1;
  --link: #00609a; --warn: #fff2d6; --warn-line: #c77d00; --note: #e8f2fa; --note-line: #0072b2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e7ea; --quiet: #a3abb3; --paper: #15181b; --card: #1e2327; --line: #3a4248;
    --link: #7cc4f5; --warn: #3a2c0d; --warn-line: #e69f00; --note: #12293a; --note-line: #56b4e9;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 3rem; max-width: 84rem;
  color: var(--ink); background: var(--paper);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  overflow-wrap: break-word;
}
h1 { font-size: clamp(1.5rem, 1.1rem + 1.6vw, 2.2rem); line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .8rem; }
section { margin: 2.6rem 0 0; padding-top: 1.2rem; border-top: 1px solid var(--line); }
p, li { max-width: 46rem; }
p { margin: 0 0 .9rem; }
a { color: var(--link); }
nav { margin: 1.2rem 0; padding: .9rem 1.2rem; background: var(--card); border-radius: .5rem; }
nav h2 { font-size: 1rem; margin: 0 0 .3rem; }
nav ol { margin: 0; padding-left: 1.6rem; columns: 19rem; column-gap: 2rem; }
nav li { padding: .1rem 0; break-inside: avoid; }
.note, .warning {
  margin: 0 0 1rem; padding: .7rem 1rem; border-left: .35rem solid var(--note-line);
  border-radius: .25rem; background: var(--note);
}
.warning { border-color: var(--warn-line); background: var(--warn); font-weight: 600; }
.note p, .warning p { margin: 0; max-width: none; }
.scroll { overflow-x: auto; margin: 0 0 1.4rem; max-width: 100%; }
.scroll:focus-visible, pre:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0 .4rem; }
th, td { padding: .3rem .75rem; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid var(--line); white-space: nowrap; }
td { border-bottom: 1px solid var(--line); max-width: 30rem; }
td.short { white-space: nowrap; }
td.long { min-width: 15rem; }
th.n, td.n { text-align: right; white-space: nowrap; }
th:first-child, td:first-child { padding-left: .3rem; }
tbody tr:hover { background: var(--card); }
pre {
  overflow-x: auto; padding: .7rem 1rem; background: var(--card); border-radius: .4rem;
  font: .88rem/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.pictures {
  display: grid; gap: 1.2rem; margin: 0 0 1.4rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr));
}
figure { margin: 0; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figure .scroll { margin: 0; }
figure img {
  display: block; width: 100%; max-width: 56rem; height: auto; background: #fff;
  border-radius: .3rem;
}
figure.wide img { max-width: 62rem; }
@media (max-width: 40rem) {
  /* smaller than this a figure's text cannot be read: it scrolls in its own box instead */
  figure img { min-width: 32rem; }
  figure.wide img { min-width: 38rem; }
}
figcaption { margin-top: .4rem; color: var(--quiet); font-size: .9rem; max-width: 46rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
footer p { color: var(--quiet); font-size: .88rem; }
@media print {
  :root {
    color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --card: #f4f4f4;
    --line: #bbb; --link: #000; --warn: #fff; --note: #fff;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  section { break-inside: auto; margin-top: 1.4rem; }
  h2 { break-after: avoid; }
  figure, tr, .note, .warning { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding: .15rem .4rem; }
  .pictures { grid-template-columns: 1fr 1fr; }
  figure img, figure.wide img, td.long { min-width: 0; }
  pre { white-space: pre-wrap; }
}
"""
