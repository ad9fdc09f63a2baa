extension DashboardScript {
    /// The figures on top, loops, routes, the slowest requests, and events.
    static let panels = #"""
        const show = () => {
          showFigures();
          drawCharts();
          showLoops();
          showPools();
          showRoutes();
          showSlowest();
          showNews();
        };
        const showFigures = () => {
          const { requests, latency, connections, process, loops, server } = sample;
          put($('place'), `${server.places.join(', ')} · ${loops.length} ${loops.length === 1 ? 'loop' : 'loops'} on `
            + `${server.driver} · up ${span(sample.uptime)}${server.isStopping ? ' · stopping' : ''}`);
          showMembers(server);
          figure($('rate'), rate(requests.rate));
          const failed = requests.byStatus[4] + requests.byStatus[5];
          put($('rate-more'), `${count(requests.total)} in all, ${count(requests.inProgress)} in progress`
            + (failed > 0 ? `, ${rate(failed)} failed/s` : ''));
          figure($('p99'), time(latency.p99));
          put($('p99-more'), latency.count ? `p50 ${time(latency.p50)}, max ${time(latency.max)}` : 'no observed request');
          figure($('open'), count(connections.open));
          put($('open-more'), `${rate(connections.opened)} new/s, ${rate(connections.refused)} refused/s`);
          figure($('cpu'), process.processor.toFixed(2) + ' of\u00a0' + server.processor);
          put($('cpu-more'), `${count(process.threads)} threads, ${count(sample.work.running)} offloaded`);
          figure($('memory'), bytes(process.resident));
          put($('memory-more'), `${count(process.descriptors)} descriptors`);
          document.title = `${short(requests.rate)}/s · Apus`;
        };
        // Each worker, and what is missing of the service.
        const showMembers = ({ worker, workers, members }) => {
          $('workers').hidden = !(workers > 1);
          $('members').hidden = !(workers > 1 && members);
          if (!(workers > 1)) return;
          const silent = (members ?? []).filter((one) => !one.answers).map((one) => one.worker);
          put($('workers'), !members
            ? `This is worker ${worker} of ${workers}, which is being replaced: figures, connections and events are its own alone.`
            : (silent.length ? `Without worker ${silent.join(', ')}, which ${silent.length > 1 ? 'do' : 'does'} not answer: its `
              + 'figures, connections and events are missing. ' : '') + `All is of ${count(workers - silent.length)} workers together; `
              + 'limits and settings are for each worker.');
          reconcile($('member-table').tBodies[0], members ?? [], (one) => one.worker, (one) => make('tr', {},
            make('th', { scope: 'row' }, `${one.worker}`), make('td'), make('td', { class: 'n' }), make('td', { class: 'n' }),
            make('td', { class: 'n broad' }), make('td', { class: 'n broad' }), make('td', { class: 'n wide' }),
            make('td', { class: 'n wide' })), (row, one) => {
            row.className = one.answers ? '' : 'missing';
            const texts = !one.answers ? ['missing', '–', '–', '–', '–', '–', '–'] : [one.isStopping ? 'stopping' : 'serves',
              rate(one.rate), count(one.connections), one.processor.toFixed(2), bytes(one.resident), span(one.uptime), `${one.pid}`];
            texts.forEach((text, index) => put(row.children[index + 1], text));
          });
        };
        // A loop by its name: with several workers, whose it is stands before it.
        const loopName = (one) => one.worker === undefined ? `${one.loop ?? one.index}` : `${one.worker}-${one.loop ?? one.index}`;
        const meter = (part) => make('div', { class: 'meter' }, make('i', { 'aria-hidden': 'true' }, make('b')), make('span'));
        const setMeter = (element, part, text) => {
          element.className = 'meter' + (part > .9 ? ' hot' : part > .7 ? ' warm' : '');
          element.querySelector('b').style.transform = `scaleX(${Math.max(0, Math.min(1, part)).toFixed(3)})`;
          put(element.querySelector('span'), text);
        };
        const cells = (row, texts) => texts.forEach((text, index) => put(row.children[index + 2], text));
        const showLoops = () => {
          const busiest = Math.max(...sample.loops.map((loop) => loop.connections));
          const least = Math.min(...sample.loops.map((loop) => loop.connections));
          put($('loops-more'), sample.loops.length > 1 && busiest > 0
            ? `connections ${least === busiest ? 'even' : `${count(least)} to ${count(busiest)} a loop`}`
              + (sample.connections.isFresh ? '' : ', counted less often, for they are very many') : '');
          reconcile($('loop-table').tBodies[0], sample.loops, loopName, (loop) => make('tr', {},
            make('th', { scope: 'row' }, loopName(loop)), make('td', {}, meter()), make('td', { class: 'n broad' }),
            make('td', { class: 'n wide' }), make('td', { class: 'n' }), make('td', { class: 'n' }),
            make('td', { class: 'n wide' }), make('td', { class: 'n wide' })), (row, loop) => {
            setMeter(row.querySelector('.meter'), loop.processor, loop.answers ? percent(loop.processor) : 'held');
            cells(row, [time(loop.lagP99), time(loop.lagMax), rate(loop.requests), count(loop.connections),
              count(loop.timers), `${bytes(loop.buffersInUse)} + ${bytes(loop.buffersCached)}`]);
            row.lastElementChild.title = `in use + kept for the next; ${percent(loop.bufferHits)} were at hand`;
          });
        };
        const showRoutes = () => {
          const most = Math.max(1, ...sample.routes.map((route) => route.rate));
          reconcile($('route-table').tBodies[0], sample.routes.slice(0, 12), (route) => route.method + ' ' + route.route,
            (route) => make('tr', {}, make('td', {}, make('code', {}, make('span', { class: 'method' }, route.method),
              route.route === 'none' ? 'no route' : route.route)), make('td', { class: 'n' }), make('td', { class: 'n broad' }),
              make('td', { class: 'n' }), make('td', { class: 'n' }), make('td', { class: 'n wide' })), (row, route) => {
              const texts = [rate(route.rate), time(route.p50), time(route.p99), route.errors ? percent(route.errors) : '–',
                count(route.total)];
              texts.forEach((text, index) => put(row.children[index + 1], text));
              const part = (route.rate / most * 100).toFixed(1);
              row.children[1].style.backgroundImage = route.rate
                ? `linear-gradient(270deg, color-mix(in srgb, var(--sky) 22%, transparent) ${part}%, transparent ${part}%)` : '';
            });
        };
        const showSlowest = () => {
          const slowest = sample.slowest.slice(0, 6);
          const most = Math.max(1, ...slowest.map((one) => one.total));
          reconcile($('slow-list'), slowest, (one) => `${one.at} ${loopName(one)} ${one.total}`, (one) => make('li', {},
            make('div', { class: 'line' }, make('code', { class: 'mono', title: `${one.method} ${one.path}` },
              `${one.method} ${one.path}`), make('strong', {}, time(one.total))),
            make('div', { class: 'stack', role: 'img', 'aria-label': `receiving ${time(one.receiving)}, handling `
              + `${time(one.handling)}, sending ${time(one.sending)}` }),
            make('p', { class: 'quiet' }, [one.status || 'no answer', clock(one.at), one.client, one.version,
              `loop ${loopName(one)}`, one.sent ? bytes(one.sent) : '', one.failure ?? ''].filter(Boolean).join(' · '))),
            (row, one) => bars(row.querySelector('.stack'), [['receiving', one.receiving / most],
              ['handling', one.handling / most], ['sending', one.sending / most]]));
          if (!slowest.length) $('slow-list').replaceChildren(
            make('li', { class: 'quiet' }, 'No observed request in the last minute.'));
        };
        const showNews = () => {
          const shown = $('only-warnings').checked ? news.filter((one) => one.level !== 'info') : news;
          $('no-news').hidden = shown.length > 0;
          reconcile($('news'), shown, (one) => one.number + ' ' + one.at, (one) => make('li', { class: one.level },
            make('time', { class: 'quiet', datetime: new Date(one.at).toISOString() }, clock(one.at)),
            make('b', {}, (one.level === 'info' ? '' : one.level === 'warning' ? '▲ ' : '■ ') + one.kind),
            make('span', {}, (one.worker === undefined ? '' : `Worker ${one.worker}: `) + one.text)), () => {});
        };
        $('only-warnings').addEventListener('change', showNews);

        """#
}
