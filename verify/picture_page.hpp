// SPDX-License-Identifier: MIT
// How the page looks that to_html() makes: light or dark as the reader's device is, and readable on a phone.
#pragma once

#include <string_view>

namespace verify {

inline constexpr std::string_view page_begin = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {
  --page: #fbfbfa; --card: #fff; --ink: #1d1d1f; --soft: #6b6b70; --line: #d8d8d6; --from: #2b62c4;
  --fault: #b3261e; color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #17181a; --card: #222326; --ink: #ececee; --soft: #9b9ca2; --line: #3a3b3f; --from: #7ea9f2;
    --fault: #ff8a80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif;
}
h1 { font-size: 1.2rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
code, .what { font-family: ui-monospace, Menlo, Consolas, monospace; }
.failure { color: var(--fault); font-weight: 600; overflow-wrap: anywhere; margin: 0 0 1rem; }
.again, .soft { color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.lanes { position: relative; }
.lanes svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
.lanes line { stroke: var(--from); stroke-width: 1.5; }
.lanes polygon { fill: var(--from); }
.row, .heads { display: grid; grid-template-columns: repeat(var(--lanes), 1fr); gap: 0 7%; }
.row { height: 4.2rem; align-items: center; }
.heads {
  position: sticky; top: 0; z-index: 2; padding: .3rem 0; background: var(--page); text-align: center;
  font-weight: 600;
}
.lane { align-self: stretch; border-left: 1px dashed var(--line); justify-self: center; grid-row: 1; }
.step {
  grid-row: 1; min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: .4rem;
  padding: .25rem .5rem; position: relative; z-index: 1;
}
.step.fault { border-color: var(--fault); box-shadow: 0 0 0 1px var(--fault); }
.what { font-size: .8rem; line-height: 1.25; max-height: 2.5em; overflow: hidden; overflow-wrap: anywhere; }
.place {
  color: var(--soft); font-size: .7rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
}
@media (max-width: 34rem) {
  body { padding: .6rem; }
  .what { font-size: .68rem; }
  .place { font-size: .62rem; }
  .step { padding: .2rem .35rem; }
}
</style>
)";

}  // namespace verify
