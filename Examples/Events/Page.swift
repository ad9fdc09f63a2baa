/// The page: it listens to `/events`, shows the time, and what others say.
let page = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <title>Events</title>
    <style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }</style>
    <h1 id="clock">…</h1>
    <form id="say"><input name="text" maxlength="500" autocomplete="off" autofocus> <button>Say</button></form>
    <ol id="said"></ol>
    <script>
      const events = new EventSource("events")
      events.addEventListener("tick", event => { clock.textContent = event.data })
      events.addEventListener("said", event => {
        const line = document.createElement("li")
        line.textContent = event.data
        said.append(line)
      })
      say.addEventListener("submit", event => {
        event.preventDefault()
        fetch("say", { method: "POST", body: say.text.value, headers: { "Content-Type": "text/plain" } })
        say.reset()
      })
    </script>
    """
