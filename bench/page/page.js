// SPDX-License-Identifier: MIT
// Shows the results of plait bench: an overview, then every workload of every structure as plots and a table. All text
// from the data goes into the page as text, never as markup.
"use strict";
(() => {

const data = JSON.parse(document.getElementById("data").textContent);
const context = data.context;
const hasCharts = typeof Chart !== "undefined";

// What a workload can be judged by, and how that is written. `scale` leads to the base unit.
const headlines = {
  items_per_second: {moreIsBetter: true, units: [["G/s", 1e9], ["M/s", 1e6], ["k/s", 1e3], ["/s", 1]]},
  real_time: {units: [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]]},
  cpu_time: {units: [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]]},
  p99_us: {units: [["s", 1e6], ["ms", 1e3], ["µs", 1], ["ns", 1e-3]]},
};
// Known to every row; the others are figures of one workload.
const common = new Set(["name", "run_name", "run_type", "repetitions", "threads", "repetition_index", "iterations",
  "real_time", "cpu_time", "time_unit", "items_per_second", "judged_by", "voluntary_switches_per_item",
  "futex_calls_per_item", "aggregate_name", "aggregate_unit"]);
const percentiles = [["p50", "p50_us"], ["p99", "p99_us"], ["p99.9", "p99.9_us"], ["max", "max_us"]];

const isOurs = name => name.startsWith("plait");

// ---- The data: groups of comparable results ---------------------------------------------------------------------

function readGroups(rows) {
  const groups = new Map();
  for (const row of rows) {
    const [structure, workload, shape, implementation] = row.run_name.split("/");
    const key = [structure, workload, shape].join("/");
    if (!groups.has(key)) groups.set(key, {structure, workload, shape, judgedBy: row.judged_by, results: new Map()});
    const results = groups.get(key).results;
    if (!results.has(implementation)) results.set(implementation, {name: implementation});
    results.get(implementation)[row.aggregate_name] = row;
  }
  return [...groups.values()].map(group => ({...group, results: [...group.results.values()]}));
}

const headline = group => headlines[group.judgedBy] ?? {units: [["", 1]]};
const figure = (group, result, which = "median") => result[which][group.judgedBy];

// How many times better the first is than the second.
const timesBetter = (group, ours, theirs) => headline(group).moreIsBetter
  ? figure(group, ours) / figure(group, theirs) : figure(group, theirs) / figure(group, ours);

function best(group, results) {
  return results.reduce((a, b) => a && timesBetter(group, a, b) >= 1 ? a : b, undefined);
}
function ourResult(group) {
  return group.results.find(r => r.name === "plait") ?? best(group, group.results.filter(r => isOurs(r.name)));
}
function ratioToBestRival(group) {
  const ours = ourResult(group), rival = best(group, group.results.filter(r => !isOurs(r.name)));
  const ratio = ours && rival && timesBetter(group, ours, rival);
  return Number.isFinite(ratio) && ratio > 0 ? {ratio, rival} : undefined;
}

const bestFirst = group => [...group.results].sort((a, b) => timesBetter(group, b, a) - 1 || 0);

function by(items, key) {
  const parts = new Map();
  for (const item of items) parts.set(item[key], [...(parts.get(item[key]) ?? []), item]);
  return parts;
}

// ---- Words and figures --------------------------------------------------------------------------------------------

function digits(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 0.01 || size === 0 ? value.toFixed(2) : value.toPrecision(1);
}
function written(value, units) {
  const [unit, scale] = units.find(([, s]) => Math.abs(value) >= s) ?? units.at(-1);
  return `${digits(value / scale)} ${unit}`.trim();
}
const tick = (value, units) => value === 0 ? "0" : written(value, units).replace(/(\.\d*?)0+(?= )/, "$1").replace(/\.(?= )/, "");

const counts = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];
const count = (number, what) => `${counts[number] ?? number} ${what}${number == 1 ? "" : "s"}`;
const rates = {k: "thousand", M: "million"};

function explainedShape(shape) {
  let found;
  if ((found = /^(\d+)P(\d+)C$/.exec(shape))) return `${count(+found[1], "producer")}, ${count(+found[2], "consumer")}`;
  if ((found = /^(\d+)T$/.exec(shape))) return count(+found[1], "thread");
  if ((found = /^(\d+)([kM])$/.exec(shape))) return `${found[1]} ${rates[found[2]]} items a second`.replace("1 million items", "a million items");
  if (shape === "half") return "half of the largest rate of each";
  return "";
}

