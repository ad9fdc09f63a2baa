/// The page at `/` of the demo application: what Apus is, and its routes to try.
public enum WelcomePage {
    /// The `Content-Security-Policy` that the page needs: its own style and images, and nothing else.
    public static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'"

    /// The page, self-contained: it loads nothing, is light or dark as the reader's system is, and stands still for
    /// those who asked for no motion. Serve it as `text/html; charset=utf-8`.
    public static let html: String = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Apus is in the air</title>
        <link rel="icon" href="data:,">
        <style>
        :root { --ink: #17242f; --quiet: #4d6170; --paper: #fdfcf9; --line: #dfe4e6; --accent: #a3401a; --wash: #f1f4f4;
          --sky-high: #8fc1de; --sky-low: #fbe9d0; --bird: #1c2b38; --get: #17644a; --post: #8a3d12 }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e9eef1; --quiet: #a2b3be; --paper: #10171d; --line: #2a3740; --accent: #f2a272; --wash: #18222a;
            --sky-high: #1b2a50; --sky-low: #6d4a58; --bird: #060b12; --get: #74d0a8; --post: #f2b184 }
        }
        * { box-sizing: border-box }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, "Segoe UI", sans-serif }
        header { position: relative; overflow: hidden; background: linear-gradient(var(--sky-high), var(--sky-low)) }
        header svg { position: absolute; inset: 0; width: 100%; height: 100%; fill: var(--bird) }
        header div, main, footer { max-width: 46rem; margin: 0 auto; padding: 0 1.5rem }
        header div { position: relative; padding-top: clamp(14rem, 26vw, 16rem); padding-bottom: 2.5rem }
        h1 { margin: 0; font-size: clamp(3rem, 11vw, 5.5rem); line-height: 1; letter-spacing: -.04em; font-weight: 700 }
        header p { margin: .75rem 0 0; font-size: 1.25rem; max-width: 32rem }
        h2 { margin: 2.75rem 0 .75rem; font-size: 1.25rem; letter-spacing: -.01em }
        main > p { margin: 2rem 0 0; max-width: 38rem }
        a { color: var(--accent); text-underline-offset: .18em }
        a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 2px }
        ul { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line) }
        li { display: grid; grid-template-columns: 3.5rem 12.5rem 1fr; gap: 0 .75rem; padding: .6rem 0;
          border-bottom: 1px solid var(--line); align-items: baseline }
        li b { font: 600 .8125rem/1 ui-monospace, monospace; color: var(--get); letter-spacing: .04em }
        li b.post { color: var(--post) }
        code, pre { font: .9375rem/1.6 ui-monospace, "Cascadia Code", Menlo, monospace }
        li span { color: var(--quiet) }
        pre { margin: 0; padding: 1rem 1.25rem; overflow-x: auto; background: var(--wash); border-radius: .5rem }
        footer { padding-top: 2.5rem; padding-bottom: 3rem; color: var(--quiet); font-size: .9375rem }
        @media (max-width: 40rem) { li { grid-template-columns: 3.5rem 1fr } li span { grid-column: 2 } .low { display: none } }
        @media (prefers-reduced-motion: no-preference) {
          .near { animation: drift 9s ease-in-out infinite alternate }
          .far { animation: drift 14s ease-in-out infinite alternate-reverse }
          @keyframes drift { from { transform: translate(-10px, 6px) } to { transform: translate(14px, -8px) } }
        }
        </style>
        </head>
        <body>
        <header>
        <svg viewBox="0 0 1200 420" preserveAspectRatio="xMidYMin slice" aria-hidden="true">
        <defs><path id="swift" d="M0-17C3-17 5-13 5.500-9C22-17 47-6 66 26C44 4 24 1 7 8C7 14 5.500 20 9 31C5 28 2 24 0 21C-2 24-5 28-9 31
        C-5.500 20-7 14-7 8C-24 1-44 4-66 26C-47-6-22-17-5.500-9C-5-13-3-17 0-17Z"/></defs>
        <g class="near">
        <use href="#swift" transform="translate(770 150) rotate(52) scale(1.75)"/>
        <use href="#swift" transform="translate(985 78) rotate(38) scale(1)"/>
        </g>
        <g class="far" opacity=".75">
        <use href="#swift" transform="translate(600 62) rotate(64) scale(.62)"/>
        <use class="low" href="#swift" transform="translate(905 262) rotate(28) scale(.55)"/>
        <use href="#swift" transform="translate(470 128) rotate(80) scale(.42)"/>
        <use href="#swift" transform="translate(1080 190) rotate(58) scale(.36)"/>
        <use class="low" href="#swift" transform="translate(690 272) rotate(44) scale(.3)"/>
        </g>
        </svg>
        <div>
        <h1>Apus</h1>
        <p>A network runtime and HTTP framework for Swift. The event loop is the executor: your handler runs where its bytes
        arrive.</p>
        </div>
        </header>
        <main>
        <p>Swifts, the birds of the genus <i>Apus</i>, stay in the air for ten months on end. They never block. The server that sent
        you this page is running, and these are its routes.</p>
        <h2>Try them</h2>
        <ul>
        <li><b>GET</b><a href="/plaintext"><code>/plaintext</code></a><span>Hello, World! from a synchronous handler</span></li>
        <li><b>GET</b><a href="/async"><code>/async</code></a><span>The same from an asynchronous one</span></li>
        <li><b>GET</b><a href="/full"><code>/full</code></a><span>The first inside all that a service has around it</span></li>
        <li><b>GET</b><a href="/metrics"><code>/metrics</code></a><span>What the server counts and times</span></li>
        <li><b>GET</b><a href="/json"><code>/json</code></a><span>A value, encoded</span></li>
        <li><b>GET</b><a href="/users/42"><code>/users/:id</code></a><span>A typed parameter</span></li>
        <li><b>GET</b><a href="/sleep/500"><code>/sleep/:ms</code></a>
        <span>Half a second of waiting that holds no thread</span></li>
        <li><b>GET</b><a href="/big/1" download="apus.bin"><code>/big/:mebibytes</code></a>
        <span>A stream that waits for its reader</span></li>
        <li><b>GET</b><a href="/files/"><code>/files/**</code></a><span>A folder, with ranges and validators</span></li>
        <li><b class="post">POST</b><code>/echo</code><span>Your content, streamed back as it arrives</span></li>
        </ul>
        <h2>From the shell</h2>
        <pre tabindex="0">curl -d 'still in the air' http://127.0.0.1:8080/echo
        apus bench http://127.0.0.1:8080/plaintext -d 5s
        apus serve public --port 3000</pre>
        </main>
        <footer>Nothing on this page comes from anywhere else.</footer>
        </body>
        </html>

        """
}
