/// The look of the dashboard: the colours and letters of the welcome page, one accent, numbers that stand still.
enum DashboardStyle {
    static let text = colours + frame + parts

    private static let colours = """
        :root { color-scheme: light dark;
          --paper: #f7f6f2; --card: #fffefb; --ink: #16222c; --quiet: #5a6b77; --line: #e4e4dd; --wash: #f1f1ec; --edge: #788690;
          --accent: #a3401a; --on-accent: #fff; --sky: #3d84ad; --sky-soft: #bcd8e6; --good: #17644a; --warn: #8a5a00;
          --bad: #b3261e; --idle: #7f8c94; --receiving: #a86f0c; --answering: #2f7199; --closing: #7c2d0f;
          --handling: #2f7199; --sending: #3f8a5c; --shadow: 0 1px 2px rgb(22 34 44 / .05);
          --heat-0: #e9eff1; --heat-1: #b5d3e2; --heat-2: #5c9fc4; --heat-3: #215f88; --heat-4: #0b2f4a }
        :root[data-theme="dark"] { color-scheme: dark }
        :root[data-theme="light"] { color-scheme: light }
        @media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { \(dark) } }
        :root[data-theme="dark"] { \(dark) }

        """

    /// What stands between the stripes of a pattern: what is behind it.
    private static let gap = "var(--card)"

    private static let dark = """
        --paper: #0c1217; --card: #121a21; --ink: #e8edf0; --quiet: #93a4af; --line: #212d36; --wash: #18222a; --edge: #677782;
        --accent: #f2a272; --on-accent: #1b0f07; --sky: #6bb2d8; --sky-soft: #24465a; --good: #74d0a8; --warn: #e5b75c;
        --bad: #ff8a7a; --idle: #6d7e89; --receiving: #e5b75c; --answering: #6bb2d8; --closing: #f2a272;
        --handling: #6bb2d8; --sending: #7fc49b; --shadow: none;
        --heat-0: #15212a; --heat-1: #1b4258; --heat-2: #2f7ea8; --heat-3: #8cc8e6; --heat-4: #fde6c8
        """

    private static let frame = """
        * { box-sizing: border-box }
        html { scroll-padding-top: 4.5rem }
        body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
          font: .9375rem/1.5 system-ui, "Segoe UI", sans-serif; font-variant-numeric: tabular-nums }
        h1, h2, h3, p, dl, dd, ul, ol { margin: 0; padding: 0 }
        ul, ol { list-style: none }
        h1 { font-size: 1.125rem; letter-spacing: -.02em }
        h2 { font-size: 1rem; font-weight: 650; letter-spacing: -.01em }
        .quiet, .more { color: var(--quiet) }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
        [hidden] { display: none !important }
        .skip { position: absolute; left: -99rem; padding: .5rem 1rem; background: var(--card); z-index: 9 }
        .skip:focus { left: .5rem; top: .5rem }
        a { color: inherit; text-underline-offset: .2em }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
        main:focus { outline: none }
        button, input { font: inherit; color: inherit }
        button { min-height: 2rem; padding: 0 .75rem; border: 1px solid var(--edge); border-radius: 7px; cursor: pointer;
          background: var(--card); font-size: .8125rem; white-space: nowrap }
        button:hover { background: var(--wash) }
        button:disabled { opacity: .45; cursor: default }
        button.strong { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600 }
        button[aria-pressed="true"] { background: var(--ink); border-color: var(--ink); color: var(--paper) }
        input[type="search"], input[type="password"], input[type="text"] { min-height: 2rem; padding: 0 .625rem;
          border: 1px solid var(--edge); border-radius: 7px; background: var(--paper); min-width: 0; width: 100% }
        ::placeholder { color: var(--quiet); opacity: 1 }
        kbd { padding: 0 .35em; border: 1px solid var(--line); border-radius: 4px; font: .75rem ui-monospace, monospace }
        .bar { position: sticky; top: 0; z-index: 5; display: flex; gap: .75rem 1.5rem; align-items: center; flex-wrap: wrap;
          padding: .625rem clamp(.875rem, 2.5vw, 2rem); border-bottom: 1px solid var(--line);
          background: color-mix(in srgb, var(--paper) 88%, transparent); backdrop-filter: blur(10px) }
        .brand { display: flex; gap: .625rem; align-items: center }
        .brand p { font-size: .8125rem; padding-left: .25rem }
        nav { display: flex; gap: 1.125rem; font-size: .8125rem; overflow-x: auto; scrollbar-width: none; margin-left: auto }
        nav a { text-decoration: none; color: var(--quiet); padding: .375rem 0; white-space: nowrap }
        nav a:hover { color: var(--ink) }
        .tools { display: flex; gap: .5rem; align-items: center }
        .state { display: inline-flex; gap: .45rem; align-items: center; font-size: .8125rem; margin-right: .25rem }
        .state i { width: .5rem; height: .5rem; border-radius: 50%; background: var(--quiet) }
        .state[data-state="live"] i { background: var(--good) }
        .state[data-state="lost"] i { background: var(--bad); border-radius: 1px }
        main, footer { max-width: 96rem; margin: 0 auto; padding: clamp(.75rem, 2vw, 1.5rem) clamp(.75rem, 2.5vw, 2rem) }
        main { display: grid; gap: clamp(.75rem, 1.4vw, 1.125rem); grid-template-columns: minmax(0, 1fr) }
        footer { display: flex; justify-content: space-between; font-size: .8125rem; padding-bottom: 3rem }
        .pair { display: grid; gap: inherit; grid-template-columns: repeat(auto-fit, minmax(min(31rem, 100%), 1fr)) }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; min-width: 0;
          padding: 1rem clamp(.75rem, 1.6vw, 1.25rem) 1.125rem; box-shadow: var(--shadow) }
        .head { display: flex; gap: .5rem 1rem; align-items: center; flex-wrap: wrap; margin-bottom: .75rem; min-height: 2rem }
        .head > :last-child:not(h2) { margin-left: auto }
        .head input[type="search"] { width: 19rem; max-width: 100% }
        .note { font-size: .8125rem; margin-top: .75rem }
        .empty { padding: 1rem 0; font-size: .875rem }
        .over { display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .75rem; font-weight: 500; color: var(--quiet);
          margin: .875rem 0 .375rem; letter-spacing: .01em }
        .segments { display: flex }
        .segments button { border-radius: 0; margin-left: -1px }
        .segments button:first-child { border-radius: 7px 0 0 7px }
        .segments button:last-child { border-radius: 0 7px 7px 0 }

        """

