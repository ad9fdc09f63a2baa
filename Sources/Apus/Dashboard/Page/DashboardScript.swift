/// What the dashboard does in the browser: one module, made of parts. It asks this listener alone, and makes no HTML of text.
enum DashboardScript {
    static let text = ground + stream + charts + panels + pools + connections + configuration + start

    /// Elements, numbers as people read them, and what is said.
    private static let ground = #"""
        const $ = (id) => document.getElementById(id);
        const make = (tag, attributes = {}, ...children) => {
          const element = document.createElement(tag);
          for (const [name, value] of Object.entries(attributes)) {
            if (value === undefined || value === null || value === false) continue;
            if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
            else element.setAttribute(name, value === true ? '' : value);
          }
          element.append(...children.filter((child) => child !== null && child !== undefined));
          return element;
        };
        const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
        const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
        const count = (number) => whole.format(number);
        const rate = (number) => number >= 100 ? whole.format(number) : three.format(Math.round(number * 10) / 10);
        const short = (number) => number >= 1e6 ? three.format(number / 1e6) + ' M'
          : number >= 1e4 ? three.format(number / 1e3) + ' k' : rate(number);
        const time = (micro) => !micro ? '–' : micro < 1 ? three.format(micro * 1e3) + ' ns' : micro < 1000 ? three.format(micro) + ' µs'
          : micro < 1e6 ? three.format(micro / 1e3) + ' ms' : three.format(micro / 1e6) + ' s';
        const bytes = (number) => {
          if (number === null || number === undefined || number < 0) return '–';
          const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
          let unit = 0;
          while (number >= 1024 && unit < 4) { number /= 1024; unit += 1; }
          return three.format(number) + ' ' + units[unit];
        };
        const span = (seconds) => {
          if (seconds === null || seconds === undefined) return '–';
          if (seconds < 60) return Math.floor(seconds) + ' s';
          if (seconds < 3600) return Math.floor(seconds / 60) + ' min ' + Math.floor(seconds % 60) + ' s';
          if (seconds < 86400) return Math.floor(seconds / 3600) + ' h ' + Math.floor(seconds % 3600 / 60) + ' min';
          return Math.floor(seconds / 86400) + ' d ' + Math.floor(seconds % 86400 / 3600) + ' h';
        };
        const percent = (part) => Math.round(part * 100) + ' %';
        const clock = (at) => new Date(at).toLocaleTimeString('en-GB');
        // A number and its unit, the unit small.
        const figure = (element, text) => {
          const cut = text.lastIndexOf(' ');
          const [number, unit] = cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
          if (element.dataset.shown === text) return;
          element.dataset.shown = text;
          element.replaceChildren(number, ...(unit ? [make('small', {}, unit)] : []));
        };
        const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

        let saidTimer = 0;
        const say = (text, action) => {
          clearTimeout(saidTimer);
          $('said').replaceChildren(make('span', {}, text), ...(action ? [action] : []));
          saidTimer = setTimeout(() => $('said').replaceChildren(), action ? 15000 : 6000);
        };

        const api = async (path, options = {}) => {
          const answer = await fetch(path, { ...options, headers: { 'X-Apus-Admin': '1', 'Accept': 'application/json',
            ...(options.body ? { 'Content-Type': 'application/json' } : {}), ...options.fields } });
          if (answer.status === 401 && path !== '/api/session') { askForToken(); throw new Error('the token is missing'); }
          return answer;
        };
        const get = async (path) => {
          const answer = await api(path);
          const content = await answer.json();
          if (!answer.ok) throw new Error(content.detail ?? content.title ?? `the server said ${answer.status}`);
          return content;
        };
        // Rows by their keys: what stays is changed in place, so that focus and selection stay too.
        const reconcile = (parent, items, key, create, update) => {
          const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
          let place = parent.firstElementChild;
          for (const item of items) {
            const name = String(key(item));
            let row = old.get(name);
            if (row) old.delete(name); else { row = create(item); row.dataset.key = name; }
            update(row, item);
            if (row !== place) parent.insertBefore(row, place); else place = place.nextElementSibling;
          }
          for (const row of old.values()) row.remove();
        };

        """#

    /// The event stream, signing in, the theme, and freezing.
    private static let stream = #"""
        let sample = null, past = [], bounds = [], isPaused = false, source = null, retryTimer = 0, mostNews = 200;
        const news = [];

