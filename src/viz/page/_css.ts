/** The page's style sheet. */
export const CSS = `
:root { --gap: 12px; }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { font: 13px/1.4 system-ui, sans-serif; background: #fff; }
main.single, main.grid.full { height: 100%; }
main.grid { display: grid; gap: 2px; }
.map { --ink: #24303a; --soft: #5d6b77; --paper: #fffffff2; --line: #d5dce1; --fill: #b9cfe4; --accent: #1f6fb2;
  color: var(--ink); width: 100%; height: 100%; min-height: 0; position: relative; }
.map.dark { --ink: #e8edf1; --soft: #a3b0bb; --paper: #1d252df2; --line: #3a4550; --fill: #3c5870; --accent: #6db3ee;
  color-scheme: dark; }
.stage, .street, .land, .deck, .preview { position: absolute; inset: 0; width: 100%; height: 100%; overflow: hidden; }
.deck canvas:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px; }
.panel { position: absolute; max-height: calc(100% - 2 * var(--gap)); overflow-y: auto; overscroll-behavior: contain;
  background: var(--paper); border-radius: 6px; box-shadow: 0 1px 4px #0003; padding: 10px 12px; }
.panel.left { left: var(--gap); top: var(--gap); max-width: min(260px, 45%); }
.panel.right { right: var(--gap); top: var(--gap); width: min(264px, 45%); }
.panel h1 { font-size: 15px; margin: 0 0 4px; }
.panel h2 { font-size: 13px; margin: 0 0 4px; }
.panel .about, .panel footer { color: var(--soft); margin: 0 0 6px; font-size: 12px; }
.panel footer { margin: 6px 0 0; }
.panel a { color: var(--accent); }
.box + .box, .layer + .layer { margin-top: 10px; padding-top: 10px; border-top: 1px solid var(--line); }
.layer.hidden-layer .box { opacity: .4; }
.selector { display: flex; gap: 6px; align-items: center; font-weight: 600; margin-bottom: 4px; }
ul.lines, ul.bars { list-style: none; margin: 0; padding: 0; }
.lines li { display: flex; align-items: center; gap: 8px; padding: 1px 0; overflow-wrap: anywhere; }
.lines svg { flex: none; }
.lines li.absent { opacity: .35; }
.ramp { height: 10px; border-radius: 3px; min-width: 140px; }
.ends { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; gap: 8px; }
.number { font-size: 24px; font-weight: 600; display: block; }
.bars li + li { margin-top: 4px; }
.bars button, .bars .rest { all: unset; display: grid; grid-template-columns: 1fr auto; width: 100%; cursor: pointer; }
.bars .rest, .bars button:disabled { cursor: default; }
.bars .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bars .count { color: var(--soft); }
.bars .fill { grid-column: 1 / -1; height: 5px; border-radius: 2px; background: var(--accent); min-width: 1px; }
.bars .rest .fill { background: var(--fill); }
.bars button.out { opacity: .45; }
svg.histogram { width: 100%; height: 64px; display: block; touch-action: none; }
.histogram rect { fill: var(--accent); }
.histogram g.out rect { fill: var(--fill); }
.histogram g[role=button] { cursor: pointer; }
.histogram .marker { stroke: var(--ink); stroke-width: 1.5; }
.clock { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-bottom: 4px; }
.clock input { flex: 1; min-width: 80px; }
.clock output { width: 100%; color: var(--soft); font-size: 12px; }
.panel button.clear, .panel button.play { font: inherit; color: var(--accent); background: none; cursor: pointer;
  border: 1px solid var(--line); border-radius: 4px; padding: 1px 8px; margin-top: 4px; }
button:focus-visible, input:focus-visible, a:focus-visible, g:focus-visible { outline: 2px solid var(--accent);
  outline-offset: 1px; }
.zoom { position: absolute; right: var(--gap); bottom: 34px; display: grid; }
.zoom button { font: 18px/1 system-ui, sans-serif; width: 30px; height: 30px; border: 1px solid var(--line);
  background: var(--paper); color: var(--ink); cursor: pointer; }
.popup { position: absolute; max-width: min(280px, 80%); max-height: 70%; overflow: auto; background: var(--paper);
  border-radius: 5px; box-shadow: 0 1px 6px #0005; padding: 8px 10px; z-index: 2; }
.popup.hover { pointer-events: none; }
.popup dl { margin: 0; }
.popup dt { color: var(--soft); font-size: 12px; }
.popup dd { margin: 0 0 4px; overflow-wrap: anywhere; white-space: pre-wrap; min-height: 1em; }
.popup .close { float: right; border: 0; background: none; color: inherit; font-size: 16px; cursor: pointer; }
.info, .note, .attribution { position: absolute; bottom: 4px; background: var(--paper); padding: 2px 6px;
  border-radius: 3px; font-size: 11px; color: var(--soft); }
.info { left: 50%; transform: translateX(-50%); user-select: all; }
.note { left: 4px; color: var(--ink); max-width: 70%; }
.attribution { right: 4px; }
.failure { padding: 24px; font-size: 15px; }
.attribution:empty { display: none; }
[hidden] { display: none !important; }
@media (max-width: 560px) { .panel.right { top: auto; bottom: var(--gap); max-height: 40%; } .panel.left { max-height: 35%; } }
`;
