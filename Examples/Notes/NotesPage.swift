/// The page to try the service with: forms alone, no script, so that the strictest policy holds.
enum NotesPage {
    static let html = """
        <!doctype html>
        <html lang="en">
        <title>Notes</title>
        <h1>Notes</h1>
        <form method="post" action="/login">
          <p><label>Name <input name="user" value="ada" autocomplete="username"></label>
          <label>Password <input name="password" type="password" autocomplete="current-password"></label>
          <button>Sign in</button></p>
        </form>
        <form method="post" action="/notes">
          <p><label>Title <input name="title" required maxlength="200"></label>
          <label>Text <input name="text"></label>
          <label><input type="checkbox" name="isDone"> done</label>
          <button>Add</button></p>
        </form>
        <p><a href="/notes">My notes</a></p>
        <form method="post" action="/logout"><button>Sign out</button></form>
        </html>
        """
}
