/// `apus routes`.
package struct RoutesOptions: Equatable, Sendable {
    /// Whether to print JSON instead of a table.
    package var json = false

    package init() {}

    init(_ scanned: inout ScannedArguments) { json = scanned.has(.json) }
}

extension OptionSyntax {
    static let json = OptionSyntax(name: "json", letter: "j", summary: "Print JSON, for programs")
}

extension CommandSyntax {
    static let routes = CommandSyntax(
        name: "routes",
        summary: "List the routes of the demo application",
        discussion: "Lists the method, path and place in the source of each route that `apus serve` answers.",
        options: [.json],
        examples: [
            Example(command: "apus routes", summary: "As a table"),
            Example(command: "apus routes --json", summary: "As JSON"),
        ])
}
