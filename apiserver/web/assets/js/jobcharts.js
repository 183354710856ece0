// The charts of a job: response times and results over time. Their numbers stand in the page as tables as well.
(() => {
  "use strict";

  const height = 200;
  const drawn = new Map(); // element -> chart

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  function colours() {
    return { ink: token("ink"), surface: token("surface"), muted: token("muted"), line: token("line"), accent: token("accent-fill"), good: token("good-fill"), warn: token("warn-fill"), bad: token("bad-fill") };
  }

  const font = "12px system-ui, sans-serif";

  function axis(c, more) {
    return { stroke: c.muted, font, ticks: { stroke: c.line, width: 1, size: 4 }, grid: { stroke: c.line, width: 1 }, ...more };
  }

  function short(n) {
    if (n >= 1e6) return `${+(n / 1e6).toFixed(1)}M`;
    if (n >= 1e4) return `${+(n / 1e3).toFixed(1)}k`;
    return wsc.number(n);
  }

  const whole = (u, values) => values.map((v) => (Number.isInteger(v) ? short(v) : ""));

  function base(element, c, more) {
    return {
      width: Math.max(element.clientWidth, 200), height, legend: { show: false }, cursor: { show: false }, padding: [12, 30, 0, 0], ...more,
    };
  }

  // placeOf is where a time lies on the axis of buckets: bucket i reaches from i-0.5 to i+0.5.
  function placeOf(ms, buckets, max) {
    for (let i = 0; i < buckets.length; i++) {
      const upTo = buckets[i].up_to || Math.max(max, buckets[i].from + 1);
      if (ms <= upTo) return i - 0.5 + Math.min(Math.max((ms - buckets[i].from) / (upTo - buckets[i].from), 0), 1);
    }
    return buckets.length - 0.5;
  }

  function milliseconds(ms) {
    return ms >= 1000 ? `${+(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`;
  }

  function timesChart(element, values, c) {
    const { buckets, lines, max } = values;
    const options = base(element, c, {
      scales: { x: { time: false, range: [-0.6, buckets.length - 0.4] }, y: { range: (u, low, high) => [0, Math.max(high * 1.15, 1)] } },
      axes: [
        axis(c, {
          size: 30, grid: { show: false }, splits: () => buckets.map((_, i) => i), space: 34,
          values: (u, splits) => splits.map((i) => (u.width < 480 && i % 2 ? "" : buckets[i].up_to ? short1(buckets[i].up_to) : `>${short1(buckets[i].from)}`)),
        }),
        axis(c, { size: 48, values: whole }),
      ],
      series: [{}, { fill: c.accent, stroke: c.accent, width: 0, paths: uPlot.paths.bars({ size: [0.86, 100] }), points: { show: false } }],
      hooks: { draw: [(u) => drawLines(u, c, lines, buckets, max)] },
    });
    return new uPlot(options, [buckets.map((_, i) => i), buckets.map((b) => b.count)], element);
  }

  const short1 = (ms) => (ms >= 1000 ? `${ms / 1000} s` : `${ms}`);

  // drawLines draws the percentiles, each label a line below the one before, so that near ones can be read.
  function drawLines(u, c, lines, buckets, max) {
    const ctx = u.ctx, ratio = devicePixelRatio;
    ctx.save();
    ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    lines.forEach((line, i) => {
      const x = u.valToPos(placeOf(line.at, buckets, max), "x", true);
      ctx.strokeStyle = c.ink;
      ctx.lineWidth = 1.5 * ratio;
      ctx.setLineDash([4 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, u.bbox.top);
      ctx.lineTo(x, u.bbox.top + u.bbox.height);
      ctx.stroke();
      const text = `${line.name} ${milliseconds(line.at)}`;
      const width = ctx.measureText(text).width;
      const right = x + 6 * ratio + width < u.bbox.left + u.bbox.width;
      const left = right ? x + 3 * ratio : x - 6 * ratio - width;
      const middle = u.bbox.top + (8 + 17 * i) * ratio;
      ctx.fillStyle = c.surface;
      ctx.fillRect(left, middle - 7 * ratio, width + 4 * ratio, 14 * ratio);
      ctx.fillStyle = c.ink;
      ctx.fillText(text, left + 2 * ratio, middle);
    });
    ctx.restore();
  }

  // A span without results is left out by the server; the chart has it as zero.
  function filled(spans) {
    const step = spans[0][1];
    const at = [], counts = [[], [], []];
    let expected = spans[0][0];
    for (const [begin, , ...outcomes] of spans) {
      for (; begin - expected > step / 2; expected += step) {
        at.push(expected);
        counts.forEach((list) => list.push(0));
      }
      at.push(begin);
      outcomes.forEach((n, i) => counts[i].push(n));
      expected = begin + step;
    }
    return { at, counts, step };
  }

  // The distances of the marks of a time axis, in seconds.
  const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 604800];

  function throughputChart(element, spans, c) {
    const { at, counts, step } = filled(spans);
    const perSecond = counts.map((list) => list.map((n) => n / step));
    const [active, inactive, errors] = perSecond;
    const two = active.map((n, i) => n + inactive[i]);
    const all = two.map((n, i) => n + errors[i]);
    const bars = uPlot.paths.bars({ size: [at.length > 60 ? 1 : 0.9, 200], align: 1 });
    const series = (colour) => ({ fill: colour, stroke: colour, width: 0, paths: bars, points: { show: false } });
    const end = at[at.length - 1] + step;
    const options = base(element, c, {
      padding: [12, Math.max(textWidth(clock(end, end - at[0])) / 2 + 4, 30), 0, 0], // the last mark may stand at the end
      scales: { x: { time: true, range: [at[0], end] }, y: { range: (u, low, high) => [0, Math.max(high * 1.05, 1)] } },
      axes: [
        axis(c, { size: 30, grid: { show: false }, space: 90, incrs: timeSteps, values: (u, splits) => splits.map((s) => clock(s, end - at[0])) }),
        axis(c, { size: 48, values: (u, values) => values.map(short), label: "per second", labelSize: 18, labelFont: font }),
      ],
      series: [{}, series(c.bad), series(c.warn), series(c.good)],
    });
    return new uPlot(options, [at, all, two, active], element);
  }

  function clock(seconds, span) {
    const options = span > 86400 ? { month: "short", day: "numeric", hour: "2-digit" } : span < 600 ? { hour: "2-digit", minute: "2-digit", second: "2-digit" } : { hour: "2-digit", minute: "2-digit" };
    return new Intl.DateTimeFormat(undefined, options).format(new Date(seconds * 1000));
  }

  // textWidth is how wide a label of an axis is.
  function textWidth(text) {
    const context = document.createElement("canvas").getContext("2d");
    context.font = font;
    return context.measureText(text).width;
  }

  function draw(element) {
    drawn.get(element)?.destroy();
    const values = JSON.parse(element.dataset.values);
    const chart = element.dataset.chart === "times" ? timesChart(element, values, colours()) : throughputChart(element, values, colours());
    drawn.set(element, chart);
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = drawn.get(target);
      if (chart && target.clientWidth > 0 && chart.width !== target.clientWidth) chart.setSize({ width: target.clientWidth, height });
    }
  });

  function drawAll() {
    for (const [element, chart] of drawn) {
      if (!element.isConnected) {
        chart.destroy();
        sizes.unobserve(element);
        drawn.delete(element);
      }
    }
    for (const element of document.querySelectorAll("[data-chart]")) {
      draw(element);
      sizes.observe(element);
    }
  }

  // New charts keep the tables open that were open.
  let open = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "stats") open = [...document.querySelectorAll("#stats details[open]")].map((details) => details.id);
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt.id !== "stats") return;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    drawAll();
  });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  drawAll();
})();
