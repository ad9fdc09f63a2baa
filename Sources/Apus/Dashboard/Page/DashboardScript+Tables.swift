extension DashboardScript {
    /// The table of connections: searched and sorted by the server, for there may be a million.
    static let connections = #"""
        const wanted = { key: 'age', descending: true, search: '', offset: 0, limit: 20 };
        let connectionTimer = 0, closing = null;
        const refreshConnections = async () => {
          clearTimeout(connectionTimer);
          const asked = { ...wanted };
          try {
            const page = await get(`/api/connections?sort=${asked.descending ? '-' : ''}${asked.key}`
              + `&search=${encodeURIComponent(asked.search)}&offset=${asked.offset}&limit=${asked.limit}`);
            if (!isPaused && !document.hidden && JSON.stringify(asked) === JSON.stringify(wanted)) showConnections(page);
          } catch { /* the state above tells of it */ }
          clearTimeout(connectionTimer);
          connectionTimer = setTimeout(refreshConnections, document.hidden ? 10000 : 2000);
        };
        const showConnections = (page) => {
          put($('connection-count'), (wanted.search ? `${count(page.matching)} of ${count(page.total)}` : count(page.total))
            + (page.missingLoops.length ? `, without those of loop ${page.missingLoops.join(', ')}, which is held` : '')
            + (page.missingWorkers?.length ? `, without those of worker ${page.missingWorkers.join(', ')}, which does not answer` : ''));
          if (!page.connections.length && wanted.offset) { wanted.offset = 0; return refreshConnections(); }
          reconcile($('connection-table').tBodies[0], page.connections, (one) => one.id, (one) => make('tr', {},
            make('td', { class: 'mono client' }), make('td', { class: 'broad' }),
            make('td', {}, make('span'), make('span', { class: 'broad quiet' })), make('td', { class: 'n' }),
            make('td', { class: 'n broad' }),
            make('td', { class: 'n wide' }), make('td', { class: 'n wide' }), make('td', { class: 'n wide' }),
            make('td', { class: 'n wide' }), make('td', { class: 'n wide' }), make('td', { class: 'n' },
              make('button', { type: 'button', 'aria-label': `Close the connection from ${one.address || one.id}`,
                onclick: () => askToClose(one) }, 'Close'))), (row, one) => {
            put(row.children[2].firstChild, one.state);
            put(row.children[2].lastChild, one.request ? ` ${one.request}` : '');
            [one.address || 'Unix socket', one.protocol, null, count(one.requests), span(one.age), span(one.idle), one.roundTrip === undefined ? '–' : time(one.roundTrip),
              bytes(one.received), bytes(one.sent), loopName(one)].forEach((text, index) => {
                if (text !== null) put(row.children[index], text);
              });
          });
          const last = Math.min(page.matching, wanted.offset + page.connections.length);
          put($('page'), page.matching ? `${count(wanted.offset + 1)}–${count(last)} of ${count(page.matching)}` : 'none');
          $('earlier').disabled = wanted.offset === 0;
          $('later').disabled = last >= page.matching || wanted.offset + wanted.limit > 10000;
        };
        $('connection-search').addEventListener('submit', (event) => event.preventDefault());
        let searchTimer = 0;
        $('search').addEventListener('input', () => {
          clearTimeout(searchTimer);
          searchTimer = setTimeout(() => {
            Object.assign(wanted, { search: $('search').value.trim().slice(0, 100), offset: 0 });
            refreshConnections();
          }, 200);
        });
        for (const head of document.querySelectorAll('#connection-table th[data-key]')) {
          head.querySelector('button').addEventListener('click', () => {
            const isSame = wanted.key === head.dataset.key;
            const textual = ['address', 'protocol', 'state', 'loop'].includes(head.dataset.key);
            Object.assign(wanted, { key: head.dataset.key, descending: isSame ? !wanted.descending : !textual, offset: 0 });
            for (const other of document.querySelectorAll('#connection-table th[data-key]')) other.removeAttribute('aria-sort');
            head.setAttribute('aria-sort', wanted.descending ? 'descending' : 'ascending');
            refreshConnections();
          });
        }
        $('earlier').addEventListener('click', () => {
          wanted.offset = Math.max(0, wanted.offset - wanted.limit);
          refreshConnections();
        });
        $('later').addEventListener('click', () => { wanted.offset += wanted.limit; refreshConnections(); });
        const askToClose = (one) => {
          closing = one;
          put($('close-text'), `${one.address || 'A connection'}${one.worker === undefined ? '' : ` of worker ${one.worker}`} speaks ${one.protocol}, is ${one.state} and has made `
            + `${count(one.requests)} ${one.requests === 1 ? 'request' : 'requests'}.`);
          $('close-dialog').returnValue = '';
          $('close-dialog').showModal();
        };
        $('close-dialog').addEventListener('close', async () => {
          const how = $('close-dialog').returnValue;
          if (!closing || !how) return;
          const answer = await api(`/api/connections/${closing.id}${how === 'now' ? '?now=true' : ''}`, { method: 'DELETE' })
            .catch(() => null);
          const content = answer?.ok ? null : await answer?.json().catch(() => null);
          say(answer?.ok ? `${closing.address || 'The connection'} is being closed.`
            : answer?.status === 404 ? 'That connection was gone already.'
            : `It could not be closed: ${content?.detail ?? 'the server does not answer'}.`);
          refreshConnections();
        });

        """#

    /// The configuration, and changes that are gathered until they are applied together.
    static let configuration = #"""
        let entries = [], keysShown = 'live', revision = null;
        const changes = new Map();
        const refreshConfiguration = async () => {
          try {
            const found = await get('/api/configuration');
            entries = found.entries;
            revision = found.revision;
            $('rollback').hidden = !found.earlier;
            showKeys();
          } catch { /* the state above tells of it */ }
        };
        const written = (value) => typeof value === 'string' ? value : JSON.stringify(value);
        const showKeys = () => {
          const search = $('key-search').value.trim().toLowerCase();
          const shown = entries.filter((entry) => (keysShown === 'all' || keysShown === 'set' && !entry.isDefault
            || keysShown === 'live' && entry.isLive) && (!search || `${entry.path} ${entry.summary}`.toLowerCase().includes(search)));
          $('no-keys').hidden = shown.length > 0;
          reconcile($('key-table').tBodies[0], shown, (entry) => entry.path, (entry) => make('tr', {},
            make('td', {}, make('code', {}, entry.path), make('small', { id: 'about-' + entry.path }, entry.summary)),
            make('td', {}, entry.isLive && !entry.isSecret
              ? make('input', { type: 'text', 'aria-label': entry.path, 'aria-describedby': 'about-' + entry.path,
                title: entry.expected ? `Expects ${entry.expected}` : null, autocomplete: 'off', spellcheck: 'false',
                oninput: (event) => change(entry.path, event.target) })
              : make('code')), make('td', {}, make('span', { class: 'chip' }))), (row, entry) => {
            const input = row.querySelector('input');
            row.className = changes.has(entry.path) ? 'changed' : '';
            if (!input) put(row.children[1].firstChild, written(entry.value));
            else if (!changes.has(entry.path) && document.activeElement !== input) input.value = written(entry.value);
            put(row.querySelector('.chip'), entry.origin);
          });
          showChanges();
        };
        const change = (path, input) => {
          const entry = entries.find((one) => one.path === path);
          if (input.value === written(entry.value)) changes.delete(path); else changes.set(path, input.value);
          input.closest('tr').className = changes.has(path) ? 'changed' : '';
          isRight(input);
          showChanges();
        };
        const field = (path) => document.getElementById('about-' + path)?.closest('tr').querySelector('input');
        // What is wrong with a value stands beside it, and belongs to its field.
        const isWrong = (input, reason) => {
          const path = input.getAttribute('aria-label');
          isRight(input);
          input.setAttribute('aria-invalid', 'true');
          input.setAttribute('aria-describedby', `about-${path} problem-${path}`);
          input.after(make('small', { class: 'problem', id: 'problem-' + path }, reason));
        };
        const isRight = (input) => {
          const path = input.getAttribute('aria-label');
          input.removeAttribute('aria-invalid');
          input.setAttribute('aria-describedby', 'about-' + path);
          document.getElementById('problem-' + path)?.remove();
        };
        // Where the keyboard goes on when what it was on is gone: to what was changed, or to the search.
        const goOn = (paths) => (paths.map(field).find((input) => input) ?? $('key-search')).focus();
        const showChanges = () => {
          $('changes').hidden = changes.size === 0;
          put($('change-count'), `${changes.size} ${changes.size === 1 ? 'change' : 'changes'} not applied`);
          if (!changes.size) $('problems').replaceChildren();
        };
        // A number, a boolean, null or a list as it is; anything else is text, such as 64MiB.
        const meant = (text) => { try { return JSON.parse(text); } catch { return text; } };
        // What was seen goes with what is wanted: nobody undoes what another has done meanwhile.
        const seen = (revision) => ({ 'If-Match': revision ? `"${revision}"` : '*' });
        const why = (content) => content?.problems?.map((one) => `${one.path} ${one.reason}`.trim()).join('; ')
          ?? content?.detail ?? 'The server does not answer.';
        const apply = async (asked) => {
          const answer = await api('/api/configuration', { method: 'PATCH', body: JSON.stringify(asked), fields: seen(revision) });
          return { isApplied: answer.ok, status: answer.status, content: await answer.json() };
        };
        $('configuration-form').addEventListener('submit', async (event) => {
          event.preventDefault();
          if (!changes.size) return;
          const asked = Object.fromEntries([...changes].map(([path, text]) => [path, meant(text)]));
          const { isApplied, status, content } = await apply(asked).catch(() => ({ isApplied: false, content: {} }));
          if (status === 412) {
            await refreshConfiguration();
            return say('Somebody else was faster: the values shown are new. Apply again if yours are still wanted.');
          }
          if (!isApplied) {
            const problems = content.problems ?? [{ path: '', reason: content.detail ?? 'the server does not answer' }];
            const reason = (one) => `${one.reason}${one.suggestion ? `; did you mean ${one.suggestion}?` : ''}`;
            $('problems').replaceChildren(...problems.map((one) => make('li', {}, `${one.path ? one.path + ': ' : ''}${reason(one)}`)));
            for (const input of document.querySelectorAll('#key-table input')) isRight(input);
            const wrong = problems.filter((one) => field(one.path));
            for (const one of wrong) isWrong(field(one.path), reason(one));
            if (wrong.length) field(wrong[0].path).focus();
            say('Nothing was changed: see what is wrong.');
            return;
          }
          const paths = [...changes.keys()], isGone = $('changes').contains(document.activeElement);
          changes.clear();
          await refreshConfiguration();
          if (isGone) goOn(paths);
          const keys = content.applied;
          const where = content.workers > 1 ? ` in ${content.workers} workers` : '';
          say((keys.length === 1 ? `${keys[0].path} is changed` : `${keys.length} keys are changed`) + where + '.',
            keys.length ? make('button', { type: 'button', onclick: () => rollBack(content.revision) }, 'Undo') : null);
        });
        const rollBack = async (meant) => {
          const answer = await api('/api/configuration/rollback', { method: 'POST', fields: seen(meant) }).catch(() => null);
          const content = await answer?.json().catch(() => null);
          const keys = answer?.ok ? content.applied : [];
          say(answer?.status === 412 ? 'Nothing was taken back: somebody else has changed something since. Look at it again.'
            : !answer?.ok ? `It could not be undone: ${why(content)}` : keys.length === 1
            ? `${keys[0].path} is as it was before.` : `${keys.length} keys are as before.`);
          refreshConfiguration();
        };
        $('rollback').addEventListener('click', () => rollBack(revision));
        $('discard').addEventListener('click', () => {
          const paths = [...changes.keys()];
          changes.clear();
          for (const input of document.querySelectorAll('#key-table input')) isRight(input);
          showKeys();
          goOn(paths);
        });
        $('key-search').addEventListener('input', showKeys);
        for (const button of document.querySelectorAll('[data-keys]')) button.addEventListener('click', () => {
          keysShown = button.dataset.keys;
          for (const other of document.querySelectorAll('[data-keys]')) other.setAttribute('aria-pressed', other === button);
          showKeys();
        });

        """#
}
