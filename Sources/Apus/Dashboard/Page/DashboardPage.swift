import ApusHTTP

/// The page of the dashboard, embedded as the welcome page is: text, style and script from here alone.
enum DashboardPage {
    /// What the page may load and talk to: this listener, and nothing else; no script or style within its text.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

    static func response(_ status: Status) -> Response {
        Response(status, [.contentType: "text/html; charset=utf-8"], body: .text(html))
    }

    /// What the page loads: small, and asked for anew each time, so that a new version is seen at once.
    static func asset(_ text: String, _ type: String) -> Response {
        Response(.ok, [.contentType: type, .cacheControl: "no-cache"], body: .text(text))
    }

    /// The bird of the welcome page.
    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="-70 -50 140 100"><path fill="#d0602f" d="M0-17C3-17 5-13 5.500-9C22-17 \
        47-6 66 26C44 4 24 1 7 8C7 14 5.500 20 9 31C5 28 2 24 0 21C-2 24-5 28-9 31C-5.500 20-7 14-7 8C-24 1-44 4-66 \
        26C-47-6-22-17-5.500-9C-5-13-3-17 0-17Z"/></svg>
        """

    static let html = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Apus dashboard</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/dashboard.css">
        </head>
        <body>
        <a class="skip" href="#main">Skip to the figures</a>
        <header class="bar">
        <div class="brand"><img src="/icon.svg" alt="" width="34" height="24"><h1>Apus</h1>
        <p id="place" class="quiet"></p></div>
        <nav aria-label="Sections"><a href="#traffic">Traffic</a><a href="#loops">Loops</a><a href="#routes">Routes</a>
        <a href="#events">Events</a><a href="#connections">Connections</a><a href="#configuration">Configuration</a></nav>
        <div class="tools">
        <span id="state" class="state" data-state="wait"><i aria-hidden="true"></i><span>connecting</span></span>
        <button id="pause" type="button" aria-pressed="false" title="Freeze the figures (p)">Pause</button>
        <button id="theme" type="button" title="Light, dark, or as the system is (t)"><span class="wide">Theme:
        </span><span id="theme-name">system</span></button>
        </div>
        </header>
        <main id="main" tabindex="-1">
        <section class="figures" aria-label="Now">
        <dl>
        <div class="lead"><dt>Requests a second</dt><dd id="rate">–</dd><dd id="rate-more" class="more"></dd></div>
        <div><dt>Latency p99</dt><dd id="p99">–</dd><dd id="p99-more" class="more"></dd></div>
        <div><dt>Connections</dt><dd id="open">–</dd><dd id="open-more" class="more"></dd></div>
        <div><dt>Processor</dt><dd id="cpu">–</dd><dd id="cpu-more" class="more"></dd></div>
        <div><dt>Memory</dt><dd id="memory">–</dd><dd id="memory-more" class="more"></dd></div>
        </dl>
        </section>
        <p id="workers" class="note quiet" hidden></p>
        <section id="members" class="card" aria-labelledby="members-title" hidden><div class="head">
        <h2 id="members-title">Workers</h2></div>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="members-title"><table id="member-table">
        <caption class="hidden">What each worker does</caption>
        <thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col" class="n">Requests/s</th>
        <th scope="col" class="n">Connections</th><th scope="col" class="n broad">Processor</th>
        <th scope="col" class="n broad">Memory</th><th scope="col" class="n wide">Up</th>
        <th scope="col" class="n wide">Process</th></tr></thead><tbody></tbody></table></div></section>
        <section id="traffic" class="card" aria-labelledby="traffic-title">
        <div class="head"><h2 id="traffic-title">Traffic</h2>
        <div class="segments" role="group" aria-label="Time shown">
        <button type="button" data-span="120" aria-pressed="false">2 min</button>
        <button type="button" data-span="300" aria-pressed="true">5 min</button>
        <button type="button" data-span="600" aria-pressed="false">10 min</button></div>
        <output id="readout" class="quiet" aria-live="off"></output></div>
        <h3 class="over">Requests a second
        <span class="key"><i class="ok"></i>answered <i class="bad"></i>failed (5xx, or none)</span></h3>
        <canvas id="rates" role="img" tabindex="0" aria-label="Requests a second over time"
        aria-describedby="rates-text"></canvas>
        <p id="rates-text" class="hidden"></p>
        <h3 class="over">Latency <span class="key"><span><i class="heat"></i>how many took how long</span>
        <span><i class="p50"></i>p50</span> <span><i class="p99"></i>p99</span></span></h3>
        <canvas id="heat" role="img" tabindex="0"
        aria-label="Latency over time, as a heat map" aria-describedby="heat-text"></canvas>
        <p id="heat-text" class="hidden"></p>
        <p class="note quiet">Arrow keys move through time. Routes that are not observed are counted above and not timed
        here.</p>
        </section>
        <div class="pair">
        <section id="loops" class="card" aria-labelledby="loops-title"><div class="head"><h2 id="loops-title">Loops</h2>
        <p id="loops-more" class="quiet"></p></div>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="loops-title"><table id="loop-table">
        <caption class="hidden">What each loop does</caption>
        <thead><tr><th scope="col">Loop</th><th scope="col">Processor</th>
        <th scope="col" class="n broad">Lag p99</th><th scope="col" class="n wide">Lag max</th>
        <th scope="col" class="n">Requests/s</th><th scope="col" class="n">Connections</th>
        <th scope="col" class="n wide">Timers</th><th scope="col" class="n wide">Buffers</th></tr></thead><tbody></tbody>
        </table></div></section>
        <section id="pools" class="card" aria-labelledby="pools-title"><div class="head">
        <h2 id="pools-title">Pools</h2></div>
        <ul id="pool-list" class="pools"></ul>
        <div id="limits" hidden><h3 class="over">Adaptive limits: requests at a time</h3>
        <ul id="limit-list" class="pools" aria-label="Adaptive limits"></ul></div>
        <h3 class="over">Connections by protocol and state <span class="key"><i class="idle"></i>idle
        <i class="receiving"></i>receiving <i class="answering"></i>answering <i class="closing"></i>closing</span></h3>
        <ul id="census" class="census"></ul>
        </section>
        </div>
        <div class="pair">
        <section id="routes" class="card" aria-labelledby="routes-title"><div class="head">
        <h2 id="routes-title">Routes</h2></div>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="routes-title"><table id="route-table">
        <caption class="hidden">The busiest routes of the last second</caption>
        <thead><tr><th scope="col">Route</th><th scope="col" class="n">Requests/s</th><th scope="col" class="n broad">p50</th>
        <th scope="col" class="n">p99</th><th scope="col" class="n">Errors</th>
        <th scope="col" class="n wide">In all</th></tr></thead><tbody></tbody></table></div></section>
        <section id="slowest" class="card" aria-labelledby="slowest-title"><div class="head">
        <h2 id="slowest-title">Slowest of the last minute</h2></div>
        <p class="key"><i class="receiving"></i>receiving <i class="handling"></i>handling <i class="sending"></i>sending</p>
        <ol id="slow-list" class="slow"></ol></section>
        </div>
        <section id="events" class="card" aria-labelledby="events-title"><div class="head">
        <h2 id="events-title">Events</h2>
        <label class="check"><input id="only-warnings" type="checkbox"> Warnings and errors only</label></div>
        <div class="scroll feed" tabindex="0" role="region" aria-labelledby="events-title">
        <ol id="news" class="news"></ol><p id="no-news" class="quiet empty">Nothing has happened yet that was worth a line.</p>
        </div></section>
        <section id="connections" class="card" aria-labelledby="connections-title"><div class="head">
        <h2 id="connections-title">Connections</h2><p id="connection-count" class="quiet"></p>
        <form id="connection-search" role="search"><label for="search" class="hidden">Search connections</label>
        <input id="search" type="search" placeholder="Address, protocol or state  ( / )" maxlength="100" autocomplete="off"
        spellcheck="false"></form></div>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="connections-title"><table id="connection-table">
        <caption class="hidden">Open connections; the buttons in the head sort them</caption>
        <thead><tr>
        <th scope="col" data-key="address"><button type="button">Client</button></th>
        <th scope="col" class="broad" data-key="protocol"><button type="button">Protocol</button></th>
        <th scope="col" data-key="state"><button type="button">State</button></th>
        <th scope="col" class="n" data-key="requests"><button type="button">Requests</button></th>
        <th scope="col" class="n broad" data-key="age" aria-sort="descending"><button type="button">Age</button></th>
        <th scope="col" class="n wide" data-key="idle"><button type="button">Idle</button></th>
        <th scope="col" class="n wide">Round trip</th><th scope="col" class="n wide">Received</th>
        <th scope="col" class="n wide">Sent</th>
        <th scope="col" class="n wide" data-key="loop"><button type="button">Loop</button></th>
        <th scope="col"><span class="hidden">Close</span></th></tr></thead><tbody></tbody></table></div>
        <div class="foot"><button id="earlier" type="button">Previous</button><span id="page" class="quiet"></span>
        <button id="later" type="button">Next</button></div></section>
        <section id="configuration" class="card" aria-labelledby="configuration-title"><div class="head">
        <h2 id="configuration-title">Configuration</h2>
        <div class="segments" role="group" aria-label="Keys shown">
        <button type="button" data-keys="live" aria-pressed="true">Can be changed now</button>
        <button type="button" data-keys="set" aria-pressed="false">Not the default</button>
        <button type="button" data-keys="all" aria-pressed="false">All</button></div>
        <label for="key-search" class="hidden">Search keys</label>
        <input id="key-search" type="search" placeholder="Search keys" autocomplete="off" spellcheck="false"></div>
        <form id="configuration-form"><div class="scroll" tabindex="0" role="region" aria-labelledby="configuration-title">
        <table id="key-table"><caption class="hidden">The configuration in force</caption><thead><tr>
        <th scope="col">Key</th><th scope="col">Value</th><th scope="col">From</th></tr></thead><tbody></tbody></table>
        <p id="no-keys" class="quiet empty" hidden>No key is like that.</p></div>
        <div id="changes" class="changes" hidden><p id="change-count"></p><ul id="problems"></ul>
        <button type="submit" class="strong">Apply</button><button id="discard" type="button">Discard</button></div></form>
        <p class="note quiet">A change made here holds until the server ends or its configuration is read again
        (SIGHUP).</p>
        <div class="foot"><button id="rollback" type="button" hidden>Take the last change back</button></div></section>
        </main>
        <footer><p class="quiet">Keys: <kbd>/</kbd> search, <kbd>p</kbd> pause, <kbd>t</kbd> theme.</p>
        <p id="sign-out" class="quiet" hidden><button type="button">Sign out</button></p></footer>
        <p id="said" class="toast" role="status"></p>
        <dialog id="close-dialog" aria-labelledby="close-title"><form method="dialog"><h2 id="close-title">Close a connection</h2>
        <p id="close-text"></p><div class="actions"><button value="" autofocus>Keep it</button>
        <button value="soon">Close after its requests</button><button value="now" class="strong">Cut it now</button></div>
        </form></dialog>
        <dialog id="limit-dialog" aria-labelledby="limit-title"><form><h2 id="limit-title">Limit of a pool</h2>
        <p id="limit-text"></p><label for="limit">Most connections; empty is without limit</label>
        <input id="limit" type="text" inputmode="numeric" autocomplete="off" aria-describedby="limit-problem">
        <p id="limit-problem" class="problem" role="alert"></p><div class="actions">
        <button id="limit-back" type="button">Take the last change back</button>
        <button id="limit-keep" type="button">Leave it</button><button type="submit" class="strong">Set the limit</button></div>
        </form></dialog>
        <dialog id="sign-in" aria-labelledby="sign-in-title"><form><h2 id="sign-in-title">Show the token</h2>
        <p>This dashboard is for those who know its token.</p><label for="token">Token</label>
        <input id="token" type="password" autocomplete="current-password" required>
        <p id="sign-in-problem" class="problem" role="alert"></p>
        <div class="actions"><button type="submit" class="strong">Sign in</button></div></form></dialog>
        <script type="module" src="/dashboard.js"></script>
        </body>
        </html>

        """
}
