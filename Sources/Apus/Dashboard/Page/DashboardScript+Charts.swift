extension DashboardScript {
    /// Requests and latency over time: two canvases with one time axis and one cursor.
    static let charts = #"""
        let shownSeconds = 300, cursor = null, plot = null;
        const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
        const parse = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
        const gutter = 46;

        // The canvas in device pixels, drawn on in CSS pixels.
        const surface = (canvas) => {
          const scale = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
          if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
            canvas.width = Math.round(width * scale);
            canvas.height = Math.round(height * scale);
          }
          const context = canvas.getContext('2d');
          context.setTransform(scale, 0, 0, scale, 0, 0);
          context.clearRect(0, 0, width, height);
          context.font = '11px system-ui, sans-serif';
          return { context, width, height };
        };
        // Five colours as 64, from few to many.
        const ramp = () => {
          const stops = [0, 1, 2, 3, 4].map((index) => parse(colour('heat-' + index)));
          return Array.from({ length: 64 }, (_, index) => {
            const at = index / 63 * 4, low = Math.min(3, Math.floor(at)), part = at - low;
            return 'rgb(' + stops[low].map((from, channel) =>
              Math.round(from + (stops[low + 1][channel] - from) * part)).join(' ') + ')';
          });
        };
        const nice = (most) => {
          if (most <= 0) return 1;
          const power = 10 ** Math.floor(Math.log10(most));
          return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most;
        };
        // Where a sample stands: time runs to the right, now is at the edge.
        const layout = (width) => {
          const end = past.length ? past[past.length - 1].at : Date.now();
          // A server that has just begun is shown from its begin, but for at least a minute.
          const known = past.length ? (end - past[0].at) / 1000 : 0;
          const from = end - Math.min(shownSeconds, Math.max(60, known)) * 1000, inner = width - gutter;
          return { from, end, inner, x: (at) => gutter + (at - from) / (end - from) * inner,
            samples: past.filter((one) => one.at > from) };
        };
        const drawTimes = (context, { from, end, x }, height) => {
          const seconds = (end - from) / 1000;
          const step = seconds > 400 ? 120000 : seconds > 150 ? 60000 : seconds > 75 ? 30000 : 15000;
          context.fillStyle = colour('quiet');
          context.textAlign = 'center';
          for (let at = Math.ceil(from / step) * step; at <= end; at += step) {
            const place = x(at);
            if (place < gutter + 24) continue;
            context.fillText(clock(at).slice(0, 5) + (step < 60000 ? clock(at).slice(5) : ''), place, height - 2);
          }
        };
        const drawRates = () => {
          const { context, width, height } = surface($('rates'));
          const place = layout(width), bottom = height - 4, top = 6;
          const most = nice(Math.max(1, ...place.samples.map((one) => one.rate)));
          const y = (value) => bottom - value / most * (bottom - top);
          context.strokeStyle = colour('line');
          context.fillStyle = colour('quiet');
          context.textAlign = 'right';
          context.textBaseline = 'middle';
          for (const value of [0, most / 2, most]) {
            context.beginPath();
            context.moveTo(gutter, Math.round(y(value)) + .5);
            context.lineTo(width, Math.round(y(value)) + .5);
            context.stroke();
            context.fillText(short(value), gutter - 7, Math.max(6, Math.min(height - 6, y(value))));
          }
          const area = (value, fill, line) => {
            const samples = place.samples;
            if (samples.length < 2) return;
            context.beginPath();
            context.moveTo(place.x(samples[0].at), bottom);
            for (const one of samples) context.lineTo(place.x(one.at), y(value(one)));
            context.lineTo(place.x(samples[samples.length - 1].at), bottom);
            context.globalAlpha = .85;
            context.fillStyle = fill;
            context.fill();
            context.globalAlpha = 1;
            context.beginPath();
            samples.forEach((one, index) =>
              index ? context.lineTo(place.x(one.at), y(value(one))) : context.moveTo(place.x(one.at), y(value(one))));
            context.strokeStyle = line;
            context.lineWidth = 1.5;
            context.stroke();
            context.lineWidth = 1;
          };
          area((one) => one.rate, colour('sky-soft'), colour('sky'));
          if (place.samples.some((one) => one.errors > 0)) {
            area((one) => Math.min(one.rate || one.errors, one.errors), colour('bad'), colour('bad'));
          }
          drawCursor(context, place, height);
          const all = place.samples.map((one) => one.rate), failed = place.samples.reduce((sum, one) => sum + one.errors, 0);
          put($('rates-text'), all.length ? `The last ${Math.round(shownSeconds / 60)} minutes: now ${rate(all[all.length - 1])}, `
            + `on average ${rate(all.reduce((sum, one) => sum + one, 0) / all.length)}, at most ${rate(Math.max(...all))} `
            + `requests a second, ${failed ? `on average ${rate(failed / all.length)} of them failed` : 'none failed'}.` : 'No data.');
        };
        const drawHeat = () => {
          const { context, width, height } = surface($('heat'));
          const place = layout(width), bottom = height - 18, top = 4;
          const filled = place.samples.filter((one) => one.heat?.length);
          let low = 12, high = 22, most = 1;
          if (filled.length) {
            low = 99;
            high = 0;
            for (const one of filled) one.heat.forEach((value, row) => {
              if (!value) return;
              low = Math.min(low, row);
              high = Math.max(high, row);
              most = Math.max(most, value);
            });
            low = Math.max(0, low - 1);
            high = Math.min(bounds.length, Math.max(high + 1, low + 8));
          }
          const rows = high - low + 1, row = (bottom - top) / rows;
          plot = { low, high, row, bottom, place };
          context.fillStyle = colour('wash');
          context.fillRect(gutter, top, width - gutter, bottom - top);
          const colours = ramp(), scale = Math.log(most + 1);
          place.samples.forEach((one, index) => {
            if (!one.heat?.length) return;
            const before = place.samples[index - 1], right = place.x(one.at);
            const left = before && one.at - before.at < 5000 ? place.x(before.at) : right - place.inner / (place.end - place.from) * 1000;
            one.heat.forEach((value, at) => {
              if (!value || at < low || at > high) return;
              context.fillStyle = colours[Math.round(Math.log(value + 1) / scale * 63)];
              context.fillRect(Math.max(gutter, left), bottom - (at - low + 1) * row, right - left + .6, row + .6);
            });
          });
          context.textAlign = 'right';
          context.textBaseline = 'middle';
          for (let at = low; at < high; at += 1) {
            if (at % 4 && rows > 6) continue;
            const line = Math.round(bottom - (at - low + 1) * row) + .5;
            context.strokeStyle = colour('line');
            context.globalAlpha = .6;
            context.beginPath();
            context.moveTo(gutter, line);
            context.lineTo(width, line);
            context.stroke();
            context.globalAlpha = 1;
            context.fillStyle = colour('quiet');
            context.fillText(time(bounds[at]), gutter - 7, line);
          }
          // Between its bounds a time stands by its logarithm, as the rows do.
          const y = (micro) => bottom - (Math.log10(Math.max(micro / (bounds[0] ?? .1), 1)) * 4 + 1 - low) * row;
          const line = (value, stroke, dash, weight) => {
            context.beginPath();
            let last = null;
            for (const one of place.samples) {
              const micro = value(one);
              if (!micro) { last = null; continue; }
              const at = Math.min(bottom, Math.max(top, y(micro)));
              if (last && one.at - last < 5000) context.lineTo(place.x(one.at), at); else context.moveTo(place.x(one.at), at);
              last = one.at;
            }
            context.setLineDash(dash);
            context.strokeStyle = colour('card');
            context.lineWidth = weight + 2;
            context.globalAlpha = .8;
            context.stroke();
            context.globalAlpha = 1;
            context.strokeStyle = stroke;
            context.lineWidth = weight;
            context.stroke();
            context.setLineDash([]);
            context.lineWidth = 1;
          };
          line((one) => one.p50, colour('ink'), [], 1.5);
          line((one) => one.p99, colour('accent'), [5, 3], 1.5);
          context.textBaseline = 'alphabetic';
          drawTimes(context, place, height);
          drawCursor(context, place, bottom);
          if (!filled.length) {
            context.textAlign = 'center';
            context.fillStyle = colour('quiet');
            context.font = '13px system-ui, sans-serif';
            context.fillText('No observed request in this time', gutter + place.inner / 2, (top + bottom) / 2);
          }
          const latest = filled[filled.length - 1];
          put($('heat-text'), latest
            ? `The last ${Math.round(shownSeconds / 60)} minutes; now p50 ${time(latest.p50)}, p99 ${time(latest.p99)}.` : 'No data.');
        };
        const drawCursor = (context, place, height) => {
          if (cursor === null) return;
          const x = Math.round(place.x(cursor.at)) + .5;
          if (x < gutter) return;
          context.strokeStyle = colour('ink');
          context.globalAlpha = .55;
          context.beginPath();
          context.moveTo(x, 0);
          context.lineTo(x, height);
          context.stroke();
          context.globalAlpha = 1;
        };
        const read = () => {
          if (!cursor) return put($('readout'), '');
          const one = cursor;
          const cell = one.row !== undefined && one.heat?.[one.row]
            ? `, ${count(one.heat[one.row])} took about ${time(bounds[Math.min(one.row, bounds.length - 1)])}` : '';
          put($('readout'), `${clock(one.at)}: ${rate(one.rate)} requests/s, p50 ${time(one.p50)}, p99 ${time(one.p99)}`
            + (one.errors ? `, ${rate(one.errors)} failed/s` : '') + cell);
        };
        const drawCharts = () => { drawRates(); drawHeat(); read(); };
        const point = (canvas) => (event) => {
          const box = canvas.getBoundingClientRect(), place = layout(box.width);
          const at = place.from + (event.clientX - box.left - gutter) / place.inner * (place.end - place.from);
          const nearest = place.samples.reduce((best, one) =>
            !best || Math.abs(one.at - at) < Math.abs(best.at - at) ? one : best, null);
          const row = canvas === $('heat') && plot
            ? plot.low + Math.floor((plot.bottom - (event.clientY - box.top)) / plot.row) : undefined;
          cursor = nearest && { ...nearest, row };
          drawCharts();
        };
        for (const canvas of [$('rates'), $('heat')]) {
          canvas.addEventListener('pointermove', point(canvas));
          canvas.addEventListener('pointerdown', point(canvas));
          canvas.addEventListener('pointerleave', () => { cursor = null; drawCharts(); });
          new ResizeObserver(() => { if (sample) drawCharts(); }).observe(canvas);
          canvas.addEventListener('blur', () => { cursor = null; $('readout').setAttribute('aria-live', 'off'); drawCharts(); });
          canvas.addEventListener('keydown', (event) => {
            const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 }[event.key];
            if (event.key === 'Escape') { cursor = null; drawCharts(); }
            if (!step || !past.length) return;
            event.preventDefault();
            // Only who moves the cursor is told of it.
            $('readout').setAttribute('aria-live', 'polite');
            const { samples } = layout(canvas.clientWidth);
            const known = cursor ? samples.findIndex((one) => one.at === cursor.at) : samples.length;
            cursor = samples[Math.max(0, Math.min(samples.length - 1, known + step))];
            drawCharts();
          });
        }
        for (const button of document.querySelectorAll('[data-span]')) button.addEventListener('click', () => {
          shownSeconds = Number(button.dataset.span);
          for (const other of document.querySelectorAll('[data-span]')) other.setAttribute('aria-pressed', other === button);
          drawCharts();
        });

        """#
}