    private static let parts = """
        .figures dl { display: grid; grid-template-columns: 1.5fr repeat(4, 1fr); border: 1px solid var(--line);
          border-radius: 12px; background: var(--card); box-shadow: var(--shadow) }
        .figures dl > div { padding: .875rem clamp(.75rem, 1.6vw, 1.25rem) 1rem; min-width: 0 }
        .figures dl > div + div { border-left: 1px solid var(--line) }
        .figures dt { font-size: .75rem; color: var(--quiet) }
        .figures dd { font-size: clamp(1.375rem, 2.1vw, 1.875rem); line-height: 1.25; letter-spacing: -.03em; font-weight: 600;
          white-space: nowrap }
        .figures .lead dd { font-size: clamp(2rem, 3.4vw, 3rem); line-height: 1.1; font-weight: 650 }
        .figures dd.more { font-size: .8125rem !important; font-weight: 400; letter-spacing: 0; line-height: 1.5;
          white-space: normal }
        .figures dd small { font-size: .55em; font-weight: 500; letter-spacing: 0; color: var(--quiet); margin-left: .25em }
        canvas { display: block; width: 100%; height: 5.5rem; border-radius: 6px; touch-action: pan-y }
        #heat { height: clamp(11rem, 24vw, 15.5rem); cursor: crosshair }
        #readout { font-size: .8125rem; min-height: 1.25rem; margin-left: auto }
        .key { font-size: .75rem; font-weight: 400; color: var(--quiet) }
        .key > span { white-space: nowrap }
        .key i { display: inline-block; width: .625rem; height: .625rem; border-radius: 2px; margin: 0 .2rem 0 .5rem }
        i.ok { background: var(--sky) } i.bad { background: var(--bad) }
        i.answering { background: var(--answering) } i.handling { background: var(--handling) }
        /* Neighbours differ in their pattern too, for those who see no colours. */
        i.receiving { background: repeating-linear-gradient(135deg, transparent 0 3px, \(gap) 3px 4.5px) var(--receiving) }
        i.idle { background: repeating-linear-gradient(0deg, transparent 0 2px, \(gap) 2px 3px) var(--idle) }
        i.sending { background: repeating-linear-gradient(0deg, transparent 0 2px, \(gap) 2px 3px) var(--sending) }
        i.closing { background: repeating-linear-gradient(90deg, transparent 0 3px, \(gap) 3px 4.5px) var(--closing) }
        .key i.heat { width: 2.5rem; background: linear-gradient(90deg, var(--heat-1), var(--heat-2), var(--heat-3),
          var(--heat-4)) }
        .key i.p50, .key i.p99 { height: 0; width: 1rem; border-radius: 0; vertical-align: .25em;
          border-top: 2px solid var(--ink) }
        .key i.p99 { border-top: 2px dashed var(--accent) }
        .scroll { overflow-x: auto; margin: 0 calc(-1 * clamp(.75rem, 1.6vw, 1.25rem));
          padding: 0 clamp(.75rem, 1.6vw, 1.25rem) }
        .feed { max-height: 20rem; overflow-y: auto }
        #configuration .scroll { max-height: 38rem; overflow-y: auto }
        #key-table thead th { position: sticky; top: 0; background: var(--card); z-index: 1 }
        [aria-invalid="true"] { border-color: var(--bad) !important }
        table { width: 100%; border-collapse: collapse; font-size: .875rem }
        th { text-align: left; font-weight: 500; font-size: .75rem; color: var(--quiet); padding: .25rem .75rem .375rem 0;
          border-bottom: 1px solid var(--line); white-space: nowrap }
        th button { min-height: 1.5rem; border: 0; padding: 0; background: none; font-size: inherit; color: inherit }
        th button:hover { color: var(--ink); background: none }
        th[aria-sort] button { color: var(--ink); font-weight: 600 }
        th[aria-sort="descending"] button::after { content: " ↓" }
        th[aria-sort="ascending"] button::after { content: " ↑" }
        td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: middle }
        tbody th { font-size: .875rem; padding: .4rem .75rem .4rem 0 }
        tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0 }
        .client { white-space: nowrap }
        #member-table tr.missing { color: var(--bad) }
        #loop-table th:nth-child(2) { width: 34% }
        th:last-child, td:last-child { padding-right: 0 }
        .n { text-align: right; white-space: nowrap }
        .mono, td code { font: .8125rem/1.45 ui-monospace, "Cascadia Code", Menlo, monospace }
        td .method { color: var(--quiet); margin-right: .5em }
        .meter { display: flex; gap: .625rem; align-items: center; min-width: 7rem }
        .meter > i { flex: 1; height: .5rem; border-radius: 4px; background: var(--wash); overflow: hidden; min-width: 3rem }
        .meter > i > b { display: block; height: 100%; width: 100%; transform-origin: 0 0; background: var(--sky) }
        .meter.warm > i > b { background: var(--receiving) }
        .meter.hot > i > b { background: var(--bad) }
        .meter > span { min-width: 3rem; text-align: right; white-space: nowrap }
        .pools li { display: grid; grid-template-columns: auto 1fr auto; gap: 0 .75rem; padding: .5rem 0;
          border-bottom: 1px solid var(--line); align-items: center }
        .pools li > button { min-height: 1.625rem; padding: 0 } .pools li > :nth-child(3) { width: 3.25rem }
        .pools li > p { grid-column: 1 / -1; font-size: .8125rem }
        .badge { display: inline-block; padding: .05rem .5rem; border-radius: 99px; font-size: .75rem; font-weight: 600;
          border: 1px solid currentColor }
        .badge::before { content: "● "; font-size: .7em; vertical-align: .1em }
        .badge.degraded::before { content: "▲ " } .badge.overloaded::before { content: "■ " }
        .badge.unavailable::before { content: "✕ " }
        .healthy { color: var(--good) } .degraded { color: var(--warn) } .overloaded, .unavailable { color: var(--bad) }
        .census li { display: grid; grid-template-columns: 7.5rem 1fr 4rem; gap: .75rem; align-items: center;
          padding: .25rem 0; font-size: .875rem }
        .stack { display: flex; height: .75rem; border-radius: 3px; overflow: hidden; gap: 2px }
        .stack i { min-width: 3px }
        .slow li { padding: .5rem 0; border-bottom: 1px solid var(--line); font-size: .875rem }
        .slow li:last-child { border-bottom: 0 }
        .slow .line { display: flex; gap: .5rem; align-items: baseline }
        .slow .line code { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
        .slow .stack { height: .4375rem; margin: .3rem 0 .25rem }
        .slow .quiet { font-size: .75rem }
        .news li { display: grid; grid-template-columns: 4.75rem 6.5rem 1fr; gap: .75rem; padding: .35rem 0;
          border-bottom: 1px solid var(--line); font-size: .875rem }
        .news .warning b { color: var(--warn) } .news .error b { color: var(--bad) }
        .news b { font-weight: 600; font-size: .8125rem }
        .check { font-size: .8125rem; display: inline-flex; gap: .45rem; align-items: center; min-height: 2rem }
        .check input { accent-color: var(--accent); width: 1rem; height: 1rem; margin: 0 }
        .foot { display: flex; gap: .75rem; align-items: center; justify-content: flex-end; margin-top: .75rem;
          font-size: .8125rem }
        #connection-table td button { min-height: 1.625rem; padding: 0 .5rem }
        #key-table td:first-child { width: 44% } #key-table td:last-child { width: 20% }
        #key-table small { display: block; color: var(--quiet); font-size: .8125rem }
        #key-table small.problem { color: var(--bad) }
        #key-table input { font: .8125rem ui-monospace, monospace; max-width: 18rem }
        #key-table tr.changed td { background: color-mix(in srgb, var(--accent) 7%, transparent) }
        #key-table .chip { font-size: .75rem; color: var(--quiet) }
        .changes { position: sticky; bottom: .75rem; display: flex; flex-wrap: wrap; gap: .625rem; align-items: center;
          margin-top: .75rem; padding: .625rem .875rem; border: 1px solid var(--accent); border-radius: 10px;
          background: var(--card) }
        .changes p { margin-right: auto }
        .changes ul { flex-basis: 100%; order: 3; color: var(--bad); font-size: .875rem }
        .changes ul:empty { display: none }
        .toast { position: fixed; right: 1rem; bottom: 1rem; z-index: 8; max-width: min(30rem, 100vw - 2rem); font-size: .875rem;
          padding: .625rem .875rem; border-radius: 8px; background: var(--ink); color: var(--paper); display: flex;
          gap: .75rem; align-items: center }
        .toast:empty { display: none }
        .toast button { color: var(--ink) }
        dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--card); color: var(--ink);
          width: min(29rem, 100vw - 2rem); padding: 1.25rem; box-shadow: 0 18px 50px rgb(0 0 0 / .25) }
        dialog::backdrop { background: rgb(10 16 22 / .45) }
        dialog form { display: grid; gap: .75rem }
        .actions { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: flex-end; margin-top: .25rem }
        .problem { color: var(--bad); font-size: .875rem }
        @media (max-width: 70rem) { .figures dl { grid-template-columns: repeat(4, 1fr) }
          .figures .lead { grid-column: 1 / -1; border-bottom: 1px solid var(--line) }
          .figures dl > div:nth-child(2) { border-left: 0 } }
        @media (max-width: 46rem) { .wide { display: none }
          html { scroll-padding-top: 6.5rem }
          .figures dl { grid-template-columns: 1fr 1fr }
          .figures dl > div:nth-child(2n) { border-left: 0 }
          .figures dl > div:nth-child(n + 4) { border-top: 1px solid var(--line) }
          .figures dd { font-size: 1.375rem } .figures .lead dd { font-size: 2.5rem }
          nav { order: 3; width: 100%; margin: 0 }
          .bar { flex-wrap: wrap; padding-bottom: .25rem } .tools { margin-left: auto } .brand p { display: none }
          .state span { display: none }
          .census li { grid-template-columns: 6rem 1fr 3rem }
          .news li { grid-template-columns: 4.5rem 1fr } .news li span { grid-column: 1 / -1 }
          .head > :last-child:not(h2) { margin-left: 0 } .head input[type="search"], #connection-search { width: 100% }
          #readout { width: 100% }
          th, td { padding-right: .5rem } .meter { min-width: 5rem } .meter > i { min-width: 1.5rem }
          .meter > span { min-width: 2.5rem }
          #key-table, #key-table tbody, #key-table tr, #key-table td { display: block; width: auto !important }
          #key-table thead { display: none } #key-table td { border: 0; padding: .125rem 0 }
          #key-table tr { padding: .5rem 0; border-bottom: 1px solid var(--line) }
          #key-table input { max-width: none } }
        @media (max-width: 30rem) { .broad { display: none } .client { font-size: .75rem }
          #route-table td:first-child { min-width: 8rem } }
        @media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth }
          .meter > i > b { transition: transform .3s ease-out } }
        @media (prefers-contrast: more) { :root { --line: currentColor; --edge: currentColor; --quiet: var(--ink) } }
        @media (forced-colors: active) { .meter > i > b, .stack i, .key i { forced-color-adjust: none } }

        """
}