        const state = (name, text) => {
          if ($('state').dataset.state === name) return;
          $('state').dataset.state = name;
          put($('state').querySelector('span'), text);
          if (name === 'lost') say('The server does not answer. Trying again…');
        };
        const connect = async () => {
          clearTimeout(retryTimer);
          source?.close();
          try {
            const history = await get('/api/history');
            past = history.samples;
            bounds = history.bounds;
          } catch {
            if (!$('sign-in').open) { state('lost', 'no answer'); retryTimer = setTimeout(connect, 2000); }
            return;
          }
          source = new EventSource('/api/events');
          source.addEventListener('sample', (event) => take(JSON.parse(event.data)));
          source.addEventListener('news', (event) => hear(JSON.parse(event.data)));
          source.onerror = () => {
            state('lost', 'no answer');
            if (source.readyState === EventSource.CLOSED) retryTimer = setTimeout(connect, 2000);
          };
          refreshConnections();
          refreshConfiguration();
        };
        const take = (next) => {
          state(isPaused ? 'paused' : 'live', isPaused ? 'frozen' : 'live');
          // A server that began anew counts from one.
          if (sample && next.number < sample.number) past = [];
          sample = next;
          if (!past.length || past[past.length - 1].at < next.at) {
            past.push({ at: next.at, rate: next.requests.rate, errors: next.requests.byStatus[4] + next.requests.byStatus[5],
              p50: next.latency.p50, p99: next.latency.p99, connections: next.connections.open, heat: next.latency.heat });
            if (past.length > 660) past.splice(0, past.length - 600);
          }
          if (!isPaused && !document.hidden) show();
        };
        const hear = (one) => {
          if (news.some((known) => known.number === one.number && known.at === one.at)) return;
          news.unshift(one);
          news.length = Math.min(news.length, mostNews);
          // What was before the page came is in the list.
          if (one.level === 'error' && sample && sample.at - one.at < 3000) say(one.text);
          if (one.kind === 'configuration') refreshConfiguration();
          if (!isPaused && !document.hidden) showNews();
        };
        const askForToken = () => {
          source?.close();
          state('wait', 'signed out');
          if (!$('sign-in').open) $('sign-in').showModal();
        };
        $('sign-in').addEventListener('cancel', (event) => event.preventDefault());
        $('sign-in').querySelector('form').addEventListener('submit', async (event) => {
          event.preventDefault();
          const answer = await api('/api/session', { method: 'POST', body: JSON.stringify({ token: $('token').value }) })
            .catch(() => null);
          if (!answer?.ok) {
            $('sign-in-problem').textContent = answer?.status === 401 ? 'That is not the token.' : 'The server does not answer.';
            return;
          }
          $('token').value = '';
          $('sign-in-problem').textContent = '';
          $('sign-in').close();
          $('sign-out').hidden = false;
          connect();
        });
        $('sign-out').addEventListener('click', async () => {
          await api('/api/session', { method: 'DELETE' });
          location.reload();
        });

        const themes = ['system', 'light', 'dark'];
        let theme = 'system';
        try { theme = localStorage.getItem('apus-theme') ?? 'system'; } catch { /* not allowed here */ }
        const setTheme = (name) => {
          theme = themes.includes(name) ? name : 'system';
          document.documentElement.dataset.theme = theme;
          put($('theme-name'), theme);
          $('theme').setAttribute('aria-label', 'Theme: ' + theme);
          try { localStorage.setItem('apus-theme', theme); } catch { /* not allowed here */ }
          if (sample) drawCharts();
        };
        const nextTheme = () => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length]);
        $('theme').addEventListener('click', nextTheme);
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (sample) drawCharts(); });

        const pause = () => {
          isPaused = !isPaused;
          $('pause').setAttribute('aria-pressed', isPaused);
          put($('pause'), isPaused ? 'Frozen' : 'Pause');
          state(isPaused ? 'paused' : 'live', isPaused ? 'frozen' : 'live');
          if (!isPaused && sample) show();
        };
        $('pause').addEventListener('click', pause);
        document.addEventListener('visibilitychange', () => { if (!document.hidden && sample && !isPaused) show(); });
        document.addEventListener('keydown', (event) => {
          if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
          if (event.target.closest('input, textarea, select')) return;
          if (event.key === '/') { event.preventDefault(); $('search').focus(); }
          if (event.key === 'p') pause();
          if (event.key === 't') nextTheme();
        });

        """#

    private static let start = #"""
        setTheme(theme);
        connect();
        """#
}
