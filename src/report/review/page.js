// What a review gains from scripts: charts that answer to pointer and keyboard, tables that sort, downloads.
// Without them everything is still there: drawings, tables, sentences. So nothing here adds a fact.
// The page's policy forbids markup and styles made from text: elements are made one by one, classes do the rest.
"use strict";
(() => {
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  // Steps that people count time in; below a second, and for everything else, 1, 2, 5.
  const TIME_STEPS = [1, 2, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((m) => m * MINUTE),
    ...[1, 3, 6, 12].map((h) => h * HOUR), ...[1, 2, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650].map((d) => d * DAY)];
  const decades = (from, to) => {
    const steps = [];
    for (let k = from; k <= to; k += 1) steps.push(...[1, 2, 5].map((digit) => Number(`${digit}e${k}`)));
    return steps;
  };
  const DURATION_STEPS = [...decades(-9, -1), ...TIME_STEPS];
  const NUMBER_STEPS = decades(-9, 15);
  // A limit this many times above everything that happened would press it flat; the legend still names it.
  const LARGEST_LIMIT = 2.5;
  const HEADROOM = 1.04;
  const WIDEST_LOG_RANGE = 1e5;

  const element = (name, classes = "", text = "") => {
    const made = document.createElement(name);
    if (classes) made.className = classes;
    made.textContent = text;
    return made;
  };
  const button = (classes, text, label, act) => {
    const made = element("button", classes, text);
    made.type = "button";
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  // Numbers as the rest of the review writes them: three digits, a unit that fits.
  const decade = (x) => Math.floor(Math.log10(x));
  const rounded = (x) => {
    if (x === 0 || !Number.isFinite(x)) return x;
    const scale = 10 ** (2 - decade(Math.abs(x)));
    return Number.isFinite(scale) ? Math.sign(x) * Math.round(Math.abs(x) * scale) / scale : x;
  };
  const trimmed = (digits) => digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  const plain = (x) => {
    const value = rounded(x), size = Math.abs(value);
    if (size !== 0 && !(size >= 1e-6 && size < 1e15)) {
      const [digits, exponent] = x.toExponential(2).split("e");
      return `${trimmed(digits)}e${Number(exponent)}`;
    }
    return trimmed(value.toFixed(size === 0 ? 0 : Math.max(0, 2 - decade(size))));
  };
  const count = (x) => {
    const value = rounded(x);
    const [divisor, suffix] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]
      .find(([least]) => Math.abs(value) >= least) || [1, ""];
    return plain(value / divisor) + suffix;
  };
  const twoUnits = (whole, part, name, partName) => {
    const rest = whole % part;
    return `${Math.floor(whole / part)}${name}${rest === 0 ? "" : ` ${rest}${partName}`}`;
  };
  const duration = (seconds) => {
    const size = Math.abs(rounded(seconds));
    if (size === 0) return "0 s";
    if (size < MINUTE) {
      const [factor, unit] = [[1, "s"], [1e3, "ms"], [1e6, "µs"]].find(([f]) => size * f >= 1) || [1e9, "ns"];
      return `${plain(rounded(seconds) * factor)} ${unit}`;
    }
    const sign = seconds < 0 ? "-" : "", long = Math.abs(seconds);
    if (Math.round(long) < HOUR) return sign + twoUnits(Math.round(long), 60, "m", "s");
    if (Math.round(long / MINUTE) * MINUTE < DAY) return sign + twoUnits(Math.round(long / MINUTE), 60, "h", "m");
    if (long < 100 * DAY) return sign + twoUnits(Math.round(long / HOUR), 24, "d", "h");
    return `${sign}${count(long / DAY)}d`;
  };
  const rateUnit = (perSecond) => {
    const size = Math.abs(rounded(perSecond));
    if (size === 0) return [1, "s"];
    return [[1, "s"], [MINUTE, "min"], [HOUR, "h"]].find(([f]) => size * f >= 1) || [DAY, "d"];
  };
  const rate = (perSecond, [factor, unit] = rateUnit(perSecond)) => `${count(perSecond * factor)}/${unit}`;
  const share = (x) => {
    const missing = 1 - x;
    if (missing > 0 && missing < 0.01) {
      // Two digits of what is missing: "100 %" would claim too much.
      const decimals = Math.min(4, Math.max(0, -Math.floor(Math.log10(missing * 100)))) + 1;
      return `${trimmed((x * 100).toFixed(decimals))} %`;
    }
    return `${plain(x * 100)} %`;
  };
  const money = (amount, currency) => {
    const size = Math.abs(amount);
    const digits = amount !== 0 && size < 0.995 ? plain(amount) : size < 1000 ? amount.toFixed(2) : count(amount);
    return `${digits} ${currency}`;
  };
  const show = (value, unit) => {
    if (value === null || value === undefined) return "–";
    switch (unit) {
      case "s": return duration(value);
      case "per_s": return rate(value);
      case "share": return share(value);
      case "messages": case "replicas": case "replica_h": case "": return count(value);
      default: return money(value, unit);
    }
  };
  const UNIT_NAMES = { s: "s", per_s: "per second", share: "share of 1", replica_h: "replica hours" };
  const withUnit = (name, unit) => unit ? `${name} (${UNIT_NAMES[unit] || unit})` : name;

  // Instants: on the scenario's own clock where it has one, whatever the reader's is; as durations otherwise.
  const clockOf = (x) => {
    const start = x.start ? Date.parse(`${x.start}Z`) / 1000 : null;
    const two = (number) => String(number).padStart(2, "0");
    const at = (time) => new Date(Math.round((start + time) * 1000));
    const hours = (d) => `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
    const seconds = (d) => `${hours(d)}:${two(d.getUTCSeconds())}`;
    const day = (d) => `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`;
    const sinceMidnight = start === null ? 0 : ((start % DAY) + DAY) % DAY;
    const between = x.values.length > 1 ? x.values[1] - x.values[0] : x.horizon;
    const exact = (time) => {
      if (time < MINUTE) return duration(time);
      const whole = Math.round(time);
      const parts = [[Math.floor(whole / DAY), "d"], [Math.floor(whole / HOUR) % 24, "h"],
        [Math.floor(whole / MINUTE) % 60, "m"], [whole % 60, "s"]];
      return parts.filter(([number]) => number > 0).map(([number, unit]) => number + unit).join(" ");
    };
    return {
      sinceMidnight,
      instant(time) {
        if (start === null) return exact(time);
        const moment = at(time);
        const clock = (between % MINUTE || sinceMidnight % MINUTE) ? seconds(moment) : hours(moment);
        return sinceMidnight + x.horizon > DAY ? `${day(moment)} ${clock}` : clock;
      },
      iso: (time) => start === null ? null : at(time).toISOString().replace(/\.000Z$|Z$/, ""),
      tick(time, step) {
        if (start === null) return time === 0 ? "0" : duration(time);
        const d = at(time);
        const midnight = d.getUTCHours() + d.getUTCMinutes() + d.getUTCSeconds() === 0;
        if (step < 1) return `${seconds(d)}.${String(d.getUTCMilliseconds()).padStart(3, "0")}`;
        if (step < MINUTE) return seconds(d);
        if (step < DAY && !(midnight && x.horizon > DAY)) return hours(d);
        if (x.horizon <= 14 * DAY) return `${DAYS[d.getUTCDay()]} ${day(d)}`;
        return step < 100 * DAY ? day(d) : `${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
      },
    };
  };

  // Colours are the style sheet's, so that drawings, charts and legends agree in light, dark and forced colours.
  let palette = new Map();
  const colour = (name) => {
    if (!palette.has(name)) {
      palette.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
    }
    return palette.get(name);
  };
  const faded = (name) => `color-mix(in srgb, ${colour(name)} 22%, transparent)`;

  // One voice for the whole page: what the keyboard did.
  const voice = element("p", "visually-hidden");
  voice.setAttribute("aria-live", "polite");
  const say = (text) => { voice.textContent = text; };

  // Charts that share an axis are looked at together: what one shows, all show.
  const groups = new Map();
  const groupOf = (spec) => {
    const { kind, start, horizon, values } = spec.x;
    const key = kind === "time" ? `time ${start} ${horizon}` : `own ${groups.size}`;
    if (!groups.has(key)) {
      const last = values[values.length - 1];
      const full = kind === "time" ? [0, horizon] : [Math.min(0, values[0]), last > 0 ? last * HEADROOM : 1];
      groups.set(key, { key, full, shown: full, charts: [] });
    }
    const group = groups.get(key);
    // No closer than a few places: between two there is nothing to see.
    const least = 4 * (group.full[1] - group.full[0]) / Math.max(4, values.length);
    group.least = Math.min(group.least || least, least);
    return group;
  };
  const zoom = (group, from, until) => {
    const [low, high] = group.full;
    const width = Math.min(high - low, Math.max(group.least, until - from));
    const begin = Math.min(high - width, Math.max(low, (from + until - width) / 2));
    group.shown = [begin, begin + width];
    for (const chart of group.charts) chart.follow();
  };
  const zoomBy = (group, factor, around) => {
    const [from, until] = group.shown;
    const at = around >= from && around <= until ? around : (from + until) / 2;
    zoom(group, at - (at - from) * factor, at + (until - at) * factor);
  };

  // Which columns of numbers a chart has: x, then for each series its values and the edges of its band.
  const columnsOf = (spec) => {
    const columns = [spec.x.values];
    const places = spec.series.map((series) => {
      const at = columns.push(series.values) - 1;
      if (series.band) columns.push(series.band.low, series.band.high);
      return at;
    });
    return { columns, places };
  };

  const seriesOptions = (spec) => {
    const steps = uPlot.paths.stepped({ align: -1, extend: true });
    const lines = uPlot.paths.linear();
    const series = [{}], bands = [];
    for (const one of spec.series) {
      const name = `c${one.colour}`;
      const points = one.shape === "points";
      const paths = points ? () => null : one.shape === "step" ? steps : lines;
      series.push({
        stroke: () => colour(name), width: 2, dash: one.dash, paths,
        points: { show: points, size: points ? 9 : 5, fill: () => colour(name), stroke: () => colour(name) },
      });
      if (!one.band) continue;
      const edge = { stroke: "transparent", width: 0, paths, points: { show: false, filter: () => null } };
      if (!points) bands.push({ series: [series.length + 1, series.length], fill: () => faded(name) });
      series.push(edge, { ...edge });
    }
    return { series, bands };
  };

  const drawWhiskers = (u, spec, places) => {
    spec.series.forEach((one, number) => {
      const at = places[number];
      if (one.shape !== "points" || !one.band || !u.series[at].show) return;
      u.ctx.strokeStyle = colour(`c${one.colour}`);
      u.ctx.lineWidth = 1.5 * uPlot.pxRatio;
      u.ctx.setLineDash([]);
      u.data[0].forEach((x, place) => {
        const [low, high] = [u.data[at + 1][place], u.data[at + 2][place]];
        if (low === null || high === null) return;
        const left = u.valToPos(x, "x", true);
        u.ctx.beginPath();
        u.ctx.moveTo(left, u.valToPos(low, "y", true));
        u.ctx.lineTo(left, u.valToPos(high, "y", true));
        u.ctx.stroke();
      });
    });
  };

  // Limits and marks lie over the curves: a promise that is broken must not hide behind what broke it.
  const drawOver = (u, spec) => {
    const { left, top, width, height } = u.bbox, ratio = uPlot.pxRatio, ctx = u.ctx;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.lineWidth = 1.5 * ratio;
    ctx.strokeStyle = colour("broken");
    ctx.setLineDash([14 * ratio, 3 * ratio]);
    for (const limit of spec.limits) {
      const y = u.valToPos(limit.value, "y", true);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
    }
    ctx.lineWidth = ratio;
    ctx.strokeStyle = colour("muted");
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.font = `${12 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
    [ctx.textBaseline, ctx.textAlign] = ["top", "left"];
    spec.marks.forEach((mark, number) => {
      const x = u.valToPos(mark.x, "x", true);
      if (x < left || x > left + width) return;
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      const wide = ctx.measureText(mark.name).width;
      const fits = x + wide + 6 * ratio < left + width;
      const textX = fits ? x + 5 * ratio : x - wide - 5 * ratio, textY = top + (2 + 15 * (number % 3)) * ratio;
      ctx.globalAlpha = 0.7;
      ctx.fillStyle = colour("paper");
      ctx.fillRect(textX - 2 * ratio, textY - ratio, wide + 4 * ratio, 14 * ratio);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colour("ink");
      ctx.fillText(mark.name, textX, textY);
    });
    ctx.restore();
  };

  const axesOf = (spec, clock) => {
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const common = {
      font, stroke: () => colour("muted"), ticks: { stroke: () => colour("line"), size: 5 },
      grid: { stroke: () => colour("line"), width: 1 },
    };
    const time = spec.x.kind === "time";
    const x = {
      ...common, size: 34, space: 85, grid: { show: false },
      incrs: time ? DURATION_STEPS : spec.x.unit === "s" ? DURATION_STEPS : NUMBER_STEPS,
      values: (u, ticks, axis, space, step) =>
        ticks.map((tick) => time ? clock.tick(tick, step) : show(tick, spec.x.unit)),
    };
    if (time) {
      x.splits = (u, axis, from, until, step) => {
        const ticks = [];
        // Counted from midnight, so that ticks stand on full hours wherever the run starts.
        const first = Math.ceil((from + clock.sinceMidnight) / step - 1e-9) * step - clock.sinceMidnight;
        for (let k = 0; first + k * step <= until + 1e-9 * step; k += 1) ticks.push(first + k * step);
        return ticks;
      };
    }
    const y = {
      ...common, size: 68, space: 42,
      values: (u, ticks) => {
        // One unit along an axis: 30/min below 1/s would read as more.
        const unit = rateUnit(Math.max(...ticks));
        const text = (tick) => spec.y.unit === "per_s" ? rate(tick, unit) : show(tick, spec.y.unit);
        return ticks.map((tick) => tick === null ? "" : tick === 0 ? "0" : text(tick));
      },
    };
    if (!spec.y.log) y.incrs = spec.y.unit === "s" ? DURATION_STEPS : NUMBER_STEPS;
    return [x, y];
  };

  const rangeOf = (spec) => (u, low, high) => {
    // What lies further below than this no reader acts upon.
    const floor = Math.max(low, high / WIDEST_LOG_RANGE);
    if (spec.y.log) return high > 0 ? uPlot.rangeLog(floor, high, 10, false) : [0.1, 1];
    const limits = spec.limits.map((limit) => limit.value).filter((value) => value <= LARGEST_LIMIT * high);
    const most = Math.max(high || 0, ...limits);
    return [Math.min(0, low || 0) * HEADROOM, (most > 0 ? most : 1) * HEADROOM];
  };

  const swatch = (classes, dash) => {
    const made = (name, attributes) => {
      const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
      return shape;
    };
    const svg = made("svg", { class: "swatch", viewBox: "0 0 26 12", "aria-hidden": "true" });
    const kind = classes.split(" ")[0];
    if (kind === "point") svg.append(made("circle", { class: classes, cx: "13", cy: "6", r: "4.5" }));
    else if (kind === "band") svg.append(made("rect", { class: classes, width: "26", height: "12" }));
    else svg.append(made("path", { class: classes, d: "M0 6h26", "stroke-dasharray": dash.join(" ") || "none" }));
    return svg;
  };

  // The legend: a button per series, beside it the value under the cursor.
  const legendOf = (spec, toggle) => {
    const list = element("ul", "legend");
    const values = spec.series.map((series, number) => {
      const item = element("li");
      const press = button("series", "", "", () => {
        const shown = press.getAttribute("aria-pressed") !== "true";
        press.setAttribute("aria-pressed", String(shown));
        toggle(number, shown);
        say(`${series.name} is ${shown ? "shown" : "hidden"}`);
      });
      press.setAttribute("aria-pressed", "true");
      press.dataset.series = series.id;
      const kind = series.shape === "points" ? "point" : "line";
      press.append(swatch(`${kind} c${series.colour}`, series.dash), element("span", "name", series.name));
      const value = element("span", "value");
      item.append(press, value);
      const band = element("span", "value wide");
      if (series.band) {
        const together = element("span", "level");
        together.append(swatch(`band c${series.colour}`, []), element("span", "", series.band.name), band);
        item.append(together);
      }
      list.append(item);
      return { value, band };
    });
    for (const limit of spec.limits) {
      const item = element("li", "limit-entry");
      item.append(swatch("limit", [14, 3]), element("span", "name", `limit, ${limit.name}`));
      list.append(item);
    }
    return { list, values };
  };

  const HINT = "Point at the chart, or use the arrow keys, to read its values.";

  // What stands at a place of the axis, in words: for the legend, and for those who listen.
  const reader = (spec, clock, legend, where) => {
    const label = (place) => spec.x.kind === "time" ? clock.instant(spec.x.values[place])
      : `${spec.x.label} ${show(spec.x.values[place], spec.x.unit)}`;
    const put = (field, text, value) => {
      field.textContent = text;
      if (value === null || value === undefined) field.removeAttribute("data-value");
      else field.dataset.value = value;
    };
    return {
      update(place) {
        where.textContent = place === null ? HINT : label(place);
        where.classList.toggle("hint", place === null);
        spec.series.forEach((series, number) => {
          const { value, band } = legend.values[number];
          const now = place === null ? null : series.values[place];
          put(value, place === null ? "" : show(now, series.unit), now);
          if (!series.band) return;
          const [low, high] = place === null ? [null, null] : [series.band.low[place], series.band.high[place]];
          put(band, low === null ? "" : `${show(low, series.unit)} to ${show(high, series.unit)}`, null);
        });
      },
      words(place, shown) {
        const parts = spec.series.filter((_, number) => shown(number))
          .map((series) => `${series.name} ${show(series.values[place], series.unit)}`);
        return `${label(place)}: ${parts.join(", ")}`;
      },
    };
  };

  const KEYS = "Arrow keys move the cursor, plus and minus zoom, Home shows everything.";

  // The elements around a chart, put where its drawing stands.
  const frameOf = (figure, spec, legend) => {
    const plot = element("div", "plot-area"), where = element("span", "where"), range = element("span", "range");
    plot.tabIndex = 0;
    plot.setAttribute("role", "application");
    plot.setAttribute("aria-roledescription", "chart");
    plot.setAttribute("aria-label", `${spec.title}. ${KEYS}`);
    const top = element("div", "readout"), tools = element("div", "tools"), live = element("div", "live");
    top.append(where, legend.list);
    live.append(top, element("p", "axis-label", spec.y.label), plot,
      element("p", "axis-label below", spec.x.label), tools);
    figure.querySelector(".static").before(live);
    figure.classList.add("is-live");
    return { plot, where, range, tools };
  };

  // The cursor: shared by the charts of a group, and so is what is dragged out with it.
  const cursorOf = (spec, group, xs, places) => {
    const steps = spec.series.some((series) => series.shape === "step");
    const owner = (number) => spec.series[places.indexOf(number)];
    return {
      y: false,
      dataIdx: (u, number, closest, value) => {
        // An average belongs to the interval that ends at its place: the cursor within it means that one.
        const late = (value - xs[closest]) > 1e-6 * (group.shown[1] - group.shown[0]);
        return steps && late && closest + 1 < xs.length ? closest + 1 : closest;
      },
      points: {
        show: (u, number) => owner(number) !== undefined && element("div", "cursor-point"),
        fill: (u, number) => owner(number) ? colour(`c${owner(number).colour}`) : "transparent",
      },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      // Selecting is told by `zoom`, to all charts alike.
      sync: {
        key: group.key, scales: ["x", null],
        filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
      },
      bind: { dblclick: () => () => { zoom(group, ...group.full); return null; } },
    };
  };

  const makeChart = (figure, spec) => {
    const clock = clockOf(spec.x), group = groupOf(spec);
    const { columns, places } = columnsOf(spec);
    const [xs] = columns;
    const chart = { place: null };
    const legend = legendOf(spec, (number, on) => {
      const width = spec.series[number].band ? 3 : 1;
      for (let k = 0; k < width; k += 1) u.setSeries(places[number] + k, { show: on });
    });
    const { plot, where, range, tools } = frameOf(figure, spec, legend);
    const text = reader(spec, clock, legend, where);
    const size = () =>
      ({ width: Math.max(200, Math.floor(plot.clientWidth)), height: plot.clientWidth < 500 ? 230 : 300 });
    const u = new uPlot({
      ...size(), ...seriesOptions(spec), axes: axesOf(spec, clock), legend: { show: false },
      padding: [10, 34, 0, 0], cursor: cursorOf(spec, group, xs, places),
      scales: {
        x: { time: false, range: () => group.shown },
        y: { distr: spec.y.log ? 3 : 1, range: rangeOf(spec) },
      },
      hooks: {
        setCursor: [({ cursor }) => {
          chart.place = cursor.idx === null || cursor.idx === undefined ? null : cursor.idxs[0];
          text.update(chart.place);
        }],
        setSelect: [(self) => {
          const { left, width } = self.select;
          if (width <= 0) return;
          self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          zoom(group, self.posToVal(left, "x"), self.posToVal(left + width, "x"));
        }],
        draw: [(self) => { drawWhiskers(self, spec, places); drawOver(self, spec); }],
      },
    }, columns, plot);

    const reset = button("tool reset", "Reset", "Reset: show everything", () => chart.act("reset"));
    tools.append(button("tool", "+", "Zoom in", () => chart.act("in")),
      button("tool", "−", "Zoom out", () => chart.act("out")), reset, range);
    chart.follow = () => {
      const [from, until] = group.shown;
      // At once, not in the next turn: the cursor is placed on the new scale.
      u.batch(() => u.setScale("x", { min: from, max: until }));
      [figure.dataset.from, figure.dataset.until] = [from, until];
      const name = (value) => spec.x.kind === "time" ? clock.instant(value) : show(value, spec.x.unit);
      reset.disabled = from <= group.full[0] && until >= group.full[1];
      range.textContent = reset.disabled ? "" : `${name(from)} to ${name(until)}`;
    };
    chart.moveTo = (place) => {
      const to = Math.min(xs.length - 1, Math.max(0, place));
      const x = xs[to], [from, until] = group.shown;
      if (x < from || x > until) zoom(group, x - (until - from) / 2, x + (until - from) / 2);
      u.setCursor({ left: u.valToPos(x, "x"), top: u.over.clientHeight / 2 }, true, true);
      say(text.words(to, (number) => u.series[places[number]].show));
    };
    chart.act = (what) => {
      if (what === "reset") zoom(group, ...group.full);
      else zoomBy(group, what === "in" ? 0.5 : 2, chart.place === null ? NaN : xs[chart.place]);
      say(range.textContent ? `Shown: ${range.textContent}` : "Everything is shown");
    };
    chart.redraw = () => u.redraw(false, true);
    chart.leave = () => u.setCursor({ left: -10, top: -10 }, true, true);
    plot.addEventListener("keydown", (event) => pressed(event, chart, xs, group));
    plot.addEventListener("blur", chart.leave);
    new ResizeObserver(() => u.setSize(size())).observe(plot);
    group.charts.push(chart);
    chart.follow();
    text.update(null);
    return chart;
  };

  const pressed = (event, chart, xs, group) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = xs.findIndex((x) => x >= group.shown[0]);
    const here = chart.place === null ? from - 1 : chart.place;
    const stride = event.shiftKey ? 10 : 1;
    const acts = {
      ArrowRight: () => chart.moveTo(here + stride), ArrowLeft: () => chart.moveTo(here - stride),
      "+": () => chart.act("in"), "=": () => chart.act("in"), "-": () => chart.act("out"),
      Home: () => chart.act("reset"), Escape: () => chart.leave(),
    };
    if (!Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  };

  // Downloads. A spreadsheet runs a text that begins like a formula: an apostrophe keeps it a text.
  const csvCell = (cell) => {
    if (typeof cell === "number") return String(cell);
    const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const csv = (rows) => rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
  const orEmpty = (value) => value === null || value === undefined ? "" : value;
  const chartRows = (spec) => {
    const { x } = spec, clock = x.kind === "time" ? clockOf(x) : null;
    const dated = clock !== null && clock.iso(0) !== null;
    const head = x.kind === "time" ? ["until (s)", ...(dated ? ["until"] : [])] : [withUnit(x.label, x.unit)];
    for (const { name, unit, band } of spec.series) {
      head.push(withUnit(name, unit));
      if (band) head.push(withUnit(`${name}, ${band.name}: low`, unit), withUnit(`${name}, ${band.name}: high`, unit));
    }
    const rows = x.values.map((value, place) => {
      const row = [value, ...(dated ? [clock.iso(value)] : [])];
      for (const { values, band } of spec.series) {
        row.push(orEmpty(values[place]));
        if (band) row.push(orEmpty(band.low[place]), orEmpty(band.high[place]));
      }
      return row;
    });
    return [head, ...rows];
  };
  const tableRows = (table) => {
    const cells = (row) => [...row.cells].map((cell) =>
      cell.dataset.value !== undefined ? Number(cell.dataset.value) : cell.textContent.trim());
    const head = [...table.tHead.rows[0].cells].map((cell) =>
      withUnit(cell.textContent.trim(), cell.dataset.unit));
    return [head, ...[...table.tBodies[0].rows].map(cells)];
  };
  const download = (name, rows) => {
    // The mark at the begin tells spreadsheets that this is UTF-8.
    const address = URL.createObjectURL(new Blob(["\ufeff", csv(rows)], { type: "text/csv;charset=utf-8" }));
    const link = element("a");
    link.href = address;
    link.download = `${name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  };

  const compareCells = (a, b) => {
    const [left, right] = [a.dataset.value, b.dataset.value];
    // What has no number stands last, whichever way is sorted.
    if (left !== undefined && right !== undefined) return { order: Number(left) - Number(right) };
    if (left !== undefined || right !== undefined) return { last: left !== undefined ? -1 : 1 };
    return { order: a.textContent.localeCompare(b.textContent, "en", { numeric: true }) };
  };
  const sort = (table, column, upwards) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) => {
      const { order, last } = compareCells(a.cells[column], b.cells[column]);
      return last !== undefined ? last : upwards ? order : -order;
    });
    body.append(...rows);
    [...table.tHead.rows[0].cells].forEach((head, number) => {
      if (number === column) head.setAttribute("aria-sort", upwards ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  };
  const makeTable = (table, name, spec) => {
    const wrapped = table.closest(".table");
    const rows = spec ? () => chartRows(spec) : () => tableRows(table);
    const tools = element("div", "tools");
    const what = table.caption ? table.caption.textContent : table.id;
    tools.append(button("tool download", "Download CSV", `Download CSV: ${what}`, () =>
      download(`${name}-${table.id}`, rows())));
    wrapped.before(tools);
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const nameless = head.textContent.trim() ? "" : `Column ${column + 1}`;
      const press = button("sort", head.textContent, nameless, () =>
        sort(table, column, head.getAttribute("aria-sort") !== "ascending"));
      head.replaceChildren(press);
    });
  };

  // Names, along an axis or beside points, are read off as well from the drawing.
  const isDrawnLive = ({ x, series }) =>
    x.values.length > 1 && (x.kind === "time" || (x.kind === "number" && series.some((one) => one.shape !== "points")));
  // A drawing that is wider than a phone is scrolled, with keys too.
  const makeReachable = (drawing, title) => {
    if (drawing.scrollWidth <= drawing.clientWidth) return;
    drawing.tabIndex = 0;
    drawing.setAttribute("role", "region");
    drawing.setAttribute("aria-label", `Drawing: ${title}`);
  };

  const begin = () => {
    const data = JSON.parse(document.getElementById("review-data").textContent);
    document.documentElement.classList.add("scripted");
    document.body.append(voice);
    const charts = [];
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
      const spec = data.charts[figure.dataset.chart];
      if (!spec) continue;
      for (const table of figure.querySelectorAll("table[data-table]")) makeTable(table, data.name, spec);
      if (isDrawnLive(spec)) charts.push(makeChart(figure, spec));
      else makeReachable(figure.querySelector(".static"), spec.title);
    }
    for (const table of document.querySelectorAll("table[data-table]")) {
      if (!table.closest("figure[data-chart]")) makeTable(table, data.name, null);
    }
    const repaint = () => {
      palette = new Map();
      for (const chart of charts) chart.redraw();
    };
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", repaint);
    }
    // Charts draw in the next turn of the event loop.
    requestAnimationFrame(() => { document.documentElement.dataset.ready = String(Math.round(performance.now())); });
  };
  begin();
})();