// Rates in their order; other shapes stay as they come.
function rateOf(shape) {
  const found = /^(\d+)([kM])$/.exec(shape);
  return found ? found[1] * {k: 1e3, M: 1e6}[found[2]] : shape === "half" ? Infinity : 0;
}
const slowestFirst = shapes => [...shapes].sort((a, b) => rateOf(a.shape) < rateOf(b.shape) ? -1 : rateOf(a.shape) > rateOf(b.shape) ? 1 : 0);

// What workloads.md says: {section: {rows: {workload: what happens}, notes: [paragraph]}}
function readWorkloads(text) {
  const sections = new Map();
  for (const part of text.split(/^## /m).slice(1)) {
    const [title, ...lines] = part.split("\n");
    const rows = new Map();
    for (const line of lines.filter(l => l.startsWith("| `"))) {
      const [, names, what] = line.split(" | ").length > 2 ? [null, ...line.slice(2).split(" | ")] : [null, "", ""];
      for (const name of names.matchAll(/`([^`]+)`/g)) rows.set(name[1], what);
    }
    const notes = lines.filter(l => !l.startsWith("|")).join("\n").split(/\n\s*\n/).map(p => p.trim()).filter(Boolean);
    for (const name of title.split(", ")) sections.set(name, {rows, notes});
  }
  return sections;
}
const sections = readWorkloads(data.workloads);

function explainedWorkload(structure, workload) {
  const own = sections.get(structure)?.rows.get(workload);
  return own ?? [...sections.values()].map(s => s.rows.get(workload)).find(Boolean);
}

// ---- Elements -----------------------------------------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter(child => child !== undefined));
  return made;
}
// `code` and [links](…) of workloads.md; a link leads nowhere from here, so only its words stay.
function prose(text) {
  const words = text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\s+/g, " ");
  return words.split(/(`[^`]*`)/).map(part => part.startsWith("`") ? element("code", {}, part.slice(1, -1)) : part);
}

// ---- Colours ------------------------------------------------------------------------------------------------------

const palette = 10;
const rivalColours = new Map();  // the same in every plot; different within a group if it has no more rivals than colours

function chooseColours(groups) {
  for (const group of [...groups].sort((a, b) => b.results.length - a.results.length)) {
    const rivals = group.results.map(r => r.name).filter(name => !isOurs(name));
    const taken = new Set(rivals.map(name => rivalColours.get(name)));
    for (const name of rivals.filter(each => !rivalColours.has(each))) {
      const free = [...Array(palette).keys()].find(index => !taken.has(index)) ?? rivalColours.size % palette;
      rivalColours.set(name, free);
      taken.add(free);
    }
  }
}
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = name => css(name === "plait" ? "--plait" : isOurs(name) ? "--plait-soft" : `--rival-${rivalColours.get(name)}`);

// ---- Plots --------------------------------------------------------------------------------------------------------

// A plot is drawn when it comes near the window, and again when the colour scheme changes.
const waiting = new Map();  // canvas: what makes its configuration
const drawn = new Map();    // canvas: its chart

function draw(canvas) {
  drawn.get(canvas)?.destroy();
  drawn.set(canvas, new Chart(canvas, waiting.get(canvas)()));
  canvas.dataset.drawn = "yes";
}
const nearby = hasCharts && new IntersectionObserver(entries => {
  for (const entry of entries.filter(e => e.isIntersecting)) {
    nearby.unobserve(entry.target);
    draw(entry.target);
  }
}, {rootMargin: "400px"});

function plot(caption, label, height, configuration) {
  const canvas = element("canvas", {role: "img", ariaLabel: label});
  canvas.setAttribute("aria-label", label);
  waiting.set(canvas, configuration);
  nearby.observe(canvas);
  const box = element("div", {className: "plot"}, canvas);
  box.style.height = `${height}px`;
  return element("figure", {}, element("figcaption", {}, ...caption), box);
}

const title = text => ({display: true, text, color: css("--faint"), font: {size: 11}});
const emphasised = names => context_ => ({size: 11.5, weight: isOurs(names[context_.index] ?? "") ? "bold" : "normal"});

const base = () => ({responsive: true, maintainAspectRatio: false, animation: false, interaction: {mode: "nearest", axis: "y", intersect: false}});
const grid = () => ({color: css("--line"), borderColor: css("--line"), drawTicks: false});

// Writes the median after each bar and its whisker.
const valueLabels = (texts, ends) => ({
  id: "valueLabels",
  afterDatasetsDraw(chart) {
    const {ctx} = chart;
    ctx.save();
    ctx.font = "11px system-ui, sans-serif";
    ctx.fillStyle = css("--ink");
    ctx.textBaseline = "middle";
    texts.forEach((text, index) => {
      const at = chart.getDatasetMeta(0).data[index];
      ctx.fillText(text, Math.max(at.x, chart.scales.x.getPixelForValue(ends[index])) + 6, at.y);
    });
    ctx.restore();
  },
});

// Bars: the median of each implementation, and a thin line from the smallest to the largest repetition.
function bars(group, scale) {
  const results = bestFirst(group), names = results.map(r => r.name), {units, moreIsBetter} = headline(group);
  const medians = results.map(r => figure(group, r)), spreads = results.map(r => [figure(group, r, "min"), figure(group, r, "max")]);
  const caption = [element("b", {}, group.shape), `  ${explainedShape(group.shape)}`];
  return plot(caption, `${group.workload} ${group.shape}: ${names.map((n, i) => `${n} ${written(medians[i], units)}`).join(", ")}`,
    names.length * 24 + 46, () => ({
      type: "bar",
      data: {labels: names, datasets: [
        {data: medians, backgroundColor: names.map(colourOf), barPercentage: 0.8, categoryPercentage: 0.9, grouped: false, borderRadius: 3, order: 2},
        {data: spreads, backgroundColor: css("--ink"), barThickness: 1.5, grouped: false, order: 1},
      ]},
      options: {...base(), indexAxis: "y", layout: {padding: {right: 62}},
        scales: {
          x: {...scale, grid: grid(), title: title(`${moreIsBetter ? "more" : "less"} is better${scale.type === "logarithmic" ? " (log scale)" : ""}`),
              ticks: {color: css("--faint"), font: {size: 10}, maxTicksLimit: 5, maxRotation: 0, callback: value => tick(value, units)}},
          y: {grid: {display: false, borderColor: css("--line")}, afterFit: axis => { axis.width = 148; },
              ticks: {color: css("--ink"), font: emphasised(names), autoSkip: false}},
        },
        plugins: {legend: {display: false}, tooltip: {filter: item => item.datasetIndex === 0, callbacks: {
          label: item => `median ${written(medians[item.dataIndex], units)}, from ${spreads[item.dataIndex].map(v => written(v, units)).join(" to ")}`}}},
      },
      plugins: [valueLabels(medians.map(v => written(v, units)), spreads.map(s => s[1]))],
    }));
}

// On a logarithmic scale only powers of ten have a line and a figure.
const decades = axis => { axis.ticks = axis.ticks.filter(({value}) => Math.abs(Math.log10(value) % 1) < 1e-6); };

// The scale that all plots of one workload share. It is logarithmic if less is better and the smallest, which are the
// best, would not be seen.
function sharedScale(groups) {
  const medians = groups.flatMap(g => g.results.map(r => figure(g, r))).filter(v => v > 0);
  const largest = Math.max(...groups.flatMap(g => g.results.map(r => figure(g, r, "max"))));
  const smallest = Math.min(...medians);
  return !headline(groups[0]).moreIsBetter && largest > 60 * smallest ? {type: "logarithmic", afterBuildTicks: decades, min: 10 ** Math.floor(Math.log10(smallest / 2)), max: largest * 1.1}
    : {type: "linear", min: 0, suggestedMax: largest};
}

// Lines: the percentiles of each implementation's latency.
function percentileLines(group, scale) {
  const units = headlines.p99_us.units;
  const results = [...group.results].sort((a, b) => isOurs(b.name) - isOurs(a.name) || a.name.localeCompare(b.name));
  const caption = [element("b", {}, group.shape), `  ${explainedShape(group.shape)}`];
  return plot(caption, `${group.workload} ${group.shape}: p99 of ${results.map(r => `${r.name} ${written(figure(group, r), units)}`).join(", ")}`,
    300 + results.length * 8, () => ({
      type: "line",
      data: {labels: percentiles.map(p => p[0]), datasets: results.map(r => ({
        label: r.name, data: percentiles.map(([, key]) => r.median[key]), borderColor: colourOf(r.name), backgroundColor: colourOf(r.name),
        borderWidth: r.name === "plait" ? 4 : isOurs(r.name) ? 3 : 1.5, pointRadius: r.name === "plait" ? 4 : 2.5, order: isOurs(r.name) ? 0 : 1}))},
      options: {...base(), interaction: {mode: "index", intersect: false},
        scales: {
          x: {offset: true, grid: {display: false, borderColor: css("--line")}, ticks: {color: css("--ink")}, title: title("from when an item was due until it was popped")},
          y: {...scale, grid: grid(), title: title("less is better (log scale)"),
              ticks: {color: css("--faint"), font: {size: 10}, callback: value => tick(value, units)}},
        },
        plugins: {legend: {position: "bottom", labels: {color: css("--ink"), boxWidth: 14, boxHeight: 2, padding: 7, font: {size: 11}}},
          tooltip: {itemSort: (a, b) => a.raw - b.raw, callbacks: {label: item => `${item.dataset.label}: ${written(item.raw, units)}`}}},
      },
    }));
}
function percentileScale(groups) {
  const all = groups.flatMap(g => g.results.flatMap(r => percentiles.map(([, key]) => r.median[key]))).filter(v => v > 0);
  return {type: "logarithmic", afterBuildTicks: decades, min: 10 ** Math.floor(Math.log10(Math.min(...all))), max: Math.max(...all) * 1.5};
}

// Points: for every workload and shape, how many times better plait is than the best rival. The axis has doublings.
function overview(groups) {
  const points = groups.flatMap(group => {
    const found = ratioToBestRival(group);
    return found ? [{x: Math.log2(found.ratio), y: group.structure, group, ...found}] : [];
  });
  if (points.length === 0) return undefined;
  const names = [...new Set(points.map(p => p.y))];
  const reach = Math.min(6, Math.max(2, Math.ceil(Math.max(...points.map(p => Math.abs(p.x))))));
  for (const point of points) point.x = Math.max(-reach, Math.min(reach, point.x));
  const label = v => v === 0 ? "as fast" : v > 0 ? `${2 ** v}×` : `1/${2 ** -v}`;
  return plot([element("b", {}, "plait beside the best rival of each workload and shape"), ". Right of the middle plait is better."],
    `plait is at least as good as the best rival in ${points.filter(p => p.ratio >= 1).length} of ${points.length}`,
    names.length * 28 + 60, () => ({
      type: "scatter",
      data: {datasets: [{data: points, pointRadius: 5, pointHoverRadius: 7,
        backgroundColor: points.map(p => `${css(p.ratio >= 1 ? "--plait" : "--behind")}b0`), borderWidth: 0}]},
      options: {...base(), interaction: {mode: "nearest", intersect: true}, layout: {padding: {right: 14}},
        scales: {
          x: {min: -reach, max: reach, grid: {...grid(), lineWidth: c => c.tick?.value === 0 ? 2 : 1, color: c => css(c.tick?.value === 0 ? "--faint" : "--line")},
              title: title("times as good as the best rival (log scale)"), ticks: {stepSize: 1, color: css("--faint"), callback: label, maxRotation: 0}},
          y: {type: "category", labels: names, offset: true, grid: {color: css("--line"), borderColor: css("--line"), drawTicks: false}, ticks: {color: css("--ink"), autoSkip: false}},
        },
        plugins: {legend: {display: false}, tooltip: {callbacks: {label: ({raw}) =>
          `${raw.group.workload} ${raw.group.shape}: ${digits(raw.ratio)} times as good as ${raw.rival.name}`}}},
      },
    }));
}

// ---- Tables -------------------------------------------------------------------------------------------------------

function table(groups) {
  const extras = [...new Set(groups.flatMap(g => g.results.flatMap(r => Object.keys(r.median).filter(key => !common.has(key)))))];
  const judged = groups[0].judgedBy;
  const shown = extras.filter(key => key !== judged);
  const {units} = headline(groups[0]);
  const body = element("tbody");
  for (const group of groups) {
    const ours = ourResult(group), found = ratioToBestRival(group);
    bestFirst(group).forEach((result, index) => {
      const cells = [group.shape, result.name, written(figure(group, result), units),
        `${written(figure(group, result, "min"), units)} to ${written(figure(group, result, "max"), units)}`,
        result === ours ? found ? `${digits(found.ratio)}× the best rival` : "" : ours && !isOurs(result.name) ? `${digits(timesBetter(group, ours, result))}×` : "",
        ...["cpu_time", "voluntary_switches_per_item", "futex_calls_per_item"].map(key => key in result.median ? digits(result.median[key]) : ""),
        ...shown.map(key => key in result.median ? digits(result[key.startsWith("max") || key.startsWith("longest") ? "max" : "median"][key]) : "")];
      body.append(element("tr", {className: `${isOurs(result.name) ? "ours" : ""} ${index === 0 ? "first" : ""}`.trim()}, ...cells.map(text => element("td", {}, text))));
    });
  }
  const head = ["shape", "implementation", judged === "p99_us" ? "p99" : "median", "smallest to largest", "plait is", "CPU ns an item", "sleeps an item", "futex calls an item", ...shown];
  return element("details", {open: !hasCharts}, element("summary", {}, "Figures"), element("div", {className: "scroll", tabIndex: 0},
    element("table", {}, element("thead", {}, element("tr", {}, ...head.map(text => element("th", {scope: "col"}, text)))), body)));
}

// ---- The page -----------------------------------------------------------------------------------------------------

function workloadPart(structure, workload, groups) {
  const part = element("section", {className: groups.length === 1 ? "small" : ""}, element("h3", {}, workload));
  const what = explainedWorkload(structure, workload);
  if (what) part.append(element("p", {className: "what"}, ...prose(`${what[0].toUpperCase()}${what.slice(1)}.`)));
  if (hasCharts) {
    const lines = groups[0].judgedBy === "p99_us";
    const scale = lines ? percentileScale(groups) : sharedScale(groups);
    part.append(element("div", {className: "plots"}, ...groups.map(group => lines ? percentileLines(group, scale) : bars(group, scale))));
  }
  part.append(table(groups));
  return part;
}

function facts(groups) {
  const repetitions = [...new Set(data.benchmarks.map(row => row.repetitions))].join(", ");
  const builtFrom = context.python ? [["Python", context.python], ["plait", context.plait]]
    : [["Commit", context.commit], ["Compiler", `${context.compiler}, ${context.library_build_type}`]];
  const length = context.seconds_per_repetition ? ` of ${context.seconds_per_repetition} s each` : "";
  const all = [["Machine", context.cpu], ["Processors", context.num_cpus], ...builtFrom,
    ["Date", String(context.date).replace("T", " ").replace("Z", " UTC")], ["Load when it began", (context.load_avg ?? []).map(digits).join(", ")],
    ["Repetitions", `${repetitions}${length}, in turn`], ["Compared", `${groups.length} workloads and shapes`]];
  const list = document.getElementById("facts");
  for (const [term, value] of all) list.append(element("div", {}, element("dt", {}, term), element("dd", {}, String(value ?? "unknown"))));
  if (context.missing_rivals?.length)
    list.append(element("div", {className: "wide"}, element("dt", {}, context.python ? "Not installed" : "Built without"), element("dd", {}, context.missing_rivals.join("; "))));
}

const groups = readGroups(data.benchmarks);
chooseColours(groups);
document.getElementById("lead").append("Bars are medians; the thin line goes from the smallest to the largest repetition. plait is blue, " +
  "its variants are of a weaker blue. 1P4C is one producer and four consumers, 4T four threads that all do the same. Figures of one page can be compared, " +
  "those of two cannot: machines and moments differ by more than implementations do.");
facts(groups);
if (!hasCharts) {
  const notice = document.getElementById("notice");
  notice.hidden = false;
  notice.append("Tables only: Chart.js was not found" + (context.python ? ". Its Debian package is libjs-chart.js." : " when plait bench was built. Its Debian package is libjs-chart.js; tools/setup bench installs it."));
}
const main = document.getElementById("main");
const structures = by(groups, "structure");
if (hasCharts) { const all = overview(groups); if (all) main.append(all); }
main.append(element("nav", {ariaLabel: "Structures"}, ...[...structures.keys()].map(name => element("a", {href: `#${name}`}, name))));
for (const [structure, own] of structures) {
  const part = element("section", {id: structure}, element("h2", {}, structure));
  part.append(element("div", {className: "workloads"},
    ...[...by(own, "workload")].map(([workload, shapes]) => workloadPart(structure, workload, slowestFirst(shapes)))));
  const notes = sections.get(structure)?.notes ?? [];
  if (notes.length) part.append(element("details", {}, element("summary", {}, "What the names mean"), ...notes.map(text => element("p", {className: "note"}, ...prose(text)))));
  main.append(part);
}
if (hasCharts) matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const canvas of drawn.keys()) draw(canvas); });

})();
