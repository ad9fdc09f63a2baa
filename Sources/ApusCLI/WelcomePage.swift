enum WelcomePage { static let html = "<h1>Apus</h1>" }
