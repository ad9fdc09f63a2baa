import Apus

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Serves the book as a configuration says: `GuestBook [FILE]`, by default `Examples/GuestBook/guestbook.json5`.
@main struct GuestBookCommand {
    static func main() async throws {
        let file = CommandLine.arguments.dropFirst().first ?? "Examples/GuestBook/guestbook.json5"
        do {
            let app = try guestBook(Configuration.load(file: file))
            try await app.run(reloading: { try Configuration.load(file: file) })
        } catch let error as ConfigurationError {
            print(error)
            exit(1)
        }
    }
}
