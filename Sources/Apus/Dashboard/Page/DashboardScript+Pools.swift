extension DashboardScript {
    /// Pools with their health and their limits, and connections by protocol and state.
    static let pools = #"""
        const showPools = () => {
          reconcile($('pool-list'), [...sample.listeners, ...sample.pools], (pool) => pool.name, (pool) => make('li', {},
            make('span', {}, make('strong'), ' ', make('span', { class: 'badge' })), meter(), pool.kind === 'listener' ? make('span')
              : make('button', { type: 'button', 'aria-label': `Limit of ${pool.name}`, onclick: () => askForLimit(pool.name) },
                'Limit'), make('p', { class: 'quiet' })),
            (row, pool) => {
              put(row.querySelector('strong'), pool.name);
              const badge = row.querySelector('.badge');
              badge.className = 'badge ' + pool.health;
              put(badge, pool.health);
              const taken = pool.active + pool.idle, part = pool.limit ? taken / pool.limit : 0;
              setMeter(row.querySelector('.meter'), part, pool.limit ? percent(part) : count(taken));
              row.querySelector('.meter > i').style.visibility = pool.limit ? '' : 'hidden';
              put(row.querySelector('p'), [pool.reason, pool.idle ? `${count(pool.idle)} idle` : '',
                pool.waiting ? `${count(pool.waiting)} waiting` : '', `${count(pool.opened)} opened in all`,
                pool.rejected ? `${count(pool.rejected)} rejected` : '', pool.timeouts ? `${count(pool.timeouts)} timed out` : '',
                pool.failures ? `${count(pool.failures)} failed` : ''].filter(Boolean).join(' · '));
            });
          showLimits(sample.limits ?? []);
          const kinds = new Map();
          for (const group of sample.connections.groups) {
            const kind = kinds.get(group.kind) ?? { name: group.kind, total: 0, parts: [] };
            kind.total += group.count;
            kind.parts.push(group);
            kinds.set(group.kind, kind);
          }
          const most = Math.max(1, ...[...kinds.values()].map((kind) => kind.total));
          const shown = kinds.size ? [...kinds.values()] : [{ name: 'none open', total: 0, parts: [] }];
          reconcile($('census'), shown, (kind) => kind.name, (kind) => make('li', {}, make('span', {}, kind.name),
            make('span', { class: 'stack', role: 'img' }), make('span', { class: 'n' })), (row, kind) => {
            const stack = row.querySelector('.stack');
            stack.setAttribute('aria-label', kind.parts.map((part) => `${part.count} ${part.activity}`).join(', ') || 'none');
            stack.title = stack.getAttribute('aria-label');
            bars(stack, kind.parts.map((part) => [part.activity, part.count / most]));
            put(row.lastElementChild, count(kind.total));
          });
        };
        const showLimits = (limits) => {
          $('limits').hidden = limits.length === 0;
          reconcile($('limit-list'), limits, (limit) => limit.name, (limit) => make('li', {}, make('strong', {}, limit.name),
            meter(), make('span'), make('p', { class: 'quiet' })), (row, limit) => {
            setMeter(row.querySelector('.meter'), limit.inFlight / Math.max(1, limit.limit), `${count(limit.inFlight)} of ${count(limit.limit)}`);
            const shed = Object.entries(limit.shedByPriority).map(([name, number]) => `${count(number)} ${name}`).join(', ');
            put(row.querySelector('p'), [`${rate(limit.enteredRate)} let in/s`, `${rate(limit.shedRate)} turned away/s`,
              limit.base ? `${time(limit.base)} without a queue` : '', `${count(limit.shed)} turned away in all`
                + (shed ? ` (${shed})` : '')].filter(Boolean).join(' · '));
          });
        };
        const bars = (stack, parts) => reconcile(stack, parts, ([name]) => name, ([name]) => make('i', { class: name }),
          (bar, [, part]) => { bar.style.width = (part * 100).toFixed(2) + '%'; bar.hidden = !(part > 0); });
        let limited = null;
        const askForLimit = async (name) => {
          const pool = sample.pools.find((one) => one.name === name);
          // Which settings are in force when he is asked.
          const known = await get(`/api/pools/${encodeURIComponent(name)}`).catch(() => null);
          if (!pool || !known) return say('The server does not answer.');
          limited = { name, revision: known.revision };
          const each = known.members ? 'The limit is for each worker. ' : '';
          put($('limit-text'), `${name} has ${count(pool.active + pool.idle)} of its connections open. ${each}A lower limit closes none of `
            + 'them: nobody is let in until there are fewer.');
          // Of one worker: the limit above is of all together.
          $('limit').value = known.settings.find((one) => one.path === 'limit')?.value ?? '';
          $('limit').removeAttribute('aria-invalid');
          $('limit-problem').textContent = '';
          $('limit-dialog').showModal();
          $('limit').select();
        };
        // The way back that does not go away, as the one below the page does.
        $('limit-back').addEventListener('click', async () => {
          const { name, revision } = limited;
          const answer = await api(`/api/pools/${encodeURIComponent(name)}/rollback`, { method: 'POST', fields: seen(revision) })
            .catch(() => null);
          const content = await answer?.json().catch(() => null);
          if (!answer?.ok) {
            $('limit-problem').textContent = answer?.status === 412
              ? 'Somebody else has changed something meanwhile. Look at it again before you take it back.' : why(content);
            if (answer?.status === 412) limited.revision = content.revision;
            return;
          }
          $('limit-dialog').close();
          say(`${name} is as it was before.`);
        });
        $('limit-keep').addEventListener('click', () => $('limit-dialog').close());
        $('limit-dialog').querySelector('form').addEventListener('submit', async (event) => {
          event.preventDefault();
          const { name } = limited, address = `/api/pools/${encodeURIComponent(name)}`, text = $('limit').value.trim();
          const answer = await api(address, { method: 'PATCH', body: JSON.stringify({ limit: text === '' ? null : meant(text) }),
            fields: seen(limited.revision) }).catch(() => null);
          const content = await answer?.json().catch(() => null);
          if (!answer?.ok) {
            $('limit').setAttribute('aria-invalid', 'true');
            $('limit-problem').textContent = answer?.status === 412
              ? 'Somebody else has changed something meanwhile. Set the limit again if it is still wanted.' : why(content);
            if (answer?.status === 412) limited.revision = content.revision;
            return;
          }
          $('limit-dialog').close();
          if (!content.applied.length) return say(`The limit of ${name} is what it was.`);
          const limit = content.pool.settings.find((one) => one.path === 'limit')?.value;
          say(`${name} has ${limit ? `a limit of ${count(limit)}` : 'no limit'} now${content.workers > 1 ? ' in each worker' : ''}`
            + (content.toDrain ? `; ${count(content.toDrain)} above it may stay.` : '.'),
            make('button', { type: 'button', onclick: async () => {
              const undone = await api(address + '/rollback', { method: 'POST', fields: seen(content.revision) }).catch(() => null);
              say(undone?.ok ? `${name} is as it was before.` : undone?.status === 412
                ? 'Nothing was taken back: somebody else has changed something since.' : 'It could not be undone.');
            } }, 'Undo'));
        });

        """#
}
