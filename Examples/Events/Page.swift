import Apus

/// What a browser may do on the page: run its own script and style, which have the response's nonce, and ask where it came
/// from. What anyone says is text, and would not run even if it were not.
let pagePolicy: ContentSecurityPolicy = {
    var policy = ContentSecurityPolicy.nothing
    policy.set(.scriptSrc, .nonce)
    policy.set(.styleSrc, .nonce)
    policy.set(.connectSrc, .self)
    policy.set(.imgSrc, .scheme("data"))
    policy.set(.baseURI, .none)
    policy.set(.formAction, .self)
    return policy
}()

/// The page: it listens to `/events`, shows the time, and what others say.
func page(nonce: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Events</title>
    <link rel="icon" href="data:,">
    <style nonce="\(nonce)">
      :root { --paper: #fdfcf9; --ink: #17242f; --quiet: #4d6170; --line: #c4cdd2; --accent: #a3401a }
      @media (prefers-color-scheme: dark) {
        :root { --paper: #10171d; --ink: #e9eef1; --quiet: #a2b3be; --line: #3b4b56; --accent: #f2a272 }
      }
      body { font: 1.0625rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; padding: 2rem 1.5rem;
        background: var(--paper); color: var(--ink) }
      h1 { margin: 0 0 1.5rem; font-size: clamp(1.25rem, 6vw, 2rem); line-height: 1.2; font-variant-numeric: tabular-nums }
      form { display: flex; gap: .5rem }
      input, button { font: inherit; padding: .4rem .75rem; border: 1px solid var(--line); border-radius: .4rem;
        background: transparent; color: inherit }
      input { flex: 1; min-width: 0 }
      input::placeholder { color: var(--quiet); opacity: 1 }
      button { background: var(--accent); border-color: var(--accent); color: var(--paper); cursor: pointer }
      :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
      ol { list-style: none; margin: 1.5rem 0 0; padding: 0 }
      li { padding: .5rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; white-space: pre-wrap }
      #state { margin: .5rem 0 0; min-height: 1.6em; font-size: .9375rem; color: var(--quiet) }
    </style>
    <h1 id="clock">…</h1>
    <form id="say">
      <input name="text" aria-label="What everyone will see" placeholder="Say something to everyone" maxlength="500"
        autocomplete="off" autofocus>
      <button>Say</button>
    </form>
    <p id="state" role="status"></p>
    <ol id="said" aria-live="polite"></ol>
    <script nonce="\(nonce)">
      const [clock, say, state, said] = ["clock", "say", "state", "said"].map(id => document.getElementById(id))
      const events = new EventSource("events")
      events.onopen = () => { state.textContent = "" }
      events.onerror = () => { state.textContent = "The server is away. This page will come back to it by itself." }
      events.addEventListener("tick", event => { clock.textContent = event.data })
      events.addEventListener("said", event => {
        const line = document.createElement("li")
        line.textContent = event.data
        said.prepend(line)
      })
      say.addEventListener("submit", async event => {
        event.preventDefault()
        const text = say.elements.text.value
        if (!text) return
        try {
          const answer = await fetch("say", { method: "POST", body: text, headers: { "Content-Type": "text/plain" } })
          if (!answer.ok) throw new Error(answer.status)
          say.reset()
        } catch {
          state.textContent = "That was not sent: try again."
        }
      })
    </script>

    """
}
